/* The requests of letter.c: front of a cause code; to who receives in English
 * and Indonesian; to who sends in both. The last row fits all. */
/* clang-format off */
{"tls.no-common-", {
    {"Please enable TLS 1.2 and 1.3 with ECDHE and AES-GCM or ChaCha20 ciphers for incoming mail on port 25.",
     "aktifkan TLS 1.2 dan 1.3 dengan cipher ECDHE dan AES-GCM atau ChaCha20 untuk mail masuk di port 25."},
    {"Please let your server use TLS 1.2 or 1.3 with ECDHE and AES-GCM or ChaCha20 ciphers for outgoing mail; an update of its operating system or TLS library usually brings them.",
     "aktifkan TLS 1.2 atau 1.3 dengan cipher ECDHE dan AES-GCM atau ChaCha20 untuk mail keluar; biasanya cukup dengan update sistem operasi atau library TLS."}}},
{"tls.cert-", {
    {"Please install a valid certificate of a public authority on your mail server, with its whole chain, that names the host of your MX record.",
     "pasang certificate yang masih berlaku dari CA publik di mail server Anda, lengkap dengan chain-nya, dan memuat nama host di MX record."},
    {"Please check that your server's list of trusted authorities is up to date, and tell us what it finds wrong with our certificate.",
     "periksa apakah daftar CA di server Anda sudah yang terbaru, dan beri tahu kami apa yang salah dengan certificate kami."}}},
{"tls.dane-", {
    {"Please bring your TLSA records into line with the certificate that your server shows now, or publish \"3 1 1\" records.",
     "sesuaikan TLSA record Anda dengan certificate yang dipakai sekarang, atau pasang record \"3 1 1\"."},
    {"Please tell us which of our TLSA records your server could not match.",
     "beri tahu kami TLSA record mana yang tidak cocok menurut server Anda."}}},
{"tls.sts-", {
    {"Please bring your MTA-STS policy, your MX records and your certificate into line.",
     "sesuaikan policy MTA-STS, MX record dan certificate Anda."},
    {"Please tell us which host of ours your server did not find in our MTA-STS policy.",
     "beri tahu kami host mana yang tidak ada di policy MTA-STS kami menurut server Anda."}}},
{"tls.client-cert-", {
    {"Please do not demand a client certificate on port 25: mail servers of others have none that you know.",
     "jangan mewajibkan client certificate di port 25: mail server lain tidak punya certificate yang Anda kenal."},
    {"Please tell us which certificate your server shows when it sends.",
     "beri tahu kami certificate apa yang dipakai server Anda saat mengirim."}}},
{"tls.required-", {
    {"Your server asks for TLS. We let ours use it; please tell us if it needs a certain version or certificate.",
     "server Anda mewajibkan TLS. Kami aktifkan di pihak kami; beri tahu kami kalau perlu versi atau certificate tertentu."},
    {"Please let your server use STARTTLS for outgoing mail to us; without it our server does not take this mail.",
     "aktifkan STARTTLS untuk mail keluar ke server kami; tanpa itu server kami tidak menerima mail ini."}}},
{"tls.", {
    {"Please see whether STARTTLS works on your port 25: that certificate and key are loaded, and that no firewall in front of it inspects or changes SMTP (Cisco \"fixup\" or \"inspect esmtp\", antivirus).",
     "periksa apakah STARTTLS di port 25 Anda berfungsi: certificate dan key sudah dimuat, dan tidak ada firewall di depannya yang memeriksa atau mengubah SMTP (Cisco \"fixup\" atau \"inspect esmtp\", antivirus)."},
    {"Please see why the TLS handshake of your outgoing mail fails: an old TLS library, or a firewall that inspects or changes SMTP on its way out.",
     "periksa kenapa handshake TLS mail keluar Anda gagal: library TLS yang lama, atau firewall yang memeriksa atau mengubah SMTP di jalan keluar."}}},
{"net.closed-after-", {
    {"Please see in your log why your server closes the connection right after STARTTLS: often certificate or key is missing or cannot be read.",
     "lihat di log Anda kenapa server menutup koneksi tepat setelah STARTTLS: seringkali certificate atau key tidak ada atau tidak terbaca."},
    {"Please see in your log why your server closes the connection right after STARTTLS: an old TLS library, or a rule against our certificate.",
     "lihat di log Anda kenapa server menutup koneksi tepat setelah STARTTLS: library TLS yang lama, atau ada aturan yang menolak certificate kami."}}},
{"net.", {
    {"Please check that your mail server answers on port 25 from our address, and that no firewall or blocklist drops us.",
     "periksa apakah mail server Anda menjawab di port 25 dari IP kami, dan tidak ada firewall atau blocklist yang memutus kami."},
    {"Please see in your log why the connection to our server ended, and whether your network lets port 25 out.",
     "lihat di log Anda kenapa koneksi ke server kami putus, dan apakah jaringan Anda membuka port 25 keluar."}}},
{"dns.", {
    {"Please check MX and address records of your domain, its name servers and its DNSSEC from outside your network.",
     "periksa MX dan A record domain Anda, name server dan DNSSEC-nya dari luar jaringan Anda."},
    {"Please check the records of your sender domain and the name servers that serve it, from outside your network.",
     "periksa record domain pengirim dan name server-nya dari luar jaringan Anda."}}},
{"auth.", {
    {"Please tell us whether the account with which we log in is valid, and which mechanisms and ports are meant for it.",
     "beri tahu kami apakah account yang kami pakai masih berlaku, serta mekanisme dan port yang harus dipakai."},
    {"Please let your program log in with the whole address as user name on port 587 or 465; servers of other domains deliver to port 25.",
     "aktifkan SMTP authentication dengan alamat lengkap sebagai user name di port 587 atau 465; server domain lain mengirim ke port 25."}}},
{"relay.", {
    {"Please check that your server takes mail for the recipient's domain: its MX record points to you.",
     "periksa apakah server Anda menerima mail untuk domain penerima: MX record-nya mengarah ke Anda."},
    {"Our server does not relay for strangers. Please send to the MX of the recipient's domain, or log in if you are our customer.",
     "server kami tidak me-relay untuk pihak luar. Kirimlah ke MX domain penerima, atau pakai authentication kalau Anda pelanggan kami."}}},
{"recipient.", {
    {"Please tell us whether the address of the recipient is right, and whether the mailbox still exists.",
     "beri tahu kami apakah alamat penerima benar, dan apakah mailbox-nya masih ada."},
    {"Please take the address of the recipient from your lists; it does not exist here.",
     "hapus alamat penerima tersebut dari daftar Anda; alamat itu tidak ada di sini."}}},
{"mailbox.", {
    {"Please tell the owner of the mailbox that it is full, or raise its quota.",
     "beri tahu pemilik mailbox bahwa mailbox-nya penuh, atau naikkan quota-nya."},
    {"Nothing need be done by you: we make room in the mailbox; send again later.",
     "tidak ada yang perlu dilakukan: kami kosongkan mailbox-nya; silakan kirim lagi nanti."}}},
{"lookup.helo-", {
    {"Please tell us which HELO name of ours your server objects to.",
     "beri tahu kami nama HELO kami yang ditolak server Anda."},
    {"Please set the HELO name of your mail server to its own host name, with an address record that leads to the address it sends from.",
     "pasang nama HELO mail server Anda dengan nama host-nya sendiri, yang A record-nya menuju IP pengirim."}}},
{"lookup.mail-", {
    {"Please tell us what your server finds wrong with our sender domain.",
     "beri tahu kami apa yang salah dengan domain pengirim kami menurut server Anda."},
    {"Please send with a sender domain that is registered and has an MX record.",
     "kirimlah dengan domain pengirim yang terdaftar dan punya MX record."}}},
{"lookup.ptr-", {
    {"Please tell us which PTR record your server found for our address.",
     "beri tahu kami PTR record apa yang ditemukan server Anda untuk IP kami."},
    {"Please ask the provider of your address to set a PTR record to the name of your mail server, with an address record that leads back.",
     "minta ISP Anda memasang PTR record untuk IP tersebut ke nama mail server, dengan A record yang kembali ke IP itu."}}},
{"remote.ptr-", {
    {"We see to our PTR record. Should it be right already, please tell us what your server found for our address.",
     "kami sedang memeriksa PTR record kami. Kalau sebenarnya sudah benar, beri tahu kami apa yang ditemukan server Anda untuk IP kami."},
    {"Please ask the provider of your address to set a PTR record to the name of your mail server, with an address record that leads back.",
     "minta ISP Anda memasang PTR record untuk IP tersebut ke nama mail server, dengan A record yang kembali ke IP itu."}}},
{"remote.blocklisted", {
    {"Please tell us which list or rule of yours names us and since when, and what you need to take us off; we look for the cause at our side.",
     "beri tahu kami list atau aturan mana yang memuat kami dan sejak kapan, serta apa syarat delist; kami sedang mencari penyebabnya di pihak kami."},
    {"Your address is on a blocklist. Please stop the cause (an infected machine, a stolen password, an open relay) and ask the list for removal.",
     "IP Anda masuk blocklist. Bereskan penyebabnya (komputer kena virus, password dicuri, open relay), lalu minta delist."}}},
{"remote.greylisted", {
    {"Please put our server on the list of those that you do not greylist; it tries again as it should.",
     "masukkan server kami ke daftar yang tidak di-greylist; server kami mencoba lagi sebagaimana mestinya."},
    {"Nothing need be done by you: your server tries again and gets through.",
     "tidak ada yang perlu dilakukan: server Anda akan mencoba lagi dan mail akan masuk."}}},
{"remote.rate-", {
    {"Please tell us the limits that apply to our server, and raise them if you can.",
     "beri tahu kami batas yang berlaku untuk server kami, dan naikkan kalau memungkinkan."},
    {"Please send more slowly, over fewer connections at a time.",
     "kirimlah lebih pelan, dengan koneksi bersamaan yang lebih sedikit."}}},
{"remote.unauth", {
    {"We see to our SPF, DKIM and DMARC. Please tell us which of them failed at your server, and for which domain.",
     "kami sedang memeriksa SPF, DKIM dan DMARC kami. Beri tahu kami mana yang gagal di server Anda, dan untuk domain apa."},
    {"Please publish an SPF record that names your server, and sign with DKIM for the domain of the From: field.",
     "pasang SPF record yang memuat server Anda, dan tanda tangani dengan DKIM untuk domain di From:."}}},
{"limit.", {
    {"Please tell us the limit that applies (size, recipients, rate), and raise it for this mail if you can.",
     "beri tahu kami batas yang berlaku (ukuran, jumlah penerima, kecepatan), dan naikkan kalau memungkinkan."},
    {"Please keep to the limit that our reply names: smaller messages, fewer recipients, or fewer connections at a time.",
     "ikuti batas yang disebut jawaban kami: mail lebih kecil, penerima lebih sedikit, atau koneksi lebih sedikit."}}},
{"protocol.", {
    {"Please tell us which line of ours your server objects to, with its time.",
     "beri tahu kami baris mana dari server kami yang ditolak, beserta jamnya."},
    {"Please mend the program that sends: it breaks the rules of SMTP (RFC 5321) at the place shown above.",
     "perbaiki program pengirimnya: program itu melanggar aturan SMTP (RFC 5321) di bagian yang ditunjukkan di atas."}}},
{"sender.", {
    {"Please tell us why your server does not take our sender address.",
     "beri tahu kami kenapa alamat pengirim kami tidak diterima."},
    {"Please send with a sender address that exists and that you may use.",
     "kirimlah dengan alamat pengirim yang ada dan memang hak Anda."}}},
{"queue.loop", {
    {"Please look for forwards, aliases or routes that send this mail back to us; the Received fields show the circle.",
     "periksa forward, alias atau route yang mengirim mail ini kembali ke kami; baris Received menunjukkan putarannya."},
    {"Please look for forwards, aliases or routes that send this mail back and forth between us.",
     "periksa forward, alias atau route yang membuat mail ini bolak-balik antara server kita."}}},
{"", {
    {"Please look in your log for the time and the words shown above, and tell us why your server answered so and what we should change.",
     "lihat log Anda untuk jam dan kutipan di atas, dan beri tahu kami kenapa server Anda menjawab begitu dan apa yang perlu kami ubah."},
    {"Please look in your log for the time and the words shown above, and mend what your server got as an answer.",
     "lihat log Anda untuk jam dan kutipan di atas, lalu perbaiki sesuai jawaban yang diterima server Anda."}}},
