/* Every kind of error and warning, with its place and its words. */
#include <stdio.h>

#include "text.h"

struct error_case {
	const char *text;
	const char *messages; /* all of them */
};

/* After these lines the text of a case begins at line 3. */
#define H TEXT_HEAD

static const struct error_case grammar[] = {
    {H "a\n", "t:4:1: found the end of the file, expected \"=\", \"{\" or a "
	      "\"string\" after a name\n"},
    {H "user = \"kurir\n",
	"t:3:8: this string is not closed on its line; expected \"\n"},
    {H "user = \"ku\\rir\"\n",
	"t:3:11: a backslash in a string stands only before \" and \\\n"},
    {H "tls {\n", "t:3:5: this \"{\" of \"tls\" is never closed\n"},
    {H "tls {\ncertificate = {\n",
	"t:3:5: this \"{\" of \"tls\" is never closed\n"
	"t:5:1: found the end of the file, expected a value of the list\n"},
    {H "}\n", "t:3:1: this \"}\" closes nothing\n"},
    {H "user = }\n", "t:3:8: found \"}\", expected a word, a \"string\" or a "
		     "{list} after \"=\"\nt:3:8: this \"}\" closes nothing\n"},
    {H "trusted = {::1 10.0.0.1}\n",
	"t:3:16: found \"10.0.0.1\", expected \",\" or \"}\" in the list\n"},
    {H "trusted = {::1,}\n",
	"t:3:16: found \"}\", expected a value of the list\n"},
    {H "\"tls\" { }\n", "t:3:1: found \"tls\", expected the name of an option "
			"or a section\n"},
    {H "listen mx { address = 0.0.0.0:25 role = mx }\n",
	"t:3:8: found \"mx\", expected \"=\", \"{\" or a \"string\" after a "
	"name\n"},
    {H "tls \"x\" user = a\n", "t:3:9: found \"user\", expected \"{\" after "
			       "the name of a section\n"},
    {H "inc(\"x\")\n", "t:3:1: only include is followed by \"(\"\n"},
    {H "include(\"\")\n", "t:3:9: include names no file\n"},
    {H "include(=)\n",
	"t:3:9: found \"=\", expected a file name after \"include(\"\n"},
    {H "include(\"x\"\nuser = a\n",
	"t:4:1: found \"user\", expected \")\" after the file name\n"},
    {H "include(\"none\")\n", "t:3:9: cannot read \"none\": no such file\n"},
    {H "include(\"t\")\n", "t:3:9: \"t\" includes itself\n"},
    {H "user = \"a\x01\"\n", "t:3:10: control octet 0x01 in a string\n"},
    {H "user\x01= kurir\n", "t:3:5: control octet 0x01\n"},
    {H "user = \xff\n", "t:3:8: this text is not UTF-8\n"},
};

static const struct error_case names[] = {
    {"domain \"contoh.id\" { deliver = \"maildir:/m/%u\" }\n",
	"t:1:1: missing \"hostname\" at the top\n"},
    {H "usr = x\n",
	"t:3:1: unknown name \"usr\" at the top; did you mean \"user\"?\n"},
    {H "zzzzzz = x\n", "t:3:1: unknown name \"zzzzzz\" at the top\n"},
    {H "lisen \"mx\" { }\n",
	"t:3:1: unknown section \"lisen\" at the top; did you mean "
	"\"listen\"?\n"},
    {H TEXT_TLS "listen \"mx\" { adress = 0.0.0.0:25 role = mx }\n",
	"t:4:15: unknown name \"adress\" in listen \"mx\"; did you mean "
	"\"address\"?\n"},
    {H "certificate = /x\n",
	"t:3:1: unknown name \"certificate\" at the top; it belongs in a "
	"\"tls\" section\n"},
    {H "tls { data-dir = /x }\n",
	"t:3:7: unknown name \"data-dir\" in tls; it belongs at the top, "
	"outside of every section\n"},
    {H "tls { foo { } }\n", "t:3:7: unknown section \"foo\" in tls\n"},
    {H "user { }\n", "t:3:1: \"user\" is no section; write user = value\n"},
    {H "tls = may\n", "t:3:1: \"tls\" is a section; write tls { ... }\n"},
    {H "user = a\nuser = b\n",
	"t:4:1: duplicate \"user\"; the first is at t:3\n"},
    {H "dns { timeout = 1s timeout = 2s }\n",
	"t:3:20: duplicate \"timeout\"; the first is at t:3\n"},
    {H "dns { }\ndns { }\n",
	"t:4:1: duplicate section \"dns\"; the first is at t:3\n"},
    {H "domain \"Contoh.ID\" { deliver = \"maildir:/m/%u\" }\n",
	"t:3:1: duplicate section \"Contoh.ID\"; the first is at t:2\n"},
    {H "listen { }\n", "t:3:1: a \"listen\" section needs a name: listen "
		       "\"...\" { }\n"},
    {H "dns \"x\" { }\n", "t:3:5: a \"dns\" section has no name of its own\n"},
    {H "domain \"a b\" { deliver = mx }\n",
	"t:3:8: found \"a b\", expected a domain such as example.org "
	"(international ones as xn--)\n"},
    {H "listen \"m x\" { }\n",
	"t:3:8: found \"m x\", expected a name of letters, digits, \"-\", "
	"\"_\" and \".\"\n"},
    {H "route \".\" { via = mx }\n", "t:3:7: found \".\", expected a domain"},
    {H "domain \"b.example\" { }\n",
	"t:3:1: missing \"deliver\" in domain \"b.example\"\n"},
    {H "listen \"mx\" { role = mx }\n",
	"t:3:1: missing \"address\" in listen \"mx\"\n"},
    {H "test-mailbox { address { } }\n",
	"t:3:16: \"address\" is no section; write address = value\n"},
    {H "tls-rule \"ptr\" { }\n", "t:3:1: \"tls-rule\" is not in this version"},
    {H "listen \"mx\" { role = mx address = 0.0.0.0:25 proxy-protocol = true "
       "}\n",
	"t:3:46: \"proxy-protocol\" is not in this version"},
    {H "outbound { tls = dane }\n",
	"t:3:18: tls: \"dane\" is not in this version\n"},
};

