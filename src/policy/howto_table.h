/* The cures by program: for howto.c alone.
 *
 * HOWTO(causes, side of the program, program, versions, English, Indonesian,
 * commands or lines of a configuration). By cure, then by program. */
/* clang-format off */

/* ---- send with TLS ---- */
HOWTO("tls.required-inbound", SENDING, ZIMBRA, UPTO("8.0"),
    "Switch on TLS for what it sends; it is a key of localconfig there.",
    "Aktifkan TLS untuk mail keluar; di versi ini berupa key localconfig.",
    "zmlocalconfig -e postfix_smtp_tls_security_level=may\n"
    "zmmtactl restart")
HOWTO("tls.required-inbound", SENDING, ZIMBRA, SINCE("8.5"),
    "It sends with TLS by default, from an attribute in LDAP; look whether "
    "somebody set it to none, for the server or for all.",
    "Secara default sudah mengirim dengan TLS, lewat atribut di LDAP; "
    "periksa apakah ada yang mengubahnya jadi none, di server atau global.",
    "zmprov gs `zmhostname` zimbraMtaSmtpTlsSecurityLevel\n"
    "zmprov ms `zmhostname` zimbraMtaSmtpTlsSecurityLevel may\n"
    "zmmtactl restart")
HOWTO("tls.required-inbound", SENDING, POSTFIX, SINCE("2.3"),
    "Without a setting it sends in clear (before 3.11). "
    "smtp_use_tls = yes is the old way of saying may.",
    "Tanpa setting ini mail keluar tidak terenkripsi (sebelum 3.11). "
    "smtp_use_tls = yes adalah cara lama untuk may.",
    "postconf -e 'smtp_tls_security_level = may'\n"
    "postfix reload")
HOWTO("tls.required-inbound", SENDING, EXIM, ANY,
    "It uses TLS wherever it is offered; look whether the smtp transport has "
    "hosts_avoid_tls, and whether this Exim was built with TLS at all.",
    "TLS otomatis dipakai kalau ditawarkan; periksa apakah di transport smtp "
    "ada hosts_avoid_tls, dan apakah Exim ini dibuat dengan dukungan TLS.",
    "exim -bP transports | grep hosts_avoid_tls\n"
    "exim -bV | grep -i tls")
HOWTO("tls.required-inbound", SENDING, SENDMAIL, SINCE("8.12"),
    "It uses STARTTLS by itself when it was built with it; an entry Try_TLS: "
    "... NO in the access map switches it off for a host.",
    "STARTTLS otomatis dipakai kalau sendmail dibuat dengan dukungan itu; "
    "baris Try_TLS: ... NO di access map mematikannya untuk suatu host.",
    "sendmail -d0.1 -bv root | grep STARTTLS\n"
    "grep Try_TLS /etc/mail/access")
HOWTO("tls.required-inbound", SENDING, OPENSMTPD, SINCE("6.4"),
    "It uses TLS wherever it is offered; look whether the action says "
    "smtp+notls://.",
    "TLS otomatis dipakai kalau ditawarkan; periksa apakah di action ada "
    "smtp+notls://.",
    "action \"outbound\" relay")
HOWTO("tls.required-inbound", SENDING, EXCHANGE, ANY,
    "It uses TLS wherever it is offered, unless the Send connector ignores "
    "STARTTLS.",
    "TLS otomatis dipakai kalau ditawarkan, kecuali Send connector-nya "
    "mengabaikan STARTTLS.",
    "Get-SendConnector | Format-List Name,IgnoreSTARTTLS,RequireTLS\n"
    "Set-SendConnector NAME -IgnoreSTARTTLS $false")
HOWTO("tls.required-inbound", SENDING, MDAEMON, ANY,
    "Security > Security Manager > SSL & TLS > MDaemon: enable SSL, STARTTLS "
    "and STLS, and let the SMTP server use STARTTLS whenever possible. See "
    "that the host is not in the No STARTTLS List.",
    "Security > Security Manager > SSL & TLS > MDaemon: aktifkan SSL, "
    "STARTTLS dan STLS, dan biarkan SMTP server memakai STARTTLS bila "
    "memungkinkan. Pastikan host tujuan tidak ada di No STARTTLS List.",
    "")
HOWTO("tls.required-inbound", SENDING, KURIR, ANY,
    "The default is may; look whether the configuration says none.",
    "Default-nya may; periksa apakah di konfigurasi tertulis none.",
    "outbound { tls = \"may\" }")

/* ---- offer TLS ---- */
HOWTO("tls.not-offered tls.required-outbound tls.refused", RECEIVING, ZIMBRA,
    SINCE("6.0"),
    "STARTTLS is offered by default, with Zimbra's own certificate; look "
    "whether somebody set none.",
    "Secara default STARTTLS ditawarkan, dengan certificate buatan Zimbra "
    "sendiri; periksa apakah ada yang mengubahnya jadi none.",
    "zmprov gs `zmhostname` zimbraMtaTlsSecurityLevel\n"
    "zmprov ms `zmhostname` zimbraMtaTlsSecurityLevel may\n"
    "zmmtactl restart")
HOWTO("tls.not-offered tls.required-outbound tls.refused", RECEIVING, POSTFIX,
    SINCE("3.4"),
    "The key and behind it the whole chain, in one file or in two.",
    "Key lalu seluruh chain certificate, boleh satu file atau dua.",
    "postconf -e 'smtpd_tls_security_level = may'\n"
    "postconf -e 'smtpd_tls_chain_files = /etc/ssl/private/mail.key, "
    "/etc/ssl/certs/fullchain.pem'\n"
    "postfix reload")
HOWTO("tls.not-offered tls.required-outbound tls.refused", RECEIVING, POSTFIX,
    UPTO("3.3"),
    "Certificate and key are two parameters there.",
    "Di versi ini certificate dan key punya parameter sendiri-sendiri.",
    "postconf -e 'smtpd_tls_security_level = may'\n"
    "postconf -e 'smtpd_tls_cert_file = /etc/ssl/certs/fullchain.pem'\n"
    "postconf -e 'smtpd_tls_key_file = /etc/ssl/private/mail.key'\n"
    "postfix reload")
HOWTO("tls.not-offered tls.required-outbound tls.refused", RECEIVING, EXIM, ANY,
    "The main section; Exim's user must be able to read both files. Debian: "
    "MAIN_TLS_ENABLE = yes in /etc/exim4/exim4.conf.localmacros.",
    "Di bagian utama konfigurasi; user Exim harus bisa membaca kedua file. "
    "Debian: MAIN_TLS_ENABLE = yes di /etc/exim4/exim4.conf.localmacros.",
    "tls_advertise_hosts = *\n"
    "tls_certificate = /etc/exim4/fullchain.pem\n"
    "tls_privatekey = /etc/exim4/mail.key")
HOWTO("tls.not-offered tls.required-outbound tls.refused", RECEIVING, SENDMAIL,
    SINCE("8.11"),
    "Both files may be readable by root alone, and so must the directories be "
    "safe; else it offers nothing and says so in its log.",
    "Kedua file hanya boleh bisa dibaca root dan direktorinya harus aman; "
    "kalau tidak, STARTTLS tidak ditawarkan dan sebabnya ada di log.",
    "define(`confSERVER_CERT', `/etc/mail/certs/fullchain.pem')dnl\n"
    "define(`confSERVER_KEY', `/etc/mail/certs/mail.key')dnl\n"
    "define(`confCACERT_PATH', `/etc/ssl/certs')dnl")
HOWTO("tls.not-offered tls.required-outbound tls.refused", RECEIVING, OPENSMTPD,
    SINCE("6.4"),
    "Name certificate and key, and let the listener use them.",
    "Sebutkan certificate dan key, lalu pakai di listener.",
    "pki mail.contoh.id cert \"/etc/ssl/fullchain.pem\"\n"
    "pki mail.contoh.id key \"/etc/ssl/private/mail.key\"\n"
    "listen on eth0 tls pki mail.contoh.id")
HOWTO("tls.not-offered tls.required-outbound tls.refused", RECEIVING, EXCHANGE,
    ANY,
    "Give the certificate to SMTP; the Receive connector's AuthMechanism must "
    "hold Tls, and its Fqdn be a name of the certificate.",
    "Pasang certificate untuk SMTP; AuthMechanism di Receive connector harus "
    "berisi Tls, dan Fqdn-nya salah satu nama di certificate.",
    "Get-ExchangeCertificate | Format-List "
    "Subject,NotAfter,Services,Thumbprint\n"
    "Enable-ExchangeCertificate -Thumbprint THUMBPRINT -Services SMTP\n"
    "Get-ReceiveConnector | Format-List Identity,AuthMechanism,Fqdn")
HOWTO("tls.not-offered tls.required-outbound tls.refused", RECEIVING, MDAEMON,
    ANY,
    "Security > Security Manager > SSL & TLS > MDaemon: enable SSL, STARTTLS "
    "and STLS, tick the certificate to use, then Restart Servers. STARTTLS is "
    "not offered to who is in the No STARTTLS List.",
    "Security > Security Manager > SSL & TLS > MDaemon: aktifkan SSL, "
    "STARTTLS dan STLS, pilih certificate-nya, lalu Restart Servers. STARTTLS "
    "tidak ditawarkan ke yang ada di No STARTTLS List.",
    "")
HOWTO("tls.not-offered tls.required-outbound tls.refused", RECEIVING, KURIR,
    ANY,
    "With certificate and key each listener offers STARTTLS.",
    "Kalau certificate dan key diisi, tiap listener menawarkan STARTTLS.",
    "tls {\n"
    "    certificate = \"/etc/kurir/fullchain.pem\"\n"
    "    key = \"/etc/kurir/mail.key\"\n"
    "}")

