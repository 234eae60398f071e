"""A small authoritative name server for tests, and a broken one on request.

Zones are a dict {(name, type): [rdata, ...]}; names in lower case without the
final dot. Everything else below a known name is NODATA, the rest NXDOMAIN.
faults: {name: fault} with fault one of servfail refused silent wrongid
wrongname truncate garbage formerr lame delay:SECONDS ede:CODE (servfail with
an extended error, RFC 8914).
"""
import socket
import struct
import threading
import time

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15,
         "TXT": 16, "AAAA": 28, "TLSA": 52}
NAMES = {v: k for k, v in TYPES.items()}


def pack_name(name):
    out = b""
    for label in name.rstrip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.encode()
    return out + b"\0"


def read_name(packet, at):
    labels = []
    while packet[at]:
        n = packet[at]
        labels.append(packet[at + 1:at + 1 + n].decode("latin1"))
        at += 1 + n
    return ".".join(labels), at + 1


def pack_rdata(kind, value):
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "MX":
        preference, host = value.split()
        return struct.pack(">H", int(preference)) + pack_name(host)
    if kind == "TXT":
        raw = value.encode()
        parts = [raw[i:i + 255] for i in range(0, len(raw), 255)] or [b""]
        return b"".join(bytes([len(p)]) + p for p in parts)
    return pack_name(value)


def soa():
    return (pack_name("ns.test") + pack_name("admin.test") +
            struct.pack(">5I", 1, 60, 60, 600, 5))


class Dns:
    def __init__(self, zones=None, faults=None, address="127.0.0.1", ttl=5):
        self.zones = dict(zones or {})
        self.faults = dict(faults or {})
        self.ttl = ttl
        self.asked = []
        for _ in range(20):
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.udp.bind((address, 0))
            self.port = self.udp.getsockname()[1]
            self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                self.tcp.bind((address, self.port))
                break
            except OSError:
                self.udp.close()
                self.tcp.close()
        self.tcp.listen(16)
        self.server = "%s:%d" % (address, self.port)
        for target in (self._udp, self._tcp):
            threading.Thread(target=target, daemon=True).start()

    def add(self, name, kind, *values):
        self.zones.setdefault((name.lower(), kind), []).extend(values)
        return self

    def close(self):
        self.udp.close()
        self.tcp.close()

    def _udp(self):
        while True:
            try:
                packet, peer = self.udp.recvfrom(4096)
            except OSError:
                return
            threading.Thread(target=self._udp_one, args=(packet, peer),
                             daemon=True).start()

    def _udp_one(self, packet, peer):
        reply = self.reply(packet, tcp=False)
        if reply:
            try:
                self.udp.sendto(reply, peer)
            except OSError:
                pass

    def _tcp(self):
        while True:
            try:
                conn, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._tcp_one, args=(conn,),
                             daemon=True).start()

    def _tcp_one(self, conn):
        with conn:
            conn.settimeout(5)
            try:
                head = conn.recv(2, socket.MSG_WAITALL)
                packet = conn.recv(struct.unpack(">H", head)[0],
                                   socket.MSG_WAITALL)
                reply = self.reply(packet, tcp=True)
                if reply:
                    conn.sendall(struct.pack(">H", len(reply)) + reply)
            except (OSError, struct.error):
                pass

    def reply(self, packet, tcp):
        ident = struct.unpack(">H", packet[:2])[0]
        name, end = read_name(packet, 12)
        qtype = struct.unpack(">H", packet[end:end + 2])[0]
        question = packet[12:end + 4]
        kind, low = NAMES.get(qtype, str(qtype)), name.lower()
        self.asked.append((low, kind, "tcp" if tcp else "udp"))
        fault = self.faults.get(low, "")
        if fault.startswith("delay:"):
            time.sleep(float(fault[6:]))
        if fault == "silent":
            return None
        if fault == "garbage":
            return packet[:2] + b"\xff" * 9
        if fault == "wrongid":
            ident ^= 0x5555
        if fault == "wrongname":
            question = pack_name("evil.test") + question[-4:]
        code = {"servfail": 2, "refused": 5, "formerr": 1}.get(fault)
        flags = 0x8580
        if fault.startswith("ede:"):
            option = struct.pack(">3H", 15, 2, int(fault[4:]))
            opt = b"\0" + struct.pack(">2HIH", 41, 1232, 0, len(option)) + option
            return struct.pack(">6H", ident, flags | 2, 1, 0, 0, 1) + question + opt
        if code is not None:
            return struct.pack(">6H", ident, flags | code, 1, 0, 0, 0) + question
        if fault == "lame":
            ns = pack_name("test") + struct.pack(">2HIH", 2, 1, 60, 9) + pack_name("ns.test")
            return struct.pack(">6H", ident, 0x8000, 1, 0, 1, 0) + question + ns
        if fault == "truncate" and not tcp:
            return struct.pack(">6H", ident, flags | 0x200, 1, 0, 0, 0) + question
        return self._answer(ident, flags, question, low, kind)

    def _answer(self, ident, flags, question, name, kind):
        answers, seen = b"", 0
        for _ in range(16):
            target = self.zones.get((name, "CNAME"))
            if not target or kind == "CNAME":
                break
            rdata = pack_rdata("CNAME", target[0])
            answers += pack_name(name) + struct.pack(">2HIH", 5, 1, self.ttl, len(rdata)) + rdata
            seen += 1
            name = target[0].lower()
        values = self.zones.get((name, kind), [])
        for value in values:
            rdata = pack_rdata(kind, value)
            answers += pack_name(name) + struct.pack(">2HIH", TYPES[kind], 1, self.ttl, len(rdata)) + rdata
            seen += 1
        if values:
            return struct.pack(">6H", ident, flags, 1, seen, 0, 0) + question + answers
        known = any(n == name or n.endswith("." + name) for n, _ in self.zones)
        rdata = soa()
        authority = pack_name("test") + struct.pack(">2HIH", 6, 1, 5, len(rdata)) + rdata
        return struct.pack(">6H", ident, flags | (0 if known else 3), 1, seen, 1, 0) + question + answers + authority
