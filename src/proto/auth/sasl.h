/* sasl.h - the messages of the SASL mechanisms that kurir speaks.
 *
 * PLAIN (RFC 4616) and LOGIN (the two prompts that clients know) are read
 * and built here; of SCRAM (RFC 5802, 7677) only the client's first message
 * is read, to know whose secrets to fetch. Messages are the octets after
 * base64. Everything is pure; slices borrow from the message. */
#ifndef PROTO_AUTH_SASL_H
#define PROTO_AUTH_SASL_H

#include "base/buf.h"

/* Longest name and password that are looked at, in octets. */
#define SASL_NAME_MAX     320
#define SASL_PASSWORD_MAX 1024

enum sasl_mech {
	SASL_PLAIN,
	SASL_LOGIN,
	SASL_SCRAM_SHA_256,
	SASL_SCRAM_SHA_256_PLUS,
	SASL_MECH_COUNT
};

/* sasl_mech_parse - by name, without regard to case (RFC 4954 section 4).
 * ERR_NOT_FOUND: a mechanism that is not offered here (504). */
enum err sasl_mech_parse(
    struct slice name, enum sasl_mech *out) KURIR_MUST_CHECK;
/* sasl_mech_name - "PLAIN"; static. */
struct slice sasl_mech_name(enum sasl_mech m);

struct sasl_plain {
	struct slice authzid; /* may be empty: the same as authcid */
	struct slice authcid;
	struct slice password;
};

/* sasl_plain_parse - message = [authzid] NUL authcid NUL passwd. All three
 * are UTF-8; authcid and passwd are never empty (RFC 4616 section 2).
 * ERR_SYNTAX, ERR_LIMIT (a part is too long): *out untouched. */
enum err sasl_plain_parse(
    struct slice msg, struct sasl_plain *out) KURIR_MUST_CHECK;

/* sasl_plain_build - append the client's message to b. ERR_SYNTAX: a part
 * that the message cannot carry (NUL, empty, not UTF-8); ERR_LIMIT, or what
 * buf_err(b) says. */
enum err sasl_plain_build(
    struct buf *b, const struct sasl_plain *in) KURIR_MUST_CHECK;

/* The prompts of LOGIN, as every client expects them. */
enum sasl_login_ask { SASL_LOGIN_ASK_NAME, SASL_LOGIN_ASK_PASSWORD };

struct slice sasl_login_prompt(enum sasl_login_ask ask);

/* sasl_login_text - check a name or a password that a LOGIN client sent:
 * UTF-8 without NUL, not empty. ERR_SYNTAX, ERR_LIMIT. */
enum err sasl_login_text(
    enum sasl_login_ask ask, struct slice msg) KURIR_MUST_CHECK;

/* How the client stands to channel binding (RFC 5802 section 6). */
enum scram_binding {
	SCRAM_BINDING_NONE,   /* 'n': the client cannot */
	SCRAM_BINDING_UNSEEN, /* 'y': it can, but saw no -PLUS offered */
	SCRAM_BINDING_USED    /* 'p=': it does */
};

struct scram_first {
	enum scram_binding binding;
	struct slice binding_name; /* "tls-exporter", only with USED */
	struct slice authzid;      /* still escaped; may be empty */
	struct slice username;     /* still escaped */
	struct slice nonce;
};

/* scram_first_parse - client-first-message = gs2-header bare.
 *
 *   gs2-header = ("p=" cb-name / "n" / "y") "," ["a=" saslname] ","
 *   bare       = "n=" saslname ",r=" c-nonce ["," extensions]
 *
 * A mandatory extension ("m=") is ERR_UNSUPPORTED (RFC 5802 section 5.1).
 * ERR_SYNTAX, ERR_LIMIT: *out untouched. */
enum err scram_first_parse(
    struct slice msg, struct scram_first *out) KURIR_MUST_CHECK;

/* scram_name_decode - saslname with "=2C" and "=3D" undone, appended to b.
 * ERR_SYNTAX: any other use of "="; else buf_err(b). */
enum err scram_name_decode(struct slice name, struct buf *b) KURIR_MUST_CHECK;
#endif