static const struct error_case values[] = {
    {H "user = {a}\n", "t:3:8: user: found a {list}, expected one value\n"},
    {H "data-dir = x\n", "t:3:12: data-dir: found \"x\", expected an absolute "
			 "path, one that begins with /\n"},
    {H "data-dir = \"\"\n", "t:3:12: data-dir: found \"\", expected an"},
    {H "user = Kurir\n", "t:3:8: user: found \"Kurir\", expected the name of "
			 "a system user: a-z, 0-9, \"_\", \"-\"\n"},
    {H "postmaster = admin\n", "t:3:14: postmaster: found \"admin\", expected "
			       "an address such as admin@example.org\n"},
    {H "recipient-delimiter = ab\n",
	"t:3:23: recipient-delimiter: found \"ab\", expected one of + - _ = # "
	"or \"\" for none\n"},
    {H "trusted = {10.0.0.1/8}\n",
	"t:3:12: trusted: found \"10.0.0.1/8\", expected a network such as "
	"192.0.2.0/24 (no host bits set), an address, a host name or "
	".parent\n"},
    {H "language = idn\n", "t:3:12: language: found \"idn\", expected one of: "
			   "en, id; did you mean \"id\"?\n"},
    {H "ledger { dialogue = yes }\n",
	"t:3:21: dialogue: found \"yes\", expected true or false\n"},
    {H "limits { recipients = 0 }\n",
	"t:3:23: recipients: found \"0\", expected 1 to 100000\n"},
    {H "limits { recipients = many }\n",
	"t:3:23: recipients: found \"many\", expected a number\n"},
    {H "limits { message-size = 25 }\n",
	"t:3:25: message-size: found \"25\", expected a size such as 64KB, "
	"25MB or 2GB\n"},
    {H "limits { message-size = 1KB }\n",
	"t:3:25: message-size: found \"1KB\", expected 64KB to 2GB\n"},
    {H "limits { command-timeout = 5m }\n",
	"t:3:28: command-timeout: found \"5m\", expected a duration such as "
	"500ms, 30s, 5min, 4h or 5d\n"},
    {H "limits { command-timeout = 2h }\n",
	"t:3:28: command-timeout: found \"2h\", expected 1s to 1h\n"},
    {H "limits { command-timeout = 99999999999999999999d }\n",
	"t:3:28: command-timeout: found"},
    {H "limits { command-timeout = 18446744073709551615d }\n",
	"t:3:28: command-timeout: found"},
    {H "outbound { retry = {} }\n",
	"t:3:20: retry: found 0 values, expected 1 to 100\n"},
    {H "outbound { retry = {500ms} }\n",
	"t:3:21: retry: found \"500ms\", expected 1s to 30d\n"},
    {H "outbound { bind = {x} }\n", "t:3:20: bind: found \"x\", expected an "
				    "address such as 192.0.2.1\n"},
    {H "outbound { port = 65536 }\n",
	"t:3:19: port: found \"65536\", expected 1 to 65535\n"},
    {H "dns { server = {x} }\n", "t:3:17: server: found \"x\", expected an "
				 "address such as 192.0.2.1 or "
				 "[2001:db8::1]:53\n"},
    {H "listen \"mx\" { role = mx address = 0.0.0.0 }\n",
	"t:3:35: address: found \"0.0.0.0\", expected address:port such as "
	"0.0.0.0:25 or [::]:25\n"},
    {H "listen \"mx\" { role = mz address = 0.0.0.0:25 }\n",
	"t:3:22: role: found \"mz\", expected one of: mx, submission, device; "
	"did you "
	"mean \"mx\"?\n"},
    {H "listen \"mx\" { role = filter-return address = 0.0.0.0:25 }\n",
	"t:3:22: role: \"filter-return\" is not in this version\n"},
    {H "outbound { via = mxx }\n", "t:3:18: via: found \"mxx\", expected "
				   "maildir:/path"},
};

