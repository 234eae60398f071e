/* The Indonesian texts of doc/causes.md: code, explanation, cure of the sending
 * side, cure of the receiving side; sorted by code. For cause.c alone. */
/* clang-format off */
CAUSE("auth.failed",
    "User name atau password salah, atau alamat tersebut terlalu sering gagal "
    "sehingga diblok sementara.",
    "Periksa user name dan password di program pengirim, dan pastikan memakai "
    "alamat email lengkap sebagai user name. Untuk smart host, perbaiki "
    "barisnya di file outbound.credentials.",
    "Kalau pemiliknya yakin sudah benar, ganti password dengan \"kurir user "
    "passwd NAMA\". Kalau banyak kegagalan dari satu alamat berarti serangan "
    "(lihat \"kurir log --ip IP\"); sudah otomatis diperlambat dan diblok.")
CAUSE("auth.not-offered",
    "Server tidak menawarkan AUTH, atau tidak ada mekanisme yang dikenal "
    "kedua pihak.",
    "AUTH biasanya hanya ditawarkan setelah TLS: outbound.tls minimal harus "
    "\"may\". Kalau sudah, kemungkinan port smart host salah (seharusnya 587 "
    "atau 465).",
    "AUTH hanya ditawarkan setelah TLS kecuali listener diatur lain; client "
    "harus memakai STARTTLS atau 465.")
CAUSE("auth.required",
    "Mail di port ini, atau dari alamat pengirim ini, hanya diterima setelah "
    "login (SMTP AUTH).",
    "Aktifkan SMTP AUTH di program pengirim; untuk smart host tulis host, "
    "user dan password-nya di file outbound.credentials.",
    "Sesuai konfigurasi. Server lain mengirim ke port 25; pengguna dan "
    "perangkat harus login di 587 atau 465.")
CAUSE("device.not-allowed",
    "Mesin fotokopi, printer atau scanner, atau yang memakai IP-nya, meminta "
    "sesuatu yang tidak diizinkan di bagian device-nya.",
    "Samakan alamat pengirim, penerima, login dan TLS di perangkat dengan yang "
    "diizinkan admin-nya.",
    "Lihat aturannya, di situ disebut apa yang tidak diizinkan. Kalau "
    "perangkat itu memang boleh, perluas from, to, max-size, min-tls, auth "
    "atau address di bagian device-nya; kalau tidak, cari tahu siapa yang "
    "memakai IP tersebut.")
CAUSE("device.stopped",
    "Mesin fotokopi, printer atau scanner terlalu sering menyimpang dari "
    "polanya, sehingga dihentikan selama satu jam.",
    "Tunggu sampai satu jam. Kalau perangkatnya baru disetting ulang, perbaiki "
    "dulu alamat pengirim, penerima, login dan TLS-nya.",
    "Lihat apa yang dicoba dengan \"kurir log --ip IP\". Bisa jadi setting-nya "
    "salah, atau ada yang menyalahgunakan perangkat atau IP tersebut. Setelah "
    "satu jam otomatis bisa masuk lagi.")
CAUSE("dns.bogus",
    "Jawaban DNS tidak lolos validasi DNSSEC: tanda tangannya salah, "
    "kedaluwarsa atau tidak ada.",
    "Pemilik domain harus memperbaiki DNSSEC-nya (signature expired, atau DS "
    "record masih memakai key lama). Pastikan juga jam di server ini tepat.",
    "Pemilik domain harus memperbaiki DNSSEC-nya. Pastikan juga jam di "
    "server ini tepat.")
CAUSE("dns.null-mx",
    "Domain tersebut memasang null MX, artinya memang tidak menerima mail "
    "sama sekali.",
    "Alamat itu tidak bisa dikirimi mail. Minta alamat email lain ke "
    "penerima.",
    "Domain pengirim yang tidak menerima mail tidak bisa di-reply. "
    "Pemiliknya sebaiknya mengirim dari domain yang punya MX.")
CAUSE("dns.nxdomain",
    "Nama domain atau nama host itu tidak terdaftar di DNS.",
    "Periksa apakah alamatnya salah ketik. Kalau sudah benar, berarti domain "
    "tersebut sudah tidak aktif (expired) atau belum didaftarkan oleh "
    "pemiliknya.",
    "Periksa ejaan nama tersebut, pastikan domainnya masih aktif dan zone "
    "DNS-nya bisa diakses dari internet; \"kurir check smtp DOMAIN\" "
    "menunjukkan nama itu mengarah ke mana.")
