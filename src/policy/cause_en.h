/* The English texts of doc/causes.md: code, explanation, cure of the sending
 * side, cure of the receiving side; sorted by code. For cause.c alone. */
/* clang-format off */
CAUSE("auth.failed",
    "The user name or the password is wrong, or the address has failed too "
    "often and is blocked for a while.",
    "Check user name and password in the sending program, and that it uses "
    "the whole address as name. For a smart host mend the line in the file of "
    "outbound.credentials.",
    "If the owner says it is right, set a new password with \"kurir user "
    "passwd NAME\". Many failures from one address are an attack (\"kurir log "
    "--ip IP\" shows them); it is slowed and blocked by itself.")
CAUSE("auth.not-offered",
    "The server offers no authentication, or no mechanism that both sides "
    "know.",
    "AUTH is usually offered only under TLS: outbound.tls must be \"may\" or "
    "more. Otherwise the smart host's port is the wrong one (587 or 465 is "
    "right).",
    "AUTH is offered only under TLS unless the listener says otherwise; let "
    "the client use STARTTLS or 465.")
CAUSE("auth.required",
    "Mail on this port, or from this sender address, is taken only after "
    "authentication.",
    "Switch on SMTP authentication in the sending program; for a smart host "
    "write its host, user and password into the file of outbound.credentials.",
    "As configured. Other servers deliver to port 25; people and devices log "
    "in on 587 or 465.")
CAUSE("device.not-allowed",
    "A copier, printer or scanner, or what has its address, asked for "
    "something that its device section does not allow.",
    "Set sender address, recipients, login and TLS of the device to what its "
    "administrator allows.",
    "The rule names what was not allowed. If the device should be able to do "
    "it, extend from, to, max-size, min-tls, auth or address of its device "
    "section; if not, find out who uses its address.")
CAUSE("device.stopped",
    "A copier, printer or scanner left its pattern so often that it is stopped "
    "for an hour.",
    "Wait until the hour is over. If the device was set up anew, mend its "
    "sender address, recipients, login and TLS first.",
    "Look what it tried: \"kurir log --ip IP\". Either its settings are wrong, "
    "or somebody abuses the device or its address. It is let in again by "
    "itself after the hour.")
CAUSE("dns.bogus",
    "The DNS answer failed DNSSEC validation: signatures are wrong, expired "
    "or missing.",
    "The owner of the domain must mend its DNSSEC (expired signatures, or a "
    "DS record left from old keys). Check that this machine's clock is right.",
    "The owner of the domain must mend its DNSSEC. Check that this machine's "
    "clock is right.")
CAUSE("dns.null-mx",
    "The domain publishes a null MX: it declares that it takes no mail at "
    "all.",
    "The address cannot receive mail. Ask the recipient for another address.",
    "A sender domain that takes no mail cannot be replied to. Its owner "
    "should send from a domain with an MX.")
CAUSE("dns.nxdomain",
    "The domain or host name does not exist in DNS.",
    "Check the address for a typing error. If it is right, the domain's owner "
    "has let it lapse or has not published it.",
    "Check the spelling of the name, and that the domain is still registered "
    "and its zone is served; \"kurir check smtp DOMAIN\" shows what the name "
    "leads to.")
CAUSE("dns.tempfail",
    "DNS gave no answer, or an error; whether the name exists is not known.",
    "Nothing need be done for a short outage: the message is tried again. If "
    "it stays, test the resolver with \"dig\" and the domain's name servers "
    "from another network.",
    "Test the resolver named in dns.server or resolv.conf. Nobody is refused "
    "for good because of a DNS fault; the sender will try again.")
CAUSE("limit.line",
    "A line, the header of the message, or a reply is longer than RFC 5321 "
    "allows.",
    "The program that wrote the message must wrap its lines (at most 998 "
    "characters) or encode them. If it was a reply of the other server that "
    "did not end, tell its postmaster.",
    "The sending program is at fault; show its administrator the record. A "
    "copier or scanner of your own belongs on a \"device\" listener, where "
    "long lines are mended.")
CAUSE("limit.rate",
    "Too many sessions, commands, errors or messages from this client.",
    "Open fewer connections at a time and send more messages on each; find "
    "the program that repeats errors.",
    "The limits sessions, sessions-per-ip and errors protect the server: "
    "raise one if a client that you know needs more. Do not put a stranger "
    "into trusted for it: that would let it relay.")
