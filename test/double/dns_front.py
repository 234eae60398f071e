"""A name server in front of a good one: it passes questions on as they are,
writes down when each was asked, may be slow, and breaks the answers it is told
to break.

faults: {name: fault} or {(name, type): fault}, "*" for every name; fault one of
  servfail  the answer is SERVFAIL
  silent    none comes
  truncate  cut over UDP, whole over TCP
  cut       cut over UDP, and TCP hangs up
  lame      neither an answer nor a referral that leads anywhere
  loop      a CNAME that comes back to where it began
asked: [(seconds on the monotonic clock, name, type, "udp" | "tcp")].
"""
import socket
import struct
import threading
import time

from dns import NAMES, pack_name, read_name


class Front:
    def __init__(self, backend, faults=None, delay=0.0, address="127.0.0.1"):
        """backend: "IP:PORT" of the good server."""
        ip, port = backend.rsplit(":", 1)
        self.backend = (ip, int(port))
        self.faults = dict(faults or {})
        self.delay = delay
        self.asked = []
        self.open = True
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
        self.tcp.listen(64)
        self.server = "%s:%d" % (address, self.port)
        for target in (self._udp, self._tcp):
            threading.Thread(target=target, daemon=True).start()

    def close(self):
        """As if the machine were gone: nobody listens at the port any more."""
        self.open = False
        for s in (self.udp, self.tcp):
            try:
                s.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits
            except OSError:
                pass
            s.close()

    def since(self, n):
        """What was asked from the n-th question on."""
        return self.asked[n:]

    def _udp(self):
        while self.open:
            try:
                packet, peer = self.udp.recvfrom(4096)
            except OSError:
                return
            if len(packet) < 17:
                continue
            threading.Thread(target=self._udp_one, args=(packet, peer), daemon=True).start()

    def _udp_one(self, packet, peer):
        reply = self._reply(packet, "udp")
        if reply:
            try:
                self.udp.sendto(reply, peer)
            except OSError:
                pass

    def _tcp(self):
        while self.open:
            try:
                conn, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._tcp_one, args=(conn,), daemon=True).start()

    def _tcp_one(self, conn):
        with conn:
            conn.settimeout(5)
            try:
                while True:
                    head = conn.recv(2, socket.MSG_WAITALL)
                    if len(head) < 2:
                        return
                    packet = conn.recv(struct.unpack(">H", head)[0], socket.MSG_WAITALL)
                    reply = self._reply(packet, "tcp")
                    if not reply:
                        return
                    conn.sendall(struct.pack(">H", len(reply)) + reply)
            except (OSError, struct.error):
                pass

    def _reply(self, packet, how):
        name, end = read_name(packet, 12)
        kind = NAMES.get(struct.unpack(">H", packet[end:end + 2])[0], "?")
        low = name.lower()
        self.asked.append((time.monotonic(), low, kind, how))
        if self.delay:
            time.sleep(self.delay)
        fault = self.faults.get((low, kind), self.faults.get(low, self.faults.get("*")))
        if fault is None and low.startswith("loop-"):
            fault = self.faults.get(low[5:]) and "loop"
        if fault is None or fault == "truncate" and how == "tcp":
            return self._good(packet, how)
        return self._bad(packet, packet[12:end + 4], low, fault, how)

    def _good(self, packet, how):
        try:
            if how == "udp":
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                    s.settimeout(3)
                    s.sendto(packet, self.backend)
                    return s.recv(65535)
            with socket.create_connection(self.backend, 3) as s:
                s.sendall(struct.pack(">H", len(packet)) + packet)
                n = struct.unpack(">H", s.recv(2, socket.MSG_WAITALL))[0]
                return s.recv(n, socket.MSG_WAITALL)
        except (OSError, struct.error):
            return None

    @staticmethod
    def _bad(packet, question, name, fault, how):
        def head(flags, answers=0, authority=0):
            return packet[:2] + struct.pack(">5H", 0x8000 | flags, 1, answers, authority, 0) + question
        if fault == "silent" or fault == "cut" and how == "tcp":
            return None
        if fault in ("truncate", "cut"):
            return head(0x0780)
        if fault == "servfail":
            return head(0x0182)
        if fault == "lame":
            ns = pack_name("test") + struct.pack(">2HIH", 2, 1, 60, 9) + pack_name("ns.test")
            return head(0, authority=1) + ns
        assert fault == "loop", fault
        here, there = (name, "loop-" + name)
        if name.startswith("loop-"):
            here, there = name, name[5:]
        out = b""
        for a, b in ((here, there), (there, here)):
            rdata = pack_name(b)
            out += pack_name(a) + struct.pack(">2HIH", 5, 1, 5, len(rdata)) + rdata
        return head(0x0580, answers=2) + out