/* ---- let it go without TLS ---- */
HOWTO("tls.not-offered tls.required-outbound", SENDING, ZIMBRA, UPTO("8.0"),
    "The level holds for every destination.",
    "Level ini berlaku untuk semua tujuan.",
    "zmlocalconfig postfix_smtp_tls_security_level\n"
    "zmlocalconfig -e postfix_smtp_tls_security_level=may\n"
    "zmmtactl restart")
HOWTO("tls.not-offered tls.required-outbound", SENDING, ZIMBRA, SINCE("8.5"),
    "The level holds for every destination: may uses TLS where it is offered "
    "and sends without it elsewhere.",
    "Level ini berlaku untuk semua tujuan: may memakai TLS kalau ditawarkan, "
    "dan mengirim tanpa TLS kalau tidak.",
    "zmprov gs `zmhostname` zimbraMtaSmtpTlsSecurityLevel\n"
    "zmprov ms `zmhostname` zimbraMtaSmtpTlsSecurityLevel may\n"
    "zmmtactl restart")
HOWTO("tls.not-offered tls.required-outbound", SENDING, POSTFIX, SINCE("2.3"),
    "Keep the level for all, and make an exception for this domain.",
    "Biarkan level untuk semua tujuan, dan buat pengecualian untuk domain "
    "ini saja.",
    "echo 'mitra.example may' >> /etc/postfix/tls_policy\n"
    "postmap /etc/postfix/tls_policy\n"
    "postconf -e 'smtp_tls_policy_maps = hash:/etc/postfix/tls_policy'\n"
    "postfix reload")
HOWTO("tls.not-offered tls.required-outbound", SENDING, EXIM, ANY,
    "Take the host out of hosts_require_tls of the smtp transport.",
    "Keluarkan host tersebut dari hosts_require_tls di transport smtp.",
    "exim -bP transports | grep hosts_require_tls")
HOWTO("tls.not-offered tls.required-outbound", SENDING, SENDMAIL, SINCE("8.12"),
    "Take the entry TLS_Srv: or TLS_Rcpt: of the host or domain out of the "
    "access map.",
    "Hapus baris TLS_Srv: atau TLS_Rcpt: untuk host atau domain itu dari "
    "access map.",
    "grep '^TLS_' /etc/mail/access\n"
    "makemap hash /etc/mail/access < /etc/mail/access")
HOWTO("tls.not-offered tls.required-outbound", SENDING, OPENSMTPD, SINCE("6.4"),
    "An action of its own for the domain, without tls; it must stand before "
    "the general match.",
    "Buat action sendiri untuk domain itu, tanpa tls; match-nya harus di atas "
    "match yang umum.",
    "action \"clear\" relay\n"
    "match for domain \"mitra.example\" action \"clear\"")
HOWTO("tls.not-offered tls.required-outbound", SENDING, EXCHANGE, ANY,
    "The Send connector for that domain requires TLS.",
    "Send connector untuk domain itu mewajibkan TLS.",
    "Get-SendConnector | Format-List Name,AddressSpaces,RequireTLS\n"
    "Set-SendConnector NAME -RequireTLS $false")
HOWTO("tls.not-offered tls.required-outbound", SENDING, MDAEMON, ANY,
    "Security > Security Manager > SSL & TLS > STARTTLS Required List: take "
    "the host or domain out.",
    "Security > Security Manager > SSL & TLS > STARTTLS Required List: hapus "
    "host atau domain tersebut.",
    "")
HOWTO("tls.not-offered tls.required-outbound", SENDING, KURIR, ANY,
    "may uses TLS where it is offered. A password is never sent without it.",
    "may memakai TLS kalau ditawarkan. Password tidak pernah dikirim tanpa "
    "TLS.",
    "outbound { tls = \"may\" }")

/* ---- demand TLS of who sends ---- */
HOWTO("tls.required-inbound", RECEIVING, ZIMBRA, SINCE("8.0"),
    "Port 25 demands no TLS; what is refused is a password without it. Let "
    "the client use STARTTLS on 587, or 465.",
    "Port 25 tidak mewajibkan TLS; yang ditolak adalah password tanpa TLS. "
    "Di client aktifkan STARTTLS di 587, atau pakai 465.",
    "zmprov gs `zmhostname` zimbraMtaTlsAuthOnly")
HOWTO("tls.required-inbound", RECEIVING, POSTFIX, SINCE("2.11"),
    "encrypt is for 587 and not for a public MX: set may in main.cf, and "
    "encrypt in master.cf for the submission service.",
    "encrypt itu untuk 587, bukan untuk MX publik: pakai may di main.cf, dan "
    "encrypt di master.cf untuk service submission.",
    "postconf -e 'smtpd_tls_security_level = may'\n"
    "postconf -P 'submission/inet/smtpd_tls_security_level=encrypt'\n"
    "postfix reload")
HOWTO("tls.required-inbound", RECEIVING, EXIM, ANY,
    "An ACL has a condition encrypted = *; it must not hold for mail of other "
    "servers on port 25.",
    "Ada ACL dengan syarat encrypted = *; jangan diberlakukan untuk mail "
    "server lain di port 25.",
    "")
HOWTO("tls.required-inbound", RECEIVING, SENDMAIL, SINCE("8.12"),
    "An entry TLS_Clt: in the access map demands it of that client.",
    "Baris TLS_Clt: di access map mewajibkannya untuk client tersebut.",
    "grep '^TLS_Clt' /etc/mail/access")
HOWTO("tls.required-inbound", RECEIVING, OPENSMTPD, SINCE("6.4"),
    "tls-require is for 587; port 25 has tls.",
    "tls-require itu untuk 587; port 25 cukup tls.",
    "listen on eth0 tls pki mail.contoh.id\n"
    "listen on eth0 port submission tls-require pki mail.contoh.id auth")
HOWTO("tls.required-inbound", RECEIVING, EXCHANGE, ANY,
    "The Receive connector demands TLS; the public one should not.",
    "Receive connector-nya mewajibkan TLS; yang untuk publik seharusnya "
    "tidak.",
    "Get-ReceiveConnector | Format-List Identity,RequireTLS\n"
    "Set-ReceiveConnector NAME -RequireTLS $false")
HOWTO("tls.required-inbound", RECEIVING, MDAEMON, ANY,
    "Security > Security Manager > SSL & TLS > STARTTLS Required List: take "
    "the host, address or sender out.",
    "Security > Security Manager > SSL & TLS > STARTTLS Required List: hapus "
    "host, IP atau pengirim tersebut.",
    "")
HOWTO("tls.required-inbound", RECEIVING, KURIR, ANY,
    "encrypt is for 587; port 25 has may. A copier that knows no TLS gets a "
    "device section.",
    "encrypt itu untuk 587; port 25 cukup may. Mesin fotokopi yang tidak bisa "
    "TLS didaftarkan di bagian device.",
    "listen \"mx\" {\n"
    "    address = {\"0.0.0.0:25\", \"[::]:25\"}\n"
    "    role = \"mx\"\n"
    "    tls = \"may\"\n"
    "}")

/* ---- versions and ciphers ---- */
HOWTO("tls.no-common-version tls.no-common-cipher", SENDING, ZIMBRA,
    SINCE("8.7"),
    "An old Zimbra has an old OpenSSL: update it first. The attributes say "
    "which versions and ciphers it offers when it sends.",
    "Zimbra lama memakai OpenSSL lama: update dulu. Atribut ini menentukan "
    "versi dan cipher yang dipakai waktu mengirim.",
    "zmprov gacf zimbraMtaSmtpTlsProtocols\n"
    "zmprov mcf zimbraMtaSmtpTlsProtocols '!SSLv2,!SSLv3'\n"
    "zmprov gacf zimbraMtaSmtpTlsCiphers\n"
    "zmmtactl restart")
HOWTO("tls.no-common-version tls.no-common-cipher", SENDING, POSTFIX,
    SINCE("3.6"),
    "What is allowed with level may; with encrypt or more it is "
    "smtp_tls_mandatory_protocols and smtp_tls_mandatory_ciphers.",
    "Yang diizinkan untuk level may; untuk encrypt ke atas dipakai "
    "smtp_tls_mandatory_protocols dan smtp_tls_mandatory_ciphers.",
    "postconf smtp_tls_protocols smtp_tls_ciphers smtp_tls_exclude_ciphers\n"
    "postconf -e 'smtp_tls_protocols = >=TLSv1.2'\n"
    "postconf -e 'smtp_tls_ciphers = medium'\n"
    "postfix reload")
HOWTO("tls.no-common-version tls.no-common-cipher", SENDING, POSTFIX,
    UPTO("3.5"),
    "Versions are left out by name there.",
    "Di versi ini, versi TLS dikeluarkan satu per satu.",
    "postconf -e 'smtp_tls_protocols = !SSLv2,!SSLv3,!TLSv1,!TLSv1.1'\n"
    "postconf -e 'smtp_tls_ciphers = medium'\n"
    "postfix reload")
HOWTO("tls.no-common-version tls.no-common-cipher", SENDING, EXIM, ANY,
    "tls_require_ciphers in the smtp transport is a cipher list of OpenSSL, "
    "or a priority string of GnuTLS (Debian's Exim): see which it is.",
    "tls_require_ciphers di transport smtp berisi daftar cipher OpenSSL, atau "
    "priority string GnuTLS (Exim dari Debian): periksa dulu yang mana.",
    "exim -bV | grep -i -e gnutls -e openssl\n"
    "exim -bP transports | grep tls_require_ciphers")
