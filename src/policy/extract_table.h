/* What the words of servers and programs mean: for extract.c alone.
 *
 * EXTRACT_NOTE(English, Indonesian), then EXTRACT_ROW(words, cause, who has to
 * act, weight, note, cause where it is the writer who refused, alone). In the
 * words a space is any white space, "*" up to EXTRACT_GAP octets, "#" a
 * digit; any case. Weights below 50 are last resorts. */
/* clang-format off */
#ifdef EXTRACT_NOTE
EXTRACT_NOTE(
    "",
    "")
EXTRACT_NOTE(
    "Schannel SEC_E_ALGORITHM_MISMATCH: the two sides have no "
    "common algorithm, that is no cipher or version that both "
    "know.",
    "Schannel SEC_E_ALGORITHM_MISMATCH: kedua server tidak punya "
    "algoritma (cipher atau versi TLS) yang sama.")
EXTRACT_NOTE(
    "Schannel SEC_E_ILLEGAL_MESSAGE: the handshake failed (TLS "
    "alert 40, 47 or 10); mostly no cipher or curve is common.",
    "Schannel SEC_E_ILLEGAL_MESSAGE: handshake gagal (TLS alert "
    "40, 47 atau 10); biasanya tidak ada cipher atau curve yang "
    "sama.")
EXTRACT_NOTE(
    "Schannel SEC_E_UNSUPPORTED_FUNCTION (TLS alert 70): the TLS "
    "version that was asked for is not supported.",
    "Schannel SEC_E_UNSUPPORTED_FUNCTION (TLS alert 70): versi "
    "TLS yang diminta tidak didukung.")
EXTRACT_NOTE(
    "The certificate's chain ends at an authority that is not "
    "trusted (TLS alert 48).",
    "Chain certificate berujung di CA yang tidak dipercaya (TLS "
    "alert 48).")
EXTRACT_NOTE(
    "Schannel SEC_E_CERT_UNKNOWN (TLS alert 42, 43 or 46): "
    "something is wrong with the certificate.",
    "Schannel SEC_E_CERT_UNKNOWN (TLS alert 42, 43 atau 46): ada "
    "yang salah dengan certificate-nya.")
EXTRACT_NOTE(
    "The certificate has expired (TLS alert 45).",
    "Certificate sudah expired (TLS alert 45).")
EXTRACT_NOTE(
    "CRYPT_E_REVOKED (TLS alert 44): the authority has revoked "
    "the certificate.",
    "CRYPT_E_REVOKED (TLS alert 44): certificate sudah dicabut "
    "oleh CA-nya.")
EXTRACT_NOTE(
    "The name in the certificate is not that of the host.",
    "Nama di certificate tidak sama dengan nama host.")
EXTRACT_NOTE(
    "Schannel SEC_E_MESSAGE_ALTERED (TLS alert 20 or 30): what "
    "came was changed on its way.",
    "Schannel SEC_E_MESSAGE_ALTERED (TLS alert 20 atau 30): data "
    "berubah di jalan.")
EXTRACT_NOTE(
    "Schannel SEC_E_DECRYPT_FAILURE (TLS alert 21 or 51): what "
    "came could not be decrypted.",
    "Schannel SEC_E_DECRYPT_FAILURE (TLS alert 21 atau 51): data "
    "yang datang tidak bisa di-decrypt.")
EXTRACT_NOTE(
    "Schannel SEC_E_INVALID_TOKEN: what came is no TLS handshake.",
    "Schannel SEC_E_INVALID_TOKEN: yang datang bukan handshake "
    "TLS.")
EXTRACT_NOTE(
    "Schannel SEC_E_LOGON_DENIED (TLS alert 49, access denied): "
    "the server wants a client certificate that it accepts.",
    "Schannel SEC_E_LOGON_DENIED (TLS alert 49, access denied): "
    "server meminta client certificate yang bisa diterimanya.")
EXTRACT_NOTE(
    "Schannel SEC_E_INTERNAL_ERROR (TLS alert 80): the other side"
    " failed inside its TLS.",
    "Schannel SEC_E_INTERNAL_ERROR (TLS alert 80): TLS di pihak "
    "lawan gagal karena masalah internal.")
EXTRACT_NOTE(
    "Windows error 10060: the other side did not answer within "
    "the time allowed.",
    "Error Windows 10060: pihak lawan tidak menjawab dalam batas "
    "waktu.")
EXTRACT_NOTE(
    "Windows error 10054: the other side reset the connection.",
    "Error Windows 10054: koneksi diputus (reset) oleh pihak "
    "lawan.")
EXTRACT_NOTE(
    "Windows error 10053: the connection was aborted.",
    "Error Windows 10053: koneksi terputus.")
EXTRACT_NOTE(
    "Windows error 10061: nothing listens on that port, or a "
    "firewall refuses.",
    "Error Windows 10061: tidak ada yang mendengarkan di port "
    "itu, atau ditolak firewall.")
EXTRACT_NOTE(
    "Windows error 10051: no way to that network.",
    "Error Windows 10051: tidak ada jalur ke jaringan itu.")
EXTRACT_NOTE(
    "Windows error 10065: no way to that host.",
    "Error Windows 10065: tidak ada jalur ke host itu.")
EXTRACT_NOTE(
    "Windows error 11001: there is no host of that name.",
    "Error Windows 11001: nama host itu tidak ada.")
EXTRACT_NOTE(
    "Windows error 11002: DNS did not answer.",
    "Error Windows 11002: DNS tidak menjawab.")
EXTRACT_NOTE(
    "It came right after STARTTLS was agreed on: the handshake "
    "never got on.",
    "Terjadi tepat setelah STARTTLS disetujui: handshake TLS "
    "tidak pernah jalan.")
EXTRACT_NOTE(
    "The handshake failed: mostly no cipher, curve or signature "
    "is common.",
    "Handshake gagal: biasanya tidak ada cipher, curve atau "
    "signature yang sama.")
EXTRACT_NOTE(
    "What came where TLS should begin is no TLS: a wrong port or "
    "mode (465 is TLS at once, 25 and 587 begin in clear), or "
    "something on the way changed it.",
    "Yang datang bukan TLS: port atau mode salah (465 langsung "
    "TLS, 25 dan 587 mulai tanpa TLS), atau ada yang mengubahnya "
    "di jalan.")
EXTRACT_NOTE(
    "The handshake failed; the words do not say why.",
    "Handshake gagal; pesannya tidak menyebut sebabnya.")
EXTRACT_NOTE(
    "Gmail's rule for secure transport: the recipient's domain "
    "takes this mail only over TLS. It says 421, so the sender "
    "tries until it gives up.",
    "Aturan secure transport Gmail: domain penerima hanya "
    "menerima mail ini lewat TLS. Jawabannya 421, jadi pengirim "
    "terus mencoba sampai batas waktu.")
EXTRACT_NOTE(
    "The other server takes the message for spam, or its rules "
    "forbid it.",
    "Server tujuan menganggap mail ini spam, atau melarangnya "
    "lewat aturannya.")
EXTRACT_NOTE(
    "Known by the enhanced status code alone.",
    "Dikenali dari enhanced status code saja.")
EXTRACT_NOTE(
    "Known by the reply code alone.",
    "Dikenali dari kode jawaban saja.")
EXTRACT_NOTE(
    "Gmail shows this for mail that reached it without TLS: the "
    "sending server has TLS switched off for what it sends "
    "(Postfix: smtp_tls_security_level = may), or a firewall on "
    "the way takes STARTTLS out.",
    "Gmail menampilkan ini untuk mail yang masuk tanpa TLS: TLS "
    "untuk mail keluar belum aktif di server pengirim (Postfix: "
    "smtp_tls_security_level = may), atau ada firewall di jalan "
    "yang menghapus STARTTLS.")
EXTRACT_NOTE(
    "A firewall on the way overwrites what the server offers "
    "(Cisco \"fixup\" or \"inspect esmtp\"): switch that off.",
    "Ada firewall di jalan yang menimpa tawaran server (Cisco "
    "\"fixup\" atau \"inspect esmtp\"): matikan fitur itu.")
#endif
#ifdef EXTRACT_ROW
EXTRACT_ROW("0x80090331",
    "tls.no-common-cipher", BOTH, 97, 1, NULL, false)
EXTRACT_ROW("-2146893007",
    "tls.no-common-cipher", BOTH, 97, 1, NULL, false)
EXTRACT_ROW("80090331",
    "tls.no-common-cipher", BOTH, 92, 1, NULL, false)
EXTRACT_ROW("0x80090326",
    "tls.no-common-cipher", BOTH, 88, 2, NULL, false)
EXTRACT_ROW("-2146893018",
    "tls.no-common-cipher", BOTH, 88, 2, NULL, false)
EXTRACT_ROW("80090326",
    "tls.no-common-cipher", BOTH, 83, 2, NULL, false)
EXTRACT_ROW("0x80090302",
    "tls.no-common-version", BOTH, 97, 3, NULL, false)
EXTRACT_ROW("-2146893054",
    "tls.no-common-version", BOTH, 97, 3, NULL, false)
EXTRACT_ROW("80090302",
    "tls.no-common-version", BOTH, 92, 3, NULL, false)
EXTRACT_ROW("0x80090325",
    "tls.cert-untrusted", BOTH, 97, 4, NULL, false)
EXTRACT_ROW("-2146893019",
    "tls.cert-untrusted", BOTH, 97, 4, NULL, false)
EXTRACT_ROW("80090325",
    "tls.cert-untrusted", BOTH, 92, 4, NULL, false)
EXTRACT_ROW("0x800b0109",
    "tls.cert-untrusted", BOTH, 97, 4, NULL, false)
EXTRACT_ROW("-2146762487",
    "tls.cert-untrusted", BOTH, 97, 4, NULL, false)
EXTRACT_ROW("800b0109",
    "tls.cert-untrusted", BOTH, 92, 4, NULL, false)
EXTRACT_ROW("0x80090327",
    "tls.cert-untrusted", BOTH, 90, 5, NULL, false)
EXTRACT_ROW("-2146893017",
    "tls.cert-untrusted", BOTH, 90, 5, NULL, false)
EXTRACT_ROW("80090327",
    "tls.cert-untrusted", BOTH, 85, 5, NULL, false)
EXTRACT_ROW("0x80090328",
    "tls.cert-expired", BOTH, 97, 6, NULL, false)