CAUSE("dns.tempfail",
    "DNS tidak menjawab atau menjawab error, jadi belum diketahui apakah "
    "nama tersebut ada atau tidak.",
    "Kalau gangguannya sebentar tidak perlu melakukan apa-apa, mail akan "
    "dicoba kirim lagi. Kalau berlanjut, tes resolver pakai \"dig\" dan cek "
    "name server domain tersebut dari jaringan lain.",
    "Tes resolver yang dipakai (dns.server atau resolv.conf). Tidak ada mail "
    "yang ditolak permanen karena gangguan DNS, pengirim akan mencoba lagi.")
CAUSE("limit.line",
    "Ada baris, header mail, atau jawaban server yang lebih panjang dari "
    "batas RFC 5321.",
    "Program pembuat mail harus memotong baris (maksimal 998 karakter) atau "
    "meng-encode-nya. Kalau jawaban server tujuan yang tidak ada habisnya, "
    "beri tahu postmaster-nya.",
    "Kesalahan ada di program pengirim; tunjukkan catatannya ke admin mereka. "
    "Mesin fotokopi atau scanner sendiri ditaruh di listener \"device\", di "
    "situ baris panjang diperbaiki otomatis.")
CAUSE("limit.rate",
    "Terlalu banyak session, perintah, error atau mail dari client ini.",
    "Kurangi jumlah koneksi bersamaan dan kirim lebih banyak mail per "
    "koneksi; cari program yang terus mengulang error.",
    "Batas sessions, sessions-per-ip dan errors untuk melindungi server: "
    "naikkan kalau ada client yang dikenal dan memang butuh lebih. Jangan "
    "memasukkan pihak lain ke trusted hanya karena ini, nanti bisa relay.")
CAUSE("limit.recipients",
    "Terlalu banyak penerima dalam satu mail.",
    "Mail server akan mengirim sisanya di transaksi berikutnya; kalau "
    "program sendiri, kirim per kelompok kecil atau pakai milis.",
    "Naikkan limits.recipients kalau memang diperlukan.")
CAUSE("limit.size",
    "Ukuran mail melebihi batas yang diterima pihak penerima.",
    "Perkecil lampirannya, atau kirim file besar lewat link.",
    "Naikkan limits.message-size (atau max-size di listener) kalau mail "
    "sebesar itu memang diinginkan.")
CAUSE("local.disk-full",
    "Disk server tersebut penuh, sisanya kurang dari cadangan yang "
    "ditentukan, atau quota-nya habis.",
    "Kalau sebentar tidak perlu melakukan apa-apa: mail akan dicoba lagi. "
    "Kalau server tujuan tetap penuh, beri tahu postmaster-nya lewat jalur "
    "lain.",
    "Kosongkan atau perbesar disk tempat data-dir dan mailbox "
    "(limits.disk-reserve adalah sisa minimal). Mail yang sudah diterima "
    "tidak hilang; pengirim akan mencoba lagi.")
CAUSE("local.io-error",
    "Server ini mengalami gangguan internal: gagal baca/tulis, atau salah "
    "satu bagiannya tidak jalan.",
    "Pengirim tidak perlu melakukan apa-apa: server pengirim akan mencoba "
    "lagi.",
    "Bukti di atas menyebut file, bagian atau alamat yang gagal; log sistem "
    "pada jam yang sama menjelaskan lebih jauh (disk error, permission, "
    "memory). \"Cannot assign requested address\" berarti outbound.bind "
    "berisi IP yang tidak ada di server ini. Mail yang sudah diterima tidak "
    "hilang, dan yang menunggu dicoba lagi.")
CAUSE("lookup.helo-forged",
    "Nama di HELO/EHLO ada di DNS, tapi bukan milik IP client tersebut.",
    "Isi HELO dengan nama host server sendiri, yang A record-nya (AAAA untuk "
    "IPv6) sama dengan IP yang dipakai mengirim.",
    "Sering hanya karena setting kurang teliti, makanya default-nya cukup "
    "dicatat. Pengirim yang dikenal dikecualikan lewat IP-nya: \"kurir exempt "
    "add helo IP --reason ALASAN --until TANGGAL\". Memakai nama tidak "
    "berlaku, karena nama itu bukan milik client.")