HOWTO("tls.no-common-version tls.no-common-cipher", SENDING, SENDMAIL,
    SINCE("8.15"),
    "Look for these in sendmail.mc; without them OpenSSL's defaults hold.",
    "Cari baris ini di sendmail.mc; kalau tidak ada, yang berlaku default "
    "OpenSSL.",
    "define(`confCLIENT_SSL_OPTIONS', `+SSL_OP_NO_SSLv2 "
    "+SSL_OP_NO_SSLv3')dnl\n"
    "define(`confCIPHER_LIST', `HIGH:!aNULL')dnl")
HOWTO("tls.no-common-version tls.no-common-cipher", SENDING, EXCHANGE, ANY,
    "TLS is Windows' Schannel: enable TLS 1.2 as client (a restart of Windows "
    "is needed), and look at the cipher suites that it has.",
    "TLS-nya memakai Schannel dari Windows: aktifkan TLS 1.2 sebagai client "
    "(Windows perlu di-restart), dan lihat cipher suite yang ada.",
    "$k = 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\"
    "SCHANNEL\\Protocols\\TLS 1.2\\Client'\n"
    "New-Item $k -Force\n"
    "New-ItemProperty $k -Name Enabled -Value 1 -Type DWord -Force\n"
    "New-ItemProperty $k -Name DisabledByDefault -Value 0 -Type DWord -Force\n"
    "Get-TlsCipherSuite | Format-Table Name")
HOWTO("tls.no-common-version tls.no-common-cipher", SENDING, MDAEMON, ANY,
    "TLS is Windows' Schannel, so the error is 0x80090331: install the "
    "updates of Windows, enable TLS 1.2 for client and server, restart. Until "
    "then the host can stand in the No STARTTLS List (mail to it then goes in "
    "clear), or let \"SSL negotiation failures will retry without SSL\" do it "
    "for an hour each.",
    "TLS-nya memakai Schannel dari Windows, makanya error-nya 0x80090331: "
    "pasang update Windows, aktifkan TLS 1.2 untuk client dan server, lalu "
    "restart. Sementara itu host bisa ditaruh di No STARTTLS List (mail ke "
    "sana jadi tidak terenkripsi), atau pakai opsi \"SSL negotiation failures "
    "will retry without SSL\" yang berlaku satu jam.",
    "")
HOWTO("tls.no-common-version tls.no-common-cipher", SENDING, KURIR, ANY,
    "It offers TLS 1.2 and 1.3; with may the mail goes without TLS to who has "
    "neither.",
    "Yang ditawarkan TLS 1.2 dan 1.3; dengan may, mail ke server yang tidak "
    "punya keduanya dikirim tanpa TLS.",
    "outbound { tls = \"may\" }")
HOWTO("tls.no-common-version tls.no-common-cipher", RECEIVING, ZIMBRA,
    SINCE("8.7"),
    "An old Zimbra has an old OpenSSL: update it first. The attributes say "
    "what the server takes.",
    "Zimbra lama memakai OpenSSL lama: update dulu. Atribut ini menentukan "
    "apa yang diterima server.",
    "zmprov gacf zimbraMtaSmtpdTlsProtocols\n"
    "zmprov mcf zimbraMtaSmtpdTlsProtocols '!SSLv2,!SSLv3'\n"
    "zmprov mcf zimbraMtaSmtpdTlsCiphers medium\n"
    "zmmtactl restart")
HOWTO("tls.no-common-version tls.no-common-cipher", RECEIVING, POSTFIX,
    SINCE("3.6"),
    "TLS 1.2 and 1.3, and ciphers that most clients know. A certificate with "
    "an RSA key is known to more of them than an ECDSA one alone.",
    "TLS 1.2 dan 1.3, dengan cipher yang dikenal kebanyakan client. "
    "Certificate dengan key RSA dikenal lebih banyak client daripada ECDSA "
    "saja.",
    "postconf smtpd_tls_protocols smtpd_tls_ciphers "
    "smtpd_tls_exclude_ciphers\n"
    "postconf -e 'smtpd_tls_protocols = >=TLSv1.2'\n"
    "postconf -e 'smtpd_tls_ciphers = medium'\n"
    "postfix reload")
HOWTO("tls.no-common-version tls.no-common-cipher", RECEIVING, POSTFIX,
    UPTO("3.5"),
    "Versions are left out by name there.",
    "Di versi ini, versi TLS dikeluarkan satu per satu.",
    "postconf -e 'smtpd_tls_protocols = !SSLv2,!SSLv3,!TLSv1,!TLSv1.1'\n"
    "postconf -e 'smtpd_tls_ciphers = medium'\n"
    "postfix reload")
HOWTO("tls.no-common-version tls.no-common-cipher", RECEIVING, EXIM, ANY,
    "tls_require_ciphers in the main section is a cipher list of OpenSSL, or "
    "a priority string of GnuTLS (Debian's Exim): see which it is.",
    "tls_require_ciphers di bagian utama berisi daftar cipher OpenSSL, atau "
    "priority string GnuTLS (Exim dari Debian): periksa dulu yang mana.",
    "exim -bV | grep -i -e gnutls -e openssl\n"
    "exim -bP tls_require_ciphers")
HOWTO("tls.no-common-version tls.no-common-cipher", RECEIVING, SENDMAIL,
    SINCE("8.15"),
    "Look for these in sendmail.mc; without them OpenSSL's defaults hold.",
    "Cari baris ini di sendmail.mc; kalau tidak ada, yang berlaku default "
    "OpenSSL.",
    "define(`confSERVER_SSL_OPTIONS', `+SSL_OP_NO_SSLv2 "
    "+SSL_OP_NO_SSLv3')dnl\n"
    "define(`confCIPHER_LIST', `HIGH:!aNULL')dnl")
HOWTO("tls.no-common-version tls.no-common-cipher", RECEIVING, OPENSMTPD,
    SINCE("6.4"),
    "The list is OpenSSL's; this is the default.",
    "Daftarnya memakai format OpenSSL; ini nilai default-nya.",
    "smtp ciphers \"HIGH:!aNULL:!MD5\"")
HOWTO("tls.no-common-version tls.no-common-cipher", RECEIVING, EXCHANGE, ANY,
    "TLS is Windows' Schannel: enable TLS 1.2 as server (a restart of Windows "
    "is needed), and look at the cipher suites that it has.",
    "TLS-nya memakai Schannel dari Windows: aktifkan TLS 1.2 sebagai server "
    "(Windows perlu di-restart), dan lihat cipher suite yang ada.",
    "$k = 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\"
    "SCHANNEL\\Protocols\\TLS 1.2\\Server'\n"
    "New-Item $k -Force\n"
    "New-ItemProperty $k -Name Enabled -Value 1 -Type DWord -Force\n"
    "New-ItemProperty $k -Name DisabledByDefault -Value 0 -Type DWord -Force\n"
    "Get-TlsCipherSuite | Format-Table Name")
HOWTO("tls.no-common-version tls.no-common-cipher", RECEIVING, MDAEMON, ANY,
    "TLS is Windows' Schannel: install the updates of Windows, enable TLS 1.2 "
    "for client and server, restart. A client that stays too old can stand in "
    "the No STARTTLS List; its mail then comes in clear.",
    "TLS-nya memakai Schannel dari Windows: pasang update Windows, aktifkan "
    "TLS 1.2 untuk client dan server, lalu restart. Client yang terlalu tua "
    "bisa ditaruh di No STARTTLS List; mail-nya jadi tidak terenkripsi.",
    "")
HOWTO("tls.no-common-version tls.no-common-cipher", RECEIVING, KURIR, ANY,
    "TLS 1.2 and 1.3 are taken; a copier that knows only older ones gets a "
    "device section.",
    "Yang diterima TLS 1.2 dan 1.3; mesin fotokopi yang hanya bisa versi lama "
    "didaftarkan di bagian device.",
    "device \"fotokopi\" {\n"
    "    address = {\"192.0.2.40\"}\n"
    "    min-tls = \"1.0\"\n"
    "}")

/* ---- the server's certificate ---- */
#define CERTIFICATE                                                            \
	"tls.cert-expired tls.cert-not-yet-valid tls.cert-self-signed "        \
	"tls.cert-untrusted tls.cert-name-mismatch tls.cert-revoked"
HOWTO(CERTIFICATE, RECEIVING, ZIMBRA, SINCE("8.7"),
    "Zimbra comes with a self-signed certificate: mail is encrypted, but who "
    "verifies does not take it. Put the key of a public certificate into "
    "/opt/zimbra/ssl/zimbra/commercial/commercial.key; commercial_ca.crt is "
    "the chain with its root.",
    "Bawaan Zimbra adalah certificate self-signed: mail tetap terenkripsi, "
    "tapi server yang memverifikasi akan menolaknya. Taruh key certificate "
    "publik di /opt/zimbra/ssl/zimbra/commercial/commercial.key; "
    "commercial_ca.crt berisi chain sampai root.",
    "zmcertmgr viewdeployedcrt\n"
    "zmcertmgr verifycrt comm "
    "/opt/zimbra/ssl/zimbra/commercial/commercial.key commercial.crt "
    "commercial_ca.crt\n"
    "zmcertmgr deploycrt comm commercial.crt commercial_ca.crt\n"
    "zmcontrol restart")
