#include "os/log.h"

#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *
level_name(enum log_level level)
{
	switch (level) {
	case LOG_ERROR:
		return "error";
	case LOG_WARNING:
		return "warning";
	case LOG_NOTICE:
		return "notice";
	case LOG_INFO:
	default:
		return "info";
	}
}

/* systemd names the journal's socket; standard error may be another file. */
static bool
to_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[64];
	struct stat st;
	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return false;
	snprintf(ours, sizeof(ours), "%llu:%llu", (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino);
	return strcmp(stream, ours) == 0;
}

static void
add_stamp(struct buf *b)
{
	struct timespec now;
	struct tm tm;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	buf_printf(b, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, now.tv_nsec / 1000000);
}

void
log_line(enum log_level level, const char *event, const char *fmt, ...)
{
	char text[LOG_LINE_MAX];
	struct buf b;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_init(&b, 5 * (size_t)LOG_LINE_MAX);
	if (to_journal())
		buf_printf(&b, "<%d>", (int)level);
	else
		add_stamp(&b);
	buf_printf(&b, "%s[%d] %s %s ", program_invocation_short_name,
	    (int)getpid(), level_name(level), event);
	buf_add_escaped(&b, slice_str(text));
	buf_add_byte(&b, '\n');
	if (buf_err(&b) == ERR_OK && write(STDERR_FILENO, b.p, b.n) < 0)
		b.n = 0; /* nobody listens: there is no one to tell */
	buf_free(&b);
}