CAUSE("lookup.helo-not-found",
    "Nama di HELO/EHLO tidak terdaftar di DNS.",
    "Isi HELO dengan nama host yang terdaftar di DNS (bukan \"localhost\" atau "
    "nama komputer Windows).",
    "Admin pengirim harus memasang nama host yang terdaftar. Pengirim yang "
    "dikenal dikecualikan lewat IP-nya: \"kurir exempt add helo IP --reason "
    "ALASAN --until TANGGAL\". Komputer pengguna seharusnya lewat 587 atau "
    "465, di situ nama HELO tidak diperiksa.")
CAUSE("lookup.mail-forged",
    "Domain pengirim ada, tapi client bukan salah satu mail host-nya.",
    "Kirim lewat mail server domain tersebut, atau daftarkan host pengirim di "
    "MX atau A record domain itu.",
    "Forwarder dan layanan milis juga bisa kena, makanya default-nya cukup "
    "dicatat. Pengirim yang dikenal dikecualikan lewat IP-nya: \"kurir exempt "
    "add mail IP --reason ALASAN --until TANGGAL\". Kalau memakai nama domain, "
    "siapa saja jadi bisa memakai nama itu.")
CAUSE("lookup.mail-no-mx",
    "Domain pengirim tidak punya MX record, atau memasang null MX: tidak "
    "menerima mail.",
    "Pasang MX record untuk domain yang dipakai mengirim; kalau memasang null "
    "MX, kirim dari domain lain yang bisa menerima balasan.",
    "Pemiliknya harus memasang MX record. Domain yang dikenal bisa "
    "dikecualikan dulu: \"kurir exempt add mail DOMAIN --reason ALASAN --until "
    "TANGGAL\".")
CAUSE("lookup.mail-not-found",
    "Domain pengirim tidak terdaftar di DNS, jadi tidak bisa di-reply maupun "
    "dikirimi bounce.",
    "Kirim dari domain yang terdaftar dan aktif; periksa apakah alamat "
    "pengirim salah ketik.",
    "Biasanya spam atau program yang salah setting. Mesin sendiri bisa "
    "dikecualikan dengan \"kurir exempt add mail DOMAIN --reason ALASAN "
    "--until TANGGAL\"; mesin fotokopi atau scanner didaftarkan di bagian "
    "device.")
CAUSE("lookup.ptr-mismatch",
    "PTR record client ada, tapi nama tersebut tidak mengarah balik ke IP "
    "client.",
    "Samakan PTR dan A record, AAAA untuk IPv6 (Forward-Confirmed Reverse "
    "DNS): PTR dipasang oleh ISP, A record dari nama di PTR itu oleh Anda.",
    "Pemiliknya harus menyamakan PTR dan A record. Kalau pengirimnya memang "
    "dikenal, kecualikan dulu IP-nya: \"kurir exempt add ptr IP --reason "
    "ALASAN --until TANGGAL\".")
CAUSE("lookup.ptr-missing",
    "IP client tidak punya PTR record.",
    "Minta ISP pemilik IP untuk memasang PTR record ke nama mail server ini, "
    "dengan A record (AAAA untuk IPv6) yang kembali ke IP yang sama.",
    "Mail server yang legitimate pasti punya PTR. Kalau pengirimnya memang "
    "dikenal, kecualikan dulu sampai diperbaiki pemiliknya: \"kurir exempt add "
    "ptr IP --reason ALASAN --until TANGGAL\".")
CAUSE("mailbox.full",
    "Mailbox penerima penuh atau melebihi quota.",
    "Beri tahu penerima lewat jalur lain; mail dicoba lagi selama jawabannya "
    "masih temporary.",
    "Kosongkan mailbox atau naikkan quota-nya, lihat buktinya untuk tahu "
    "mailbox yang mana. Setelah itu \"kurir queue retry ID\" langsung "
    "mengirim.")
CAUSE("net.closed-after-starttls",
    "Koneksi ditutup oleh lawan bicara tepat setelah STARTTLS, sebelum TLS "
    "terbentuk.",
    "TLS di sisi penerima rusak (sering karena sertifikat atau key tidak "
    "ada); beri tahu postmaster-nya. Dengan outbound.tls = \"may\" mail "
    "dikirim tanpa TLS.",
    "Client gagal memulai TLS dengan server ini. Jalankan \"kurir check tls\" "
    "ke server ini; client yang sangat lama perlu upgrade library TLS-nya.")