HOWTO(CERTIFICATE, RECEIVING, ZIMBRA, UPTO("8.6"),
    "The same, but zmcertmgr is run as root there. The certificate that "
    "Zimbra came with is self-signed.",
    "Sama, tapi di versi ini zmcertmgr dijalankan sebagai root. Certificate "
    "bawaan Zimbra adalah self-signed.",
    "/opt/zimbra/bin/zmcertmgr verifycrt comm "
    "/opt/zimbra/ssl/zimbra/commercial/commercial.key commercial.crt "
    "commercial_ca.crt\n"
    "/opt/zimbra/bin/zmcertmgr deploycrt comm commercial.crt "
    "commercial_ca.crt\n"
    "su - zimbra -c 'zmcontrol restart'")
HOWTO(CERTIFICATE, RECEIVING, POSTFIX, SINCE("3.4"),
    "The file must hold the whole chain (fullchain.pem); after each renewal "
    "reload.",
    "File-nya harus berisi seluruh chain (fullchain.pem); reload setiap kali "
    "diperpanjang.",
    "postconf smtpd_tls_chain_files smtpd_tls_cert_file\n"
    "postconf -e 'smtpd_tls_chain_files = /etc/ssl/private/mail.key, "
    "/etc/ssl/certs/fullchain.pem'\n"
    "postfix reload")
HOWTO(CERTIFICATE, RECEIVING, POSTFIX, UPTO("3.3"),
    "smtpd_tls_cert_file must hold the whole chain (fullchain.pem); after "
    "each renewal reload.",
    "smtpd_tls_cert_file harus berisi seluruh chain (fullchain.pem); reload "
    "setiap kali diperpanjang.",
    "postconf -e 'smtpd_tls_cert_file = /etc/ssl/certs/fullchain.pem'\n"
    "postconf -e 'smtpd_tls_key_file = /etc/ssl/private/mail.key'\n"
    "postfix reload")
HOWTO(CERTIFICATE, RECEIVING, EXIM, ANY,
    "The file must hold the whole chain, and Exim's user be able to read it "
    "after the renewal too.",
    "File-nya harus berisi seluruh chain, dan user Exim harus tetap bisa "
    "membacanya setelah diperpanjang.",
    "tls_certificate = /etc/exim4/fullchain.pem\n"
    "tls_privatekey = /etc/exim4/mail.key")
HOWTO(CERTIFICATE, RECEIVING, SENDMAIL, SINCE("8.11"),
    "The file must hold the whole chain; restart after each renewal.",
    "File-nya harus berisi seluruh chain; restart setiap kali diperpanjang.",
    "define(`confSERVER_CERT', `/etc/mail/certs/fullchain.pem')dnl\n"
    "define(`confSERVER_KEY', `/etc/mail/certs/mail.key')dnl")
HOWTO(CERTIFICATE, RECEIVING, OPENSMTPD, SINCE("6.4"),
    "The file must hold the whole chain; restart after each renewal.",
    "File-nya harus berisi seluruh chain; restart setiap kali diperpanjang.",
    "pki mail.contoh.id cert \"/etc/ssl/fullchain.pem\"\n"
    "pki mail.contoh.id key \"/etc/ssl/private/mail.key\"")
HOWTO(CERTIFICATE, RECEIVING, EXCHANGE, SINCE("2013"),
    "Import a public certificate and give it to SMTP; a connector that names "
    "the old one must name the new.",
    "Import certificate publik dan pasang untuk SMTP; connector yang menyebut "
    "certificate lama harus diganti ke yang baru.",
    "Import-ExchangeCertificate -FileData "
    "([IO.File]::ReadAllBytes('C:\\mail.pfx')) "
    "-Password (Read-Host -AsSecureString)\n"
    "Enable-ExchangeCertificate -Thumbprint THUMBPRINT -Services SMTP\n"
    "$c = Get-ExchangeCertificate -Thumbprint THUMBPRINT\n"
    "Set-ReceiveConnector NAME -TlsCertificateName "
    "\"<I>$($c.Issuer)<S>$($c.Subject)\"")
HOWTO(CERTIFICATE, RECEIVING, MDAEMON, ANY,
    "Security > Security Manager > SSL & TLS > MDaemon: those that MDaemon "
    "makes are self-signed. Install a public one in Windows' store of the "
    "computer, select it there, and Restart Servers.",
    "Security > Security Manager > SSL & TLS > MDaemon: yang dibuat MDaemon "
    "sendiri adalah self-signed. Pasang certificate publik di certificate "
    "store komputer (Windows), pilih di situ, lalu Restart Servers.",
    "")
HOWTO(CERTIFICATE, RECEIVING, KURIR, ANY,
    "The file must hold the whole chain (fullchain.pem).",
    "File-nya harus berisi seluruh chain (fullchain.pem).",
    "tls {\n"
    "    certificate = \"/etc/kurir/fullchain.pem\"\n"
    "    key = \"/etc/kurir/mail.key\"\n"
    "}")

/* ---- who sends verifies it ---- */
HOWTO(CERTIFICATE, SENDING, ZIMBRA, SINCE("8.5"),
    "may and encrypt verify nothing; look whether it is verify, secure or "
    "dane.",
    "may dan encrypt tidak memverifikasi; periksa apakah isinya verify, "
    "secure atau dane.",
    "zmprov gs `zmhostname` zimbraMtaSmtpTlsSecurityLevel\n"
    "zmprov ms `zmhostname` zimbraMtaSmtpTlsSecurityLevel may\n"
    "zmmtactl restart")
HOWTO(CERTIFICATE, SENDING, POSTFIX, SINCE("2.3"),
    "may and encrypt verify nothing; verify and secure need the authorities. "
    "Make an exception for the domain until it has mended its certificate.",
    "may dan encrypt tidak memverifikasi; verify dan secure butuh daftar CA. "
    "Buat pengecualian untuk domain itu sampai certificate-nya diperbaiki.",
    "postconf -e 'smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt'\n"
    "echo 'mitra.example encrypt' >> /etc/postfix/tls_policy\n"
    "postmap /etc/postfix/tls_policy\n"
    "postconf -e 'smtp_tls_policy_maps = hash:/etc/postfix/tls_policy'\n"
    "postfix reload")
HOWTO(CERTIFICATE, SENDING, EXIM, ANY,
    "tls_verify_hosts of the smtp transport demands a valid certificate of "
    "these hosts, tls_try_verify_hosts only notes it.",
    "tls_verify_hosts di transport smtp mewajibkan certificate yang valid "
    "dari host tersebut, tls_try_verify_hosts hanya mencatat.",
    "exim -bP transports | grep -e tls_verify_hosts -e "
    "tls_verify_certificates")
HOWTO(CERTIFICATE, SENDING, SENDMAIL, SINCE("8.12"),
    "An entry TLS_Srv: with VERIFY in the access map demands it; ENCR:112 "
    "demands encryption alone.",
    "Baris TLS_Srv: dengan VERIFY di access map mewajibkannya; ENCR:112 hanya "
    "mewajibkan enkripsi.",
    "TLS_Srv:mx.mitra.example    ENCR:112")
HOWTO(CERTIFICATE, SENDING, OPENSMTPD, SINCE("6.4"),
    "tls in an action demands a valid certificate; tls no-verify does not.",
    "tls di action mewajibkan certificate yang valid; tls no-verify tidak.",
    "action \"mitra\" relay tls no-verify\n"
    "match for domain \"mitra.example\" action \"mitra\"")
HOWTO(CERTIFICATE, SENDING, EXCHANGE, ANY,
    "The Send connector's TlsAuthLevel says what of the certificate counts: "
    "EncryptionOnly, CertificateValidation or DomainValidation.",
    "TlsAuthLevel di Send connector menentukan apa yang diperiksa dari "
    "certificate: EncryptionOnly, CertificateValidation atau "
    "DomainValidation.",
    "Get-SendConnector | Format-List "
    "Name,RequireTLS,TlsAuthLevel,DomainSecureEnabled\n"
    "Set-SendConnector NAME -TlsAuthLevel EncryptionOnly")
HOWTO(CERTIFICATE, SENDING, KURIR, ANY,
    "verify demands a valid certificate, encrypt any.",
    "verify mewajibkan certificate yang valid, encrypt menerima certificate "
    "apa saja.",
    "outbound { tls = \"encrypt\" }")

/* ---- client certificates ---- */
HOWTO("tls.client-cert-required", RECEIVING, ZIMBRA, SINCE("8.7"),
    "Do not ask for client certificates.",
    "Jangan meminta client certificate.",
    "zmprov mcf zimbraMtaSmtpdTlsAskCcert no\n"
    "zmmtactl restart")
HOWTO("tls.client-cert-required", RECEIVING, POSTFIX, SINCE("2.2"),
    "Do not require client certificates on port 25.",
    "Jangan mewajibkan client certificate di port 25.",
    "postconf -e 'smtpd_tls_req_ccert = no'\n"
    "postfix reload")
HOWTO("tls.client-cert-required", RECEIVING, EXIM, ANY,
    "tls_verify_hosts in the main section demands one: leave it empty, or "
    "name your own hosts alone.",
    "tls_verify_hosts di bagian utama mewajibkannya: kosongkan, atau isi "
    "dengan host sendiri saja.",
    "exim -bP tls_verify_hosts")
HOWTO("tls.client-cert-required", RECEIVING, SENDMAIL, SINCE("8.12"),
    "It asks by default; this line of the access map makes it not ask.",
    "Secara default diminta; baris ini di access map membuatnya tidak "
    "diminta.",
    "Srv_Features:    V")
HOWTO("tls.client-cert-required", RECEIVING, OPENSMTPD, SINCE("6.4"),
    "tls-require verify demands one; take verify away.",
    "tls-require verify mewajibkannya; hapus verify.",
    "listen on eth0 tls pki mail.contoh.id")