CAUSE("limit.recipients",
    "Too many recipients in one message.",
    "Servers send the rest in a further transaction by themselves; a program "
    "should use smaller groups or a mailing list.",
    "Raise limits.recipients if it is wanted.")
CAUSE("limit.size",
    "The message is larger than the receiving side accepts.",
    "Send less at once, or share large files by a link.",
    "Raise limits.message-size (or max-size of the listener) if such "
    "messages are wanted.")
CAUSE("local.disk-full",
    "The disk of the server is full, less than its reserve is left, or a "
    "quota is reached.",
    "Nothing need be done for a short while: the message is tried again. If "
    "the other server stays full, tell its postmaster by another way.",
    "Free space or enlarge the disk below data-dir and the mailboxes "
    "(limits.disk-reserve is what must stay free). Nothing that was accepted "
    "is lost; senders try again.")
CAUSE("local.io-error",
    "This server met an internal failure: a read or write failed, or a part "
    "of it was not there.",
    "Nothing need be done by the sender: its server tries again.",
    "The evidence names the file, the part or the address that failed; the "
    "system log of the same time says more (disk errors, permissions, "
    "memory). \"Cannot assign requested address\": outbound.bind names an "
    "address that this machine does not have. Nothing that was accepted is "
    "lost, and what waits is tried again.")
CAUSE("lookup.helo-forged",
    "The name given in HELO/EHLO exists, but does not belong to the client's "
    "address.",
    "Set the server's HELO name to its own host name, whose A (for IPv6 AAAA) "
    "record is the address it sends from.",
    "Often only a careless setting, so the default is to note it. A sender you "
    "know is spared by its address: \"kurir exempt add helo IP --reason WHY "
    "--until DATE\". An entry with the name would not count: the name is not "
    "the client's.")
CAUSE("lookup.helo-not-found",
    "The name given in HELO/EHLO does not exist in DNS.",
    "Set the server's HELO name to a host name that is registered in DNS (not "
    "\"localhost\" or a Windows computer name).",
    "Its administrator must set a registered host name. A sender you know is "
    "spared by its address: \"kurir exempt add helo IP --reason WHY --until "
    "DATE\". Computers of people belong on 587 or 465, where nobody looks the "
    "name up.")
CAUSE("lookup.mail-forged",
    "The sender's domain exists, but the client is none of its mail hosts.",
    "Send through the mail server of the domain, or publish the sending host "
    "in the domain's MX or address records.",
    "Forwarders and mailing services cause this too, so the default is to note "
    "it. A sender you know is spared by its address: \"kurir exempt add mail "
    "IP --reason WHY --until DATE\". An entry with the domain would let "
    "anybody use its name.")
CAUSE("lookup.mail-no-mx",
    "The sender's domain has no MX record, or a null MX: it takes no mail.",
    "Publish an MX record for the domain you send from; with a null MX send "
    "from another domain, one that takes replies.",
    "Its owner must publish an MX record. A domain you know can be spared "
    "until then: \"kurir exempt add mail DOMAIN --reason WHY --until DATE\".")
CAUSE("lookup.mail-not-found",
    "The sender's domain does not exist in DNS, so nobody could reply or "
    "receive a bounce.",
    "Send from a registered, active domain; check the sender address for a "
    "typing error.",
    "Usually spam or a wrongly set program. A machine of your own is spared "
    "with \"kurir exempt add mail DOMAIN --reason WHY --until DATE\"; a copier "
    "or scanner gets a device section.")
CAUSE("lookup.ptr-mismatch",
    "The client has a PTR record, but that name does not lead back to the "
    "client's address.",
    "Make PTR and A (for IPv6 AAAA) record agree (forward-confirmed reverse "
    "DNS): the provider of the address sets the PTR, you the A record of the "
    "name in it.",
    "Its owner must make PTR and A record agree. If you know the sender, spare "
    "its address until then: \"kurir exempt add ptr IP --reason WHY --until "
    "DATE\".")
CAUSE("lookup.ptr-missing",
    "The client's IP address has no PTR record.",
    "Ask the provider of the IP address to set a PTR record that names this "
    "mail server, with an A (for IPv6 AAAA) record back to the same address.",
    "A real mail server has a PTR. If you know the sender, spare it until its "
    "owner has mended that: \"kurir exempt add ptr IP --reason WHY --until "
    "DATE\".")