static const struct error_case together[] = {
    {H "tls { certificate = /c }\n",
	"t:3:21: there is a certificate, but no key for it\n"},
    {H "tls { key = /c }\n",
	"t:3:13: there is a key, but no certificate for it\n"},
    {H TEXT_SUBMISSION,
	"t:3:1: listen \"sub\" takes passwords and has no certificate"},
    {H "listen \"s\" { role = submission address = 0.0.0.0:465\n"
       "tls = implicit }\n",
	"t:4:7: listen \"s\" has tls = implicit but no certificate"},
    {H "listen \"s\" { role = mx address = 0.0.0.0:25 tls = encrypt\n"
       "certificate = \"\" key = \"\" }\n",
	"t:3:51: listen \"s\" has tls = encrypt but no certificate"},
    {H "listen \"a\" { role = mx address = 192.0.2.1:25 }\n"
       "listen \"b\" { role = mx address = 192.0.2.1:25 }\n",
	"t:4:34: listen \"b\" has the address 192.0.2.1 port 25, which listen "
	"\"a\" has already\n"},
    {H "listen \"a\" { role = mx address = {192.0.2.1:25, 192.0.2.1:25} }\n",
	"t:3:34: listen \"a\" has the address 192.0.2.1 port 25, which"},
    {H TEXT_MX "domain \"b.example\" { deliver = mx }\n",
	"t:4:32: deliver of domain \"b.example\" is one of maildir:, lmtp: "
	"and relay:"},
    {H TEXT_MX "outbound { via = \"lmtp:unix:/x\" }\n",
	"t:4:18: via is one of mx, relay:, smarthost: and hold"},
    {H "listen \"mx\" { role = mx address = 192.0.2.1:25 }\n"
       "route \"a.example\" { via = \"relay:[192.0.2.1]\" }\n",
	"t:4:27: this sends mail back to our own listen \"mx\""},
    {H TEXT_MX "outbound { bind = {192.0.2.1, 192.0.2.2} }\n",
	"t:4:19: bind holds two addresses of one family"},
    {"hostname = \"\"\n", "t:1:12: hostname: found \"\", expected a host name"},
};