HOWTO("tls.client-cert-required", SENDING, POSTFIX, SINCE("3.4"),
    "Present one, if the other side means it: the key and behind it the "
    "chain.",
    "Kalau pihak tujuan memang memintanya, kirimkan: key lalu chain-nya.",
    "postconf -e 'smtp_tls_chain_files = /etc/ssl/private/mail.key, "
    "/etc/ssl/certs/fullchain.pem'\n"
    "postfix reload")
HOWTO("tls.client-cert-required", SENDING, POSTFIX, UPTO("3.3"),
    "Present one, if the other side means it.",
    "Kalau pihak tujuan memang memintanya, kirimkan.",
    "postconf -e 'smtp_tls_cert_file = /etc/ssl/certs/fullchain.pem'\n"
    "postconf -e 'smtp_tls_key_file = /etc/ssl/private/mail.key'\n"
    "postfix reload")
HOWTO("tls.client-cert-required", SENDING, EXIM, ANY,
    "Present one, if the other side means it: in the smtp transport.",
    "Kalau pihak tujuan memang memintanya, kirimkan: di transport smtp.",
    "tls_certificate = /etc/exim4/fullchain.pem\n"
    "tls_privatekey = /etc/exim4/mail.key")
HOWTO("tls.client-cert-required", SENDING, SENDMAIL, SINCE("8.11"),
    "Present one, if the other side means it.",
    "Kalau pihak tujuan memang memintanya, kirimkan.",
    "define(`confCLIENT_CERT', `/etc/mail/certs/fullchain.pem')dnl\n"
    "define(`confCLIENT_KEY', `/etc/mail/certs/mail.key')dnl")
HOWTO("tls.client-cert-required", SENDING, OPENSMTPD, SINCE("6.4"),
    "Present one, if the other side means it.",
    "Kalau pihak tujuan memang memintanya, kirimkan.",
    "action \"outbound\" relay pki mail.contoh.id")
HOWTO("tls.client-cert-required", SENDING, EXCHANGE, SINCE("2013"),
    "Present one, if the other side means it.",
    "Kalau pihak tujuan memang memintanya, kirimkan.",
    "$c = Get-ExchangeCertificate -Thumbprint THUMBPRINT\n"
    "Set-SendConnector NAME -TlsCertificateName "
    "\"<I>$($c.Issuer)<S>$($c.Subject)\"")

/* ---- who may relay: trusted hosts ---- */
#define RELAY "relay.denied relay.open"
HOWTO(RELAY, RECEIVING, ZIMBRA, ANY,
    "Trusted hosts: the networks that may send without login; only your own, "
    "the server's itself among them. Never 0.0.0.0/0.",
    "Trusted host: jaringan yang boleh mengirim tanpa login; hanya milik "
    "sendiri, termasuk IP server itu. Jangan pernah 0.0.0.0/0.",
    "zmprov gs `zmhostname` zimbraMtaMyNetworks\n"
    "zmprov ms `zmhostname` zimbraMtaMyNetworks '127.0.0.0/8 192.0.2.10/32'\n"
    "zmmtactl restart")
HOWTO(RELAY, RECEIVING, POSTFIX, SINCE("2.10"),
    "Trusted hosts: mynetworks holds your own addresses alone, and this order "
    "of relay rules ends with a refusal.",
    "Trusted host: mynetworks hanya berisi IP sendiri, dan urutan aturan "
    "relay ini berakhir dengan penolakan.",
    "postconf -e 'mynetworks = 127.0.0.0/8 [::1]/128 192.0.2.0/28'\n"
    "postconf -e 'smtpd_relay_restrictions = permit_mynetworks, "
    "permit_sasl_authenticated, reject_unauth_destination'\n"
    "postfix reload")
HOWTO(RELAY, RECEIVING, POSTFIX, UPTO("2.9"),
    "Trusted hosts: mynetworks, and in the recipient rules "
    "reject_unauth_destination before anything that permits.",
    "Trusted host: mynetworks, dan di aturan penerima letakkan "
    "reject_unauth_destination sebelum aturan permit yang lain.",
    "postconf -e 'mynetworks = 127.0.0.0/8 192.0.2.0/28'\n"
    "postconf -e 'smtpd_recipient_restrictions = permit_mynetworks, "
    "permit_sasl_authenticated, reject_unauth_destination'\n"
    "postfix reload")
HOWTO(RELAY, RECEIVING, EXIM, ANY,
    "Trusted hosts: the list that the RCPT ACL lets relay. Debian: "
    "dc_relay_nets in /etc/exim4/update-exim4.conf.conf.",
    "Trusted host: daftar yang diizinkan relay oleh ACL RCPT. Debian: "
    "dc_relay_nets di /etc/exim4/update-exim4.conf.conf.",
    "hostlist relay_from_hosts = <; 127.0.0.1 ; ::1 ; 192.0.2.0/28\n"
    "domainlist relay_to_domains =")
HOWTO(RELAY, RECEIVING, SENDMAIL, SINCE("8.9"),
    "Trusted hosts: entries of the access map; FEATURE(promiscuous_relay) "
    "makes an open relay and must go.",
    "Trusted host: baris di access map; FEATURE(promiscuous_relay) membuat "
    "open relay dan harus dihapus.",
    "grep promiscuous_relay /etc/mail/sendmail.mc\n"
    "echo 'Connect:192.0.2 RELAY' >> /etc/mail/access\n"
    "makemap hash /etc/mail/access < /etc/mail/access")
HOWTO(RELAY, RECEIVING, OPENSMTPD, SINCE("6.4"),
    "Trusted hosts: a table of your own addresses. \"match from any for any\" "
    "with a relay action is an open relay, unless it says auth.",
    "Trusted host: tabel berisi IP sendiri. \"match from any for any\" dengan "
    "action relay adalah open relay, kecuali ada auth.",
    "table lan { 192.0.2.0/28 }\n"
    "match from src <lan> for any action \"outbound\"\n"
    "match auth from any for any action \"outbound\"\n"
    "match from any for domain \"contoh.id\" action \"local\"")
HOWTO(RELAY, RECEIVING, EXCHANGE, ANY,
    "Trusted hosts: a Receive connector with RemoteIPRanges of the machines "
    "that may relay, and the right for it. ANONYMOUS LOGON must not hold that "
    "right at a connector that is open to the internet.",
    "Trusted host: Receive connector dengan RemoteIPRanges berisi mesin yang "
    "boleh relay, beserta haknya. ANONYMOUS LOGON tidak boleh punya hak itu "
    "di connector yang terbuka ke internet.",
    "Get-ReceiveConnector | Get-ADPermission | Where-Object "
    "{$_.ExtendedRights -like 'ms-Exch-SMTP-Accept-Any-Recipient'} | "
    "Format-List Identity,User\n"
    "Get-ReceiveConnector NAME | Remove-ADPermission -User 'NT "
    "AUTHORITY\\ANONYMOUS LOGON' -ExtendedRights "
    "ms-Exch-SMTP-Accept-Any-Recipient")
HOWTO(RELAY, RECEIVING, MDAEMON, ANY,
    "Security > Security Manager > Security Settings > Relay Control: \"Do "
    "not allow message relaying\". Trusted hosts: Trusted Hosts and Trusted "
    "IPs hold your own machines alone; a host by name is only as safe as its "
    "PTR.",
    "Security > Security Manager > Security Settings > Relay Control: \"Do "
    "not allow message relaying\". Trusted host: Trusted Hosts dan Trusted "
    "IPs hanya berisi mesin sendiri; host yang ditulis dengan nama hanya "
    "seaman PTR-nya.",
    "")
HOWTO(RELAY, RECEIVING, KURIR, ANY,
    "Trusted hosts: the addresses that may send without login; only your own.",
    "Trusted host: IP yang boleh mengirim tanpa login; hanya milik sendiri.",
    "trusted = {\"127.0.0.0/8\", \"::1\", \"192.0.2.0/28\"}")

/* ---- who may relay: authentication ---- */
#define AUTH "relay.denied relay.open auth.required auth.not-offered"
HOWTO(AUTH, RECEIVING, ZIMBRA, SINCE("8.5"),
    "Authentication: people send with login on 587 or 465, from wherever they "
    "are; passwords only under TLS.",
    "Autentikasi: pengguna mengirim dengan login di 587 atau 465, dari mana "
    "saja; password hanya lewat TLS.",
    "zmprov ms `zmhostname` zimbraMtaSaslAuthEnable yes\n"
    "zmprov ms `zmhostname` zimbraMtaTlsAuthOnly TRUE\n"
    "zmmtactl restart")
HOWTO(AUTH, RECEIVING, POSTFIX, SINCE("2.11"),
    "Authentication: on 587, by Dovecot here, and only under TLS.",
    "Autentikasi: di 587, di sini lewat Dovecot, dan hanya lewat TLS.",
    "postconf -e 'smtpd_sasl_type = dovecot' 'smtpd_sasl_path = "
    "private/auth' 'smtpd_tls_auth_only = yes'\n"
    "postconf -M 'submission/inet=submission inet n - y - - smtpd'\n"
    "postconf -P 'submission/inet/smtpd_tls_security_level=encrypt' "
    "'submission/inet/smtpd_sasl_auth_enable=yes'\n"
    "postfix reload")
HOWTO(AUTH, RECEIVING, EXIM, ANY,
    "Authentication: an authenticator with a server part; offered only under "
    "TLS by the last line.",
    "Autentikasi: authenticator dengan bagian server; baris terakhir membuat "
    "AUTH hanya ditawarkan lewat TLS.",
    "driver = plaintext\n"
    "public_name = PLAIN\n"
    "server_advertise_condition = ${if def:tls_in_cipher}")