CAUSE("mailbox.full",
    "The recipient's mailbox is full or over its quota.",
    "Tell the recipient by another way; the message is tried again as long as "
    "the answer is temporary.",
    "Empty the mailbox or raise its quota; the evidence names it. Then "
    "\"kurir queue retry ID\" delivers at once.")
CAUSE("net.closed-after-starttls",
    "The peer closed the connection right after STARTTLS, before TLS was set "
    "up.",
    "The receiving side's TLS is broken (often a missing certificate or key); "
    "tell its postmaster. With outbound.tls = \"may\" the message goes "
    "without TLS.",
    "The client could not begin TLS with us. Run \"kurir check tls\" against "
    "this server; very old clients need a newer TLS library.")
CAUSE("net.refused",
    "The host is reachable, but nothing accepts connections on that port, or "
    "a firewall rejects them.",
    "Check the host and port; \"kurir check smtp HOST\" tries it from here. "
    "If every destination is refused, the provider blocks port 25: ask it to "
    "open the port, or send through a smart host on 587 (outbound.via).",
    "Check that the service is running and listens on that address and port, "
    "and that the firewall lets it in.")
CAUSE("net.reset",
    "The peer closed or reset the connection in the middle of the "
    "conversation.",
    "The message is tried again. If it always happens at the same command, "
    "the dialogue shows which one; send it to the postmaster of the "
    "receiving side.",
    "The client hung up. Scanners and spam programs often do. If a real "
    "sender always does, show its administrator the dialogue.")
CAUSE("net.timeout",
    "The peer did not answer, or stopped answering, within the time allowed.",
    "A short outage needs nothing: the message is tried again. If every "
    "destination times out, port 25 is blocked by the provider or a firewall "
    "(\"kurir check smtp HOST\" tries it from here); otherwise tell the "
    "postmaster of the receiving side.",
    "The client went silent. If one client always does, look for a firewall "
    "or antivirus between you that inspects SMTP, or for a wrong MTU on the "
    "way.")
CAUSE("protocol.bare-newline",
    "The message or a command holds a CR or LF that is not part of CR LF, or "
    "a NUL.",
    "Mend the program that sends: each line ends with CR LF. Such bytes are "
    "refused because they can be used to smuggle a second message.",
    "Refused on purpose, because it can hide a second message (SMTP "
    "smuggling). The sending program must be mended; there is no switch to "
    "let it in.")
CAUSE("protocol.smuggling",
    "The data looks like an attempt to hide a second message behind a false "
    "end of data.",
    "If it was not meant, a program or a gateway on the way breaks line ends; "
    "mend it.",
    "The message was refused and the connection closed. If it came from a "
    "known server, tell its administrator: it passes on smuggled mail.")
CAUSE("protocol.sync",
    "The other side spoke out of turn: it sent more before it had read our "
    "answer.",
    "The program must wait for the greeting, for the answer to DATA and for "
    "that to STARTTLS; other commands it may send together only where "
    "PIPELINING is offered. If it was the other server that spoke too soon, "
    "something on the way may have added to its words: tell its postmaster.",
    "Spam programs do this. A real sender must wait for the greeting and for "
    "our answer to DATA, and must not send anything together with STARTTLS. "
    "Text behind STARTTLS, and a message behind a DATA that was refused, end "
    "the session; the rest is only noted.")
CAUSE("protocol.syntax",
    "A command, an address, a reply or a header does not follow the grammar "
    "of SMTP.",
    "Mend the program that sends; the record shows the line. If it was a "
    "reply of the other server that cannot be read, see that this port of it "
    "speaks SMTP, and tell its postmaster.",
    "The record shows the line. Port scanners and broken programs do this; a "
    "real sender must be mended.")
CAUSE("queue.body-damaged",
    "The stored message no longer matches the hash recorded when it was "
    "accepted; it is held and never sent like that.",
    "Ask the sender to send it again.",
    "Check the disk and memory of this machine (SMART, dmesg) before anything "
    "else. The message stays held, and releasing it does not help: \"kurir "
    "queue show ID\" names the sender, ask for it again, then \"kurir queue "
    "delete ID\".")