CAUSE("net.refused",
    "Host-nya bisa dijangkau, tapi tidak ada yang menerima koneksi di port "
    "tersebut, atau ditolak oleh firewall.",
    "Periksa host dan port-nya; \"kurir check smtp HOST\" mencobanya dari "
    "server ini. Kalau semua tujuan menolak, berarti port 25 diblok oleh ISP: "
    "minta dibuka, atau kirim lewat smart host di port 587 (outbound.via).",
    "Pastikan service-nya jalan dan listen di alamat dan port tersebut, dan "
    "firewall mengizinkan koneksi masuk.")
CAUSE("net.reset",
    "Koneksi diputus oleh lawan bicara di tengah percakapan.",
    "Mail akan dicoba lagi. Kalau selalu putus di perintah yang sama, lihat "
    "dialognya dan kirimkan ke postmaster penerima.",
    "Client memutus koneksi. Scanner dan program spam sering begitu. Kalau "
    "pengirim yang sah selalu begitu, kirimkan dialognya ke admin mereka.")
CAUSE("net.timeout",
    "Lawan bicara tidak menjawab, atau berhenti menjawab, sampai batas waktu "
    "habis.",
    "Kalau gangguannya sebentar tidak perlu melakukan apa-apa, mail akan "
    "dicoba lagi. Kalau semua tujuan time out, berarti port 25 diblok ISP "
    "atau firewall (\"kurir check smtp HOST\" mencobanya dari server ini); "
    "kalau hanya satu tujuan, hubungi postmaster penerima.",
    "Client berhenti bicara di tengah jalan. Kalau client yang sama selalu "
    "begitu, cek apakah ada firewall atau antivirus yang memeriksa SMTP, atau "
    "MTU yang salah di jalurnya.")
CAUSE("protocol.bare-newline",
    "Mail atau perintah berisi CR atau LF yang tidak berpasangan, atau NUL.",
    "Perbaiki program pengirim: setiap baris harus diakhiri CR LF. Byte "
    "seperti itu ditolak karena bisa dipakai menyelundupkan mail kedua.",
    "Memang sengaja ditolak, karena bisa menyembunyikan mail kedua (SMTP "
    "smuggling). Program pengirim yang harus diperbaiki; tidak ada setting "
    "untuk meloloskannya.")
CAUSE("protocol.smuggling",
    "Datanya seperti usaha menyembunyikan mail kedua di balik akhir data "
    "palsu.",
    "Kalau tidak disengaja, berarti ada program atau gateway yang merusak "
    "akhir baris; silakan diperbaiki.",
    "Mail ditolak dan koneksi ditutup. Kalau datang dari server yang dikenal, "
    "beri tahu adminnya: servernya meneruskan mail selundupan.")
CAUSE("protocol.sync",
    "Lawan bicara mendahului giliran: sudah mengirim lagi sebelum membaca "
    "jawaban kita.",
    "Program harus menunggu banner, jawaban DATA dan jawaban STARTTLS; "
    "perintah lain boleh dikirim sekaligus hanya kalau PIPELINING ditawarkan. "
    "Kalau server tujuan yang mendahului giliran, mungkin ada yang "
    "menyisipkan sesuatu di tengah jalan: beri tahu postmaster-nya.",
    "Program spam sering begini. Pengirim yang benar harus menunggu banner "
    "dan jawaban kita atas DATA, dan tidak boleh mengirim apa pun bersamaan "
    "dengan STARTTLS. Teks di belakang STARTTLS, dan mail di belakang DATA "
    "yang ditolak, membuat koneksi diputus; selebihnya cukup dicatat.")
CAUSE("protocol.syntax",
    "Perintah, alamat, jawaban atau header tidak sesuai tata bahasa SMTP.",
    "Perbaiki program pengirim; barisnya ada di catatan. Kalau yang tidak "
    "terbaca justru jawaban server tujuan, pastikan port itu memang SMTP, "
    "lalu beri tahu postmaster-nya.",
    "Barisnya ada di catatan. Port scanner dan program rusak sering begini; "
    "pengirim yang sah harus diperbaiki.")
CAUSE("queue.body-damaged",
    "Isi mail yang tersimpan tidak cocok lagi dengan hash saat diterima; mail "
    "ditahan dan tidak akan dikirim dalam keadaan begitu.",
    "Minta pengirim mengirim ulang.",
    "Periksa dulu disk dan memory server ini (SMART, dmesg). Mail tetap "
    "ditahan, dan melepasnya tidak menolong: lihat pengirimnya dengan \"kurir "
    "queue show ID\", minta kirim ulang, lalu \"kurir queue delete ID\".")