HOWTO(AUTH, RECEIVING, SENDMAIL, SINCE("8.10"),
    "Authentication: mechanisms whose users may relay, by Cyrus SASL; p "
    "forbids passwords without TLS.",
    "Autentikasi: mekanisme yang penggunanya boleh relay, lewat Cyrus SASL; p "
    "melarang password tanpa TLS.",
    "define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl\n"
    "TRUST_AUTH_MECH(`PLAIN LOGIN')dnl\n"
    "define(`confAUTH_OPTIONS', `A p')dnl")
HOWTO(AUTH, RECEIVING, OPENSMTPD, SINCE("6.4"),
    "Authentication: a listener of its own on 587, and a rule for who logged "
    "in.",
    "Autentikasi: listener sendiri di 587, dan aturan untuk yang sudah login.",
    "listen on eth0 port submission tls-require pki mail.contoh.id auth\n"
    "match auth from any for any action \"outbound\"")
HOWTO(AUTH, RECEIVING, EXCHANGE, ANY,
    "Authentication: the connector for clients on 587 offers it, only under "
    "TLS.",
    "Autentikasi: ditawarkan oleh connector untuk client di 587, hanya lewat "
    "TLS.",
    "Get-ReceiveConnector | Format-List "
    "Identity,Bindings,AuthMechanism,PermissionGroups\n"
    "Set-ReceiveConnector NAME -AuthMechanism "
    "Tls,BasicAuth,BasicAuthRequireTLS -PermissionGroups ExchangeUsers")
HOWTO(AUTH, RECEIVING, MDAEMON, ANY,
    "Authentication: Security > Security Manager > Sender Authentication > "
    "SMTP Authentication: \"Authentication is always required when mail is "
    "from local accounts\", and credentials that match the sender.",
    "Autentikasi: Security > Security Manager > Sender Authentication > SMTP "
    "Authentication: \"Authentication is always required when mail is from "
    "local accounts\", dan login yang cocok dengan pengirimnya.",
    "")
HOWTO(AUTH, RECEIVING, KURIR, ANY,
    "Authentication: a listener for people, and a user each.",
    "Autentikasi: listener untuk pengguna, dan user untuk masing-masing.",
    "listen \"submission\" {\n"
    "    address = {\"0.0.0.0:587\", \"[::]:587\"}\n"
    "    role = \"submission\"\n"
    "    auth = \"require\"\n"
    "    tls = \"encrypt\"\n"
    "}\n"
    "kurir user add budi@contoh.id")

/* ---- a smart host with login ---- */
#define SMART_HOST                                                             \
	"relay.denied auth.required auth.not-offered auth.failed "             \
	"lookup.ptr-missing remote.ptr-required remote.blocklisted"
HOWTO(SMART_HOST, SENDING, ZIMBRA, SINCE("8.5"),
    "Smart host with login: through your provider's or mail service's host, "
    "on 587.",
    "Smart host dengan login: lewat host milik provider atau layanan email, "
    "di port 587.",
    "echo 'smtp.mitra.example USER:PASSWORD' > "
    "/opt/zimbra/conf/relay_password\n"
    "postmap /opt/zimbra/conf/relay_password\n"
    "zmprov ms `zmhostname` zimbraMtaSmtpSaslPasswordMaps "
    "lmdb:/opt/zimbra/conf/relay_password\n"
    "zmprov ms `zmhostname` zimbraMtaSmtpSaslAuthEnable yes "
    "zimbraMtaSmtpSaslSecurityOptions noanonymous\n"
    "zmprov ms `zmhostname` zimbraMtaSmtpCnameOverridesServername no "
    "zimbraMtaSmtpTlsSecurityLevel may\n"
    "zmprov ms `zmhostname` zimbraMtaRelayHost smtp.mitra.example:587\n"
    "zmmtactl restart")
HOWTO(SMART_HOST, SENDING, ZIMBRA, UPTO("8.0"),
    "Smart host with login; the login is a matter of localconfig there.",
    "Smart host dengan login; di versi ini login-nya diatur di localconfig.",
    "echo 'smtp.mitra.example USER:PASSWORD' > "
    "/opt/zimbra/conf/relay_password\n"
    "postmap /opt/zimbra/conf/relay_password\n"
    "zmlocalconfig -e "
    "postfix_smtp_sasl_password_maps=hash:/opt/zimbra/conf/relay_password\n"
    "zmlocalconfig -e postfix_smtp_sasl_auth_enable=yes "
    "postfix_smtp_sasl_security_options=noanonymous\n"
    "zmlocalconfig -e postfix_smtp_cname_overrides_servername=no "
    "postfix_smtp_tls_security_level=may\n"
    "zmprov ms `zmhostname` zimbraMtaRelayHost smtp.mitra.example:587\n"
    "zmmtactl restart")
HOWTO(SMART_HOST, SENDING, POSTFIX, SINCE("2.3"),
    "Smart host with login; the name in both places is the same, brackets and "
    "port included.",
    "Smart host dengan login; nama di kedua tempat harus sama persis, "
    "termasuk kurung siku dan port.",
    "echo '[smtp.mitra.example]:587 USER:PASSWORD' > "
    "/etc/postfix/sasl_passwd\n"
    "chmod 600 /etc/postfix/sasl_passwd\n"
    "postmap /etc/postfix/sasl_passwd\n"
    "postconf -e 'relayhost = [smtp.mitra.example]:587'\n"
    "postconf -e 'smtp_sasl_auth_enable = yes' 'smtp_sasl_password_maps = "
    "hash:/etc/postfix/sasl_passwd'\n"
    "postconf -e 'smtp_sasl_security_options = noanonymous' "
    "'smtp_tls_security_level = encrypt'\n"
    "postfix reload")
HOWTO(SMART_HOST, SENDING, EXIM, ANY,
    "Smart host with login. Debian: \"dpkg-reconfigure exim4-config\", mail "
    "sent by smarthost, and a line in /etc/exim4/passwd.client.",
    "Smart host dengan login. Debian: \"dpkg-reconfigure exim4-config\", "
    "pilih mail sent by smarthost, lalu tambahkan baris di "
    "/etc/exim4/passwd.client.",
    "dpkg-reconfigure exim4-config\n"
    "echo 'smtp.mitra.example:USER:PASSWORD' >> /etc/exim4/passwd.client")
HOWTO(SMART_HOST, SENDING, SENDMAIL, SINCE("8.12"),
    "Smart host with login; the line of the second file is for makemap.",
    "Smart host dengan login; isi file kedua diproses dengan makemap.",
    "define(`SMART_HOST', `[smtp.mitra.example]')dnl\n"
    "define(`RELAY_MAILER_ARGS', `TCP $h 587')dnl\n"
    "FEATURE(`authinfo', `hash -o /etc/mail/authinfo.db')dnl\n"
    "# /etc/mail/authinfo:\n"
    "AuthInfo:smtp.mitra.example \"U:USER\" \"P:PASSWORD\"\n"
    "makemap hash /etc/mail/authinfo < /etc/mail/authinfo")
HOWTO(SMART_HOST, SENDING, OPENSMTPD, SINCE("6.4"),
    "Smart host with login; a line of the table is \"label USER:PASSWORD\".",
    "Smart host dengan login; isi tabelnya \"label USER:PASSWORD\".",
    "table secrets file:/etc/mail/secrets\n"
    "action \"outbound\" relay host smtp+tls://label@smtp.mitra.example:587 "
    "auth <secrets>")
HOWTO(SMART_HOST, SENDING, EXCHANGE, ANY,
    "Smart host with login, on 587.",
    "Smart host dengan login, di port 587.",
    "Set-SendConnector NAME -SmartHosts smtp.mitra.example -Port 587 "
    "-DNSRoutingEnabled $false\n"
    "Set-SendConnector NAME -SmartHostAuthMechanism BasicAuthRequireTLS "
    "-AuthenticationCredential (Get-Credential)")
HOWTO(SMART_HOST, SENDING, MDAEMON, ANY,
    "Setup > Server Settings > Delivery: \"Send all outbound email to a smart "
    "host\", with name and password.",
    "Setup > Server Settings > Delivery: \"Send all outbound email to a smart "
    "host\", beserta user dan password.",
    "")
HOWTO(SMART_HOST, SENDING, KURIR, ANY,
    "Smart host with login; the line of the credentials file is for it alone.",
    "Smart host dengan login; baris di file credentials hanya untuk host "
    "itu.",
    "outbound {\n"
    "    via = \"smarthost:[smtp.mitra.example]:587\"\n"
    "    credentials = \"/etc/kurir/credentials\"\n"
    "}\n"
    "# /etc/kurir/credentials:\n"
    "[smtp.mitra.example]:587 USER:PASSWORD")
HOWTO("relay.open", SENDING, ZIMBRA, ANY,
    "Smart host: what the machines of the house send goes through this one "
    "host; it needs no door to the internet then.",
    "Smart host: mail dari mesin-mesin di kantor dikirim lewat host ini saja; "
    "server tidak perlu terbuka ke internet.",
    "zmprov ms `zmhostname` zimbraMtaRelayHost smtp.mitra.example:587\n"
    "zmmtactl restart")
HOWTO("relay.open", SENDING, POSTFIX, ANY,
    "Smart host: what the machines of the house send goes through this one "
    "host; it needs no door to the internet then.",
    "Smart host: mail dari mesin-mesin di kantor dikirim lewat host ini saja; "
    "server tidak perlu terbuka ke internet.",
    "postconf -e 'relayhost = [smtp.mitra.example]:587'\n"
    "postfix reload")