static const struct error_case warnings[] = {
    {"hostname = mail\n", "t:1:1: warning: no domain section"},
    {"hostname = mail\n", "t:1:12: warning: hostname \"mail\" is not a full"},
    {H, "t:1:1: warning: no listen section"},
    {H TEXT_MX "trusted = {0.0.0.0/0}\n",
	"t:4:11: warning: trusted holds 0.0.0.0/0"},
    {H "listen \"a\" { role = mx address = 0.0.0.0:25 trusted = {::/0} }\n",
	"t:3:55: warning: trusted holds ::/0"},
    {H "listen \"s\" { role = submission address = 0.0.0.0:587 tls = none "
       "}\n",
	"t:3:60: warning: listen \"s\" takes passwords without encryption"},
    {H TEXT_TLS "listen \"a\" { role = mx address = 0.0.0.0:25 auth = require "
		"}\n",
	"t:4:52: warning: listen \"a\" is an mx that requires AUTH"},
    {H TEXT_TLS "listen \"a\" { role = mx address = 0.0.0.0:25 tls = encrypt "
		"}\n",
	"t:4:51: warning: listen \"a\" is an mx that refuses mail without"},
    {H TEXT_TLS "listen \"a\" { role = submission address = 0.0.0.0:25 auth = "
		"offer }\n",
	"t:4:60: warning: listen \"a\" is for submission, which takes mail "
	"only"},
    {H TEXT_MX "listen \"z\" { role = mx address = 192.0.2.1:25 }\n",
	"t:4:34: warning: listen \"z\" with the address 192.0.2.1 port 25 "
	"overlaps listen \"mx\""},
    {H TEXT_MX "domain \"b.example\" { deliver = \"maildir:/m/%d%%u\" }\n",
	"t:4:32: warning: all users of domain \"b.example\" share"},
    {H TEXT_MX "domain \"b.example\" { deliver = \"lmtp:unix:/x\" user = a }\n",
	"t:4:54: warning: user has no effect"},
    {H TEXT_MX "route \"contoh.id\" { via = mx }\n",
	"t:4:1: warning: this route is never used"},
    {H TEXT_MX "outbound { credentials = /x }\n",
	"t:4:26: warning: credentials have no effect"},
    {H TEXT_MX "outbound { expire = 1min }\n",
	"t:4:21: warning: expire is shorter than the first retry"},
    {H TEXT_MX "outbound { warn-after = 6d }\n",
	"t:4:25: warning: warn-after is not shorter than expire"},
    {H TEXT_MX "outbound { retry = {1h, 5min} }\n",
	"t:4:20: warning: the intervals of retry get shorter"},
    {H TEXT_MX "limits { recipients = 99 }\n",
	"t:4:23: warning: RFC 5321 asks"},
    {H TEXT_MX "limits { sessions = 10 sessions-per-ip = 11 }\n",
	"t:4:42: warning: one address may take all sessions"},
    {H TEXT_MX "dns { dnssec = trust-ad server = 192.0.2.1 }\n",
	"t:4:16: warning: trust-ad believes a DNS server beyond this host"},
};

#define KEY "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"
#define DEV                                                                    \
	"listen \"dev\" { address = 192.0.2.1:26 role = device }\n"            \
	"device \"d\" { address = 192.0.2.50\n"