CAUSE("queue.expired",
    "The message could not be delivered within the time allowed "
    "(outbound.expire), so it was given up.",
    "The other cause beside this one says what the attempts met: mend that "
    "and send again. The sender got a bounce.",
    "The other cause beside this one says what the attempts met; \"kurir log "
    "--message ID\" shows each of them.")
CAUSE("queue.loop",
    "The message went in a circle: it has passed too many servers, or would "
    "come back to this one.",
    "Look for two forwards, aliases or routes that point at each other; the "
    "Received lines show the circle, and \"kurir check headers FILE\" reads "
    "them for you.",
    "Check that the domain's MX, routes and aliases do not lead back here; a "
    "domain served here needs a domain section.")
CAUSE("recipient.unknown",
    "There is no such mailbox or alias at that domain.",
    "Check the address for a typing error and ask the recipient; take it off "
    "mailing lists.",
    "If it should exist, add it with \"kurir user add\" or to the aliases file.")
CAUSE("relay.denied",
    "The recipient is not of the receiving server's domains, and the client "
    "is neither trusted there nor logged in.",
    "Log in (SMTP AUTH on 587 or 465) to send to the outside, or use the "
    "recipient domain's own MX. If that MX said this, it does not know the "
    "domain as its own: tell the recipient's postmaster, or mend the route "
    "here.",
    "This is the rule that keeps the server from being an open relay. If the "
    "domain is yours, add a domain section; people log in on 587 or 465; a "
    "copier or scanner gets a device section; an address of your own that "
    "nobody shares may be named in trusted.")
CAUSE("relay.masquerade",
    "A trusted address sends for many unrelated names: strangers seem to stand "
    "behind it, as behind a NAT router, a container bridge or a proxy.",
    "Nothing need be wrong with the message. Log in (SMTP AUTH on 587 or 465) "
    "to send to the outside.",
    "Find out who stands behind that address with \"kurir log --ip IP\". If it "
    "is a router, a container bridge or a proxy, take it out of trusted: "
    "everybody behind it can relay. Its clients should log in, or reach this "
    "server by their own addresses. masquerade = \"withdraw\" takes the trust "
    "away while the alarm stands.")
CAUSE("remote.4xx",
    "The other server cannot take the message now, and said so with a "
    "temporary error.",
    "Read its reply. The message is tried again by itself; \"kurir queue "
    "retry ID\" does it at once.",
    "Look in the other server's log for the same time.")
CAUSE("remote.5xx",
    "The other server refused the message for good.",
    "Read its reply: it names the reason. Mend that and send again; if it is "
    "not clear, ask its postmaster: \"kurir why --letter ID\" writes the "
    "letter, with the reply in it.",
    "Look in the other server's log for the same time.")
CAUSE("remote.blocklisted",
    "The other server refuses us because our address or domain is on a "
    "blocklist.",
    "See which list the reply names; \"kurir check blocklist IP\" asks the "
    "usual ones. First stop the cause (an infected machine, a stolen "
    "password, an open relay), then ask the list for removal; meanwhile a "
    "smart host can be used.",
    "The sender can be allowed by exception there, if it is known to be good.")
CAUSE("remote.greylisted",
    "The other server asks us to come back later, as it does with every "
    "sender that it does not know (greylisting).",
    "Nothing need be done: the message is tried again and gets through.",
    "A sender known to be good can be exempted from greylisting there.")
CAUSE("remote.ptr-required",
    "The other server refuses us because our address has no PTR record, or "
    "one that does not match.",
    "Ask the provider of the IP address to set a PTR record that names this "
    "server, with an A (and AAAA) record back; \"kurir check self\" shows "
    "what is missing. If only IPv6 lacks it, set outbound.bind to the IPv4 "
    "address.",
    "The sender must mend its PTR record.")
CAUSE("remote.rate-limited",
    "The other server says that we send too much in too short a time.",
    "The message is tried again more slowly. If it comes often, lower "
    "limits.connections-per-destination; for bulk mail spread the sending, "
    "and warm up new addresses.",
    "The limit for this sender can be raised there.")
CAUSE("remote.unauthenticated",
    "The other server refuses the message because neither SPF nor DKIM proves "
    "that it comes from its sender's domain, or DMARC forbids it.",
    "Publish an SPF record that names this server, sign with DKIM, and let the "
    "From: domain be one of the two. \"kurir check sender DOMAIN\" shows what is "
    "missing.",
    "The sender must mend its SPF, DKIM or DMARC. Forwarded mail fails this "
    "without anybody's fault.")
