/* notify.h - telling systemd (sd_notify(3)) how we are, by one datagram. */
#ifndef OS_NOTIFY_H
#define OS_NOTIFY_H

/* notify_send - "READY=1", "RELOADING=1", "STOPPING=1". Does nothing when
 * NOTIFY_SOCKET is not set; never blocks, never fails. */
void notify_send(const char *state);

#endif