CAUSE("queue.expired",
    "Mail tidak berhasil dikirim sampai batas waktu (outbound.expire), jadi "
    "dihentikan.",
    "Penyebab lain yang tercatat bersama ini menunjukkan hasil percobaannya: "
    "perbaiki itu lalu kirim lagi. Pengirim sudah mendapat bounce.",
    "Penyebab lain yang tercatat bersama ini menunjukkan hasil percobaannya; "
    "\"kurir log --message ID\" menampilkan semuanya.")
CAUSE("queue.loop",
    "Mail berputar-putar: sudah melewati terlalu banyak server, atau akan "
    "kembali ke server ini.",
    "Cari dua forward, alias atau route yang saling menunjuk; baris Received "
    "menunjukkan putarannya, dan \"kurir check headers FILE\" membacakannya.",
    "Pastikan MX, route dan alias domain tersebut tidak kembali ke sini; "
    "domain yang dilayani di sini perlu bagian domain.")
CAUSE("recipient.unknown",
    "Tidak ada mailbox atau alias dengan nama tersebut di domain itu.",
    "Periksa apakah alamatnya salah ketik dan tanyakan ke penerima; hapus "
    "dari milis.",
    "Kalau seharusnya ada, tambahkan dengan \"kurir user add\" atau di file "
    "aliases.")
CAUSE("relay.denied",
    "Penerima bukan domain server penerima, dan client tidak termasuk trusted "
    "di sana dan belum login.",
    "Login dulu (SMTP AUTH di 587 atau 465) untuk mengirim ke luar, atau "
    "kirim langsung ke MX domain penerima. Kalau justru MX itu yang menjawab "
    "begini, domainnya belum terdaftar di sana: beri tahu postmaster "
    "penerima, atau perbaiki route di sini.",
    "Aturan inilah yang mencegah server menjadi open relay. Kalau domain itu "
    "milik sendiri, tambahkan bagian domain; pengguna login di 587 atau 465; "
    "mesin fotokopi atau scanner didaftarkan di bagian device; IP milik "
    "sendiri yang tidak dipakai bersama bisa dimasukkan ke trusted.")
CAUSE("relay.masquerade",
    "Satu IP yang termasuk trusted mengirim dengan banyak nama yang tidak "
    "berhubungan: sepertinya ada orang luar di belakangnya, misalnya karena "
    "NAT router, bridge Docker atau proxy.",
    "Belum tentu ada yang salah dengan mail-nya. Login dulu (SMTP AUTH di 587 "
    "atau 465) untuk mengirim ke luar.",
    "Cari tahu siapa di belakang IP tersebut dengan \"kurir log --ip IP\". "
    "Kalau ternyata router, bridge Docker atau proxy, keluarkan dari trusted: "
    "semua yang ada di belakangnya bisa relay. Client-nya harus login, atau "
    "terhubung dengan IP-nya sendiri. masquerade = \"withdraw\" mencabut "
    "trusted selama alarm berlaku.")
CAUSE("remote.4xx",
    "Server tujuan belum bisa menerima mail saat ini, dijawab dengan error "
    "sementara (4xx).",
    "Baca jawaban server tujuan. Mail akan dicoba lagi otomatis; \"kurir "
    "queue retry ID\" untuk langsung mencoba.",
    "Lihat log server tujuan pada jam yang sama.")
CAUSE("remote.5xx",
    "Server tujuan menolak mail secara permanen (5xx).",
    "Baca jawaban server tujuan, alasannya ada di situ. Perbaiki lalu kirim "
    "lagi; kalau kurang jelas, tanyakan ke postmaster-nya: \"kurir why "
    "--letter ID\" menuliskan suratnya lengkap dengan jawaban tersebut.",
    "Lihat log server tujuan pada jam yang sama.")
CAUSE("remote.blocklisted",
    "Server tujuan menolak karena IP atau domain kita masuk blocklist.",
    "Lihat nama list-nya di jawaban; \"kurir check blocklist IP\" menanyakan "
    "ke list yang umum. Bereskan dulu penyebabnya (komputer kena virus, "
    "password dicuri, open relay), baru minta delist; sementara itu bisa "
    "kirim lewat smart host.",
    "Pengirim yang dikenal bisa dikecualikan di server tersebut.")
CAUSE("remote.greylisted",
    "Server tujuan meminta kita mencoba lagi nanti, seperti ke semua "
    "pengirim yang belum dikenal (greylisting).",
    "Tidak perlu melakukan apa-apa: mail dicoba lagi dan akan masuk.",
    "Pengirim yang sudah dikenal bisa dikecualikan dari greylisting di "
    "server tersebut.")