EXTRACT_ROW("-2146893016",
    "tls.cert-expired", BOTH, 97, 6, NULL, false)
EXTRACT_ROW("80090328",
    "tls.cert-expired", BOTH, 92, 6, NULL, false)
EXTRACT_ROW("0x800b0101",
    "tls.cert-expired", BOTH, 97, 6, NULL, false)
EXTRACT_ROW("-2146762495",
    "tls.cert-expired", BOTH, 97, 6, NULL, false)
EXTRACT_ROW("800b0101",
    "tls.cert-expired", BOTH, 92, 6, NULL, false)
EXTRACT_ROW("0x80092010",
    "tls.cert-revoked", BOTH, 97, 7, NULL, false)
EXTRACT_ROW("-2146885616",
    "tls.cert-revoked", BOTH, 97, 7, NULL, false)
EXTRACT_ROW("80092010",
    "tls.cert-revoked", BOTH, 92, 7, NULL, false)
EXTRACT_ROW("0x80090322",
    "tls.cert-name-mismatch", BOTH, 97, 8, NULL, false)
EXTRACT_ROW("-2146893022",
    "tls.cert-name-mismatch", BOTH, 97, 8, NULL, false)
EXTRACT_ROW("80090322",
    "tls.cert-name-mismatch", BOTH, 92, 8, NULL, false)
EXTRACT_ROW("0x800b010f",
    "tls.cert-name-mismatch", BOTH, 97, 8, NULL, false)
EXTRACT_ROW("-2146762481",
    "tls.cert-name-mismatch", BOTH, 97, 8, NULL, false)
EXTRACT_ROW("800b010f",
    "tls.cert-name-mismatch", BOTH, 92, 8, NULL, false)
EXTRACT_ROW("0x8009030f",
    "tls.garbage", BOTH, 92, 9, NULL, false)
EXTRACT_ROW("-2146893041",
    "tls.garbage", BOTH, 92, 9, NULL, false)
EXTRACT_ROW("8009030f",
    "tls.garbage", BOTH, 87, 9, NULL, false)
EXTRACT_ROW("0x80090330",
    "tls.garbage", BOTH, 92, 10, NULL, false)
EXTRACT_ROW("-2146893008",
    "tls.garbage", BOTH, 92, 10, NULL, false)
EXTRACT_ROW("80090330",
    "tls.garbage", BOTH, 87, 10, NULL, false)
EXTRACT_ROW("0x80090308",
    "tls.garbage", BOTH, 92, 11, NULL, false)
EXTRACT_ROW("-2146893048",
    "tls.garbage", BOTH, 92, 11, NULL, false)
EXTRACT_ROW("80090308",
    "tls.garbage", BOTH, 87, 11, NULL, false)
EXTRACT_ROW("0x8009030c",
    "tls.client-cert-required", BOTH, 85, 12, NULL, false)
EXTRACT_ROW("-2146893044",
    "tls.client-cert-required", BOTH, 85, 12, NULL, false)
EXTRACT_ROW("8009030c",
    "tls.client-cert-required", BOTH, 80, 12, NULL, false)
EXTRACT_ROW("0x80090304",
    "tls.refused", BOTH, 85, 13, NULL, false)
EXTRACT_ROW("-2146893052",
    "tls.refused", BOTH, 85, 13, NULL, false)
EXTRACT_ROW("80090304",
    "tls.refused", BOTH, 80, 13, NULL, false)
EXTRACT_ROW("error 10060",
    "net.timeout", BOTH, 90, 14, NULL, false)
EXTRACT_ROW("error: 10060",
    "net.timeout", BOTH, 90, 14, NULL, false)
EXTRACT_ROW("WSA10060",
    "net.timeout", BOTH, 90, 14, NULL, false)
EXTRACT_ROW("socket 10060",
    "net.timeout", BOTH, 90, 14, NULL, false)
EXTRACT_ROW("10060",
    "net.timeout", BOTH, 85, 14, NULL, true)
EXTRACT_ROW("error 10054",
    "net.reset", BOTH, 90, 15, NULL, false)
EXTRACT_ROW("error: 10054",
    "net.reset", BOTH, 90, 15, NULL, false)
EXTRACT_ROW("WSA10054",
    "net.reset", BOTH, 90, 15, NULL, false)
EXTRACT_ROW("socket 10054",
    "net.reset", BOTH, 90, 15, NULL, false)
EXTRACT_ROW("10054",
    "net.reset", BOTH, 85, 15, NULL, true)
EXTRACT_ROW("error 10053",
    "net.reset", BOTH, 90, 16, NULL, false)
EXTRACT_ROW("error: 10053",
    "net.reset", BOTH, 90, 16, NULL, false)
EXTRACT_ROW("WSA10053",
    "net.reset", BOTH, 90, 16, NULL, false)
EXTRACT_ROW("socket 10053",
    "net.reset", BOTH, 90, 16, NULL, false)
EXTRACT_ROW("10053",
    "net.reset", BOTH, 85, 16, NULL, true)
EXTRACT_ROW("error 10061",
    "net.refused", BOTH, 90, 17, NULL, false)
EXTRACT_ROW("error: 10061",
    "net.refused", BOTH, 90, 17, NULL, false)
EXTRACT_ROW("WSA10061",
    "net.refused", BOTH, 90, 17, NULL, false)
EXTRACT_ROW("socket 10061",
    "net.refused", BOTH, 90, 17, NULL, false)
EXTRACT_ROW("10061",
    "net.refused", BOTH, 85, 17, NULL, true)
EXTRACT_ROW("error 10051",
    "net.timeout", BOTH, 90, 18, NULL, false)
EXTRACT_ROW("error: 10051",
    "net.timeout", BOTH, 90, 18, NULL, false)
EXTRACT_ROW("WSA10051",
    "net.timeout", BOTH, 90, 18, NULL, false)
EXTRACT_ROW("socket 10051",
    "net.timeout", BOTH, 90, 18, NULL, false)
EXTRACT_ROW("10051",
    "net.timeout", BOTH, 85, 18, NULL, true)
EXTRACT_ROW("error 10065",
    "net.timeout", BOTH, 90, 19, NULL, false)
EXTRACT_ROW("error: 10065",
    "net.timeout", BOTH, 90, 19, NULL, false)
EXTRACT_ROW("WSA10065",
    "net.timeout", BOTH, 90, 19, NULL, false)
EXTRACT_ROW("socket 10065",
    "net.timeout", BOTH, 90, 19, NULL, false)
EXTRACT_ROW("10065",
    "net.timeout", BOTH, 85, 19, NULL, true)
EXTRACT_ROW("error 11001",
    "dns.nxdomain", BOTH, 90, 20, NULL, false)
EXTRACT_ROW("error: 11001",
    "dns.nxdomain", BOTH, 90, 20, NULL, false)
EXTRACT_ROW("WSA11001",
    "dns.nxdomain", BOTH, 90, 20, NULL, false)
EXTRACT_ROW("socket 11001",
    "dns.nxdomain", BOTH, 90, 20, NULL, false)
EXTRACT_ROW("11001",
    "dns.nxdomain", BOTH, 85, 20, NULL, true)
EXTRACT_ROW("error 11002",
    "dns.tempfail", BOTH, 90, 21, NULL, false)
EXTRACT_ROW("error: 11002",
    "dns.tempfail", BOTH, 90, 21, NULL, false)
EXTRACT_ROW("WSA11002",
    "dns.tempfail", BOTH, 90, 21, NULL, false)
EXTRACT_ROW("socket 11002",
    "dns.tempfail", BOTH, 90, 21, NULL, false)
EXTRACT_ROW("11002",
    "dns.tempfail", BOTH, 85, 21, NULL, true)
EXTRACT_ROW("Ready to start TLS*SSL error 10060",
    "tls.stalled", BOTH, 93, 22, NULL, false)
EXTRACT_ROW("Begin TLS negotiation*SSL error 10060",
    "tls.stalled", BOTH, 93, 22, NULL, false)
EXTRACT_ROW("Ready to start TLS*timed out",
    "tls.stalled", BOTH, 93, 22, NULL, false)
EXTRACT_ROW("Ready to start TLS*closed by the other side",
    "net.closed-after-starttls", BOTH, 95, 0, NULL, false)
EXTRACT_ROW("Begin TLS negotiation*closed by the other side",
    "net.closed-after-starttls", BOTH, 95, 0, NULL, false)
EXTRACT_ROW("Ready to start TLS*Connection closed",
    "net.closed-after-starttls", BOTH, 95, 0, NULL, false)
EXTRACT_ROW("Ready to start TLS*SSL error 10054",
    "net.closed-after-starttls", BOTH, 95, 0, NULL, false)
EXTRACT_ROW("lost connection after STARTTLS",
    "net.closed-after-starttls", BOTH, 84, 0, NULL, false)
EXTRACT_ROW("A TLS packet with unexpected length was received",
    "net.closed-after-starttls", BOTH, 95, 0, NULL, false)
EXTRACT_ROW("TLS connection was non-properly terminated",
    "net.closed-after-starttls", BOTH, 95, 0, NULL, false)
EXTRACT_ROW("unexpected eof while reading",
    "net.closed-after-starttls", BOTH, 95, 0, NULL, false)
EXTRACT_ROW("closed by the other side",
    "net.reset", BOTH, 80, 0, NULL, false)
EXTRACT_ROW("connection reset by peer",
    "net.reset", BOTH, 80, 0, NULL, false)
EXTRACT_ROW("connection reset by",
    "net.reset", BOTH, 80, 0, NULL, false)
EXTRACT_ROW("ECONNRESET",
    "net.reset", BOTH, 80, 0, NULL, false)
EXTRACT_ROW("lost connection with",
    "net.reset", BOTH, 80, 0, NULL, false)
EXTRACT_ROW("unexpected disconnection",
    "net.reset", BOTH, 80, 0, NULL, false)
EXTRACT_ROW("connection closed by remote",
    "net.reset", BOTH, 80, 0, NULL, false)
EXTRACT_ROW("remote host closed connection",
    "net.reset", BOTH, 80, 0, NULL, false)
EXTRACT_ROW("premature EOM",
    "net.reset", BOTH, 80, 0, NULL, false)
EXTRACT_ROW("Connection dropped",
    "net.reset", BOTH, 80, 0, NULL, false)
EXTRACT_ROW("connection refused",
    "net.refused", BOTH, 82, 0, NULL, false)
