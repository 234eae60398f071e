/* device.h - what a copier, printer or scanner may do on a device listener.
 *
 * Pure. A device is known by its address; everyone else is refused there. It
 * may send what its section allows and nothing more: that the address is
 * right, or the password, never makes it a trusted client. */
#ifndef POLICY_DEVICE_H
#define POLICY_DEVICE_H

#include "policy/finding.h"

/* device_find - the section whose networks hold ip, the longest prefix first;
 * NULL: none. */
const struct conf_device *device_find(
    const struct conf *c, const struct ip *ip);

enum device_say {
	DEVICE_ALLOWED,
	DEVICE_REFUSED, /* as *out says */
	DEVICE_BREACH   /* the same, and it left its pattern: count it */
};

/* device_unknown - the refusal (550 5.7.1, relay.denied, close) for an address
 * that is no device. */
void device_unknown(const struct ip *ip, struct finding *out);

struct device_facts {
	bool tls;
	enum conf_tls_version version; /* if tls */
	bool authenticated;
	struct slice user; /* who, if authenticated */
};

/* device_mail - may it begin a message from that address (empty: the null
 * reverse-path, which no device has)? TLS too old (550 5.7.1) and not
 * authenticated where it must be (530 5.7.0) are no breach; authenticated as
 * somebody else and a sender that is not its are (550 5.7.1).
 *
 * Rules are "device.from", "device.to", "device.rate", "device.min-tls",
 * "device.auth", "device.address", and "device" of one that is stopped. */
enum device_say device_mail(const struct conf *c, const struct conf_device *d,
    const struct device_facts *f, struct slice from, struct finding *out);

/* device_rcpt - may it send to that address? ours: its domain is one of
 * ours. Whether such a mailbox exists is not asked here. A local part that
 * names a route (relay_routes) in a domain whose mailboxes are not ours is
 * allowed only by a pattern of just that address. */
enum device_say device_rcpt(const struct conf *c, const struct conf_device *d,
    struct slice to, bool ours, struct finding *out);

/* ---- how much ---- */

/* What is counted about one device, in memory that the workers share. Counts
 * flow off evenly: rate.count of them in rate.window. */
struct device_count {
	uint64_t at_ms;      /* of the last change, Unix milliseconds */
	uint64_t level_ms;   /* messages that still count, each window/count */
	uint64_t breaches;   /* since at_ms - DEVICE_BREACH_WINDOW_MS */
	uint64_t breach_ms;  /* of the first of these */
	uint64_t stopped_ms; /* until then nothing is taken; 0: not stopped */
};

/* A device that leaves its pattern so often in that time is stopped for as
 * long again. */
#define DEVICE_BREACHES         5u
#define DEVICE_BREACH_WINDOW_MS 3600000u

/* device_take - one more message; a refusal (451 4.7.1) when its rate is used
 * up (limit.rate, a breach) or it is stopped (device.stopped, none), and
 * nothing is counted then. */
enum device_say device_take(const struct conf_device *d, struct device_count *n,
    uint64_t now_ms, struct finding *out);

/* device_breach - it left its pattern. true: this one stops it. */
bool device_breach(struct device_count *n, uint64_t now_ms);

/* device_stopped - how much longer; 0: it is not. */
uint64_t device_stopped(const struct device_count *n, uint64_t now_ms);

#endif