static const struct error_case sender_values[] = {
    {H "reverse-lookup { ptr { missing = reject-all } }\n",
	"t:3:34: missing: found \"reject-all\", expected one of: off, note, "
	"defer, reject, close\n"},
    {H "reverse-lookup { missing = note }\n",
	"t:3:18: unknown name \"missing\" in reverse-lookup; it belongs in a "
	"\"reverse-lookup.ptr\" section\n"},
    {H "reverse-lookup { ptr = note }\n",
	"t:3:18: \"ptr\" is a section; write ptr { ... }\n"},
    {H "reverse-lookup { preset { } }\n",
	"t:3:18: \"preset\" is no section; write preset = value\n"},
    {H "reverse-lookup { prt { } }\n",
	"t:3:18: unknown section \"prt\" in reverse-lookup; did you mean "
	"\"ptr\"?\n"},
    {H "reverse-lookup { ptr { } ptr { } }\n",
	"t:3:26: duplicate section \"ptr\"; the first is at t:3\n"},
    {H "reverse-lookup { ptr \"x\" { } }\n",
	"t:3:22: a \"ptr\" section has no name of its own\n"},
    {H "ptr { missing = note }\n", "t:3:1: unknown section \"ptr\" at the "
				   "top\n"},
    {H "reverse-lookup { headers = {x-mdd} }\n",
	"t:3:29: headers: found \"x-mdd\", expected one of: "
	"authentication-results, x-md; did you mean \"x-md\"?\n"},
    {H "relay-control { recipient { unknown = off } }\n",
	"t:3:39: unknown: found \"off\", expected one of: defer, reject, "
	"close\n"},
    {H "masquerade = yes\n", "t:3:14: masquerade: found \"yes\", expected "
			     "one of: off, note, withdraw\n"},
    {H "limits { fetch-timeout = 61s }\n",
	"t:3:26: fetch-timeout: found \"61s\", expected 1s to 1min\n"},
    {H "exempt \"from\" { }\n",
	"t:3:8: found \"from\", expected ptr, helo or mail\n"},
    {H "exempt { }\n", "t:3:1: a \"exempt\" section needs a name: exempt "
		       "\"...\" { }\n"},
    {H "exempt \"ptr\" { sync-at = 24:00 }\n",
	"t:3:26: sync-at: found \"24:00\", expected a time of the day, 00:00 "
	"to 23:59\n"},
    {H "exempt \"ptr\" { sync-at = 9:00 }\n", "t:3:26: sync-at: found"},
    {H "exempt \"ptr\" { sync-at = 12:60 }\n", "t:3:26: sync-at: found"},
    {H "exempt \"ptr\" { sync-at = 12.30 }\n", "t:3:26: sync-at: found"},
    {H "exempt \"ptr\" { sync = \"ftp://a.example/x\" }\n",
	"t:3:23: sync: found \"ftp://a.example/x\", expected an address such "
	"as https://example.org/ptr.list\n"},
    {H "exempt \"ptr\" { sync = \"https:///x\" }\n",
	"t:3:23: sync: found \"https:///x\", expected a host behind the "
	"scheme, without user and password, as in "
	"https://example.org/ptr.list\n"},
    {H "exempt \"ptr\" { sync = \"https://\" }\n", "t:3:23: sync: found"},
    {H "exempt \"ptr\" { sync = \"https://u:p@a.example/x\" }\n",
	"t:3:23: sync: found"},
    {H "exempt \"ptr\" { sync = \"https://a.example:0/x\" }\n",
	"t:3:23: sync: found"},
    {H "exempt \"ptr\" { sync = \"https://a.example:65536/x\" }\n",
	"t:3:23: sync: found"},
    {H "exempt \"ptr\" { sync = \"https://192.0.2.256/x\" }\n",
	"t:3:23: sync: found"},
    {H "exempt \"ptr\" { sync = \"https://a.example/x y\" }\n",
	"t:3:23: sync: found"},
    {H "exempt \"ptr\" { sync = \"https://a.example/x#y\" }\n",
	"t:3:23: sync: found"},
    {H "exempt \"ptr\" { sync = \"https://a.example/x\" key = RWQ }\n",
	"t:3:51: key: found \"RWQ\", expected a minisign public key: the "
	"second line of its .pub file, 56 characters that begin with RW\n"},
    /* one octet too few, one too many, another algorithm */
    {H "exempt \"ptr\" { key = "
       "\"RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFM=\" }\n",
	"t:3:22: key: found"},
    {H "exempt \"ptr\" { key = \"" KEY "AA==\" }\n", "t:3:22: key: found"},
    {H "exempt \"ptr\" { key = "
       "\"RUQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\" }\n",
	"t:3:22: key: found"},
    {H "exempt \"ptr\" { key = \"untrusted comment: x\" }\n",
	"t:3:22: key: found"},
    {H "shield \"a b\" { address = ::1 }\n",
	"t:3:8: found \"a b\", expected a domain, \".example\" for all below "
	"it, \"*\" for all, or $LOCALDOMAIN$\n"},
    {H "shield \"*example\" { address = ::1 }\n", "t:3:8: found"},
    {H "shield \"*.\" { address = ::1 }\n", "t:3:8: found"},
    {H "shield \"\" { address = ::1 }\n", "t:3:8: found \"\", expected"},
    {H "shield \"$LOCAL$\" { address = ::1 }\n", "t:3:8: found"},
    {H "shield \"a.example\" { }\n",
	"t:3:1: missing \"address\" in shield \"a.example\"\n"},
    {H "shield \"a.example\" { address = {} }\n",
	"t:3:32: address: found 0 values, expected 1 to 1000\n"},
    {H "shield \"a.example\" { address = 192.0.2.1/24 }\n",
	"t:3:32: address: found \"192.0.2.1/24\", expected an address or a "
	"network such as 192.0.2.0/24 (no host bits set)\n"},
    {H "shield \".a.example\" { address = ::1 }\n"
       "shield \"*.A.example\" { address = ::1 }\n",
	"t:4:1: duplicate section \"*.A.example\"; the first is at t:3\n"},
    {H DEV "from = copier }\n",
	"t:5:8: from: found \"copier\", expected an address such as "
	"scan@example.org, or @example.org for all of a domain\n"},
    {H DEV "to = {\"@\"} }\n", "t:5:7: to: found \"@\", expected"},
    {H DEV "to = {\"@192.0.2.1\"} }\n", "t:5:7: to: found"},
    {H DEV "rate = 10 }\n",
	"t:5:8: rate: found \"10\", expected a rate such as 200/1d or 10/1h, "
	"or \"\" for no limit\n"},
    {H DEV "rate = 0/1h }\n", "t:5:8: rate: found"},
    {H DEV "rate = 5/0s }\n", "t:5:8: rate: found"},
    {H DEV "rate = 5/31d }\n", "t:5:8: rate: found"},
    {H DEV "rate = 5/1h/1 }\n", "t:5:8: rate: found"},
    {H DEV "min-tls = 1.4 }\n", "t:5:11: min-tls: found \"1.4\", expected "
				"one of: 1.0, 1.1, 1.2, 1.3"},
    {H DEV "auth = plain }\n",
	"t:5:8: auth: found \"plain\", expected one of: off, login-plain\n"},
    {H DEV "user = \"a/b\" }\n",
	"t:5:8: user: found \"a/b\", expected the name of an account such as "
	"copier or copier@example.org\n"},
    {H DEV "user = .a }\n", "t:5:8: user: found"},
    {H DEV "user = a@ }\n", "t:5:8: user: found"},
    {H DEV "user = a@b@c.example }\n", "t:5:8: user: found"},
    {H DEV "user = \"a b\" }\n", "t:5:8: user: found"},
};