CAUSE("remote.ptr-required",
    "Server tujuan menolak karena IP kita tidak punya PTR record, atau tidak "
    "cocok.",
    "Minta ISP pemilik IP memasang PTR record ke nama server ini, dengan A "
    "(dan AAAA) record yang kembali ke IP tersebut; \"kurir check self\" "
    "menunjukkan apa yang kurang. Kalau hanya IPv6 yang belum, isi "
    "outbound.bind dengan alamat IPv4.",
    "Pengirim harus memperbaiki PTR record-nya.")
CAUSE("remote.rate-limited",
    "Server tujuan menyatakan kita mengirim terlalu banyak dalam waktu "
    "singkat.",
    "Mail dicoba lagi lebih pelan. Kalau sering terjadi, turunkan "
    "limits.connections-per-destination; untuk kirim massal, sebar waktunya "
    "dan naikkan volume IP baru sedikit demi sedikit.",
    "Batas untuk pengirim tersebut bisa dinaikkan di server itu.")
CAUSE("remote.unauthenticated",
    "Server tujuan menolak karena SPF maupun DKIM tidak membuktikan mail ini "
    "benar dari domain pengirimnya, atau dilarang oleh DMARC.",
    "Pasang SPF record yang memuat server ini, tanda tangani dengan DKIM, dan "
    "pastikan domain di From: sama dengan salah satunya. \"kurir check sender "
    "DOMAIN\" menunjukkan apa yang kurang.",
    "Pengirim harus memperbaiki SPF, DKIM atau DMARC-nya. Mail yang di-forward "
    "bisa gagal di sini tanpa ada yang salah.")
CAUSE("sender.not-yours",
    "Client sudah login, tapi alamat pengirimnya bukan milik account tersebut.",
    "Isi alamat pengirim di program mail sama dengan account-nya, atau login "
    "dengan account pemilik alamat tersebut.",
    "Kalau account itu memang boleh memakai alamat tersebut, arahkan alamatnya "
    "ke account itu di file aliases. Kalau sering terjadi dari satu account, "
    "bisa jadi password-nya dicuri: segera ganti. Seberapa ketat aturannya "
    "diatur di relay-control.identity.")
CAUSE("sender.shielded",
    "Alamat pengirim memakai domain yang hanya boleh dipakai dari network "
    "tertentu, dan client ada di luarnya.",
    "Login dulu (SMTP AUTH di 587 atau 465), atau kirim dari dalam network "
    "domain tersebut.",
    "Shield inilah yang mencegah orang luar memakai nama domain Anda. Kalau "
    "client-nya milik sendiri, tambahkan network-nya di shield domain "
    "tersebut; layanan yang mengirim atas nama Anda sebaiknya login.")
CAUSE("sender.unknown",
    "Alamat pengirim memakai domain yang dilayani di sini, tapi alamatnya "
    "tidak ada, atau pihak lain menyatakan begitu.",
    "Kirim dari alamat yang memang ada. Kalau alamatnya ada, berarti server "
    "tujuan bertanya ke MX domain itu dan dijawab tidak ada: periksa daftar "
    "user dan alias di sana.",
    "Kalau seharusnya ada, tambahkan dengan \"kurir user add\" atau di file "
    "aliases. Kalau tidak, ada yang memalsukan domain Anda. Siapa yang "
    "dikecualikan diatur di relay-control.sender.")
CAUSE("test.come-again",
    "Sedang ada percobaan atas server pengirim: apakah server itu mau "
    "mengirim tanpa TLS kalau TLS tidak ditawarkan.",
    "Tidak perlu melakukan apa-apa: biarkan server mengirim lagi sendiri. "
    "Mail ke alamat lain diterima begitu percobaan selesai, paling lama "
    "sepuluh menit.",
    "Diminta oleh yang menulis ke assure-address di test-mailbox. Mail lain "
    "dari IP itu menunggu paling lama sepuluh menit, dan karena percobaan "
    "ini tidak pernah diterima tanpa enkripsi.")
CAUSE("test.no-code",
    "Mail ini untuk mailbox percobaan, yang hanya menjawab pengirim yang "
    "punya kode atau disebut di konfigurasinya.",
    "Minta kode ke admin server itu dan tulis di Subject, sendirian atau "
    "dalam tanda kurung. Satu kode hanya untuk satu mail.",
    "Buat kode dengan \"kurir check code\", atau sebut pengirimnya di "
    "open-to pada test-mailbox. Untuk assure-address, TLS di listener harus "
    "opsional.")
