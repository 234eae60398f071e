#include "policy/letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
test_whole(void **unused)
{
	(void)unused;
	struct buf b;
	const struct letter l = {.cause = SLICE("mailbox.full"),
	    .evidence = SLICE("552 5.2.2 over\r\n\tquota \x1b[31m\xc3\xa9"),
	    .host = SLICE("mx.mitra.example"),
	    .ip = SLICE("198.51.100.9"),
	    .address = SLICE("ani@mitra.example"),
	    .when = SLICE("Tue 2023-11-21 10:04:11"),
	    .us = SLICE("mail.contoh.id")};
	buf_init(&b, 65536);
	letter_add(&b, CAUSE_ID, &l);
	buf_add_byte(&b, '\0');
	assert_int_equal(buf_err(&b), ERR_OK);
	assert_string_equal((const char *)b.p,
	    "Subject: mail antar server kita gagal (mailbox.full)\n"
	    "\n"
	    "Yth. Postmaster,\n"
	    "\n"
	    "mail yang hendak dikirim server kami ke server Anda tidak "
	    "berhasil\nmasuk.\n"
	    "\n"
	    "Sejauh yang kami lihat, masalahnya: Mailbox penerima penuh atau "
	    "melebihi\nquota.\n"
	    "\n"
	    "  Server:      mx.mitra.example\n"
	    "  IP:          198.51.100.9\n"
	    "  Penerima:    ani@mitra.example\n"
	    "  Waktu:       Tue 2023-11-21 10:04:11\n"
	    "  Kode:        mailbox.full\n"
	    "\n"
	    "Kutipan log atau jawaban server:\n"
	    "\n"
	    "    552 5.2.2 over\n"
	    "    quota \\x1b[31m\xc3\xa9\n"
	    "\n"
	    "Mohon bantuannya: beri tahu pemilik mailbox bahwa mailbox-nya "
	    "penuh,\natau naikkan quota-nya.\n"
	    "\n"
	    "Kalau menurut Anda penyebabnya lain, mohon beri tahu kami isi "
	    "log di\npihak Anda untuk jam yang sama. Terima kasih atas "
	    "bantuannya.\n"
	    "\n"
	    "Postmaster, mail.contoh.id\n");
	buf_free(&b);
}

/* Each cause, on each side, in each language: a letter that asks for
 * something, with no line too long. */
static void
test_all(void **unused)
{
	(void)unused;
	const struct cause *c;
	struct buf b;
	buf_init(&b, 65536);
	for (size_t i = 0; (c = cause_at(CAUSE_EN, i)) != NULL; i++)
		for (int k = 0; k < 4; k++) {
			struct letter l = {
			    .cause = slice_str(c->code), .receiving = k & 1};
			buf_clear(&b);
			letter_add(&b, k & 2 ? CAUSE_ID : CAUSE_EN, &l);
			assert_int_equal(buf_err(&b), ERR_OK);
			struct slice s = buf_slice(&b);
			assert_non_null(memmem(s.p, s.n,
			    k & 2 ? "Mohon bantuannya" : "What we ask", 11));
			while (s.n > 0) {
				size_t n = slice_find(s, '\n');
				if (n > 79)
					fail_msg(
					    "%.*s", SLICE_ARG(slice_to(s, n)));
				s = slice_from(s, n + 1);
			}
		}
	buf_clear(&b);
	struct letter none = {.cause = SLICE("no.such\x1b"),
	    .evidence = SLICE("\xd8\x9c \xe2\x80\xae \xe2\x82\xac")};
	letter_add(&b, CAUSE_EN, &none);
	assert_null(memchr(b.p, 0x1b, b.n));
	assert_non_null(memmem(
	    b.p, b.n, "    \\xd8\\x9c \\xe2\\x80\\xae \xe2\x82\xac\n", 30));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