static const struct error_case senders_together[] = {
    {H "exempt \"ptr\" { sync = \"HTTP://a.example/x\" }\n",
	"t:3:23: anyone on the way can change a list that comes by http"},
    {H DEV "}\ndevice \"e\" { address = {192.0.2.7, 192.0.2.50/32} }\n",
	"t:6:24: device \"e\" has the address 192.0.2.50/32, which device "
	"\"d\" has already\n"},
    {H "listen \"dev\" { address = 192.0.2.1:26 role = device }\n"
       "device \"d\" { address = {10.0.0.1, ::/0} }\n",
	"t:4:24: device \"d\" has the address ::/0, which is everyone; name "
	"the addresses of the device\n"},
    {H "device \"d\" { address = ::1 }\n"
       "listen \"dev\" { address = 192.0.2.1:26 role = device\n"
       "auth = require }\n",
	"t:5:8: auth of listen \"dev\" belongs in its device sections, each "
	"of which says how its device shows who it is\n"},
};

#define L "reverse-lookup { "
static const struct error_case sender_warnings[] = {
    {H L "helo { forged = close } }\n",
	"t:3:34: warning: helo forged = close refuses honest mail: many "
	"servers send from another address than those of their HELO name"},
    {H L "mail { forged = reject } }\n",
	"t:3:34: warning: mail forged = reject refuses honest mail: many "
	"servers send from another address than those of their domain"},
    {H L "mail { no-mx = close } }\n",
	"t:3:33: warning: mail no-mx = close refuses domains that send"},
    {H L "preset = legitimate-sender }\n",
	"t:3:27: warning: mail no-mx = reject refuses domains that send"},
    {H "exempt \"ptr\" { sync = \"http://a.example/x\" unsigned = true }\n",
	"t:3:55: warning: unsigned = true: anyone on the way can exempt whom "
	"they like from the ptr lookup"},
    {H "exempt \"ptr\" { sync = \"https://a.example/x\" unsigned = true }\n",
	"t:3:56: warning: unsigned = true has no effect here; take it out: "
	"https vouches for the list\n"},
    {H "exempt \"ptr\" { sync = \"http://a.example/x\" unsigned = true\n"
       "key = \"" KEY "\" }\n",
	"t:3:55: warning: unsigned = true has no effect here; take it out: a "
	"list without the key's signature is refused\n"},
    {H "exempt \"ptr\" { file = /x unsigned = true }\n",
	"t:3:37: warning: unsigned = true has no effect here; take it out: "
	"nothing is synced\n"},
    {H "exempt \"ptr\" { }\n",
	"t:3:1: warning: exempt \"ptr\" has neither file nor sync: it exempts "
	"nobody\n"},
    {H "exempt \"ptr\" { file = /x key = \"" KEY "\" }\n",
	"t:3:32: warning: key has no effect without sync\n"},
    {H "relay-control { recipient { exempt-trusted = true } }\n",
	"t:3:46: warning: mail trusted clients send to mailboxes that do not "
	"exist is taken and then returned"},
    {H "relay-control { recipient { exempt-authenticated = true } }\n",
	"t:3:52: warning: mail authenticated clients send to mailboxes"},
    {H "relay-control { postmaster = off }\n",
	"t:3:30: warning: postmaster = off: strangers may write"},
    {H "shield \"a.example\" { address = {192.0.2.1, ::/0} }\n",
	"t:3:32: warning: shield \"a.example\" keeps nobody out: it allows "
	"every IPv6 address\n"},
    {H "shield \"a.example\" { address = ::1 action = off }\n",
	"t:3:45: warning: shield \"a.example\" keeps nobody out: action = "
	"off\n"},
    {"hostname = a.example\nshield \"$LOCALDOMAIN$\" { address = ::1 }\n",
	"t:2:1: warning: shield \"$LOCALDOMAIN$\" has no effect"},
    {H "listen \"dev\" { address = 192.0.2.1:26 role = device }\n",
	"t:3:1: warning: listen \"dev\" refuses everyone: there is no device "
	"section\n"},
    {H "device \"d\" { address = 192.0.2.1 }\n",
	"t:3:1: warning: device \"d\" has nowhere to connect: there is no "
	"listen with role = device\n"},
    {H "device \"d\" { address = 10.0.0.0/15 }\n",
	"t:3:24: warning: device \"d\" has the address 10.0.0.0/15: whoever "
	"is in there may send as this device\n"},
    {H DEV "to = {\"@contoh.id\", \"@mitra.example\"} }\n",
	"t:5:6: warning: device \"d\" may send to @mitra.example, beyond our "
	"domains: whoever has its address may relay there\n"},
    {H DEV "user = c to = {a@mitra.example, @x.example} }\n",
	"t:5:15: warning: device \"d\" may send to a@mitra.example and "
	"others, beyond our domains: whoever has its address and password may "
	"relay there\n"},
    {H DEV "from = @mitra.example }\n",
	"t:5:8: warning: device \"d\" may send as @mitra.example, which is "
	"not ours"},
    {H DEV "user = c auth = off }\n",
	"t:5:8: warning: user has no effect: auth = off trusts the address of "
	"device \"d\" alone\n"},
    {H DEV "min-tls = 1.0 user = c }\n",
	"t:5:11: warning: device \"d\" may use TLS 1.0, which can be broken: "
	"its mail and its password can be read on the network between\n"},
    {H DEV "min-tls = 1.1 }\n",
	"t:5:11: warning: device \"d\" may use TLS 1.1, which can be broken: "
	"its mail can be read on the network between\n"},
    {H "device \"d\" { address = ::1 min-tls = 1.0 }\n"
       "listen \"dev\" { address = 192.0.2.1:26 role = device\n"
       "legacy-tls = false }\n",
	"t:3:38: warning: min-tls = 1.0 has no effect: no device listener has "
	"legacy-tls = true\n"},
    {H TEXT_TLS "listen \"a\" { role = mx address = 192.0.2.1:25 "
		"legacy-tls = true }\n",
	"t:4:60: warning: listen \"a\" takes TLS 1.0 and 1.1, which can be "
	"broken; keep them to a listener with role = device\n"},
    {H "trusted = {192.0.2.0/23}\n",
	"t:3:11: warning: trusted holds 192.0.2.0/23: whoever connects from "
	"there may relay to anyone; are these addresses of the internet all "
	"yours?\n"},
    {H "trusted = {10.0.0.0/7}\n",
	"t:3:11: warning: trusted holds 10.0.0.0/7: whoever connects from "
	"there may relay to anyone; this is an open relay\n"},
    {H "trusted = {2001:db8::/47}\n",
	"t:3:11: warning: trusted holds 2001:db8::/47: whoever"},
};

