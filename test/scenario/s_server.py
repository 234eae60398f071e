"""`openssl s_server` as a mail server: in front of it stands a small one that says SMTP until
STARTTLS and passes all bytes on from there; what comes out of TLS it answers."""
import socket
import subprocess
import threading

from harness import program, until


class SServer:
    """argv: further options of s_server; implicit: TLS at once, on its own port."""

    def __init__(self, t, *argv, pair=None, name="s_server", implicit=False, host="mail.contoh.id"):
        self.t, self.host, self.inside = t, host, t.port()
        cert, key = pair or t.pair("rsa")
        self.proc = t.spawn([program("openssl"), "s_server", "-accept", "127.0.0.1:%d" % self.inside, "-quiet",
                             "-cert", cert, "-key", key, *argv], name + ".out", stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE)
        threading.Thread(target=self.answer, daemon=True).start()
        until(self.up, 10, "s_server")
        self.port = self.inside if implicit else self.front()

    def up(self):
        try:
            socket.create_connection(("127.0.0.1", self.inside), 1).close()
            return True
        except OSError:
            return False

    def answer(self):
        """What was said inside TLS. It has one client at a time, so that no line can be another's."""
        for line in self.proc.stdout:
            verb = line.split(b" ")[0].strip().upper()
            reply = {b"EHLO": "250-%s\r\n250 8BITMIME" % self.host, b"QUIT": "221 bye",
                     b"RCPT": "250 ok" if b"contoh.id" in line or b"<postmaster>" in line else "554 5.7.1 no relaying",
                     b"VRFY": "252 perhaps", b"MAIL": "250 ok", b"RSET": "250 ok", b"NOOP": "250 ok"}
            self.proc.stdin.write(reply.get(verb, "502 5.5.2 unknown").encode() + b"\r\n")
            self.proc.stdin.flush()

    def front(self):
        sock = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.t.closing.append(sock.close)
        serve(sock, self.session)
        return sock.getsockname()[1]

    def session(self, conn):
        conn.sendall(b"220 %s ESMTP\r\n" % self.host.encode())
        with conn.makefile("rb", buffering=0) as lines:
            while True:
                verb = lines.readline(2000).split(b" ")[0].strip().upper()
                if verb == b"STARTTLS":
                    conn.sendall(b"220 go ahead\r\n")
                    with socket.create_connection(("127.0.0.1", self.inside), 60) as other:
                        both_ways(conn, other)
                    return
                if verb in (b"", b"QUIT"):
                    return
                conn.sendall(b"250-%s\r\n250 STARTTLS\r\n" % self.host.encode() if verb == b"EHLO" else
                             b"530 5.7.0 STARTTLS first\r\n")


def serve(sock, session):
    """session(connection) for each client, in a thread of its own."""
    def one(conn):
        try:
            with conn:
                conn.settimeout(60)
                session(conn)
        except OSError:
            pass

    def accept():
        while True:
            try:
                conn, _ = sock.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(conn,), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()


def both_ways(a, b):
    back = threading.Thread(target=copy, args=(b, a), daemon=True)
    back.start()
    copy(a, b)
    back.join(60)


def copy(a, b):
    try:
        while True:
            more = a.recv(65536)
            if not more:
                break
            b.sendall(more)
    except OSError:
        pass
    try:
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass
