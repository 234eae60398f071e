/* test_report_find.c - what there is to mend. */
#include "policy/test_report.h"

/* Those that are not of doc/causes.md. */
static const struct {
	const char *code;
	struct {
		const char *text, *cure;
	} in[CAUSE_LANGS];
} own[] = {
    {"sender.clear-hop",
	{{"On its way to us the mail passed at least one hop without TLS, or "
	  "one whose Received field does not tell.",
	     "See the list of hops below; let the servers inside use TLS to "
	     "each other, too."},
	    {"Dalam perjalanan ke sini mail melewati paling sedikit satu hop "
	     "tanpa TLS, atau field Received-nya tidak menyebutkan TLS.",
		"Lihat daftar hop di bawah; pakai TLS juga antar server di "
		"dalam."}}},
    {"sender.eight-bit",
	{{"Octets above 127 came, but the mail was not announced as "
	  "BODY=8BITMIME.",
	     "Let the server declare 8BITMIME, or let the program that writes "
	     "the mail use quoted-printable or base64."},
	    {"Ada oktet di atas 127, tapi mail tidak diumumkan sebagai "
	     "BODY=8BITMIME.",
		"Server harus menyebut 8BITMIME, atau program yang menulis "
		"mail memakai quoted-printable atau base64."}}},
    {"sender.fell-back",
	{{"Your server sent in clear when it was offered no TLS. Most servers "
	  "do, and for mail to anybody that is right; it is wrong only for "
	  "those to whom you must send encrypted.",
	     "Demand TLS for them alone. Postfix: smtp_tls_policy_maps, the "
	     "domain with secure or encrypt. Exim: hosts_require_tls. "
	     "Exchange: a send connector with RequireTLS. MDaemon: the "
	     "STARTTLS Required List. kurir: tls = encrypt or verify in "
	     "outbound. Domains demand it of all senders by MTA-STS or DANE."},
	    {"Server Anda mengirim tanpa enkripsi ketika TLS tidak ditawarkan. "
	     "Kebanyakan server begitu, dan untuk mail ke umum itu wajar; "
	     "yang salah hanya kalau tujuannya memang wajib terenkripsi.",
		"Wajibkan TLS hanya untuk tujuan itu. Postfix: "
		"smtp_tls_policy_maps, domainnya dengan secure atau encrypt. "
		"Exim: hosts_require_tls. Exchange: send connector dengan "
		"RequireTLS. MDaemon: STARTTLS Required List. kurir: tls = "
		"encrypt atau verify di outbound. Domain penerima bisa "
		"mewajibkannya lewat MTA-STS atau DANE."}}},
    {"sender.no-date",
	{{"There is no Date field.",
	     "RFC 5322 requires it; the program that writes the mail, or its "
	     "first server, must add it."},
	    {"Field Date tidak ada.",
		"Diwajibkan RFC 5322; program yang menulis mail, atau server "
		"pertamanya, harus menambahkannya."}}},
    {"sender.no-esmtp",
	{{"Your server said HELO, not EHLO; so it can use neither TLS nor any "
	  "other extension.",
	     "Let it say EHLO. Some firewalls (\"SMTP fixup\") change the "
	     "dialogue: switch that off."},
	    {"Server Anda memakai HELO, bukan EHLO; jadi TLS dan extension "
	     "lain tidak bisa dipakai.",
		"Pakai EHLO. Ada firewall (\"SMTP fixup\") yang mengubah "
		"dialog: matikan."}}},
    {"sender.no-from", {{"There is no From field.", "RFC 5322 requires it."},
			   {"Field From tidak ada.", "Diwajibkan RFC 5322."}}},
    {"sender.no-message-id",
	{{"There is no Message-ID field.",
	     "Let the program that writes the mail, or its first server, add "
	     "one; without it mail is easily taken for spam."},
	    {"Field Message-ID tidak ada.",
		"Program yang menulis mail, atau server pertamanya, harus "
		"menambahkannya; tanpa itu mail mudah dianggap spam."}}},
    {"sender.no-tls",
	{{"Your server sent this mail in clear, although we offered STARTTLS: "
	  "anybody on the way could read and change it.",
	     "Let it use TLS where it is offered (Postfix: "
	     "smtp_tls_security_level = may). If it does already, something "
	     "on the way takes STARTTLS out of the dialogue: compare our "
	     "answer to EHLO below with what your server logs."},
	    {"Server Anda mengirim mail ini tanpa enkripsi, padahal STARTTLS "
	     "kami tawarkan: siapa saja di jalan bisa membaca dan mengubahnya.",
		"Pakai TLS kalau ditawarkan (Postfix: smtp_tls_security_level "
		"= may). Kalau sudah, ada yang menghapus STARTTLS dari dialog: "
		"bandingkan jawaban EHLO di bawah dengan log server Anda."}}},
    {"sender.no-tls-here",
	{{"The mail came without TLS; we did not offer any on this port.",
	     "Nothing can be said about your server's TLS from this."},
	    {"Mail datang tanpa TLS; di port ini TLS memang tidak ditawarkan.",
		"Dari sini TLS server Anda belum bisa dinilai."}}},
    {"sender.old-tls",
	{{"Your server used a version of TLS older than 1.2, which can be "
	  "broken.",
	     "Update its TLS library, or allow TLS 1.2 and 1.3 in its "
	     "settings."},
	    {"Server Anda memakai versi TLS di bawah 1.2, yang bisa dibobol.",
		"Update library TLS-nya, atau izinkan TLS 1.2 dan 1.3 di "
		"setting."}}},
    {"sender.unknown-lookup",
	{{"DNS did not answer one of our questions, so part of this report is "
	  "not known.",
	     "Try again later; if it stays so, look at the name servers of "
	     "your domain and of your network."},
	    {"DNS tidak menjawab salah satu pertanyaan, jadi sebagian laporan "
	     "ini belum diketahui.",
		"Coba lagi nanti; kalau tetap begitu, periksa name server "
		"domain dan jaringan Anda."}}},
    {"spf.fail",
	{{"The SPF record of the sender's domain says that this address may "
	  "not send for it.",
	     "Send by a server that the record names, or add this one to it "
	     "(ip4:, ip6:, a or mx)."},
	    {"SPF record domain pengirim menyatakan IP ini tidak boleh "
	     "mengirim atas namanya.",
		"Kirim lewat server yang ada di record itu, atau tambahkan "
		"server ini (ip4:, ip6:, a atau mx)."}}},
    {"spf.none",
	{{"The sender's domain has no SPF record: anybody can send in its "
	  "name.",
	     "Publish one: \"v=spf1 mx -all\" where only the MX hosts send."},
	    {"Domain pengirim tidak punya SPF record: siapa saja bisa mengirim "
	     "atas namanya.",
		"Pasang: \"v=spf1 mx -all\" kalau hanya host MX yang "
		"mengirim."}}},
    {"spf.permerror",
	{{"The SPF record of the sender's domain is wrong, so it does not "
	  "count.",
	     "Mend it; the reason stands beside the result, and \"kurir check "
	     "spf\" shows the way."},
	    {"SPF record domain pengirim salah, jadi tidak berlaku.",
		"Perbaiki; alasannya ada di samping hasil, dan \"kurir check "
		"spf\" menunjukkan jalannya."}}},
    {"spf.softfail",
	{{"The SPF record of the sender's domain neither allows nor quite "
	  "forbids this address.",
	     "Add this server to the record; once all that send are named, "
	     "end it with -all."},
	    {"SPF record domain pengirim tidak mengizinkan IP ini, tapi juga "
	     "tidak tegas melarang.",
		"Tambahkan server ini; kalau semua pengirim sudah tercantum, "
		"akhiri dengan -all."}}},
};

const char *
test_finding_text(const char *code, enum cause_lang lang)
{
	struct slice want = slice_str(code);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (slice_eq(slice_str(own[i].code), want))
			return own[i].in[lang].text;
	const struct cause *c = cause_find(lang, want);
	return c == NULL ? code : c->explanation;
}

const char *
test_finding_cure(const char *code, enum cause_lang lang)
{
	struct slice want = slice_str(code);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (slice_eq(slice_str(own[i].code), want))
			return own[i].in[lang].cure;
	const struct cause *c = cause_find(lang, want);
	return c == NULL ? "" : c->cure[CAUSE_SENDING];
}

/* ---- judging ---- */

struct list {
	struct test_finding *v;
	size_t n;
};

static void
add(struct list *l, enum test_mood mood, const char *code)
{
	for (size_t i = 0; i < l->n; i++)
		if (slice_eq(slice_str(l->v[i].code), slice_str(code)))
			return;
	if (l->n < TEST_FINDINGS_MAX)
		l->v[l->n++] = (struct test_finding){mood, code};
}

static void
judge_tls(const struct test_facts *f, struct list *l)
{
	if (f->kind == TEST_ASSURE_FAILED)
		add(l, TEST_WARN, "sender.fell-back");
	if (f->kind != TEST_ORDINARY)
		return;
	if (!f->tls)
		add(l, f->tls_offered ? TEST_BAD : TEST_INFO,
		    f->tls_offered ? "sender.no-tls" : "sender.no-tls-here");
	else if (!slice_eq(f->version, SLICE("TLS1_2")) &&
		 !slice_eq(f->version, SLICE("TLS1_3")))
		add(l, TEST_WARN, "sender.old-tls");
}

