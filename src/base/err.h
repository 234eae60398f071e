/* err.h - every way a function can fail, and what that means to a peer.
 *
 * A function that can fail returns enum err and is marked KURIR_MUST_CHECK.
 * What a failure means for the SMTP dialogue is decided in one place,
 * err_class(): a temporary failure is 4xx and is tried again, a permanent one
 * is 5xx, and a BUG ends the process (master starts it again). */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define KURIR_MUST_CHECK __attribute__((warn_unused_result))

enum err {
	ERR_OK = 0,
	ERR_MORE,        /* input incomplete: feed more and call again */
	ERR_AGAIN,       /* would block: try when the descriptor is ready */
	ERR_SYNTAX,      /* input breaks its grammar */
	ERR_LIMIT,       /* a configured or hard limit was reached */
	ERR_NOMEM,       /* allocation failed, or an arena reached its cap */
	ERR_NOT_FOUND,   /* no such thing */
	ERR_EXISTS,      /* there is one already */
	ERR_DENIED,      /* the caller may not */
	ERR_IO,          /* the operating system reported an I/O error */
	ERR_FULL,        /* no space left on the device, or over quota */
	ERR_TIMEOUT,     /* not in the time allowed */
	ERR_CLOSED,      /* the peer is gone */
	ERR_TLS,         /* the TLS library refused; see the cause */
	ERR_TEMP,        /* a temporary failure of something we depend on */
	ERR_CORRUPT,     /* stored data does not match what was recorded */
	ERR_UNSUPPORTED, /* valid, but this build or kernel cannot */
	ERR_BUG,         /* an invariant does not hold */
	ERR_COUNT
};

enum err_class {
	ERR_CLASS_NONE,      /* ERR_OK, and the two that ask for patience */
	ERR_CLASS_TEMPORARY, /* 4xx */
	ERR_CLASS_PERMANENT, /* 5xx */
	ERR_CLASS_BUG        /* abort */
};

/* err_class - what a failure means to whoever waits for the answer. Pure. */
enum err_class err_class(enum err e);

/* err_name - a short English name ("limit reached") for logs. Static. */
const char *err_name(enum err e);

/* struct diag - detail of a failure, owned by the caller, filled by the
 * callee. cause is a code of doc/causes.md or empty; text is one sentence
 * without a final full stop. Both are NUL-terminated and printable. */
struct diag {
	char cause[32];
	char text[224];
};

void diag_clear(struct diag *d);

/* diag_set - printf into d->text (cut at its size, control bytes become '?');
 * d may be NULL. Returns e, so that "return diag_set(...)" reads well. */
enum err diag_set(struct diag *d, enum err e, const char *cause,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
