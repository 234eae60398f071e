#include "policy/howto.h"

#include "policy/extract_priv.h"

#define SHORT_TEXT 200 /* octets of what is a question and no log */

#define ANY                                                                    \
	{                                                                      \
		"", ""                                                         \
	}
#define SINCE(v)                                                               \
	{                                                                      \
		v " and later", v " ke atas"                                   \
	}
#define UPTO(v)                                                                \
	{                                                                      \
		"up to " v, "sampai " v                                        \
	}
#define HOWTO(causes, side, program, versions, en, id, commands)               \
	{causes, CAUSE_##side, HOWTO_##program, versions, {en, id}, commands},

static const struct howto rows[] = {
#include "policy/howto_table.h"
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct {
	const char *word, *title;
	const char *note[CAUSE_LANGS];
} programs[HOWTO_PROGRAMS] = {
    [HOWTO_NONE] = {"", "", {"", ""}},
    [HOWTO_ZIMBRA] = {"zimbra", "Zimbra",
	{"As user zimbra. Its zmconfigd writes Postfix's files anew every two "
	 "minutes, so what is edited in main.cf is lost.",
	    "Jalankan sebagai user zimbra. File Postfix ditulis ulang oleh "
	    "zmconfigd tiap dua menit, jadi perubahan langsung di main.cf "
	    "akan hilang."}},
    [HOWTO_POSTFIX] = {"postfix", "Postfix",
	{"iRedMail's SMTP server is Postfix too: the same files. For Zimbra "
	 "ask --for zimbra.",
	    "SMTP server iRedMail juga Postfix: file-nya sama. Untuk Zimbra "
	    "pakai --for zimbra."}},
    [HOWTO_EXIM] = {"exim", "Exim",
	{"Debian makes the configuration of /etc/exim4: run "
	 "update-exim4.conf, then restart.",
	    "Di Debian konfigurasi dibuat dari /etc/exim4: jalankan "
	    "update-exim4.conf, lalu restart."}},
    [HOWTO_SENDMAIL] = {"sendmail", "sendmail",
	{"Lines of sendmail.mc; make sendmail.cf of it (\"make -C /etc/mail\") "
	 "and restart.",
	    "Baris-baris ini untuk sendmail.mc; buat sendmail.cf darinya "
	    "(\"make -C /etc/mail\") lalu restart."}},
    [HOWTO_OPENSMTPD] = {"opensmtpd", "OpenSMTPD",
	{"Lines of smtpd.conf, in the form of 6.4 and later; test with "
	 "\"smtpd -n\", then restart.",
	    "Baris-baris ini untuk smtpd.conf, format 6.4 ke atas; tes dengan "
	    "\"smtpd -n\", lalu restart."}},
    [HOWTO_EXCHANGE] = {"exchange", "Exchange",
	{"In the Exchange Management Shell of a server of your own; NAME is "
	 "the connector's.",
	    "Di Exchange Management Shell server sendiri; NAME adalah nama "
	    "connector-nya."}},
    [HOWTO_MDAEMON] = {"mdaemon", "MDaemon",
	{"Older versions call the Security Manager Security Settings.",
	    "Di versi lama, Security Manager bernama Security Settings."}},
    [HOWTO_KURIR] = {"kurir", "kurir",
	{"Lines of kurir.conf; test them with \"kurir config check\", then "
	 "reload the service.",
	    "Baris-baris ini untuk kurir.conf; tes dengan \"kurir config "
	    "check\", lalu reload service-nya."}},
};

/* Other names. */
static const struct {
	const char *word;
	enum howto_program program;
} names[] = {
    {"exim4", HOWTO_EXIM},
    {"iredmail", HOWTO_POSTFIX},
    {"smtpd", HOWTO_OPENSMTPD},
    {"zcs", HOWTO_ZIMBRA},
};

static const struct howto_topic topics[] = {
    {"relay.open",
	{"An open relay lets strangers send through it to strangers: spam "
	 "leaves under its name, the server and the line become slow, and its "
	 "address comes onto blocklists. Three ways let the right ones send: "
	 "trusted hosts, a smart host, and authentication.",
	    "Open relay membiarkan siapa saja mengirim lewat server itu ke "
	    "mana saja: spam keluar atas namanya, server dan jaringan jadi "
	    "lambat, dan IP-nya masuk blocklist. Ada tiga cara supaya yang "
	    "berhak saja yang bisa mengirim: trusted host, smart host, dan "
	    "autentikasi."}},
};

/* The words by which a topic is asked for, beside its code. */
static const struct {
	const char *words;
	size_t topic;
} asked[] = {
    {"open relay", 0},
    {"open-relay", 0},
    {"openrelay", 0},
};

const char *
howto_word(enum howto_program p)
{
	return p < HOWTO_PROGRAMS ? programs[p].word : "";
}

const char *
howto_title(enum howto_program p)
{
	return p < HOWTO_PROGRAMS ? programs[p].title : "";
}

const char *
howto_note(enum cause_lang lang, enum howto_program p)
{
	return p < HOWTO_PROGRAMS ? programs[p].note[lang] : "";
}

enum howto_program
howto_program(struct slice word)
{
	for (enum howto_program p = HOWTO_NONE + 1; p < HOWTO_PROGRAMS; p++)
		if (slice_eq_nocase(word, slice_str(programs[p].word)))
			return p;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_eq_nocase(word, slice_str(names[i].word)))
			return names[i].program;
	return HOWTO_NONE;
}

/* Anywhere, also within a word, in any case. */
static bool
holds(struct slice s, struct slice word)
{
	for (size_t i = 0; i < s.n; i++)
		if (slice_starts_nocase(slice_from(s, i), word))
			return true;
	return false;
}

/* Is the host that wrote the lines of a Postfix log named after Zimbra? */
static bool
is_zimbra_host(struct slice text)
{
	for (size_t at = 0; at < text.n;) {
		struct slice line = slice_from(text, at);
		line = slice_to(line, slice_find(line, '\n'));
		size_t end = extract_find(line, 0, "postfix/");
		struct slice host = slice_trim(slice_to(line, end));
		size_t gap = slice_rfind(host, ' ');
		host = slice_from(host, gap < host.n ? gap + 1 : 0);
		if (end < line.n && holds(host, SLICE("zimbra")))
			return true;
		at += line.n + 1;
	}
	return false;
}

enum howto_program
howto_writer(enum extract_form form, struct slice text)
{
	static const enum howto_program writers[EXTRACT_FORMS] = {
	    [EXTRACT_FREE] = HOWTO_NONE,
	    [EXTRACT_REPLY] = HOWTO_NONE,
	    [EXTRACT_BOUNCE] = HOWTO_NONE,
	    [EXTRACT_MDAEMON] = HOWTO_MDAEMON,
	    [EXTRACT_POSTFIX] = HOWTO_POSTFIX,
	    [EXTRACT_EXIM] = HOWTO_EXIM,
	    [EXTRACT_SENDMAIL] = HOWTO_SENDMAIL,
	    [EXTRACT_EXCHANGE] = HOWTO_EXCHANGE,
	    [EXTRACT_QMAIL] = HOWTO_NONE,
	    [EXTRACT_OPENSMTPD] = HOWTO_OPENSMTPD,
	    [EXTRACT_HARAKA] = HOWTO_NONE,
	    [EXTRACT_HEADER] = HOWTO_NONE,
	    [EXTRACT_CHECK] = HOWTO_NONE};
	if (form >= EXTRACT_FORMS)
		return HOWTO_NONE;
	if (form == EXTRACT_POSTFIX &&
	    (extract_find(text, 0, "/opt/zimbra") < text.n ||
		is_zimbra_host(text)))
		return HOWTO_ZIMBRA;
	return writers[form];
}

const struct howto *
howto_at(size_t i)
{
	return i < ROWS ? &rows[i] : NULL;
}

static bool
names_cause(const char *causes, struct slice cause)
{
	struct slice s = slice_str(causes);
	while (s.n > 0) {
		size_t n = slice_find(s, ' ');
		if (slice_eq(slice_to(s, n), cause))
			return true;
		s = slice_from(s, n + 1);
	}
	return false;
}

const struct howto *
howto_next(
    struct slice cause, enum cause_side side, enum howto_program p, size_t *at)
{
	while (*at < ROWS) {
		const struct howto *h = &rows[(*at)++];
		if (h->program == p && h->side == side &&
		    names_cause(h->causes, cause))
			return h;
	}
	return NULL;
}

const struct howto_topic *
howto_topic_at(size_t i)
{
	return i < sizeof(topics) / sizeof(topics[0]) ? &topics[i] : NULL;
}

const struct howto_topic *
howto_topic(struct slice text)
{
	bool is_short = text.n <= SHORT_TEXT;
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		if (extract_find(text, 0, topics[i].code) < text.n)
			return &topics[i];
	for (size_t i = 0; is_short && i < sizeof(asked) / sizeof(asked[0]);
	     i++)
		if (extract_find(text, 0, asked[i].words) < text.n)
			return &topics[asked[i].topic];
	return NULL;
}