CAUSE("sender.not-yours",
    "The client is logged in, but the sender address does not belong to that "
    "account.",
    "Set the sender address in the mail program to that of the account, or log "
    "in with the account that owns the address.",
    "If the account may use that address, let the address lead to it in the "
    "aliases file. Many of these from one account can mean a stolen password: "
    "change it. relay-control.identity sets how strict this is.")
CAUSE("sender.shielded",
    "The sender address is of a domain that may be used only from certain "
    "networks; the client stands outside of them.",
    "Log in (SMTP AUTH on 587 or 465), or send from inside the networks of "
    "that domain.",
    "This is the shield that keeps strangers from using your domain's name. If "
    "the client is yours, add its network to the shield of that domain; a "
    "service that sends for you should log in.")
CAUSE("sender.unknown",
    "The sender address is of a domain served here, but does not exist, or "
    "the other side says so.",
    "Send from an address that exists. If it does, the other server asked the "
    "MX of its domain and was told otherwise: check the users and aliases "
    "there.",
    "If it should exist, add it with \"kurir user add\" or to the aliases "
    "file. Otherwise someone uses your domain's name. relay-control.sender "
    "tells who is exempt.")
CAUSE("test.come-again",
    "A test of the sender's server is under way: it finds out whether the "
    "server would send without TLS when none is offered.",
    "Nothing need be done: let the server come again by itself. Mail to "
    "others is taken as soon as the test is over, ten minutes later at "
    "most.",
    "As asked by somebody who wrote to the assure-address of test-mailbox. "
    "Mail of others from that address waits ten minutes at most and is "
    "never taken in clear because of it.")
CAUSE("test.no-code",
    "The mail was for the test mailbox, which answers only those who have a "
    "code or are named in its configuration.",
    "Ask the administrator of that server for a code and write it into the "
    "Subject, alone or in parentheses. Each is good for one mail.",
    "Make a code with \"kurir check code\", or name the sender in open-to "
    "of test-mailbox. For the assure-address, TLS must be optional on the "
    "listener.")
CAUSE("tls.cert-expired",
    "The certificate has expired.",
    "The receiving side must renew its certificate. Check that this "
    "machine's clock is right.",
    "Renew the certificate and reload with SIGHUP; automate it (ACME).")
CAUSE("tls.cert-name-mismatch",
    "The certificate is for other names than the host that was asked.",
    "The receiving side must use a certificate that names its MX host. Check "
    "that the name in the route or in outbound.via is the one that it means; "
    "outbound.tls = \"encrypt\" would ask nobody for a valid certificate.",
    "Have the certificate issued for every name in your MX records.")
CAUSE("tls.cert-not-yet-valid",
    "The certificate is not valid yet: its first day lies in the future.",
    "Check this machine's clock first; if it is right, the receiving side "
    "installed the certificate too early or its clock was wrong.",
    "Check the clock of the machine that made the certificate, and this "
    "one's; then have it issued again.")
CAUSE("tls.cert-revoked",
    "The authority has revoked the certificate.",
    "The receiving side must replace its certificate.",
    "Replace the certificate and its key at once; find out why it was "
    "revoked.")
CAUSE("tls.cert-self-signed",
    "The certificate is signed by itself; no authority vouches for it.",
    "The receiving side needs a certificate of a public authority. If you "
    "know it and trust it, put its certificate into the file of outbound.ca; "
    "outbound.tls = \"encrypt\" would ask nobody for a valid certificate.",
    "Get a certificate of a public authority (Let's Encrypt is free), so that "
    "others can verify this server.")
CAUSE("tls.cert-untrusted",
    "The certificate's chain does not lead to a trusted authority, or the "
    "other side refused the certificate.",
    "The receiving side must send its intermediate certificates too (the "
    "full chain). For a private authority name its file in outbound.ca.",
    "The client refused our certificate. Serve the full chain "
    "(fullchain.pem), not only the host's certificate, and one of a public "
    "authority; \"kurir check tls\" shows what others see.")
CAUSE("tls.client-cert-required",
    "The server wants a client certificate, and we have none that it takes.",
    "Ask the receiving side whether the certificate is really meant for mail "
    "from the internet; usually it is set by mistake.",
    "Do not require client certificates on a public MX; other servers have "
    "none.")