CAUSE("tls.cert-expired",
    "Sertifikat sudah kedaluwarsa (expired).",
    "Pihak penerima harus memperpanjang sertifikatnya. Pastikan juga jam di "
    "server ini tepat.",
    "Perpanjang sertifikat lalu reload dengan SIGHUP; sebaiknya dibuat "
    "otomatis (ACME).")
CAUSE("tls.cert-name-mismatch",
    "Nama di sertifikat tidak cocok dengan nama host yang dituju.",
    "Pihak penerima harus memakai sertifikat yang memuat nama host MX-nya. "
    "Periksa juga apakah nama di route atau outbound.via sudah benar; "
    "outbound.tls = \"encrypt\" berarti tidak memeriksa sertifikat siapa pun.",
    "Buat sertifikat yang memuat semua nama yang ada di MX record.")
CAUSE("tls.cert-not-yet-valid",
    "Sertifikat belum berlaku, tanggal mulainya masih di masa depan.",
    "Periksa dulu jam di server ini; kalau sudah tepat, berarti pihak "
    "penerima memasang sertifikat terlalu cepat atau jam mereka salah.",
    "Periksa jam di mesin pembuat sertifikat dan di server ini, lalu buat "
    "ulang sertifikatnya.")
CAUSE("tls.cert-revoked",
    "Sertifikat sudah dicabut (revoked) oleh CA.",
    "Pihak penerima harus mengganti sertifikatnya.",
    "Segera ganti sertifikat beserta key-nya, dan cari tahu kenapa dicabut.")
CAUSE("tls.cert-self-signed",
    "Sertifikatnya self-signed, tidak ada CA yang menjamin.",
    "Pihak penerima perlu memakai sertifikat dari CA publik. Kalau memang "
    "kenal dan percaya, masukkan sertifikatnya ke file outbound.ca; "
    "outbound.tls = \"encrypt\" berarti tidak memeriksa sertifikat siapa pun.",
    "Pakai sertifikat dari CA publik (Let's Encrypt gratis), supaya server "
    "lain bisa memverifikasi server ini.")
CAUSE("tls.cert-untrusted",
    "Rantai sertifikat tidak sampai ke CA yang dipercaya, atau sertifikatnya "
    "ditolak oleh pihak lain.",
    "Pihak penerima harus mengirim intermediate certificate juga (full "
    "chain). Untuk CA sendiri, isi file-nya di outbound.ca.",
    "Client menolak sertifikat kita. Pasang full chain (fullchain.pem), "
    "jangan hanya sertifikat host, dan dari CA publik; \"kurir check tls\" "
    "menunjukkan apa yang dilihat server lain.")
CAUSE("tls.client-cert-required",
    "Server tujuan meminta sertifikat client, dan kita tidak punya yang "
    "diterima.",
    "Tanyakan ke pihak penerima apakah sertifikat client itu memang "
    "diwajibkan untuk mail dari internet; biasanya salah setting.",
    "Jangan mewajibkan sertifikat client di MX publik, server lain tidak "
    "memilikinya.")
CAUSE("tls.dane-mismatch",
    "Sertifikat tidak cocok dengan TLSA record yang dipasang domain tersebut "
    "(DANE).",
    "Pihak penerima mengganti sertifikat tanpa memperbarui TLSA record, atau "
    "ada yang menyadap di tengah. Mail ditahan dulu di queue; hubungi "
    "postmaster-nya lewat jalur lain. \"kurir check dane DOMAIN\" menunjukkan "
    "record mana yang tidak cocok.",
    "Pasang dulu TLSA record untuk key baru sebelum sertifikat baru dipakai, "
    "dan biarkan yang lama sampai sertifikat lama tidak dipakai.")
CAUSE("tls.dane-unusable",
    "Domain tersebut memasang TLSA record, tapi tidak ada yang bisa dipakai.",
    "Mail tetap dikirim terenkripsi kalau server menawarkan TLS, tapi tidak "
    "ada bukti server itu milik siapa. Pihak penerima sebaiknya memasang "
    "record \"3 1 1\".",
    "Pasang TLSA record dalam bentuk \"3 1 1\" (public key, SHA-256).")
