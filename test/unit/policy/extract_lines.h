/* Lines and words as people paste them, and the surest cause of each. */
/* clang-format off */
{"This is the mail system at host zimbra.contoh.id.\n\nI'm sorry to have "
 "to inform you that your message could not\nbe delivered to one or more "
 "recipients. It's attached below.\n\n                   The mail "
 "system\n\n<ani@mitra.example>: host mx.mitra.example[198.51.100.9] "
 "said: 552-5.2.2 The\n    email account that you tried to reach is over "
 "quota and inactive. Please\n    direct 552-5.2.2 the recipient to 552 "
 "5.2.2\n    https://support.google.example/mail/?p=OverQuotaPerm x1 - "
 "gsmtp (in reply to\n    RCPT TO command)\n",
 "mailbox.full"},
{"Jan  5 10:00:00 mx postfix/smtp[22]: 4T8: to=<a@dane.example>, "
 "relay=none, delay=1, delays=0/0/1/0, dsn=4.7.5, status=deferred (Server "
 "certificate not trusted; no matching TLSA record for mx.dane.example)\n",
 "tls.dane-mismatch"},
{"Jan  5 10:00:00 mx postfix/smtp[22]: 4T8: to=<a@b.example>, "
 "relay=mx.b.example[198.51.100.7]:25, dsn=4.7.5, status=deferred (Server "
 "certificate not trusted)\n",
 "tls.cert-untrusted"},
{"Jan  5 10:00:00 mx postfix/smtpd[22]: SSL_accept error from "
 "unknown[203.0.113.9]: -1\nJan  5 10:00:00 mx postfix/smtpd[22]: "
 "warning: TLS library problem: error:1417A0C1:SSL "
 "routines:tls_post_process_client_hello:no shared "
 "cipher:../ssl/statem/statem_srvr.c:2283:\nJan  5 10:00:00 mx "
 "postfix/smtpd[22]: lost connection after STARTTLS from "
 "unknown[203.0.113.9]\n",
 "tls.no-common-cipher"},
{"Jan  5 10:00:00 mx postfix/smtpd[22]: warning: TLS library problem: "
 "error:1417D18C:SSL routines:tls_process_client_hello:version too "
 "low:../ssl/statem/statem_srvr.c:974:\n",
 "tls.no-common-version"},
{"Jan  5 10:00:00 mx postfix/smtpd[22]: NOQUEUE: reject: RCPT from "
 "unknown[203.0.113.9]: 450 4.7.1 <pc-7>: Helo command rejected: Host not "
 "found; from=<a@b.example> to=<budi@contoh.id> proto=ESMTP helo=<pc-7>\n",
 "lookup.helo-not-found"},
{"Jan  5 10:00:00 mx postfix/smtpd[22]: NOQUEUE: reject: RCPT from "
 "mail.b.example[203.0.113.9]: 450 4.1.8 <a@tiada.example>: Sender "
 "address rejected: Domain not found; from=<a@tiada.example> "
 "to=<budi@contoh.id> proto=ESMTP helo=<mail.b.example>\n",
 "lookup.mail-not-found"},
{"Jan  5 10:00:00 mx postfix/smtp[22]: 4T8: to=<a@b.example>, relay=none, "
 "delay=0.1, delays=0/0/0.1/0, dsn=5.1.0, status=bounced (Domain "
 "b.example does not accept mail (nullMX))\n",
 "dns.null-mx"},
{"Jan  5 10:00:00 mx postfix/smtp[22]: 4T8: to=<a@gmial.example>, "
 "relay=none, dsn=5.4.4, status=bounced (Host or domain name not found. "
 "Name service error for name=gmial.example type=A: Host not found)\n",
 "dns.nxdomain"},
{"Jan  5 10:00:00 mx postfix/smtp[22]: 4T8: to=<a@b.example>, relay=none, "
 "dsn=4.4.3, status=deferred (Host or domain name not found. Name service "
 "error for name=b.example type=MX: Host not found, try again)\n",
 "dns.tempfail"},
{"Jan  5 10:00:00 mx postfix/smtp[22]: 4T8: to=<a@b.example>, relay=none, "
 "delay=30, dsn=4.4.1, status=deferred (connect to "
 "mx.b.example[198.51.100.7]:25: Connection timed out)\n",
 "net.timeout"},
{"Jan  5 10:00:00 mx postfix/smtp[22]: connect to "
 "mx.b.example[198.51.100.7]:25: Connection refused\n",
 "net.refused"},
{"Jan  5 10:00:00 mx postfix/smtp[22]: 4T8: to=<a@b.example>, "
 "relay=mx.b.example[198.51.100.7]:25, dsn=4.4.2, status=deferred (lost "
 "connection with mx.b.example[198.51.100.7] while receiving the initial "
 "server greeting)\n",
 "net.reset"},
{"Jan  5 10:00:00 mx postfix/smtp[22]: 4T8: to=<a@b.example>, "
 "relay=smtp.relay.example[198.51.100.7]:587, dsn=4.7.8, status=deferred "
 "(SASL authentication failed; server smtp.relay.example[198.51.100.7] "
 "said: 535 5.7.8 Username and Password not accepted. For more "
 "information, go to https://support.example/)\n",
 "auth.failed"},
{"Jan  5 10:00:00 mx postfix/smtp[22]: 4T8: to=<a@b.example>, "
 "relay=smtp.relay.example[198.51.100.7]:587, dsn=5.7.0, status=bounced "
 "(host smtp.relay.example[198.51.100.7] said: 530 5.7.0 Authentication "
 "Required (in reply to MAIL FROM command))\n",
 "auth.required"},
{"Jan  5 10:00:00 mx postfix/smtp[22]: warning: SASL authentication "
 "failure: No worthy mechs found\nJan  5 10:00:00 mx postfix/smtp[22]: "
 "4T8: to=<a@b.example>, relay=smtp.relay.example[198.51.100.7]:587, "
 "dsn=4.7.0, status=deferred (SASL authentication failed; cannot "
 "authenticate to server smtp.relay.example[198.51.100.7]: no mechanism "
 "available)\n",
 "auth.not-offered"},
{"Jan  5 10:00:00 mx postfix/smtpd[22]: NOQUEUE: reject: RCPT from "
 "pc[192.168.1.9]: 553 5.7.1 <siti@contoh.id>: Sender address rejected: "
 "not owned by user budi@contoh.id; from=<siti@contoh.id> "
 "to=<a@b.example> proto=ESMTP helo=<pc>\n",
 "sender.not-yours"},
{"Jan  5 10:00:00 mx postfix/qmgr[22]: 4T8: from=<budi@contoh.id>, "
 "status=expired, returned to sender\n",
 "queue.expired"},
{"Jan  5 10:00:00 mx postfix/smtpd[22]: NOQUEUE: reject: MAIL from "
 "mail.b.example[203.0.113.9]: 452 4.3.1 Insufficient system storage; "
 "proto=ESMTP helo=<mail.b.example>\n",
 "local.disk-full"},
{"Jan  5 10:00:00 mx postfix/smtpd[22]: improper command pipelining after "
 "CONNECT from unknown[203.0.113.9]: \\026\\003\\001\n",
 "protocol.sync"},
{"Jan  5 10:00:00 mx postfix/smtp[22]: 4T8: to=<a@gmail.example>, "
 "dsn=4.7.28, status=deferred (host "
 "gmail-smtp-in.l.google.example[198.51.100.26] said: 421-4.7.28 "
 "[192.0.2.25      15] Our system has detected an unusual rate of "
 "421-4.7.28 unsolicited mail originating from your IP address. (in reply "
 "to end of DATA command))\n",
 "remote.rate-limited"},
{"Jan  5 10:00:00 mx postfix/postscreen[22]: NOQUEUE: reject: RCPT from "
 "[203.0.113.9]:51000: 550 5.7.1 Service unavailable; client "
 "[203.0.113.9] blocked using zen.spamhaus.example; from=<a@b.example>, "
 "to=<budi@contoh.id>, proto=ESMTP, helo=<b.example>\n",
 "remote.blocklisted"},
{"Jan  5 10:00:00 mx postfix/postscreen[22]: NOQUEUE: reject: RCPT from "
 "[203.0.113.9]:51000: 450 4.3.2 Service currently unavailable; "
 "from=<a@b.example>, to=<budi@contoh.id>, proto=ESMTP, helo=<b.example>\n",
 "remote.greylisted"},
{"2024-03-05 09:00:01 H=mail.b.example [203.0.113.9] "
 "F=<noreply@b.example> rejected RCPT <budi@contoh.id>: Sender verify "
 "failed\n",
 "sender.unknown"},
{"2024-03-05 09:00:01 SMTP protocol synchronization error (next input "
 "sent too soon: pipelining was not advertised): rejected \"EHLO x\" "
 "H=[203.0.113.9] next input=\"MAIL\"\n",
 "protocol.sync"},
{"2024-03-05 09:00:01 1rhPqA-0004Xy-1Z ** tiada@contoh.id: Unrouteable "
 "address\n",
 "recipient.unknown"},
{"2024-03-05 09:00:01 1rhPqA-0004Xy-1Z ** ani@mitra.example R=dnslookup "
 "T=remote_smtp: retry timeout exceeded\n",
 "queue.expired"},
{"2024-03-05 09:00:01 1rhPqA-0004Xy-1Z H=mx.mitra.example [198.51.100.9] "
 "Connection timed out\n2024-03-05 09:00:01 1rhPqA-0004Xy-1Z == "
 "ani@mitra.example R=dnslookup T=remote_smtp defer (110): Connection "
 "timed out\n",
 "net.timeout"},
{"2024-03-05 09:00:01 1rhPqA-0004Xy-1Z ** orang@gmail.example R=dnslookup "
 "T=remote_smtp H=gmail-smtp-in.l.google.example [198.51.100.26] "
 "X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes: SMTP error from remote mail "
 "server after pipelined end of data: 550-5.7.26 Unauthenticated email "
 "from contoh.id is not accepted due to domain's\\n550-5.7.26 DMARC "
 "policy.\n",
 "remote.unauthenticated"},
{"Identity: EX1\\4550\nLastError: [{LRT=1/5/2024 9:10:11 AM};{LED=441 "
 "4.4.1 Error encountered while communicating with primary target IP "
 "address: \"Failed to connect. Winsock error code: 10061, Win32 error "
 "code: 10061.\" Attempted failover to alternate host, but that did not "
 "succeed. Either there are no alternate hosts, or delivery failed to all "
 "alternate hosts. The last endpoint attempted was "
 "198.51.100.9:25};{FQDN=mx.mitra.example};{IP=198.51.100.9}]\n",
 "net.refused"},
{"LED=550 5.4.310 DNS domain mitra-salah.example does not exist "
 "[Message=InfoDomainNonexistent] "
 "[LastAttemptedServerName=mitra-salah.example] "
 "[SG2APC01FT003.eop-APC01.prod.protection.outlook.example]\n",
 "dns.nxdomain"},
{"#550 5.2.3 RESOLVER.RST.SendSizeLimit.Org; message too large for this "
 "organization ##\n",
 "limit.size"},
{"Remote Server returned '530 5.7.57 SMTP; Client was not authenticated "
 "to send anonymous mail during MAIL FROM "
 "[SG2PR01CA0150.apcprd01.prod.exchangelabs.example]'\n",
 "auth.required"},
{"535 5.7.139 Authentication unsuccessful, basic authentication is "
 "disabled. [SG2PR06CA0194.apcprd06.prod.outlook.example "
 "2024-04-18T08:12:11.000Z 08DC5F]\n",
 "auth.failed"},
{"550 5.4.300 Message expired -> 421 4.4.1 Connection timed out\n",
 "queue.expired"},
{"Tue 2021-06-15 09:12:44.102: [2231045] Performing DNS-BL lookup "
 "(203.0.113.77 - connecting IP)\nTue 2021-06-15 09:12:44.131: [2231045] "
 "*  zen.spamhaus.example - matched\nTue 2021-06-15 09:12:44.161: "
 "[2231045] --> 550 5.7.1 "
 "https://www.spamhaus.example/query/ip/203.0.113.77\n",
 "remote.blocklisted"},
{"Tue 2021-06-15 09:12:44.102: [2231045] <-- RCPT TO:<ani@mitra.example>\n"
 "Tue 2021-06-15 09:12:44.161: [2231045] --> 550 5.7.1 Sorry, relaying "
 "denied\nTue 2021-06-15 09:12:44.161: [2231045] SMTP session terminated "
 "(Bytes in/out: 24/139)\n",
 "relay.denied"},
{"Tue 2021-06-15 09:12:44.102: [2231045] <-- MAIL FROM:<budi@contoh.id>\n"
 "Tue 2021-06-15 09:12:44.161: [2231045] --> 530 5.7.0 Authentication "
 "required\n",
 "auth.required"},
{"Tue 2021-06-15 09:12:44.102: [2231045] Attempting SMTP connection to "
 "[198.51.100.9:25]\nTue 2021-06-15 09:12:45.161: [2231045] *  Winsock "
 "Error 10061 Connection refused.\n",
 "net.refused"},
{"Tue 2021-06-15 09:12:44.102: [2231045] Resolving MX records for "
 "[salah-ketik.example] (DNS Server: 192.0.2.53)...\nTue 2021-06-15 "
 "09:12:44.161: [2231045] *  Name server reports domain name unknown\n",
 "dns.nxdomain"},
{"450 4.7.29 Your message was not delivered because it wasn't sent over a "
 "TLS connection. Gmail requires all bulk email senders to use TLS/SSL "
 "for SMTP connections. x1 - gsmtp\n",
 "tls.required-inbound"},
{"** Alamat tidak ditemukan **\n\nPesan Anda tidak terkirim ke "
 "orang@gmail.example karena alamat tidak dapat ditemukan atau tidak "
 "dapat menerima email.\n\nPelajari lebih lanjut di sini: "
 "https://support.google.example/mail/?p=NoSuchUser\n\nResponsnya "
 "adalah:\n\n550 5.1.1 The email account that you tried to reach does not "
 "exist. Please try double-checking the recipient's email address for "
 "typos or unnecessary spaces. x1 - gsmtp\n",
 "recipient.unknown"},
{"bang tolong, outlook saya minta password terus, katanya password salah, "
 "padahal kemarin bisa\n",
 "auth.failed"},
{"pak mail dari customer balik lagi, tulisannya kuota mailbox sudah "
 "penuh\n",
 "mailbox.full"},
{"IP server kami 192.0.2.25 kena blacklist di spamhaus, kirim ke gmail "
 "ditolak\n",
 "remote.blocklisted"},
{"curl: (60) SSL certificate problem: self-signed certificate\nMore "
 "details here: https://curl.se/docs/sslcerts.html\n",
 "tls.cert-self-signed"},
{"verify error:num=20:unable to get local issuer certificate\nVerify "
 "return code: 21 (unable to verify the first certificate)\n",
 "tls.cert-untrusted"},
{"*** TLS startup failed (connect(): error:0A000086:SSL "
 "routines::certificate verify failed: hostname mismatch)\n",
 "tls.cert-name-mismatch"},
{"An error occurred while sending mail. The mail server responded:  5.7.1 "
 "<ani@mitra.example>: Relay access denied. Please check the message "
 "recipient \"ani@mitra.example\" and try again.\n",
 "relay.denied"},
{"msmtp: TLS certificate verification failed: the certificate hasn't got "
 "a known issuer\n",
 "tls.cert-untrusted"},
{"SMTP ERROR: Password command failed: 535 Incorrect authentication data\n"
 "SMTP Error: Could not authenticate.\n",
 "auth.failed"},
{"Error: 140735:error:1408F10B:SSL routines:ssl3_get_record:wrong version "
 "number:../deps/openssl/ssl/record/ssl3_record.c:332:\n",
 "tls.garbage"},
{"javax.net.ssl.SSLHandshakeException: No appropriate protocol (protocol "
 "is disabled or cipher suites are inappropriate)\n",
 "tls.no-common-version"},
{"System.Security.Authentication.AuthenticationException: The remote "
 "certificate is invalid because of errors in the certificate chain: "
 "UntrustedRoot\n",
 "tls.cert-untrusted"},
{"Error: SMTP server requires authentication (530)\n",
 "auth.required"},
{"2026-11-22 1abc == a@b.example R=dnslookup T=remote_smtp defer (-53): "
 "retry time not reached for any host for 'b.example'\n",
 "net.timeout"},
{"2026-11-22 1abc ** a@b.example: retry time not reached for any host after "
 "a long failure period\n",
 "queue.expired"},
{"postfix/smtpd[1]: SSL_accept error from unknown[192.0.2.7]: lost "
 "connection\n",
 "net.reset"},
{"postfix/smtpd[1]: SSL_accept error from unknown[192.0.2.7]: -1\n",
 "net.reset"},
{"450 4.2.1 busy\n", "remote.4xx"},
{"450 Requested action not taken: mailbox unavailable\n", "remote.4xx"},
{"550 Requested action not taken: mailbox unavailable\n",
 "recipient.unknown"},
{"451 4.7.1 Try again later\n", "remote.greylisted"},
{"550 5.7.27 <a@b.example>: Sender address rejected: Domain b.example does "
 "not accept mail (nullMX)\n",
 "lookup.mail-no-mx"},
{"550 5.1.0 <a@b.example>: Sender address rejected: User unknown in virtual "
 "mailbox table\n",
 "sender.unknown"},