CAUSE("tls.dane-mismatch",
    "The certificate does not match the TLSA records that the domain "
    "publishes (DANE).",
    "The receiving side changed its certificate without its TLSA records, or "
    "someone sits in between. The message waits; tell its postmaster by "
    "another way. \"kurir check dane DOMAIN\" shows which record does not fit.",
    "Publish the TLSA record of the new key before the new certificate is "
    "used, and keep the old one until it is gone.")
CAUSE("tls.dane-unusable",
    "The domain publishes TLSA records, but none that can be used.",
    "The message still goes encrypted where the server offers TLS, but "
    "nothing proves whose server it is. The receiving side should publish \"3 "
    "1 1\" records.",
    "Publish TLSA records of the form \"3 1 1\" (public key, SHA-256).")
CAUSE("tls.garbage",
    "Something that is not TLS came where the TLS handshake belongs.",
    "The port or the mode is probably wrong: 465 is TLS from the first byte, "
    "25 and 587 begin in plain text. Otherwise the receiving side is broken.",
    "The client spoke plain text to a TLS port, or TLS to a plain one: 465 "
    "is TLS from the first byte, 25 and 587 use STARTTLS. Port scanners do "
    "this too.")
CAUSE("tls.no-common-cipher",
    "The two sides have no cipher in common.",
    "The receiving side must enable modern ciphers (ECDHE with AES-GCM or "
    "ChaCha20).",
    "The client offers only outdated ciphers, or none that fits the "
    "certificate's key. The record shows what was offered; update the client.")
CAUSE("tls.no-common-version",
    "The two sides have no TLS version in common; one of them is too old.",
    "The receiving side must enable TLS 1.2 or 1.3.",
    "The client offers only versions below TLS 1.2. Update it; a copier or "
    "another device that cannot be updated belongs on a \"device\" listener.")
CAUSE("tls.not-offered",
    "The server does not offer STARTTLS.",
    "The receiving side has to enable STARTTLS: tell its postmaster. Until "
    "then the message waits; if it may travel unencrypted, set outbound.tls = "
    "\"may\".",
    "Set certificate and key in the tls section, so that STARTTLS is offered.")
CAUSE("tls.refused",
    "STARTTLS was offered, but answered with an error when it was asked for.",
    "The receiving side's TLS is out of order for now; tell its postmaster. "
    "With outbound.tls = \"may\" the message goes without TLS.",
    "Look in the log of this server for why its TLS is unavailable; usually "
    "the certificate or key could not be read.")
CAUSE("tls.required-inbound",
    "The receiving server takes that command, or this mail, only over TLS, "
    "and the client spoke without it.",
    "Send to it over TLS. In a mail program or a device switch on STARTTLS, "
    "or use port 465. If this server sends, outbound.tls must not be "
    "\"none\"; where TLS was tried and failed, the cause stands beside this "
    "one: mend that.",
    "As configured: the listener has tls = \"encrypt\", or a password was "
    "about to travel unencrypted. The client must use STARTTLS or port 465; a "
    "copier that cannot belongs on a \"device\" listener.")
CAUSE("tls.required-outbound",
    "Our configuration requires TLS for this destination, and it could not be "
    "had.",
    "Look at the TLS cause beside this one and mend that; or lower "
    "outbound.tls, if the risk is acceptable. A password is never sent "
    "unencrypted.",
    "The sending side insists on TLS: enable STARTTLS with a valid "
    "certificate.")
CAUSE("tls.stalled",
    "The TLS handshake began and then stood still until the time allowed was "
    "over.",
    "Often a firewall or an SMTP inspection in between swallows the "
    "handshake (Cisco \"fixup\", antivirus), or a path MTU problem. Test with "
    "\"openssl s_client -starttls smtp\" from this machine and tell the "
    "receiving side.",
    "A client began TLS and fell silent. If it is always the same one, look "
    "for an SMTP inspection or an MTU problem on its side.")
CAUSE("tls.sts-mismatch",
    "The MX host is not in the domain's MTA-STS policy, or its certificate "
    "does not satisfy it.",
    "The receiving side must bring its policy, MX records and certificate "
    "into line. The message waits until then. \"kurir check mta-sts DOMAIN\" "
    "shows what does not fit.",
    "List every MX host in the policy file, give each a valid certificate, "
    "and change the id in the _mta-sts record.")