HOWTO("relay.open", SENDING, EXIM, ANY,
    "Smart host: what the machines of the house send goes through this one "
    "host. Debian: \"dpkg-reconfigure exim4-config\", mail sent by smarthost.",
    "Smart host: mail dari mesin-mesin di kantor dikirim lewat host ini saja. "
    "Debian: \"dpkg-reconfigure exim4-config\", pilih mail sent by smarthost.",
    "driver = manualroute\n"
    "domains = ! +local_domains\n"
    "route_list = * smtp.mitra.example::587 byname\n"
    "transport = remote_smtp")
HOWTO("relay.open", SENDING, SENDMAIL, ANY,
    "Smart host: what the machines of the house send goes through this one "
    "host.",
    "Smart host: mail dari mesin-mesin di kantor dikirim lewat host ini saja.",
    "define(`SMART_HOST', `[smtp.mitra.example]')dnl")
HOWTO("relay.open", SENDING, OPENSMTPD, SINCE("6.4"),
    "Smart host: what the machines of the house send goes through this one "
    "host.",
    "Smart host: mail dari mesin-mesin di kantor dikirim lewat host ini saja.",
    "action \"outbound\" relay host smtp://smtp.mitra.example")
HOWTO("relay.open", SENDING, EXCHANGE, ANY,
    "Smart host: what the machines of the house send goes through this one "
    "host.",
    "Smart host: mail dari mesin-mesin di kantor dikirim lewat host ini saja.",
    "Set-SendConnector NAME -SmartHosts smtp.mitra.example -DNSRoutingEnabled "
    "$false")
HOWTO("relay.open", SENDING, MDAEMON, ANY,
    "Smart host: Setup > Server Settings > Delivery: \"Send all outbound email "
    "to a smart host\".",
    "Smart host: di Setup > Server Settings > Delivery, pilih \"Send all "
    "outbound email to a smart host\".",
    "")
HOWTO("relay.open", SENDING, KURIR, ANY,
    "Smart host: what the machines of the house send goes through this one "
    "host.",
    "Smart host: mail dari mesin-mesin di kantor dikirim lewat host ini saja.",
    "outbound { via = \"smarthost:[smtp.mitra.example]:587\" }")

/* ---- the address that sends ---- */
#define PTR "lookup.ptr-missing lookup.ptr-mismatch remote.ptr-required"
HOWTO(PTR, SENDING, ZIMBRA, SINCE("8.0"),
    "The provider sets the PTR; nothing of it is set in Zimbra. If it is the "
    "IPv6 address that has none, use IPv4 alone.",
    "PTR dipasang oleh provider, tidak ada setting-nya di Zimbra. Kalau yang "
    "tidak punya PTR adalah alamat IPv6, pakai IPv4 saja.",
    "zmprov ms `zmhostname` zimbraIPMode ipv4\n"
    "/opt/zimbra/libexec/zmiptool\n"
    "zmcontrol restart")
HOWTO(PTR, SENDING, POSTFIX, ANY,
    "The provider sets the PTR. Here is set which address sends; if it is the "
    "IPv6 one that has none, use IPv4 alone.",
    "PTR dipasang oleh provider. Di sini diatur IP mana yang dipakai "
    "mengirim; kalau yang tidak punya PTR adalah alamat IPv6, pakai IPv4 "
    "saja.",
    "postconf -e 'smtp_bind_address = 192.0.2.10'\n"
    "postconf -e 'inet_protocols = ipv4'\n"
    "postfix stop && postfix start")
HOWTO(PTR, SENDING, EXIM, ANY,
    "The provider sets the PTR. In the smtp transport is set which address "
    "sends; the other line, in the main section, is for IPv4 alone.",
    "PTR dipasang oleh provider. Di transport smtp diatur IP mana yang "
    "dipakai mengirim; baris kedua, di bagian utama, untuk IPv4 saja.",
    "interface = 192.0.2.10\n"
    "disable_ipv6 = true")
HOWTO(PTR, SENDING, SENDMAIL, SINCE("8.10"),
    "The provider sets the PTR. Here is set which address sends.",
    "PTR dipasang oleh provider. Di sini diatur IP mana yang dipakai "
    "mengirim.",
    "CLIENT_OPTIONS(`Family=inet, Addr=192.0.2.10')dnl")
HOWTO(PTR, SENDING, OPENSMTPD, SINCE("6.4"),
    "The provider sets the PTR. Here is set which address sends.",
    "PTR dipasang oleh provider. Di sini diatur IP mana yang dipakai "
    "mengirim.",
    "action \"outbound\" relay src 192.0.2.10")
HOWTO(PTR, SENDING, EXCHANGE, ANY,
    "The provider sets the PTR, of the address that the firewall sends from; "
    "only an Edge server can choose its own.",
    "PTR dipasang oleh provider, untuk IP yang dipakai firewall ke internet; "
    "hanya Edge server yang bisa memilih IP-nya sendiri.",
    "Set-SendConnector NAME -SourceIPAddress 192.0.2.10")
HOWTO(PTR, SENDING, KURIR, ANY,
    "The provider sets the PTR. Here is set which address sends; \"kurir check "
    "self\" prints what is to be published.",
    "PTR dipasang oleh provider. Di sini diatur IP mana yang dipakai "
    "mengirim; \"kurir check self\" menampilkan apa yang harus dipasang.",
    "outbound { bind = {\"192.0.2.10\"} }")
HOWTO("lookup.ptr-missing lookup.ptr-mismatch", RECEIVING, POSTFIX,
    SINCE("2.3"),
    "reject_unknown_reverse_client_hostname refuses who has no PTR, "
    "reject_unknown_client_hostname also who has a wrong one. Let this client "
    "pass before the rule.",
    "reject_unknown_reverse_client_hostname menolak yang tidak punya PTR, "
    "reject_unknown_client_hostname juga yang PTR-nya salah. Izinkan client "
    "ini sebelum aturan tersebut.",
    "echo '192.0.2.55 OK' >> /etc/postfix/client_access\n"
    "postmap /etc/postfix/client_access\n"
    "postconf -e 'smtpd_client_restrictions = permit_mynetworks, "
    "check_client_access hash:/etc/postfix/client_access, "
    "reject_unknown_reverse_client_hostname'\n"
    "postfix reload")
HOWTO("lookup.ptr-missing lookup.ptr-mismatch", RECEIVING, ZIMBRA, ANY,
    "See which rules are on; take this one away, unless its owner is to mend "
    "it first.",
    "Lihat aturan yang aktif; matikan aturan ini, kecuali pemiliknya diminta "
    "memperbaiki dulu.",
    "zmprov gacf zimbraMtaRestriction\n"
    "zmprov mcf -zimbraMtaRestriction reject_unknown_client_hostname")
HOWTO("lookup.ptr-missing lookup.ptr-mismatch", RECEIVING, MDAEMON, ANY,
    "Security > Security Manager > Security Settings > Reverse Lookups: "
    "the White List (Exempt List) spares a client; \"...send 501 and close "
    "connection\" is the strict half of the rule.",
    "Security > Security Manager > Security Settings > Reverse Lookups: "
    "White List (Exempt List) mengecualikan client; \"...send 501 and close "
    "connection\" adalah bagian yang paling ketat.",
    "")
HOWTO("lookup.ptr-missing lookup.ptr-mismatch", RECEIVING, KURIR, ANY,
    "Spare the client until its owner has mended it.",
    "Kecualikan client itu sampai pemiliknya memperbaiki.",
    "kurir exempt add ptr 192.0.2.55 --reason WHY --until DATE")

/* ---- the name in HELO ---- */
#define HELO "lookup.helo-forged lookup.helo-not-found"
HOWTO(HELO, SENDING, ZIMBRA, SINCE("8.5"),
    "The name whose A record is the address that sends.",
    "Nama yang A record-nya adalah IP yang dipakai mengirim.",
    "zmprov ms `zmhostname` zimbraMtaSmtpHeloName mail.contoh.id\n"
    "zmmtactl restart")
HOWTO(HELO, SENDING, ZIMBRA, UPTO("8.0"),
    "The name whose A record is the address that sends; a key of localconfig "
    "there.",
    "Nama yang A record-nya adalah IP yang dipakai mengirim; di versi ini "
    "berupa key localconfig.",
    "zmlocalconfig -e postfix_smtp_helo_name=mail.contoh.id\n"
    "zmmtactl restart")
HOWTO(HELO, SENDING, POSTFIX, ANY,
    "The name whose A record is the address that sends; smtp_helo_name is "
    "myhostname unless it is set.",
    "Nama yang A record-nya adalah IP yang dipakai mengirim; smtp_helo_name "
    "mengikuti myhostname kalau tidak diisi.",
    "postconf -e 'myhostname = mail.contoh.id'\n"
    "postfix reload")
HOWTO(HELO, SENDING, EXIM, ANY,
    "The name whose A record is the address that sends. Debian: "
    "REMOTE_SMTP_HELO_DATA = mail.contoh.id in exim4.conf.localmacros.",
    "Nama yang A record-nya adalah IP yang dipakai mengirim. Debian: "
    "REMOTE_SMTP_HELO_DATA = mail.contoh.id di exim4.conf.localmacros.",
    "primary_hostname = mail.contoh.id\n"
    "helo_data = mail.contoh.id")
HOWTO(HELO, SENDING, SENDMAIL, ANY,
    "The name whose A record is the address that sends.",
    "Nama yang A record-nya adalah IP yang dipakai mengirim.",
    "define(`confDOMAIN_NAME', `mail.contoh.id')dnl")
HOWTO(HELO, SENDING, OPENSMTPD, SINCE("6.4"),
    "The name whose A record is the address that sends.",
    "Nama yang A record-nya adalah IP yang dipakai mengirim.",
    "action \"outbound\" relay helo \"mail.contoh.id\"")
