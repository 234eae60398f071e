/* tr.h - words for people, in English or Indonesian.
 *
 * The English text is the key; po/id.po holds the translations, compiled into
 * a table at build (tools/po-table). Text that is not in the table is given
 * back as it is; a test holds the table complete. */
#ifndef CHECK_TR_H
#define CHECK_TR_H

enum tr_lang { TR_EN, TR_ID };

/* tr_set - of this process, once, before anything is said. */
void tr_set(enum tr_lang lang);
enum tr_lang tr_lang(void);
const char *tr(const char *english) __attribute__((format_arg(1)));
/* N_ - marks a text that is translated where it is used. */
#define N_(text) text

#endif