EXTRACT_ROW("ECONNREFUSED",
    "net.refused", BOTH, 82, 0, NULL, false)
EXTRACT_ROW("4.4.316",
    "net.refused", BOTH, 82, 0, NULL, false)
EXTRACT_ROW("connection timed out",
    "net.timeout", BOTH, 82, 0, NULL, false)
EXTRACT_ROW("operation timed out",
    "net.timeout", BOTH, 82, 0, NULL, false)
EXTRACT_ROW("timed out while",
    "net.timeout", BOTH, 82, 0, NULL, false)
EXTRACT_ROW("ETIMEDOUT",
    "net.timeout", BOTH, 82, 0, NULL, false)
EXTRACT_ROW("SMTP timeout after",
    "net.timeout", BOTH, 82, 0, NULL, false)
EXTRACT_ROW("timeout after",
    "net.timeout", BOTH, 82, 0, NULL, false)
EXTRACT_ROW("conversation with*timed out",
    "net.timeout", BOTH, 82, 0, NULL, false)
EXTRACT_ROW("No route to host",
    "net.timeout", BOTH, 82, 0, NULL, false)
EXTRACT_ROW("Network is unreachable",
    "net.timeout", BOTH, 82, 0, NULL, false)
EXTRACT_ROW("Host unreachable",
    "net.timeout", BOTH, 82, 0, NULL, false)
EXTRACT_ROW("4.4.317",
    "net.timeout", BOTH, 82, 0, NULL, false)
EXTRACT_ROW("failed to respond",
    "net.timeout", BOTH, 82, 0, NULL, false)
EXTRACT_ROW("connect timed out",
    "net.timeout", BOTH, 82, 0, NULL, false)
EXTRACT_ROW("Connection attempt failed",
    "net.timeout", BOTH, 82, 0, NULL, false)
EXTRACT_ROW("alert handshake failure",
    "tls.no-common-cipher", BOTH, 90, 23, NULL, false)
EXTRACT_ROW("alert number 40",
    "tls.no-common-cipher", BOTH, 90, 23, NULL, false)
EXTRACT_ROW("no shared cipher",
    "tls.no-common-cipher", BOTH, 90, 23, NULL, false)
EXTRACT_ROW("no ciphers available",
    "tls.no-common-cipher", BOTH, 90, 23, NULL, false)
EXTRACT_ROW("no cipher match",
    "tls.no-common-cipher", BOTH, 90, 23, NULL, false)
EXTRACT_ROW("insufficient security",
    "tls.no-common-cipher", BOTH, 90, 23, NULL, false)
EXTRACT_ROW("alert number 71",
    "tls.no-common-cipher", BOTH, 90, 23, NULL, false)
EXTRACT_ROW("dh key too small",
    "tls.no-common-cipher", BOTH, 90, 23, NULL, false)
EXTRACT_ROW("Could not negotiate a supported cipher suite",
    "tls.no-common-cipher", BOTH, 90, 23, NULL, false)
EXTRACT_ROW("legacy sigalg",
    "tls.no-common-cipher", BOTH, 90, 23, NULL, false)
EXTRACT_ROW("no suitable signature algorithm",
    "tls.no-common-cipher", BOTH, 90, 23, NULL, false)
EXTRACT_ROW("wrong signature type",
    "tls.no-common-cipher", BOTH, 90, 23, NULL, false)