HOWTO(HELO, SENDING, EXCHANGE, ANY,
    "The name whose A record is the address that sends; without it Exchange "
    "says the server's inner name.",
    "Nama yang A record-nya adalah IP yang dipakai mengirim; kalau kosong, "
    "Exchange memakai nama internal server.",
    "Set-SendConnector NAME -Fqdn mail.contoh.id")
HOWTO(HELO, SENDING, MDAEMON, ANY,
    "Setup > Domain Manager > Host Name & IP: SMTP host name, the name whose "
    "A record is the address that sends.",
    "Setup > Domain Manager > Host Name & IP: SMTP host name, yaitu nama yang "
    "A record-nya adalah IP yang dipakai mengirim.",
    "")
HOWTO(HELO, SENDING, KURIR, ANY,
    "The name whose A record is the address that sends; helo is hostname "
    "unless it is set.",
    "Nama yang A record-nya adalah IP yang dipakai mengirim; helo mengikuti "
    "hostname kalau tidak diisi.",
    "outbound { helo = \"mail.contoh.id\" }")

HOWTO(HELO, RECEIVING, POSTFIX, SINCE("2.3"),
    "reject_unknown_helo_hostname refuses a name without A or MX; let this "
    "client pass before the rule, or do without it.",
    "reject_unknown_helo_hostname menolak nama tanpa A atau MX; izinkan "
    "client ini sebelum aturan tersebut, atau hapus aturannya.",
    "echo '192.0.2.55 OK' >> /etc/postfix/client_access\n"
    "postmap /etc/postfix/client_access\n"
    "postconf -e 'smtpd_helo_restrictions = permit_mynetworks, "
    "check_client_access hash:/etc/postfix/client_access, "
    "reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname'\n"
    "postfix reload")
HOWTO(HELO, RECEIVING, ZIMBRA, ANY,
    "See which rules are on; take this one away, unless its owner is to mend "
    "it first.",
    "Lihat aturan yang aktif; matikan aturan ini, kecuali pemiliknya diminta "
    "memperbaiki dulu.",
    "zmprov gacf zimbraMtaRestriction\n"
    "zmprov mcf -zimbraMtaRestriction reject_unknown_helo_hostname")
HOWTO(HELO, RECEIVING, MDAEMON, ANY,
    "Security > Security Manager > Security Settings > Reverse Lookups: "
    "the White List (Exempt List) spares a client; \"Refuse to accept mail if "
    "a lookup returns 'domain not found'\" and \"...send 501\" are the strict "
    "part of the rule.",
    "Security > Security Manager > Security Settings > Reverse Lookups: "
    "White List (Exempt List) mengecualikan client; \"Refuse to accept mail "
    "if a lookup returns 'domain not found'\" dan \"...send 501\" adalah "
    "bagian yang ketat.",
    "")
HOWTO(HELO, RECEIVING, KURIR, ANY,
    "Spare the client by its address until its owner has mended it.",
    "Kecualikan client itu lewat IP-nya sampai pemiliknya memperbaiki.",
    "kurir exempt add helo 192.0.2.55 --reason WHY --until DATE")

/* ---- sizes ---- */
HOWTO("limit.size", RECEIVING, ZIMBRA, ANY,
    "In octets; a file grows by a third when it is attached. The other "
    "attributes are the web client's.",
    "Dalam byte; file membesar sepertiga waktu dilampirkan. Atribut lainnya "
    "untuk webmail.",
    "zmprov mcf zimbraMtaMaxMessageSize 52428800\n"
    "zmprov mcf zimbraFileUploadMaxSize 52428800\n"
    "zmprov mcf zimbraMailContentMaxSize 52428800\n"
    "zmmtactl restart")
HOWTO("limit.size", RECEIVING, POSTFIX, ANY,
    "In octets; a file grows by a third when it is attached. "
    "mailbox_size_limit must not be less.",
    "Dalam byte; file membesar sepertiga waktu dilampirkan. "
    "mailbox_size_limit tidak boleh lebih kecil.",
    "postconf -e 'message_size_limit = 52428800'\n"
    "postfix reload")
HOWTO("limit.size", RECEIVING, EXIM, ANY,
    "In the main section; Debian: MESSAGE_SIZE_LIMIT = 50M in "
    "exim4.conf.localmacros.",
    "Di bagian utama; Debian: MESSAGE_SIZE_LIMIT = 50M di "
    "exim4.conf.localmacros.",
    "message_size_limit = 50M")
HOWTO("limit.size", RECEIVING, SENDMAIL, ANY,
    "In octets.", "Dalam byte.",
    "define(`confMAX_MESSAGE_SIZE', `52428800')dnl")
HOWTO("limit.size", RECEIVING, OPENSMTPD, SINCE("6.4"),
    "The default is 35M.", "Default-nya 35M.",
    "smtp max-message-size \"50M\"")
HOWTO("limit.size", RECEIVING, EXCHANGE, ANY,
    "The smallest of these holds: organisation, connector, mailbox.",
    "Yang terkecil yang berlaku: organisasi, connector, mailbox.",
    "Set-TransportConfig -MaxReceiveSize 50MB\n"
    "Set-ReceiveConnector NAME -MaxMessageSize 50MB\n"
    "Set-Mailbox USER -MaxReceiveSize 50MB")
HOWTO("limit.size", RECEIVING, MDAEMON, ANY,
    "Setup > Server Settings > Servers: \"Refuse messages larger than\".",
    "Di Setup > Server Settings > Servers: \"Refuse messages larger than\".",
    "")
HOWTO("limit.size", RECEIVING, KURIR, ANY,
    "For all listeners, or max-size of one.",
    "Untuk semua listener, atau max-size di salah satu.",
    "limits { message-size = \"50MB\" }")

/* ---- recipients ---- */
HOWTO("recipient.unknown", RECEIVING, ZIMBRA, ANY,
    "See whether the account, an alias or a list of that name is there.",
    "Periksa apakah account, alias atau milis dengan nama itu ada.",
    "zmprov ga budi@contoh.id mail zimbraAccountStatus\n"
    "zmprov gdl budi@contoh.id")
HOWTO("recipient.unknown", RECEIVING, POSTFIX, ANY,
    "See which tables name recipients, and ask one.",
    "Lihat tabel mana yang berisi penerima, lalu tanyakan ke tabel itu.",
    "postconf local_recipient_maps virtual_mailbox_maps virtual_alias_maps "
    "relay_recipient_maps\n"
    "postmap -q budi@contoh.id hash:/etc/postfix/virtual")
HOWTO("recipient.unknown", RECEIVING, EXIM, ANY,
    "It says which router takes the address, or that none does.",
    "Menunjukkan router mana yang menerima alamat itu, atau tidak ada.",
    "exim -bt budi@contoh.id")
HOWTO("recipient.unknown", RECEIVING, SENDMAIL, ANY,
    "It says where the address leads.",
    "Menunjukkan ke mana alamat itu diarahkan.",
    "sendmail -bv budi@contoh.id")
HOWTO("recipient.unknown", RECEIVING, EXCHANGE, SINCE("2007"),
    "See whether anything has that address.",
    "Periksa apakah ada yang memakai alamat itu.",
    "Get-Recipient budi@contoh.id\n"
    "Get-AcceptedDomain")
HOWTO("recipient.unknown", RECEIVING, KURIR, ANY,
    "Add the user, or a line of the aliases file.",
    "Tambahkan user, atau satu baris di file aliases.",
    "kurir user list\n"
    "kurir user add budi@contoh.id")

/* ---- bare newlines ---- */
HOWTO("protocol.bare-newline protocol.smuggling", RECEIVING, POSTFIX,
    SINCE("3.9"),
    "normalize is the default: only CR LF . CR LF ends a message. reject "
    "refuses the lines too; a device of your own is left out by its network.",
    "Default-nya normalize: hanya CR LF . CR LF yang mengakhiri mail. reject "
    "juga menolak barisnya; perangkat sendiri dikecualikan lewat "
    "jaringannya.",
    "postconf -e 'smtpd_forbid_bare_newline = normalize'\n"
    "postconf -e 'smtpd_forbid_bare_newline_exclusions = $mynetworks'\n"
    "postfix reload")
HOWTO("protocol.bare-newline protocol.smuggling", RECEIVING, POSTFIX,
    UPTO("3.8"),
    "The value came with 3.5.24, 3.6.14, 3.7.10 and 3.8.5 and is not the "
    "default there: set it.",
    "Nilai ini ada sejak 3.5.24, 3.6.14, 3.7.10 dan 3.8.5 tapi bukan default: "
    "aktifkan.",
    "postconf -e 'smtpd_forbid_bare_newline = normalize'\n"
    "postconf -e 'smtpd_forbid_bare_newline_exclusions = $mynetworks'\n"
    "postfix reload")
HOWTO("protocol.bare-newline protocol.smuggling", RECEIVING, EXCHANGE, ANY,
    "With $true the connector refuses bare line feeds, with $false it takes "
    "them.",
    "Dengan $true connector menolak bare line feed, dengan $false "
    "menerimanya.",
    "Get-ReceiveConnector | Format-List Identity,BareLinefeedRejectionEnabled\n"
    "Set-ReceiveConnector NAME -BareLinefeedRejectionEnabled $true")
HOWTO("protocol.bare-newline protocol.smuggling", RECEIVING, KURIR, ANY,
    "They are always refused; there is no switch to let them in.",
    "Selalu ditolak; tidak ada opsi untuk mengizinkannya.",
    "")
