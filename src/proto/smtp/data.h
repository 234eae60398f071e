/* data.h - the body of DATA on the wire (RFC 5321 4.1.1.4, 4.5.2).
 *
 * Only CR LF "." CR LF ends it. A bare CR, a bare LF or a NUL never ends
 * anything and is never repaired: the recogniser remembers it and goes on to
 * the true end, so that no octet of a body can ever be taken for a command. */
#ifndef PROTO_SMTP_DATA_H
#define PROTO_SMTP_DATA_H

#include "base/err.h"
#include "base/slice.h"

enum smtp_data_flaw {
	SMTP_DATA_FLAW_NONE,
	SMTP_DATA_FLAW_LF, /* LF without CR */
	SMTP_DATA_FLAW_CR, /* CR without LF */
	SMTP_DATA_FLAW_NUL,
};

/* struct smtp_data - begin with smtp_data_init; read the rest freely. */
struct smtp_data {
	uint64_t octets;          /* of the body so far, dots unstuffed */
	size_t line;              /* octets of the current line so far */
	size_t longest;           /* longest line, its CR LF not counted */
	enum smtp_data_flaw flaw; /* the first one met */
	bool lookalike; /* "." alone, but for NULs, on a line that a bare CR or
			   LF, or a NUL, kept from ending it: a smuggling
			   attempt */
	bool at_start;  /* behind a CR LF */
	bool raw_dot;   /* the first of raw was a dot */
	uint8_t raw;    /* octets on the wire since any CR or LF, NULs not
			   counted; 2 stands for more */
};

/* smtp_data_init - just behind the CR LF of DATA. */
void smtp_data_init(struct smtp_data *d);

/* smtp_data_next - the next run of body octets.
 *
 * ERR_OK    *out_run borrows from in (it may be empty after a flaw: body
 *           octets are no longer handed out then); *out_used counts what was
 *           consumed. Call again with the rest.
 * ERR_MORE  nothing can be said before more input comes; at most 2 octets are
 *           left in in, to be given again. Outputs untouched.
 * ERR_CLOSED the end: *out_used counts the dot and its CR LF; *out_run is
 *           empty. What follows are commands. */
enum err smtp_data_next(struct smtp_data *d, struct slice in,
    struct slice *out_run, size_t *out_used) KURIR_MUST_CHECK;

/* struct smtp_stuff - the way out: dots doubled, the end written. */
struct smtp_stuff {
	bool at_start; /* the next octet begins a line */
	bool cr;       /* the last octet was CR */
	bool dotted;   /* the doubling dot has been handed out */
};

void smtp_stuff_init(struct smtp_stuff *s);

/* smtp_stuff_next - the next run to send for the body octets in in (wire
 * form: CR LF lines). Loop while in.n > 0, dropping *out_used each time.
 *
 * ERR_OK      *out_run borrows from in or is a constant; *out_used may be 0.
 * ERR_SYNTAX  a bare CR, a bare LF or a NUL: such a body must not be sent.
 *             What went out before is then best left without its end. */
enum err smtp_stuff_next(struct smtp_stuff *s, struct slice in,
    struct slice *out_run, size_t *out_used) KURIR_MUST_CHECK;

/* smtp_stuff_end - what ends the body: ".\r\n", with a CR LF before it if the
 * last line had none. ERR_SYNTAX: the body ended in a bare CR. */
enum err smtp_stuff_end(
    struct smtp_stuff *s, struct slice *out_run) KURIR_MUST_CHECK;

#endif