CAUSE("tls.garbage",
    "Yang datang bukan TLS, padahal seharusnya negosiasi TLS.",
    "Kemungkinan port atau mode-nya salah: 465 langsung TLS sejak byte "
    "pertama, 25 dan 587 mulai dari plain text. Kalau sudah benar, server "
    "penerima yang bermasalah.",
    "Client bicara plain text ke port TLS, atau sebaliknya: 465 langsung TLS "
    "sejak awal, 25 dan 587 memakai STARTTLS. Port scanner juga sering "
    "begini.")
CAUSE("tls.no-common-cipher",
    "Kedua pihak tidak punya cipher yang sama.",
    "Pihak penerima harus mengaktifkan cipher modern (ECDHE dengan AES-GCM "
    "atau ChaCha20).",
    "Client hanya menawarkan cipher lama, atau tidak ada yang cocok dengan "
    "jenis key sertifikat. Daftar yang ditawarkan ada di catatan; silakan "
    "update client-nya.")
CAUSE("tls.no-common-version",
    "Kedua pihak tidak punya versi TLS yang sama, salah satunya terlalu lama.",
    "Pihak penerima harus mengaktifkan TLS 1.2 atau 1.3.",
    "Client hanya mendukung versi di bawah TLS 1.2. Silakan di-update; mesin "
    "fotokopi atau perangkat lain yang tidak bisa di-update ditaruh di "
    "listener \"device\".")
CAUSE("tls.not-offered",
    "Server tujuan tidak menawarkan STARTTLS.",
    "Pihak penerima harus mengaktifkan STARTTLS: beri tahu postmaster-nya. "
    "Sementara itu mail menunggu; kalau boleh dikirim tanpa enkripsi, isi "
    "outbound.tls = \"may\".",
    "Isi certificate dan key di bagian tls supaya STARTTLS ditawarkan.")
CAUSE("tls.refused",
    "STARTTLS ditawarkan, tapi dijawab error ketika diminta.",
    "TLS di sisi penerima sedang bermasalah; beri tahu postmaster-nya. Dengan "
    "outbound.tls = \"may\" mail dikirim tanpa TLS.",
    "Lihat log server ini kenapa TLS-nya tidak tersedia; biasanya sertifikat "
    "atau key tidak bisa dibaca.")
CAUSE("tls.required-inbound",
    "Server penerima hanya menerima perintah tersebut, atau mail ini, lewat "
    "TLS, sedangkan client bicara tanpa TLS.",
    "Kirim lewat TLS. Di program mail atau perangkat, aktifkan STARTTLS atau "
    "pakai port 465. Kalau server ini yang mengirim, outbound.tls tidak boleh "
    "\"none\"; kalau TLS sudah dicoba tapi gagal, penyebabnya tercatat "
    "bersama ini: perbaiki itu.",
    "Sesuai konfigurasi: listener memakai tls = \"encrypt\", atau password "
    "akan dikirim tanpa enkripsi. Client harus memakai STARTTLS atau port "
    "465; mesin fotokopi yang tidak bisa TLS ditaruh di listener \"device\".")
CAUSE("tls.required-outbound",
    "Konfigurasi kita mewajibkan TLS ke tujuan tersebut, tapi TLS-nya gagal.",
    "Lihat penyebab TLS yang tercatat bersama ini dan perbaiki; atau turunkan "
    "outbound.tls, kalau risikonya bisa diterima. Password tidak pernah "
    "dikirim tanpa enkripsi.",
    "Pihak pengirim mewajibkan TLS: aktifkan STARTTLS dengan sertifikat yang "
    "valid.")
CAUSE("tls.stalled",
    "Negosiasi TLS sudah mulai lalu macet sampai batas waktu habis.",
    "Sering karena firewall atau pemeriksaan SMTP di tengah jalan menelan "
    "paket handshake-nya (Cisco \"fixup\", antivirus), atau masalah MTU. Tes "
    "dari server ini pakai \"openssl s_client -starttls smtp\" dan beri tahu "
    "pihak penerima.",
    "Client memulai TLS lalu diam. Kalau selalu client yang sama, cek "
    "pemeriksaan SMTP atau masalah MTU di sisi mereka.")
CAUSE("tls.sts-mismatch",
    "Host MX tidak ada di policy MTA-STS domain tersebut, atau sertifikatnya "
    "tidak memenuhi syarat.",
    "Pihak penerima harus menyamakan policy, MX record dan sertifikatnya. "
    "Mail menunggu sampai itu beres. \"kurir check mta-sts DOMAIN\" "
    "menunjukkan apa yang tidak cocok.",
    "Cantumkan semua host MX di file policy, pasang sertifikat yang valid di "
    "masing-masing, lalu ganti id di record _mta-sts.")
