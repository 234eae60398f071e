/* Who listens on a port: the inode of the listening socket from /proc/net,
 * then the process that has it open. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/socket.h"

#define TCP_STATE_LISTEN 0x0a

/* The inode of the first listening socket on the port, 0 for none. */
static uint64_t
listener_inode(const char *table, uint16_t port)
{
	char line[512];
	uint64_t found = 0;
	FILE *f = fopen(table, "re");
	if (f == NULL)
		return 0;
	while (found == 0 && fgets(line, sizeof(line), f) != NULL) {
		unsigned local_port, state;
		uint64_t inode;
		/* sl local:port remote:port st queues timer retrans uid
		 * timeout inode: proc(5) */
		if (sscanf(line,
			"%*d: %*64[0-9A-Fa-f]:%x %*64[0-9A-Fa-f]:%*x %x "
			"%*s %*s %*s %*u %*u %" SCNu64,
			&local_port, &state, &inode) == 3 &&
		    local_port == port && state == TCP_STATE_LISTEN)
			found = inode;
	}
	fclose(f);
	return found;
}

static bool
process_has(const char *pid, uint64_t inode)
{
	char path[64], want[40], link[40];
	bool found = false;
	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	snprintf(want, sizeof(want), "socket:[%" PRIu64 "]", inode);
	DIR *dir = opendir(path);
	if (dir == NULL)
		return false;
	for (struct dirent *e; !found && (e = readdir(dir)) != NULL;) {
		ssize_t n =
		    readlinkat(dirfd(dir), e->d_name, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		found = strcmp(link, want) == 0;
	}
	closedir(dir);
	return found;
}

static void
process_text(const char *pid, char *out, size_t max)
{
	char path[64], name[32] = "";
	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	FILE *f = fopen(path, "re");
	if (f != NULL) {
		if (fgets(name, sizeof(name), f) != NULL)
			name[strcspn(name, "\n")] = '\0';
		fclose(f);
	}
	snprintf(out, max, "process %.20s (%s)", pid,
	    name[0] != '\0' ? name : "name unknown");
}

void
sock_holder(const struct sock_addr *at, char *out, size_t max)
{
	out[0] = '\0';
	uint64_t inode = listener_inode(
	    at->ip.family == 6 ? "/proc/net/tcp6" : "/proc/net/tcp", at->port);
	/* An IPv6 socket without V6ONLY holds the IPv4 port too. */
	if (inode == 0 && at->ip.family == 4)
		inode = listener_inode("/proc/net/tcp6", at->port);
	DIR *dir = inode != 0 ? opendir("/proc") : NULL;
	if (dir == NULL)
		return;
	for (struct dirent *e; (e = readdir(dir)) != NULL;) {
		if (!ascii_is_digit((uint8_t)e->d_name[0]) ||
		    !process_has(e->d_name, inode))
			continue;
		process_text(e->d_name, out, max);
		break;
	}
	closedir(dir);
}