static void
judge_lookups(const struct test_facts *f, struct list *l)
{
	static const struct {
		enum reverse_kind kind;
		unsigned finding;
		enum test_mood mood;
		const char *code;
	} rows[] = {
	    {REVERSE_PTR, REVERSE_PTR_MISSING, TEST_BAD, "lookup.ptr-missing"},
	    {REVERSE_PTR, REVERSE_PTR_MISMATCH, TEST_BAD,
		"lookup.ptr-mismatch"},
	    {REVERSE_HELO, REVERSE_NOT_FOUND, TEST_WARN,
		"lookup.helo-not-found"},
	    {REVERSE_HELO, REVERSE_FORGED, TEST_WARN, "lookup.helo-forged"},
	    {REVERSE_MAIL, REVERSE_NOT_FOUND, TEST_BAD,
		"lookup.mail-not-found"},
	    {REVERSE_MAIL, REVERSE_NO_MX, TEST_WARN, "lookup.mail-no-mx"},
	    {REVERSE_MAIL, REVERSE_FORGED, TEST_INFO, "lookup.mail-forged"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct reverse_result *r = f->look[rows[i].kind];
		if (r == NULL)
			continue;
		if ((r->findings & REVERSE_TEMPFAIL) != 0)
			add(l, TEST_INFO, "sender.unknown-lookup");
		else if ((r->findings & rows[i].finding) != 0)
			add(l, rows[i].mood, rows[i].code);
	}
}

static void
judge_spf(const struct test_facts *f, struct list *l)
{
	if (f->spf == NULL)
		return;
	switch (f->spf->word) {
	case SPF_FAIL:
		add(l, TEST_BAD, "spf.fail");
		break;
	case SPF_PERMERROR:
		add(l, TEST_BAD, "spf.permerror");
		break;
	case SPF_SOFTFAIL:
	case SPF_NEUTRAL:
		add(l, TEST_WARN, "spf.softfail");
		break;
	case SPF_NONE:
		add(l, TEST_WARN, "spf.none");
		break;
	case SPF_TEMPERROR:
		add(l, TEST_INFO, "sender.unknown-lookup");
		break;
	case SPF_PASS:
		break;
	}
}

static void
judge_message(const struct test_facts *f, struct list *l)
{
	bool clear = false;
	if (!f->esmtp)
		add(l, TEST_WARN, "sender.no-esmtp");
	if (f->eight_bit && !f->body_8bit)
		add(l, TEST_WARN, "sender.eight-bit");
	if (!f->has_from)
		add(l, TEST_WARN, "sender.no-from");
	if (!f->has_date)
		add(l, TEST_WARN, "sender.no-date");
	if (!f->has_message_id)
		add(l, TEST_WARN, "sender.no-message-id");
	/* The first is ours, and judged already. */
	for (size_t i = 1; i < f->hop_n; i++)
		clear = clear ||
			(!f->hops[i].local && f->hops[i].tls != TRACE_TLS_YES);
	if (clear)
		add(l, TEST_INFO, "sender.clear-hop");
}

size_t
test_findings(
    const struct test_facts *f, struct test_finding out[TEST_FINDINGS_MAX])
{
	struct test_finding found[TEST_FINDINGS_MAX];
	struct list l = {found, 0};
	size_t n = 0;
	if (!f->session)
		return 0;
	judge_tls(f, &l);
	judge_lookups(f, &l);
	judge_spf(f, &l);
	judge_message(f, &l);
	for (int mood = TEST_BAD; mood >= TEST_GOOD; mood--)
		for (size_t i = 0; i < l.n; i++)
			if ((int)found[i].mood == mood)
				out[n++] = found[i];
	return n;
}