/* What is usual gives no warning. */
static void
no_warnings(void **state)
{
	static const char *const texts[] = {
	    H TEXT_MX "trusted = {10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, "
		      "127.0.0.0/8, fd00::/8, fe80::/10, ::1, 192.0.2.0/24, "
		      "2001:db8::/48, 100.64.0.0/10, 169.254.0.0/16}\n",
	    H TEXT_MX L "ptr { missing = close mismatch = reject }\n"
			"helo { not-found = close } mail { not-found = reject "
			"} }\n",
	    H TEXT_MX "exempt \"ptr\" { file = /x sync = "
		      "\"https://a.example/x\" sync-at = 02:00 }\n"
		      "exempt \"mail\" { sync = \"http://a.example:8080/x\"\n"
		      "key = \"untrusted comment: minisign public key 1 " KEY
		      "\" }\n",
	    H TEXT_MX DEV "from = copier@contoh.id to = \"@contoh.id\" "
			  "user = copier rate = 200/1d min-tls = 1.3 }\n",
	    H TEXT_MX "shield \"*\" { address = 10.0.0.0/16 }\n"
		      "shield \"" CONF_SHIELD_LOCAL "\" { address = ::1 }\n",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct text_file files[] = {{"t", texts[i]}, {NULL, NULL}};
		struct conf *c = NULL;
		struct conf_report r;
		struct buf all;
		enum err e = text_conf(files, NULL, &c, &r);
		text_report(&r, &all);
		if (e != ERR_OK || r.n > 0)
			fail_msg("%s\n%s", texts[i], (const char *)all.p);
		conf_free(c);
		conf_report_free(&r);
		buf_free(&all);
	}
}

