/* log.h - one line an event on standard error, for the journal and people.
 *
 *	2026-11-21T20:39:00.774Z smtpd[812] info session id=... from=...
 *
 * Only roles log, once per event. Under systemd's journal the time is left
 * out and the level is a "<N>" prefix. Bytes that are not printable ASCII
 * come out as \xHH, whoever they are from; a line is cut at LOG_LINE_MAX. */
#ifndef OS_LOG_H
#define OS_LOG_H

#define LOG_LINE_MAX 2048

enum log_level { LOG_ERROR = 3, LOG_WARNING = 4, LOG_NOTICE = 5, LOG_INFO = 6 };

/* log_line - event is one lower-case word; fmt gives key=value pairs. Writes
 * with one write(2); a full pipe loses the line rather than the time. */
void log_line(enum log_level level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