EXTRACT_ROW("alert protocol version",
    "tls.no-common-version", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("alert number 70",
    "tls.no-common-version", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("unsupported protocol",
    "tls.no-common-version", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("no protocols available",
    "tls.no-common-version", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("unsafe legacy renegotiation",
    "tls.no-common-version", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("TLS 1.0 and 1.1 are not supported",
    "tls.no-common-version", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("4.7.66",
    "tls.no-common-version", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("version too low",
    "tls.no-common-version", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("unsupported protocol version",
    "tls.no-common-version", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("no common protocol",
    "tls.no-common-version", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("wrong version number",
    "tls.garbage", BOTH, 90, 24, NULL, false)
EXTRACT_ROW("unknown protocol",
    "tls.garbage", BOTH, 90, 24, NULL, false)
EXTRACT_ROW("http request",
    "tls.garbage", BOTH, 90, 24, NULL, false)
EXTRACT_ROW("bad record mac",
    "tls.garbage", BOTH, 90, 24, NULL, false)
EXTRACT_ROW("An unexpected TLS packet was received",
    "tls.garbage", BOTH, 90, 24, NULL, false)
EXTRACT_ROW("packet length too long",
    "tls.garbage", BOTH, 90, 24, NULL, false)
EXTRACT_ROW("record layer failure",
    "tls.garbage", BOTH, 90, 24, NULL, false)
EXTRACT_ROW("not an SSL record",
    "tls.garbage", BOTH, 90, 24, NULL, false)
EXTRACT_ROW("first record does not look like",
    "tls.garbage", BOTH, 90, 24, NULL, false)
EXTRACT_ROW("alert unknown ca",
    "tls.cert-untrusted", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("alert number 48",
    "tls.cert-untrusted", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("unable to get local issuer",
    "tls.cert-untrusted", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("unable to get issuer",
    "tls.cert-untrusted", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("unable to verify the first certificate",
    "tls.cert-untrusted", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("unable to verify leaf signature",
    "tls.cert-untrusted", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("untrusted issuer",
    "tls.cert-untrusted", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("certificate not trusted",
    "tls.cert-untrusted", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("certificate is not trusted",
    "tls.cert-untrusted", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("alert bad certificate",
    "tls.cert-untrusted", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("alert number 42",
    "tls.cert-untrusted", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("alert certificate unknown",
    "tls.cert-untrusted", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("alert number 46",
    "tls.cert-untrusted", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("unsupported certificate",
    "tls.cert-untrusted", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("ca md too weak",
    "tls.cert-untrusted", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("ee key too small",
    "tls.cert-untrusted", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("certificate verify failed",
    "tls.cert-untrusted", BOTH, 70, 0, NULL, false)
EXTRACT_ROW("Server certificate not verified",
    "tls.cert-untrusted", BOTH, 70, 0, NULL, false)
EXTRACT_ROW("certificate verification failed",
    "tls.cert-untrusted", BOTH, 70, 0, NULL, false)
EXTRACT_ROW("certificate validation failed",
    "tls.cert-untrusted", BOTH, 70, 0, NULL, false)
EXTRACT_ROW("alert decrypt error",
    "tls.cert-untrusted", BOTH, 70, 0, NULL, false)
EXTRACT_ROW("self-signed certificate",
    "tls.cert-self-signed", BOTH, 93, 0, NULL, false)
EXTRACT_ROW("self signed certificate",
    "tls.cert-self-signed", BOTH, 93, 0, NULL, false)
EXTRACT_ROW("alert certificate expired",
    "tls.cert-expired", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("alert number 45",
    "tls.cert-expired", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("certificate has expired",
    "tls.cert-expired", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("certificate expired",
    "tls.cert-expired", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("certificate-expired",
    "tls.cert-expired", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("certificate is expired",
    "tls.cert-expired", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("4.7.322",
    "tls.cert-expired", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("certificate is not yet valid",
    "tls.cert-not-yet-valid", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("not yet valid",
    "tls.cert-not-yet-valid", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("alert certificate revoked",
    "tls.cert-revoked", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("alert number 44",
    "tls.cert-revoked", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("certificate revoked",
    "tls.cert-revoked", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("certificate has been revoked",
    "tls.cert-revoked", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("certificate doesn't match the host",
    "tls.cert-name-mismatch", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("certificate does not match",
    "tls.cert-name-mismatch", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("hostname mismatch",
    "tls.cert-name-mismatch", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("host name mismatch",
    "tls.cert-name-mismatch", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("does not match hostname",
    "tls.cert-name-mismatch", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("certificate-host-mismatch",
    "tls.cert-name-mismatch", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("certificate name mismatch",
    "tls.cert-name-mismatch", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("not match target host name",
    "tls.cert-name-mismatch", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("4.7.325",
    "tls.cert-name-mismatch", BOTH, 94, 0, NULL, false)
EXTRACT_ROW("alert certificate required",
    "tls.client-cert-required", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("alert number 116",
    "tls.client-cert-required", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("alert access denied",
    "tls.client-cert-required", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("alert number 49",
    "tls.client-cert-required", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("peer did not return a certificate",
    "tls.client-cert-required", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("no client certificate",
    "tls.client-cert-required", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("tlsa-invalid",
    "tls.dane-mismatch", BOTH, 93, 0, NULL, false)
EXTRACT_ROW("no matching TLSA",
    "tls.dane-mismatch", BOTH, 93, 0, NULL, false)
EXTRACT_ROW("TLSA lookup*mismatch",
    "tls.dane-mismatch", BOTH, 93, 0, NULL, false)
EXTRACT_ROW("DANE*mismatch",
    "tls.dane-mismatch", BOTH, 93, 0, NULL, false)
EXTRACT_ROW("DANE verification failed",
    "tls.dane-mismatch", BOTH, 93, 0, NULL, false)
EXTRACT_ROW("4.7.323",
    "tls.dane-mismatch", BOTH, 93, 0, NULL, false)
EXTRACT_ROW("no usable TLSA",
    "tls.dane-unusable", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("TLSA records unusable",
    "tls.dane-unusable", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("sts-policy",
    "tls.sts-mismatch", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("MTA-STS policy",
    "tls.sts-mismatch", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("MTA-STS validation",
    "tls.sts-mismatch", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("MTASTS",
    "tls.sts-mismatch", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("dnssec-invalid",
    "dns.bogus", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("DNSSEC validation fail",
    "dns.bogus", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("4.7.324",
    "dns.bogus", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("DNSSEC bogus",
    "dns.bogus", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("TLS is required, but was not offered",
    "tls.not-offered", RECEIVER, 93, 0, NULL, false)
EXTRACT_ROW("did not offer TLS support",
    "tls.not-offered", RECEIVER, 93, 0, NULL, false)
EXTRACT_ROW("starttls-not-supported",
    "tls.not-offered", RECEIVER, 93, 0, NULL, false)
EXTRACT_ROW("4.7.321",
    "tls.not-offered", RECEIVER, 93, 0, NULL, false)
EXTRACT_ROW("STARTTLS not supported",
    "tls.not-offered", RECEIVER, 93, 0, NULL, false)
EXTRACT_ROW("STARTTLS is required, but",
    "tls.not-offered", RECEIVER, 93, 0, NULL, false)
EXTRACT_ROW("does not support STARTTLS",
    "tls.not-offered", RECEIVER, 93, 0, NULL, false)
EXTRACT_ROW("no STARTTLS offered",
    "tls.not-offered", RECEIVER, 93, 0, NULL, false)
EXTRACT_ROW("server does not offer STARTTLS",
    "tls.not-offered", RECEIVER, 93, 0, NULL, false)
EXTRACT_ROW("encryption is required, but",
    "tls.not-offered", RECEIVER, 93, 0, NULL, false)
EXTRACT_ROW("refused to start TLS",
    "tls.refused", RECEIVER, 85, 0, NULL, false)
EXTRACT_ROW("TLS not available due to",
    "tls.refused", RECEIVER, 85, 0, NULL, false)
EXTRACT_ROW("TLS currently unavailable",
    "tls.refused", RECEIVER, 85, 0, NULL, false)
EXTRACT_ROW("TLS not available",
    "tls.refused", RECEIVER, 85, 0, NULL, false)
EXTRACT_ROW("454 4.7.0 TLS",
    "tls.refused", RECEIVER, 85, 0, NULL, false)
EXTRACT_ROW("454 TLS",
    "tls.refused", RECEIVER, 85, 0, NULL, false)
EXTRACT_ROW("alert internal error",
    "tls.refused", RECEIVER, 85, 0, NULL, false)
EXTRACT_ROW("alert number 80",
    "tls.refused", RECEIVER, 85, 0, NULL, false)
EXTRACT_ROW("454 4.3.3 TLS",
    "tls.refused", RECEIVER, 85, 0, NULL, false)
EXTRACT_ROW("STARTTLS failed",
    "tls.refused", RECEIVER, 85, 0, NULL, false)
EXTRACT_ROW("Cannot start TLS",
    "tls.refused", RECEIVER, 85, 0, NULL, false)
EXTRACT_ROW("SSL negotiation failed",
    "tls.refused", BOTH, 60, 25, NULL, false)
EXTRACT_ROW("TLS negotiation failed",
    "tls.refused", BOTH, 60, 25, NULL, false)
EXTRACT_ROW("TLS handshake failed",
    "tls.refused", BOTH, 60, 25, NULL, false)
EXTRACT_ROW("SSL_accept error*lost connection",
    "net.reset", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("SSL_accept error from*: -1",
    "net.reset", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("SSL_accept error",
    "tls.refused", BOTH, 60, 25, NULL, false)
EXTRACT_ROW("SSL_connect error",
    "tls.refused", BOTH, 60, 25, NULL, false)
EXTRACT_ROW("TLS fatal alert has been received",
    "tls.refused", BOTH, 60, 25, NULL, false)
EXTRACT_ROW("failure while setting up TLS",
    "tls.refused", BOTH, 60, 25, NULL, false)
EXTRACT_ROW("TLS session*failed",
    "tls.refused", BOTH, 60, 25, NULL, false)
EXTRACT_ROW("TLS error on connection",
    "tls.refused", BOTH, 60, 25, NULL, false)
EXTRACT_ROW("handshake failure",
    "tls.refused", BOTH, 60, 25, NULL, false)
EXTRACT_ROW("TLS required for RCPT domain",
    "tls.required-inbound", SENDER, 95, 26, NULL, false)
EXTRACT_ROW("Must issue a STARTTLS command first",
    "tls.required-inbound", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("wasn't sent over a TLS connection",
    "tls.required-inbound", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("4.7.29",
    "tls.required-inbound", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("5.7.29",
    "tls.required-inbound", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("requires all bulk email senders to use TLS",
    "tls.required-inbound", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("encryption required",
    "tls.required-inbound", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("encryption needed",
    "tls.required-inbound", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("5.7.10 ",
    "tls.required-inbound", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("STARTTLS required",
    "tls.required-inbound", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("TLS required",
    "tls.required-inbound", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("must use TLS",
    "tls.required-inbound", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("session encryption is required",
    "tls.required-inbound", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("SSL/TLS required",
    "tls.required-inbound", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("encryption too weak",
    "tls.required-inbound", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("no commands allowed to pipeline after STARTTLS",
    "protocol.sync", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("improper command pipelining",
    "protocol.sync", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("synchronization error",
    "protocol.sync", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("protocol synchronization",
    "protocol.sync", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("talks too soon",
    "protocol.sync", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("talked before",
    "protocol.sync", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("pregreet",
    "protocol.sync", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("did not wait for",
    "protocol.sync", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("rejecting commands from*pre-greeting",
    "protocol.sync", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("bare newline",
    "protocol.bare-newline", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("bare LF",
    "protocol.bare-newline", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("bare <LF>",
    "protocol.bare-newline", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("bare linefeed",
    "protocol.bare-newline", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("bare CR",
    "protocol.bare-newline", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("stray newline",
    "protocol.bare-newline", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("stray line feed",
    "protocol.bare-newline", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("SMTP smuggling",
    "protocol.smuggling", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("Empty HELO/EHLO",
    "protocol.syntax", SENDER, 80, 0, NULL, false)
EXTRACT_ROW("HELO/EHLO argument",
    "protocol.syntax", SENDER, 80, 0, NULL, false)
EXTRACT_ROW("Helo command rejected: Invalid name",
    "protocol.syntax", SENDER, 80, 0, NULL, false)
EXTRACT_ROW("syntactically invalid",
    "protocol.syntax", SENDER, 80, 0, NULL, false)
EXTRACT_ROW("Syntax error",
    "protocol.syntax", SENDER, 80, 0, NULL, false)
EXTRACT_ROW("Bad address syntax",
    "protocol.syntax", SENDER, 80, 0, NULL, false)
EXTRACT_ROW("no parameters allowed",
    "protocol.syntax", SENDER, 80, 0, NULL, false)
EXTRACT_ROW("STARTTLS may not be repeated",
    "protocol.syntax", SENDER, 80, 0, NULL, false)
EXTRACT_ROW("bad sequence of commands",
    "protocol.syntax", SENDER, 80, 0, NULL, false)
EXTRACT_ROW("non-RFC",
    "protocol.syntax", SENDER, 80, 0, NULL, false)
EXTRACT_ROW("not RFC 5322 compliant",
    "protocol.syntax", SENDER, 80, 0, NULL, false)
EXTRACT_ROW("RFC 5322",
    "protocol.syntax", SENDER, 80, 0, NULL, false)
EXTRACT_ROW("line too long",
    "limit.line", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("line length exceed",
    "limit.line", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("header too long",
    "limit.line", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("too long header",
    "limit.line", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("lines longer than 998",
    "limit.line", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("does not have a PTR record",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("4.7.23",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("5.7.25",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("does not match the IP address of the hostname specified in the pointer",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("Fix reverse DNS",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("no reverse DNS",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("reverse DNS lookup",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("cannot find your reverse hostname",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("reverse hostname",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("no PTR record",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("PTR record",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("PTR lookup",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("rDNS",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("reverse DNS",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("IP name lookup failed",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("cannot find your hostname",
    "remote.ptr-required", SENDER, 93, 0, "lookup.ptr-mismatch", false)
EXTRACT_ROW("forward confirmed",
    "remote.ptr-required", SENDER, 93, 0, "lookup.ptr-mismatch", false)
EXTRACT_ROW("forward-confirmed",
    "remote.ptr-required", SENDER, 93, 0, "lookup.ptr-mismatch", false)
EXTRACT_ROW("FCrDNS",
    "remote.ptr-required", SENDER, 93, 0, "lookup.ptr-mismatch", false)
EXTRACT_ROW("reverse DNS does not match",
    "remote.ptr-required", SENDER, 93, 0, "lookup.ptr-mismatch", false)
EXTRACT_ROW("X-MDPtrLookup-Result: hardfail",
    "lookup.ptr-mismatch", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("PTR lookup*does not match",
    "lookup.ptr-mismatch", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("X-MDHeloLookup-Result: hardfail",
    "lookup.helo-forged", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("HELO lookup*does not match",
    "lookup.helo-forged", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("forged HELO",
    "lookup.helo-forged", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("HELO name does not match",
    "lookup.helo-forged", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("Helo command rejected: Host not found",
    "lookup.helo-not-found", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("Helo command rejected: need fully",
    "lookup.helo-not-found", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("HELO lookup*domain not found",
    "lookup.helo-not-found", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("HELO*does not resolve",
    "lookup.helo-not-found", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("EHLO*does not resolve",
    "lookup.helo-not-found", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("X-MDMailLookup-Result: hardfail",
    "lookup.mail-forged", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("MAIL lookup*does not match",
    "lookup.mail-forged", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("Sender address rejected: Domain not found",
    "lookup.mail-not-found", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("MAIL lookup*domain not found",
    "lookup.mail-not-found", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("Domain of sender address*does not exist",
    "lookup.mail-not-found", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("sender domain does not exist",
    "lookup.mail-not-found", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("sender domain not found",
    "lookup.mail-not-found", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("Domain of sender*does not resolve",
    "lookup.mail-not-found", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("Sender address rejected*nullMX",
    "lookup.mail-no-mx", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("MAIL lookup*no MX",
    "lookup.mail-no-mx", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("sender domain*no MX",
    "lookup.mail-no-mx", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("4.7.27",
    "lookup.mail-no-mx", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("5.7.27*null MX",
    "lookup.mail-no-mx", SENDER, 97, 0, NULL, false)
EXTRACT_ROW("5.7.27*nullMX",
    "lookup.mail-no-mx", SENDER, 97, 0, NULL, false)
EXTRACT_ROW("5.7.27",
    "lookup.mail-no-mx", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("Sender verify failed",
    "sender.unknown", SENDER, 84, 0, NULL, false)
EXTRACT_ROW("sender verification failed",
    "sender.unknown", SENDER, 84, 0, NULL, false)
EXTRACT_ROW("Could not complete sender verify",
    "sender.unknown", SENDER, 84, 0, NULL, false)
EXTRACT_ROW("Sender address rejected: User unknown",
    "sender.unknown", SENDER, 96, 0, NULL, false)
EXTRACT_ROW("Sender address rejected: undeliverable",
    "sender.unknown", SENDER, 84, 0, NULL, false)
EXTRACT_ROW("not owned by user",
    "sender.not-yours", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("does not have permissions to send as",
    "sender.not-yours", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("5.7.60",
    "sender.not-yours", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("SendAsDenied",
    "sender.not-yours", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("not allowed to send as",
    "sender.not-yours", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("relay access denied",
    "relay.denied", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("relaying denied",
    "relay.denied", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("relay not permitted",
    "relay.denied", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("Mail relay denied",
    "relay.denied", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("Invalid credentials for relay",
    "relay.denied", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("unable to relay",
    "relay.denied", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("relaying not allowed",
    "relay.denied", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("relay denied",
    "relay.denied", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("relaying prohibited",
    "relay.denied", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("TenantAttribution",
    "relay.denied", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("5.7.64",
    "relay.denied", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("5.7.54",
    "relay.denied", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("not permitted to relay",
    "relay.denied", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("we do not relay",
    "relay.denied", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("open relay denied",
    "relay.denied", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("no relaying",
    "relay.denied", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("Client was not authenticated",
    "auth.required", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("Authentication required",
    "auth.required", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("AUTH is required",
    "auth.required", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("authentication is required",
    "auth.required", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("Please authenticate",
    "auth.required", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("must authenticate",
    "auth.required", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("5.7.57",
    "auth.required", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("must be authenticated",
    "auth.required", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("Client host rejected: Access denied",
    "auth.required", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("log in to the SMTP",
    "auth.required", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("authentication failed",
    "auth.failed", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("Authentication unsuccessful",
    "auth.failed", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("5.7.139",
    "auth.failed", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("Authentication credentials invalid",
    "auth.failed", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("authentication rejected",
    "auth.failed", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("Incorrect authentication data",
    "auth.failed", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("bad username or password",
    "auth.failed", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("Username and Password not accepted",
    "auth.failed", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("5.7.8 ",
    "auth.failed", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("login denied",
    "auth.failed", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("Application-specific password required",
    "auth.failed", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("basic authentication is disabled",
    "auth.failed", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("no mechanism available",
    "auth.not-offered", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("no worthy mech",
    "auth.not-offered", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("AUTH not supported",
    "auth.not-offered", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("AUTH not available",
    "auth.not-offered", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("authentication not enabled",
    "auth.not-offered", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("does not support AUTH",
    "auth.not-offered", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("user unknown",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("unknown user",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("no such user",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("no such recipient",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("recipient not found",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("RecipientNotFound",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("RecipNotFound",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("does not have*account",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("email account that you tried to reach does not exist",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("mailbox not found",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("no mailbox here",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("unknown local part",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("Unrouteable address",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("invalid recipient",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("invalid mailbox",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("unknown recipient",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("recipient unknown",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("address does not exist",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("user doesn't exist",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("user does not exist",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("Recipient address rejected: Access denied",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("450 mailbox unavailable",
    "remote.4xx", RECEIVER, 94, 0, NULL, false)
EXTRACT_ROW("450*mailbox unavailable",
    "remote.4xx", RECEIVER, 94, 0, NULL, false)
EXTRACT_ROW("mailbox unavailable",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("no such address",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("account*is disabled",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("account that you tried to reach is disabled",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("account or domain may not exist",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("5.1.10",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("not our customer",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("address unknown",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("User not found",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("wasn't found at",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("couldn't be found",
    "recipient.unknown", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("over quota",
    "mailbox.full", RECEIVER, 92, 0, NULL, false)
EXTRACT_ROW("mailbox full",
    "mailbox.full", RECEIVER, 92, 0, NULL, false)
EXTRACT_ROW("mailbox is full",
    "mailbox.full", RECEIVER, 92, 0, NULL, false)
EXTRACT_ROW("quota exceeded",
    "mailbox.full", RECEIVER, 92, 0, NULL, false)
EXTRACT_ROW("exceeded storage",
    "mailbox.full", RECEIVER, 92, 0, NULL, false)
EXTRACT_ROW("out of storage space",
    "mailbox.full", RECEIVER, 92, 0, NULL, false)
EXTRACT_ROW("exceeds*quota",
    "mailbox.full", RECEIVER, 92, 0, NULL, false)
EXTRACT_ROW("over its quota",
    "mailbox.full", RECEIVER, 92, 0, NULL, false)
EXTRACT_ROW("inbox is full",
    "mailbox.full", RECEIVER, 92, 0, NULL, false)
EXTRACT_ROW("QuotaExceeded",
    "mailbox.full", RECEIVER, 92, 0, NULL, false)
EXTRACT_ROW("exceeded its quota",
    "mailbox.full", RECEIVER, 92, 0, NULL, false)
EXTRACT_ROW("disk quota",
    "mailbox.full", RECEIVER, 92, 0, NULL, false)
EXTRACT_ROW("exceeds size limit",
    "limit.size", SENDER, 91, 0, NULL, false)
EXTRACT_ROW("message size exceeds",
    "limit.size", SENDER, 91, 0, NULL, false)
EXTRACT_ROW("size limit exceeded",
    "limit.size", SENDER, 91, 0, NULL, false)
EXTRACT_ROW("exceeds fixed limit",
    "limit.size", SENDER, 91, 0, NULL, false)
EXTRACT_ROW("exceeded Google's message size",
    "limit.size", SENDER, 91, 0, NULL, false)
EXTRACT_ROW("exceeds fixed maximum",
    "limit.size", SENDER, 91, 0, NULL, false)
EXTRACT_ROW("RecipSizeLimit",
    "limit.size", SENDER, 91, 0, NULL, false)
EXTRACT_ROW("message too large",
    "limit.size", SENDER, 91, 0, NULL, false)
EXTRACT_ROW("message too big",
    "limit.size", SENDER, 91, 0, NULL, false)
EXTRACT_ROW("exceeds maximum fixed size",
    "limit.size", SENDER, 91, 0, NULL, false)
EXTRACT_ROW("exceeds the maximum",
    "limit.size", SENDER, 91, 0, NULL, false)
EXTRACT_ROW("5.2.3",
    "limit.size", SENDER, 91, 0, NULL, false)
EXTRACT_ROW("5.3.4 ",
    "limit.size", SENDER, 91, 0, NULL, false)
EXTRACT_ROW("Queue file size limit exceeded",
    "limit.size", SENDER, 91, 0, NULL, false)
EXTRACT_ROW("larger than the current system limit",
    "limit.size", SENDER, 91, 0, NULL, false)
EXTRACT_ROW("too many recipients",
    "limit.recipients", SENDER, 91, 0, NULL, false)
EXTRACT_ROW("number of recipients exceeds",
    "limit.recipients", SENDER, 91, 0, NULL, false)
EXTRACT_ROW("recipient limit",
    "limit.recipients", SENDER, 91, 0, NULL, false)
EXTRACT_ROW("does not accept mail (nullMX)",
    "dns.null-mx", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("nullMX",
    "dns.null-mx", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("null MX",
    "dns.null-mx", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("indicated no SMTP service",
    "dns.null-mx", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("does not accept mail",
    "dns.null-mx", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("Host or domain name not found",
    "dns.nxdomain", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("Name service error*Host not found",
    "dns.nxdomain", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("Host unknown",
    "dns.nxdomain", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("no such domain",
    "dns.nxdomain", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("domain not found",
    "dns.nxdomain", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("NXDOMAIN",
    "dns.nxdomain", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("point to non-existent hosts",
    "dns.nxdomain", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("no IP address found for host",
    "dns.nxdomain", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("domain does not exist",
    "dns.nxdomain", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("Name or service not known",
    "dns.nxdomain", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("unable to resolve",
    "dns.nxdomain", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("DNS domain*does not exist",
    "dns.nxdomain", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("5.4.310",
    "dns.nxdomain", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("InfoDomainNonexistent",
    "dns.nxdomain", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("Host not found, try again",
    "dns.tempfail", BOTH, 84, 0, NULL, false)
EXTRACT_ROW("Temporary failure in name resolution",
    "dns.tempfail", BOTH, 84, 0, NULL, false)
EXTRACT_ROW("SERVFAIL",
    "dns.tempfail", BOTH, 84, 0, NULL, false)
EXTRACT_ROW("DNS timeout",
    "dns.tempfail", BOTH, 84, 0, NULL, false)
EXTRACT_ROW("Name server timeout",
    "dns.tempfail", BOTH, 84, 0, NULL, false)
EXTRACT_ROW("host lookup did not complete",
    "dns.tempfail", BOTH, 84, 0, NULL, false)
EXTRACT_ROW("temporary lookup failure",
    "dns.tempfail", BOTH, 84, 0, NULL, false)
EXTRACT_ROW("DNS query failed",
    "dns.tempfail", BOTH, 84, 0, NULL, false)
EXTRACT_ROW("4.4.312",
    "dns.tempfail", BOTH, 84, 0, NULL, false)
EXTRACT_ROW("loops back to myself",
    "queue.loop", BOTH, 93, 0, NULL, false)
EXTRACT_ROW("loops back to me",
    "queue.loop", BOTH, 93, 0, NULL, false)
EXTRACT_ROW("too many hops",
    "queue.loop", BOTH, 93, 0, NULL, false)
EXTRACT_ROW("hop count exceeded",
    "queue.loop", BOTH, 93, 0, NULL, false)
EXTRACT_ROW("mail loop",
    "queue.loop", BOTH, 93, 0, NULL, false)
EXTRACT_ROW("too many \"Received\"",
    "queue.loop", BOTH, 93, 0, NULL, false)
EXTRACT_ROW("lowest numbered MX record points to local host",
    "queue.loop", BOTH, 93, 0, NULL, false)
EXTRACT_ROW("remote host address is the local host",
    "queue.loop", BOTH, 93, 0, NULL, false)
EXTRACT_ROW("5.4.14",
    "queue.loop", BOTH, 93, 0, NULL, false)
EXTRACT_ROW("5.4.6",
    "queue.loop", BOTH, 93, 0, NULL, false)
EXTRACT_ROW("retry timeout exceeded",
    "queue.expired", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("QUEUE.Expired",
    "queue.expired", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("message expired",
    "queue.expired", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("4.4.7",
    "queue.expired", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("5.4.7",
    "queue.expired", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("delivery time expired",
    "queue.expired", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("queue too long",
    "queue.expired", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("has been in the queue too long",
    "queue.expired", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("giving up on it",
    "queue.expired", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("retry time not reached*after a long failure period",
    "queue.expired", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("retry time not reached",
    "net.timeout", RECEIVER, 72, 0, NULL, false)
EXTRACT_ROW("insufficient system storage",
    "local.disk-full", BOTH, 88, 0, NULL, false)
EXTRACT_ROW("no space left on device",
    "local.disk-full", BOTH, 88, 0, NULL, false)
EXTRACT_ROW("Insufficient system resources",
    "local.disk-full", BOTH, 88, 0, NULL, false)
EXTRACT_ROW("insufficient disk",
    "local.disk-full", BOTH, 88, 0, NULL, false)
EXTRACT_ROW("Insufficient storage",
    "local.disk-full", BOTH, 88, 0, NULL, false)
EXTRACT_ROW("disk full",
    "local.disk-full", BOTH, 88, 0, NULL, false)
EXTRACT_ROW("low on disk space",
    "local.disk-full", BOTH, 88, 0, NULL, false)
EXTRACT_ROW("4.3.1 ",
    "local.disk-full", BOTH, 88, 0, NULL, false)
EXTRACT_ROW("local error in processing",
    "local.io-error", BOTH, 70, 0, NULL, false)
EXTRACT_ROW("internal server error",
    "local.io-error", BOTH, 70, 0, NULL, false)
EXTRACT_ROW("input/output error",
    "local.io-error", BOTH, 70, 0, NULL, false)
EXTRACT_ROW("queue file write error",
    "local.io-error", BOTH, 70, 0, NULL, false)
EXTRACT_ROW("4.7.1 try again later",
    "remote.greylisted", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("greylist",
    "remote.greylisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("greylisted",
    "remote.greylisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("greylisting",
    "remote.greylisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("graylist",
    "remote.greylisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("graylisted",
    "remote.greylisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("grey-listed",
    "remote.greylisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("grey listed",
    "remote.greylisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("postgrey",
    "remote.greylisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("deferred for*seconds because you are unknown",
    "remote.greylisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("spamhaus",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("spamcop",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("barracudacentral",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("blocked using",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("blocklist",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("blacklist",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("blocklisted",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("blacklisted",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("block list",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("black list",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("black listed",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("block listed",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("DNSBL",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("RBL",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("SORBS",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("banned sending IP",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("banned sender",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("5.7.606",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("5.7.511",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("on our block list",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("poor reputation",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("bad reputation",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("low reputation",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("reputation of the sending IP",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("listed at",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("is listed in",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("listed in",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("5.7.708",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("traffic not accepted from this IP",
    "remote.blocklisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("has been blocked",
    "remote.blocklisted", SENDER, 75, 0, NULL, false)
EXTRACT_ROW("Your IP has been",
    "remote.blocklisted", SENDER, 75, 0, NULL, false)
EXTRACT_ROW("is blocked",
    "remote.blocklisted", SENDER, 75, 0, NULL, false)
EXTRACT_ROW("rate limit",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("rate limited",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("rate-limited",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("too many connections",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("unusual rate",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("relay limit exceeded",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("sending limit exceeded",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("receiving mail too quickly",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("throttl",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("throttled",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("too many messages",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("sending too fast",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("too many concurrent",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("4.7.28",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("exceeded the limit of",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("connection rate",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("4.7.500",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("5.7.28",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("too many requests",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("message rate",
    "remote.rate-limited", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("too many errors",
    "limit.rate", SENDER, 85, 0, NULL, false)
EXTRACT_ROW("too many sessions",
    "limit.rate", SENDER, 85, 0, NULL, false)
EXTRACT_ROW("too many bad commands",
    "limit.rate", SENDER, 85, 0, NULL, false)
EXTRACT_ROW("too many invalid",
    "limit.rate", SENDER, 85, 0, NULL, false)
EXTRACT_ROW("5.7.26",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("4.7.26",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("unauthenticated",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("DMARC policy",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("DMARC check",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("DMARC verification",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("fails DMARC",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("SPF check failed",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("SPF fail",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("SPF validation",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("fails SPF",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("not pass SPF",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("DKIM*did not pass",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("5.7.509",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("5.7.23",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("not authorized by SPF",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("SPF record",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("5.7.20",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("5.7.30 ",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("isn't authenticated",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("not accepted due to*DMARC",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("Sender Policy Framework",
    "remote.unauthenticated", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("likely unsolicited mail",
    "remote.5xx", SENDER, 75, 27, NULL, false)
EXTRACT_ROW("considered spam",
    "remote.5xx", SENDER, 75, 27, NULL, false)
EXTRACT_ROW("as spam",
    "remote.5xx", SENDER, 75, 27, NULL, false)
EXTRACT_ROW("spam message",
    "remote.5xx", SENDER, 75, 27, NULL, false)
EXTRACT_ROW("spam content",
    "remote.5xx", SENDER, 75, 27, NULL, false)
EXTRACT_ROW("spam detected",
    "remote.5xx", SENDER, 75, 27, NULL, false)
EXTRACT_ROW("looks like spam",
    "remote.5xx", SENDER, 75, 27, NULL, false)
EXTRACT_ROW("high spam score",
    "remote.5xx", SENDER, 75, 27, NULL, false)
EXTRACT_ROW("Message rejected due to content",
    "remote.5xx", SENDER, 75, 27, NULL, false)
EXTRACT_ROW("content rejected",
    "remote.5xx", SENDER, 75, 27, NULL, false)
EXTRACT_ROW("rejected for policy reasons",
    "remote.5xx", SENDER, 75, 27, NULL, false)
EXTRACT_ROW("policy rejection",
    "remote.5xx", SENDER, 75, 27, NULL, false)
EXTRACT_ROW("delivery temporarily suspended",
    "remote.4xx", SENDER, 45, 0, NULL, false)
EXTRACT_ROW("try again later",
    "remote.4xx", SENDER, 45, 0, NULL, false)
EXTRACT_ROW("temporarily deferred",
    "remote.4xx", SENDER, 45, 0, NULL, false)
EXTRACT_ROW("Service not available",
    "remote.4xx", SENDER, 45, 0, NULL, false)
EXTRACT_ROW("temporarily unavailable",
    "remote.4xx", SENDER, 45, 0, NULL, false)
EXTRACT_ROW("Temporary server error",
    "remote.4xx", SENDER, 45, 0, NULL, false)
EXTRACT_ROW("service unavailable",
    "remote.4xx", SENDER, 45, 0, NULL, false)
EXTRACT_ROW("system not accepting",
    "remote.4xx", SENDER, 45, 0, NULL, false)
EXTRACT_ROW("Server busy",
    "remote.4xx", SENDER, 45, 0, NULL, false)
EXTRACT_ROW("try later",
    "remote.4xx", SENDER, 45, 0, NULL, false)
EXTRACT_ROW("4.3.2",
    "remote.4xx", SENDER, 45, 0, NULL, false)
EXTRACT_ROW("4.1.1",
    "recipient.unknown", SENDER, 42, 28, NULL, false)
EXTRACT_ROW("5.1.1",
    "recipient.unknown", SENDER, 42, 28, NULL, false)
EXTRACT_ROW("4.1.2",
    "dns.nxdomain", SENDER, 42, 28, NULL, false)
EXTRACT_ROW("5.1.2",
    "dns.nxdomain", SENDER, 42, 28, NULL, false)
EXTRACT_ROW("4.1.3",
    "protocol.syntax", SENDER, 40, 28, NULL, false)
EXTRACT_ROW("5.1.3",
    "protocol.syntax", SENDER, 40, 28, NULL, false)
EXTRACT_ROW("4.1.6",
    "recipient.unknown", SENDER, 42, 28, NULL, false)
EXTRACT_ROW("5.1.6",
    "recipient.unknown", SENDER, 42, 28, NULL, false)
EXTRACT_ROW("4.1.7",
    "protocol.syntax", SENDER, 40, 28, NULL, false)
EXTRACT_ROW("5.1.7",
    "protocol.syntax", SENDER, 40, 28, NULL, false)
EXTRACT_ROW("4.1.8",
    "lookup.mail-not-found", SENDER, 42, 28, NULL, false)
EXTRACT_ROW("5.1.8",
    "lookup.mail-not-found", SENDER, 42, 28, NULL, false)
EXTRACT_ROW("4.2.0",
    "recipient.unknown", SENDER, 38, 28, NULL, false)
EXTRACT_ROW("5.2.0",
    "recipient.unknown", SENDER, 38, 28, NULL, false)
EXTRACT_ROW("4.2.1",
    "remote.4xx", RECEIVER, 40, 28, NULL, false)
EXTRACT_ROW("5.2.1",
    "recipient.unknown", SENDER, 40, 28, NULL, false)
EXTRACT_ROW("4.2.2",
    "mailbox.full", RECEIVER, 42, 28, NULL, false)
EXTRACT_ROW("5.2.2",
    "mailbox.full", RECEIVER, 42, 28, NULL, false)
EXTRACT_ROW("4.3.1",
    "local.disk-full", RECEIVER, 42, 28, NULL, false)
EXTRACT_ROW("5.3.1",
    "local.disk-full", RECEIVER, 42, 28, NULL, false)
EXTRACT_ROW("4.3.4",
    "limit.size", SENDER, 42, 28, NULL, false)
EXTRACT_ROW("5.3.4",
    "limit.size", SENDER, 42, 28, NULL, false)
EXTRACT_ROW("4.4.1",
    "net.timeout", BOTH, 42, 28, NULL, false)
EXTRACT_ROW("5.4.1",
    "net.timeout", BOTH, 42, 28, NULL, false)
EXTRACT_ROW("4.4.2",
    "net.reset", BOTH, 42, 28, NULL, false)
EXTRACT_ROW("5.4.2",
    "net.reset", BOTH, 42, 28, NULL, false)
EXTRACT_ROW("4.4.3",
    "dns.tempfail", BOTH, 42, 28, NULL, false)
EXTRACT_ROW("5.4.3",
    "dns.tempfail", BOTH, 42, 28, NULL, false)
EXTRACT_ROW("4.4.4",
    "dns.nxdomain", BOTH, 40, 28, NULL, false)
EXTRACT_ROW("5.4.4",
    "dns.nxdomain", BOTH, 40, 28, NULL, false)
EXTRACT_ROW("4.5.2",
    "protocol.syntax", SENDER, 42, 28, NULL, false)
EXTRACT_ROW("5.5.2",
    "protocol.syntax", SENDER, 42, 28, NULL, false)
EXTRACT_ROW("4.5.3",
    "limit.recipients", SENDER, 42, 28, NULL, false)
EXTRACT_ROW("5.5.3",
    "limit.recipients", SENDER, 42, 28, NULL, false)
EXTRACT_ROW("4.5.4",
    "protocol.syntax", SENDER, 40, 28, NULL, false)
EXTRACT_ROW("5.5.4",
    "protocol.syntax", SENDER, 40, 28, NULL, false)
EXTRACT_ROW("4.5.6",
    "limit.line", SENDER, 36, 28, NULL, false)
EXTRACT_ROW("5.5.6",
    "limit.line", SENDER, 36, 28, NULL, false)
EXTRACT_ROW("4.7.4",
    "tls.not-offered", RECEIVER, 40, 28, NULL, false)
EXTRACT_ROW("5.7.4",
    "tls.not-offered", RECEIVER, 40, 28, NULL, false)
EXTRACT_ROW("4.7.5",
    "tls.refused", BOTH, 40, 28, NULL, false)
EXTRACT_ROW("5.7.5",
    "tls.refused", BOTH, 40, 28, NULL, false)
EXTRACT_ROW("4.7.9",
    "auth.not-offered", SENDER, 42, 28, NULL, false)
EXTRACT_ROW("5.7.9",
    "auth.not-offered", SENDER, 42, 28, NULL, false)
EXTRACT_ROW("4.7.10",
    "tls.required-inbound", SENDER, 44, 28, NULL, false)
EXTRACT_ROW("5.7.10",
    "tls.required-inbound", SENDER, 44, 28, NULL, false)
EXTRACT_ROW("4.7.11",
    "auth.required", SENDER, 40, 28, NULL, false)
EXTRACT_ROW("5.7.11",
    "auth.required", SENDER, 40, 28, NULL, false)
EXTRACT_ROW("4.#.#",
    "remote.4xx", SENDER, 30, 28, NULL, false)
EXTRACT_ROW("4.#.##",
    "remote.4xx", SENDER, 30, 28, NULL, false)
EXTRACT_ROW("4.#.###",
    "remote.4xx", SENDER, 30, 28, NULL, false)
EXTRACT_ROW("5.#.#",
    "remote.5xx", SENDER, 30, 28, NULL, false)
EXTRACT_ROW("5.#.##",
    "remote.5xx", SENDER, 30, 28, NULL, false)
EXTRACT_ROW("5.#.###",
    "remote.5xx", SENDER, 30, 28, NULL, false)
EXTRACT_ROW("535",
    "auth.failed", SENDER, 45, 0, NULL, false)
EXTRACT_ROW("530 ",
    "auth.required", SENDER, 35, 0, NULL, false)
EXTRACT_ROW("421",
    "remote.4xx", SENDER, 20, 29, NULL, false)
EXTRACT_ROW("450",
    "remote.4xx", SENDER, 20, 29, NULL, false)
EXTRACT_ROW("451",
    "remote.4xx", SENDER, 20, 29, NULL, false)
EXTRACT_ROW("452",
    "remote.4xx", SENDER, 20, 29, NULL, false)
EXTRACT_ROW("454",
    "remote.4xx", SENDER, 20, 29, NULL, false)
EXTRACT_ROW("550",
    "remote.5xx", SENDER, 20, 29, NULL, false)
EXTRACT_ROW("551",
    "remote.5xx", SENDER, 20, 29, NULL, false)
EXTRACT_ROW("553",
    "remote.5xx", SENDER, 20, 29, NULL, false)
EXTRACT_ROW("554",
    "remote.5xx", SENDER, 20, 29, NULL, false)
EXTRACT_ROW("501",
    "remote.5xx", SENDER, 20, 29, NULL, false)
EXTRACT_ROW("503",
    "remote.5xx", SENDER, 20, 29, NULL, false)
EXTRACT_ROW("504",
    "remote.5xx", SENDER, 20, 29, NULL, false)
EXTRACT_ROW("552",
    "limit.size", SENDER, 25, 0, NULL, false)
EXTRACT_ROW("SEC_E_ALGORITHM_MISMATCH",
    "tls.no-common-cipher", BOTH, 95, 1, NULL, false)
EXTRACT_ROW("error AlgorithmMismatch",
    "tls.no-common-cipher", BOTH, 95, 1, NULL, false)
EXTRACT_ROW("SEC_E_ILLEGAL_MESSAGE",
    "tls.no-common-cipher", BOTH, 88, 2, NULL, false)
EXTRACT_ROW("error IllegalMessage",
    "tls.no-common-cipher", BOTH, 88, 2, NULL, false)
EXTRACT_ROW("SEC_E_UNSUPPORTED_FUNCTION",
    "tls.no-common-version", BOTH, 95, 3, NULL, false)
EXTRACT_ROW("error ProtocolVersion",
    "tls.no-common-version", BOTH, 95, 3, NULL, false)
EXTRACT_ROW("error UnsupportedFunction",
    "tls.no-common-version", BOTH, 95, 3, NULL, false)
EXTRACT_ROW("SEC_E_UNTRUSTED_ROOT",
    "tls.cert-untrusted", BOTH, 95, 4, NULL, false)
EXTRACT_ROW("CERT_E_UNTRUSTEDROOT",
    "tls.cert-untrusted", BOTH, 95, 4, NULL, false)
EXTRACT_ROW("error UntrustedRoot",
    "tls.cert-untrusted", BOTH, 95, 4, NULL, false)
EXTRACT_ROW("SEC_E_CERT_UNKNOWN",
    "tls.cert-untrusted", BOTH, 90, 5, NULL, false)
EXTRACT_ROW("UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "tls.cert-untrusted", BOTH, 90, 5, NULL, false)
EXTRACT_ROW("DEPTH_ZERO_SELF_SIGNED_CERT",
    "tls.cert-self-signed", BOTH, 95, 0, NULL, false)
EXTRACT_ROW("SELF_SIGNED_CERT_IN_CHAIN",
    "tls.cert-self-signed", BOTH, 95, 0, NULL, false)
EXTRACT_ROW("SEC_E_CERT_EXPIRED",
    "tls.cert-expired", BOTH, 95, 6, NULL, false)
EXTRACT_ROW("CERT_E_EXPIRED",
    "tls.cert-expired", BOTH, 95, 6, NULL, false)
EXTRACT_ROW("error CertExpired",
    "tls.cert-expired", BOTH, 95, 6, NULL, false)
EXTRACT_ROW("CERT_HAS_EXPIRED",
    "tls.cert-expired", BOTH, 95, 6, NULL, false)
EXTRACT_ROW("sertifikat*expired",
    "tls.cert-expired", BOTH, 84, 0, NULL, false)
EXTRACT_ROW("sertifikat*kedaluwarsa",
    "tls.cert-expired", BOTH, 84, 0, NULL, false)
EXTRACT_ROW("sertifikat*kadaluarsa",
    "tls.cert-expired", BOTH, 84, 0, NULL, false)
EXTRACT_ROW("certificate*expired",
    "tls.cert-expired", BOTH, 84, 0, NULL, false)
EXTRACT_ROW("sertifikat*tidak dipercaya",
    "tls.cert-untrusted", BOTH, 84, 0, NULL, false)
EXTRACT_ROW("CRYPT_E_REVOKED",
    "tls.cert-revoked", BOTH, 95, 7, NULL, false)
EXTRACT_ROW("SEC_E_WRONG_PRINCIPAL",
    "tls.cert-name-mismatch", BOTH, 95, 8, NULL, false)
EXTRACT_ROW("CERT_E_CN_NO_MATCH",
    "tls.cert-name-mismatch", BOTH, 95, 8, NULL, false)
EXTRACT_ROW("error WrongPrincipal",
    "tls.cert-name-mismatch", BOTH, 95, 8, NULL, false)
EXTRACT_ROW("ERR_TLS_CERT_ALTNAME_INVALID",
    "tls.cert-name-mismatch", BOTH, 95, 8, NULL, false)
EXTRACT_ROW("does not match certificate's altnames",
    "tls.cert-name-mismatch", BOTH, 95, 8, NULL, false)
EXTRACT_ROW("SEC_E_MESSAGE_ALTERED",
    "tls.garbage", BOTH, 90, 9, NULL, false)
EXTRACT_ROW("SEC_E_DECRYPT_FAILURE",
    "tls.garbage", BOTH, 90, 10, NULL, false)
EXTRACT_ROW("SEC_E_INVALID_TOKEN",
    "tls.garbage", BOTH, 90, 11, NULL, false)
EXTRACT_ROW("SEC_E_LOGON_DENIED",
    "tls.client-cert-required", BOTH, 85, 12, NULL, false)
EXTRACT_ROW("SEC_E_INTERNAL_ERROR",
    "tls.refused", BOTH, 85, 13, NULL, false)
EXTRACT_ROW("5.7.3 STARTTLS is required",
    "tls.not-offered", RECEIVER, 95, 0, NULL, false)
EXTRACT_ROW("STARTTLS is required",
    "tls.required-inbound", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("did not accept our requests to connect",
    "net.timeout", BOTH, 85, 0, NULL, false)
EXTRACT_ROW("wasn't able to establish an SMTP connection",
    "net.timeout", BOTH, 85, 0, NULL, false)
EXTRACT_ROW("0x8004210B",
    "net.timeout", BOTH, 85, 0, NULL, false)
EXTRACT_ROW("0x800CCC19",
    "net.timeout", BOTH, 85, 0, NULL, false)
EXTRACT_ROW("EHOSTUNREACH",
    "net.timeout", BOTH, 85, 0, NULL, false)
EXTRACT_ROW("ENETUNREACH",
    "net.timeout", BOTH, 85, 0, NULL, false)
EXTRACT_ROW("ESOCKETTIMEDOUT",
    "net.timeout", BOTH, 85, 0, NULL, false)
EXTRACT_ROW("tidak merespon",
    "net.timeout", BOTH, 85, 0, NULL, false)
EXTRACT_ROW("koneksi timeout",
    "net.timeout", BOTH, 85, 0, NULL, false)
EXTRACT_ROW("timed out",
    "net.timeout", BOTH, 70, 0, NULL, false)
EXTRACT_ROW("waktu habis",
    "net.timeout", BOTH, 70, 0, NULL, false)
EXTRACT_ROW("0x800CCC0E",
    "net.refused", BOTH, 85, 0, NULL, false)
EXTRACT_ROW("koneksi ditolak",
    "net.refused", BOTH, 85, 0, NULL, false)
EXTRACT_ROW("0x800CCC0F",
    "net.reset", BOTH, 85, 0, NULL, false)
EXTRACT_ROW("koneksi terputus",
    "net.reset", BOTH, 85, 0, NULL, false)
EXTRACT_ROW("koneksi diputus",
    "net.reset", BOTH, 85, 0, NULL, false)
EXTRACT_ROW("0x800CCC92",
    "auth.failed", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("password salah",
    "auth.failed", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("kata sandi salah",
    "auth.failed", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("login gagal",
    "auth.failed", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("autentikasi gagal",
    "auth.failed", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("0x800CCC79",
    "relay.denied", SENDER, 70, 0, NULL, false)
EXTRACT_ROW("ENOTFOUND",
    "dns.nxdomain", SENDER, 86, 0, NULL, false)
EXTRACT_ROW("domain tidak ditemukan",
    "dns.nxdomain", SENDER, 86, 0, NULL, false)
EXTRACT_ROW("domain tidak terdaftar",
    "dns.nxdomain", SENDER, 86, 0, NULL, false)
EXTRACT_ROW("domain tidak ada",
    "dns.nxdomain", SENDER, 86, 0, NULL, false)
EXTRACT_ROW("EAI_AGAIN",
    "dns.tempfail", BOTH, 86, 0, NULL, false)
EXTRACT_ROW("S3140",
    "remote.blocklisted", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("S3150",
    "remote.blocklisted", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("TSS09",
    "remote.blocklisted", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("permanently deferred",
    "remote.blocklisted", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("diblokir",
    "remote.blocklisted", SENDER, 75, 0, NULL, false)
EXTRACT_ROW("diblok",
    "remote.blocklisted", SENDER, 75, 0, NULL, false)
EXTRACT_ROW("di-blok",
    "remote.blocklisted", SENDER, 75, 0, NULL, false)
EXTRACT_ROW("TSS04",
    "remote.rate-limited", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("temporarily deferred due to",
    "remote.rate-limited", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("user complaints",
    "remote.rate-limited", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("no PTR records",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("tidak ada PTR",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("tidak punya PTR",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("belum ada PTR",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("belum punya PTR",
    "remote.ptr-required", SENDER, 94, 0, "lookup.ptr-missing", false)
EXTRACT_ROW("PTR lookup of*but no such name has that address",
    "remote.ptr-required", SENDER, 96, 0, "lookup.ptr-mismatch", false)
EXTRACT_ROW("HELO lookup of*found neither MX",
    "lookup.helo-not-found", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("Domain not found in HELO",
    "lookup.helo-not-found", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("not found in HELO",
    "lookup.helo-not-found", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("EHLO*Performing IP lookup*domain name unknown",
    "lookup.helo-not-found", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("HELO*Performing IP lookup*domain name unknown",
    "lookup.helo-not-found", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("HELO lookup of*did not find",
    "lookup.helo-forged", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("MAIL lookup of*found neither MX",
    "lookup.mail-not-found", SENDER, 96, 0, NULL, false)
EXTRACT_ROW("MAIL From*Performing IP lookup*domain name unknown",
    "lookup.mail-not-found", SENDER, 96, 0, NULL, false)
EXTRACT_ROW("MAIL lookup of*found no MX record",
    "lookup.mail-no-mx", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("MAIL lookup of*did not find",
    "lookup.mail-forged", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("There is no mailbox*here that mail could be from",
    "sender.unknown", SENDER, 96, 0, NULL, false)
EXTRACT_ROW("Mail from*does not come from*this domain",
    "sender.shielded", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("is not your address",
    "sender.not-yours", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("Relaying to*is denied",
    "relay.denied", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("Device*may not send mail",
    "device.not-allowed", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("left its pattern too often",
    "device.stopped", SENDER, 94, 0, NULL, false)
EXTRACT_ROW("The mailbox*is full",
    "mailbox.full", RECEIVER, 94, 0, NULL, false)
EXTRACT_ROW("mailbox*penuh",
    "mailbox.full", RECEIVER, 88, 0, NULL, false)
EXTRACT_ROW("inbox*penuh",
    "mailbox.full", RECEIVER, 88, 0, NULL, false)
EXTRACT_ROW("kotak masuk*penuh",
    "mailbox.full", RECEIVER, 88, 0, NULL, false)
EXTRACT_ROW("kotak surat*penuh",
    "mailbox.full", RECEIVER, 88, 0, NULL, false)
EXTRACT_ROW("kuota*penuh",
    "mailbox.full", RECEIVER, 88, 0, NULL, false)
EXTRACT_ROW("quota*penuh",
    "mailbox.full", RECEIVER, 88, 0, NULL, false)
EXTRACT_ROW("melebihi kuota",
    "mailbox.full", RECEIVER, 88, 0, NULL, false)
EXTRACT_ROW("melebihi quota",
    "mailbox.full", RECEIVER, 88, 0, NULL, false)
EXTRACT_ROW("There is no mailbox",
    "recipient.unknown", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("alamat tidak ditemukan",
    "recipient.unknown", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("alamat email tidak ditemukan",
    "recipient.unknown", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("alamat tidak dapat ditemukan",
    "recipient.unknown", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("alamat tidak ada",
    "recipient.unknown", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("alamat tidak terdaftar",
    "recipient.unknown", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("penerima tidak ditemukan",
    "recipient.unknown", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("penerima tidak dikenal",
    "recipient.unknown", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("user tidak ditemukan",
    "recipient.unknown", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("user tidak dikenal",
    "recipient.unknown", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("user tidak terdaftar",
    "recipient.unknown", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("user tidak ada",
    "recipient.unknown", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("pengguna tidak ditemukan",
    "recipient.unknown", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("mailbox*tidak ditemukan",
    "recipient.unknown", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("mailbox tidak ada",
    "recipient.unknown", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("address not found",
    "recipient.unknown", SENDER, 88, 0, NULL, false)
EXTRACT_ROW("ukuran*terlalu besar",
    "limit.size", SENDER, 86, 0, NULL, false)
EXTRACT_ROW("lampiran*terlalu besar",
    "limit.size", SENDER, 86, 0, NULL, false)
EXTRACT_ROW("attachment*terlalu besar",
    "limit.size", SENDER, 86, 0, NULL, false)
EXTRACT_ROW("file terlalu besar",
    "limit.size", SENDER, 86, 0, NULL, false)
EXTRACT_ROW("Reject, id=*SPAM",
    "remote.5xx", SENDER, 75, 27, NULL, false)
EXTRACT_ROW("Reject, id=*INFECTED",
    "remote.5xx", SENDER, 75, 27, NULL, false)
EXTRACT_ROW("disk penuh",
    "local.disk-full", BOTH, 84, 0, NULL, false)
EXTRACT_ROW("harddisk penuh",
    "local.disk-full", BOTH, 84, 0, NULL, false)
EXTRACT_ROW("UntrustedRoot",
    "tls.cert-untrusted", BOTH, 85, 0, NULL, false)
EXTRACT_ROW("The remote certificate is invalid",
    "tls.cert-untrusted", BOTH, 85, 0, NULL, false)
EXTRACT_ROW("PKIX path building failed",
    "tls.cert-untrusted", BOTH, 85, 0, NULL, false)
EXTRACT_ROW("RemoteCertificateNameMismatch",
    "tls.cert-name-mismatch", BOTH, 92, 0, NULL, false)
EXTRACT_ROW("No appropriate protocol",
    "tls.no-common-version", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("alert: protocol_version",
    "tls.no-common-version", BOTH, 90, 0, NULL, false)
EXTRACT_ROW("alert: handshake_failure",
    "tls.no-common-cipher", BOTH, 85, 23, NULL, false)
EXTRACT_ROW("Unrecognized SSL message",
    "tls.garbage", BOTH, 90, 24, NULL, false)
EXTRACT_ROW("error code: 10060",
    "net.timeout", BOTH, 90, 14, NULL, false)
EXTRACT_ROW("error code 10060",
    "net.timeout", BOTH, 90, 14, NULL, false)
EXTRACT_ROW("error code: 10054",
    "net.reset", BOTH, 90, 15, NULL, false)
EXTRACT_ROW("error code 10054",
    "net.reset", BOTH, 90, 15, NULL, false)
EXTRACT_ROW("error code: 10053",
    "net.reset", BOTH, 90, 16, NULL, false)
EXTRACT_ROW("error code 10053",
    "net.reset", BOTH, 90, 16, NULL, false)
EXTRACT_ROW("error code: 10061",
    "net.refused", BOTH, 90, 17, NULL, false)
EXTRACT_ROW("error code 10061",
    "net.refused", BOTH, 90, 17, NULL, false)
EXTRACT_ROW("error code: 10051",
    "net.timeout", BOTH, 90, 18, NULL, false)
EXTRACT_ROW("error code 10051",
    "net.timeout", BOTH, 90, 18, NULL, false)
EXTRACT_ROW("error code: 10065",
    "net.timeout", BOTH, 90, 19, NULL, false)
EXTRACT_ROW("error code 10065",
    "net.timeout", BOTH, 90, 19, NULL, false)
EXTRACT_ROW("Resolving MX records*domain name unknown",
    "dns.nxdomain", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("Name server reports domain name unknown",
    "dns.nxdomain", SENDER, 45, 0, NULL, false)
EXTRACT_ROW("Host or domain name not found*try again",
    "dns.tempfail", BOTH, 95, 0, NULL, false)
EXTRACT_ROW("status=expired",
    "queue.expired", SENDER, 92, 0, NULL, false)
EXTRACT_ROW("SASL authentication failed*no mechanism available",
    "auth.not-offered", BOTH, 95, 0, NULL, false)
EXTRACT_ROW("No worthy mechs",
    "auth.not-offered", BOTH, 95, 0, NULL, false)
EXTRACT_ROW("requires authentication",
    "auth.required", SENDER, 90, 0, NULL, false)
EXTRACT_ROW("postscreen*450 4.3.2",
    "remote.greylisted", SENDER, 93, 0, NULL, false)
EXTRACT_ROW("did not encrypt this message",
    "tls.required-inbound", SENDER, 80, 30, NULL, false)
EXTRACT_ROW("tidak mengenkripsi pesan ini",
    "tls.required-inbound", SENDER, 80, 30, NULL, false)
EXTRACT_ROW("XXXXXXXA",
    "tls.not-offered", SENDER, 92, 31, NULL, false)
#endif
