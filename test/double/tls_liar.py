"""An SMTP server whose first sessions are in order, and that lies to whoever asks again what its TLS can do.

Liar(how, cert): its STARTTLS is sound for the first `honest` sessions. Then
  hang-up      each hello is hung up on, as by a limit on connections
  busy         TLS 1.2 as below but for RC4, until each hello from the twelfth on is answered with an alert, internal error
  stall        no session gets so far as a banner
  one-answer   each hello is answered with one cipher that was not offered
  half-order   TLS 1.2 with RC4 and a GCM cipher, told apart by their hellos, until all are offered at once a
               second time: then it hangs up
"""
import os
import socket
import ssl
import struct
import threading

ALERT_HANDSHAKE, ALERT_VERSION, ALERT_INTERNAL = 40, 70, 80
GCM, RC4, CAMELLIA = 0xC02F, 0x0005, 0xC07A
ORDER = [GCM, RC4, CAMELLIA]
SIGNALS = {0x00FF, 0x5600}


def octets(conn, n):
    got = b""
    while len(got) < n:
        more = conn.recv(n - len(got))
        if not more:
            raise EOFError
        got += more
    return got


def read_hello(conn):
    """(version, suites, whether TLS 1.3 is among what it supports)"""
    head = octets(conn, 5)
    if head[0] != 22:
        raise EOFError  # of SSL 2
    body = octets(conn, struct.unpack(">H", head[3:])[0])
    version, at = struct.unpack(">H", body[4:6])[0], 38
    at += 1 + body[at]
    n = struct.unpack(">H", body[at:at + 2])[0]
    suites = [s for s, in struct.iter_unpack(">H", body[at + 2:at + 2 + n])]
    return version, suites, b"\x00\x2b" in body[at:] and b"\x03\x04" in body[at:]


def alert(code):
    return bytes([21, 3, 3, 0, 2, 2, code])


def server_hello(suite):
    body = (b"\x03\x03" + os.urandom(32) + b"\0" + struct.pack(">H", suite) + b"\0" +
            b"\x00\x05\xff\x01\x00\x01\x00")
    message = b"\x02" + struct.pack(">I", len(body))[1:] + body + b"\x0b\0\0\x03\0\0\0" + b"\x0e\0\0\0"
    return b"\x16\x03\x03" + struct.pack(">H", len(message)) + message


class Liar:
    def __init__(self, how, cert, honest=2):
        self.how, self.honest, self.sessions, self.ordered = how, honest, 0, 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.context.load_cert_chain(*cert)
        self.context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.sock.close()

    def _accept(self):
        while True:
            try:
                conn, _ = self.sock.accept()
            except OSError:
                return
            self.sessions += 1
            threading.Thread(target=self._session, args=(conn, self.sessions), daemon=True).start()

    def _session(self, conn, number):
        conn.settimeout(30)
        try:
            if number > self.honest and self.how == "stall":
                conn.recv(1000)
            else:
                conn.sendall(b"220 mx.mitra.test ESMTP\r\n")
                if self._until_starttls(conn):
                    self._tls(conn, number)
        except (OSError, EOFError):
            pass
        finally:
            conn.close()

    def _until_starttls(self, conn, inside=False):
        with conn.makefile("rb", buffering=0) as lines:
            for line in iter(lines.readline, b""):
                verb = line.strip().upper()
                if verb.startswith(b"EHLO"):
                    conn.sendall(b"250-mx.mitra.test\r\n" + (b"" if inside else b"250-STARTTLS\r\n") + b"250 8BITMIME\r\n")
                elif verb == b"STARTTLS" and not inside:
                    conn.sendall(b"220 go on\r\n")
                    return True
                elif verb == b"QUIT":
                    conn.sendall(b"221 bye\r\n")
                    return False
                else:
                    conn.sendall(b"250 ok\r\n")
        return False

    def _tls(self, conn, number):
        if number <= self.honest:
            with self.context.wrap_socket(conn, server_side=True) as inner:
                self._until_starttls(inner, inside=True)
            return
        version, suites, newest = read_hello(conn)
        if self.how == "hang-up":
            return
        if self.how == "busy" and number > 12:
            conn.sendall(alert(ALERT_INTERNAL))
        elif version != 0x0303 or newest:
            conn.sendall(alert(ALERT_VERSION))
        elif self.how == "one-answer":
            conn.sendall(server_hello(GCM if GCM not in suites else 0xFEFE))
        else:
            found = [s for s in ORDER if s in suites and (s != RC4 or self.how == "half-order")]
            if self.how == "half-order" and set(suites) <= set(ORDER) | SIGNALS and len(found) == len(ORDER):
                self.ordered += 1
                if self.ordered > 1:
                    return
            conn.sendall(server_hello(found[0]) if found else alert(ALERT_HANDSHAKE))
        conn.recv(1000)
