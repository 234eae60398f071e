/* text.h - configurations written in tests: files are an array of names and
 * texts, the first one is the main file. */
#ifndef TEST_CONF_TEXT_H
#define TEST_CONF_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"

struct text_file {
	const char *name, *text;
};

static inline enum err
text_read(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	for (const struct text_file *f = ctx; f->name != NULL; f++)
		if (strcmp(f->name, path) == 0) {
			buf_add_str(out, f->text);
			return buf_err(out);
		}
	return diag_set(d, ERR_NOT_FOUND, "", "no such file");
}

static inline enum err
text_conf(const struct text_file *files, struct buf *bundle, struct conf **out,
    struct conf_report *r)
{
	struct text_file copy[8] = {{NULL, NULL}};
	struct conf_source src = {text_read, copy};

	for (size_t i = 0; files[i].name != NULL && i < 7; i++)
		copy[i] = files[i];
	conf_report_init(r);
	return conf_read(&src, files[0].name, bundle, out, r);
}

/* All messages, one a line. */
static inline void
text_report(const struct conf_report *r, struct buf *out)
{
	buf_init(out, 1u << 20);
	for (size_t i = 0; i < r->n; i++) {
		conf_message_text(&r->v[i], out);
		buf_add_byte(out, '\n');
	}
	buf_add_byte(out, '\0');
}

/* The six lines from which everything else has a default. */
#define TEXT_HEAD                                                              \
	"hostname = mail.contoh.id\n"                                          \
	"domain \"contoh.id\" { deliver = \"maildir:/m/%d/%u\" }\n"
#define TEXT_TLS "tls { certificate = /c.pem key = /k.pem }\n"
#define TEXT_MX                                                                \
	"listen \"mx\" { address = {\"0.0.0.0:25\", "                          \
	"\"[::]:25\"} role = mx }\n"
#define TEXT_SUBMISSION                                                        \
	"listen \"sub\" { address = 0.0.0.0:587 role = submission }\n"

#endif