/* exact: what is listed is all there is, warnings apart; each listed message
 * may be cut short where the case ends without a newline. */
static void
run_case(const struct error_case *c, bool errors)
{
	struct text_file files[] = {{"t", c->text}, {NULL, NULL}};
	struct conf *conf = NULL;
	struct conf_report r;
	struct buf all;

	enum err e = text_conf(files, NULL, &conf, &r);
	text_report(&r, &all);
	const char *said = (const char *)all.p;
	if (e != (errors ? ERR_SYNTAX : ERR_OK))
		fail_msg("%s\n%s\n%s", err_name(e), c->text, said);
	if ((r.errors > 0) != errors)
		fail_msg("%s\n%s", c->text, said);
	size_t n = strlen(c->messages);
	bool whole = c->messages[n - 1] == '\n';
	size_t lines = 0;
	for (const char *p = c->messages; *p != '\0'; p++)
		lines += *p == '\n';
	if (strstr(said, c->messages) == NULL && whole && lines > 1) {
		/* several: each on its own */
		const char *p = c->messages;
		while (*p != '\0') {
			char line[400];
			size_t len = strcspn(p, "\n") + 1;
			snprintf(line, sizeof(line), "%.*s", (int)len, p);
			if (strstr(said, line) == NULL)
				fail_msg("%s\nsaid:\n%s\nnot:\n%s", c->text,
				    said, line);
			p += len;
		}
	} else if (strstr(said, c->messages) == NULL) {
		fail_msg("%s\nsaid:\n%s\nnot:\n%s", c->text, said, c->messages);
	}
	if (errors && whole && r.errors != lines)
		fail_msg("%s\nsaid more:\n%s", c->text, said);
	conf_free(conf);
	conf_report_free(&r);
	buf_free(&all);
}

#define RUN(name, table, errors)                                               \
	static void name(void **state)                                         \
	{                                                                      \
		(void)state;                                                   \
		for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)  \
			run_case(&table[i], errors);                           \
	}

RUN(grammar_errors, grammar, true)
RUN(name_errors, names, true)
RUN(value_errors, values, true)
RUN(errors_together, together, true)
RUN(all_warnings, warnings, false)
RUN(sender_value_errors, sender_values, true)
RUN(sender_errors_together, senders_together, true)
RUN(all_sender_warnings, sender_warnings, false)

/* One run shows them all, in order of place. */
static void
every_error(void **state)
{
	static const struct text_file files[] = {
	    {"t", "hostnam = a\ninclude(\"d/x\")\nuser = B\ntls {\n"},
	    {"d/x", "zip = 1\ninclude(\"y\")\n"}, {"d/y", "\nlanguage = x\n"},
	    {NULL, NULL}};
	struct conf *c = NULL;
	struct conf_report r;
	struct buf all;
	(void)state;

	assert_int_equal(text_conf(files, NULL, &c, &r), ERR_SYNTAX);
	text_report(&r, &all);
	static const char *const places[] = {"t:1:1: unknown name \"hostnam\"",
	    "t:3:8: user: found \"B\"", "t:4:5: this \"{\" of \"tls\"",
	    "d/x:1:1: unknown name \"zip\"", "d/y:2:12: language: found"};
	const char *p = (const char *)all.p;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strstr((const char *)all.p, places[i]) == NULL)
			fail_msg("%s\n%s", places[i], p);
	assert_int_equal(r.errors, 5);
	conf_report_free(&r);
	buf_free(&all);
}

/* A wrong value does not call forth complaints about what depends on it. */
static void
no_cascade(void **state)
{
	static const struct text_file files[] = {
	    {"t",
		TEXT_HEAD "tls { certificate = c key = /k }\n" TEXT_SUBMISSION},
	    {NULL, NULL}};
	struct conf *c = NULL;
	struct conf_report r;
	(void)state;

	assert_int_equal(text_conf(files, NULL, &c, &r), ERR_SYNTAX);
	assert_int_equal(r.errors, 1);
	conf_report_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(grammar_errors),
	    cmocka_unit_test(name_errors),
	    cmocka_unit_test(value_errors),
	    cmocka_unit_test(errors_together),
	    cmocka_unit_test(all_warnings),
	    cmocka_unit_test(sender_value_errors),
	    cmocka_unit_test(sender_errors_together),
	    cmocka_unit_test(all_sender_warnings),
	    cmocka_unit_test(no_warnings),
	    cmocka_unit_test(every_error),
	    cmocka_unit_test(no_cascade),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
