"""SMTP servers that behave as told, for tests of the sending side.

Peer(replies={...}) answers each stage with "250 ok"-like defaults unless told
otherwise. A stage is one of banner ehlo helo starttls mail rcpt data dot quit
rset. What replies[stage] may be:
  "451 4.3.0 later"     this reply
  "421 bye", CLOSE      this reply, then close: give a tuple (text, CLOSE)
  CLOSE                 close without a word
  STALL                 say nothing more, keep the connection open
  [a, b, c]             one after the other, the last one stays
  callable(argument)    returns any of these
tls: ok absent refuse close stall garbage (what happens around STARTTLS), or
implicit (TLS before the greeting).
"""
import socket
import ssl
import threading
import time

CLOSE, STALL = object(), object()


class Message:
    def __init__(self, sender, rcpts, data, tls):
        self.sender, self.rcpts, self.data, self.tls = sender, rcpts, data, tls

    @property
    def header(self):
        return self.data.split(b"\r\n\r\n", 1)[0]

    @property
    def body(self):
        return self.data.split(b"\r\n\r\n", 1)[1]


class Peer:
    def __init__(self, tls="ok", cert=None, replies=None, address="127.0.0.1",
                 port=0, delay=0.0, extensions=("PIPELINING", "8BITMIME",
                                                "ENHANCEDSTATUSCODES", "SIZE 52428800"),
                 auth=None, client_cert=False, max_tls=None):
        self.tls, self.cert, self.delay, self.auth = tls, cert, delay, auth
        self.extensions = list(extensions)
        self.replies = dict(replies or {})
        self.max_tls, self.client_cert = max_tls, client_cert
        self.messages, self.sessions, self.counts = [], [], {}
        self.logins = []
        self.lock = threading.Lock()
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((address, port))
        self.sock.listen(128)
        self.address, self.port = self.sock.getsockname()
        self.host = "[%s]:%d" % (self.address, self.port)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    def wait(self, count, timeout=20):
        """The first count messages, or fewer when time is up."""
        end = time.time() + timeout
        while len(self.messages) < count and time.time() < end:
            time.sleep(0.02)
        return list(self.messages)

    def _accept(self):
        while True:
            try:
                conn, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self._session, args=(conn,),
                             daemon=True).start()

    def _session(self, conn):
        dialogue = []
        with self.lock:
            self.sessions.append(dialogue)
        conn.settimeout(120)
        try:
            Session(self, conn, dialogue).run()
        except (OSError, EOFError, ssl.SSLError):
            pass
        finally:
            try:
                conn.close()
            except OSError:
                pass

    def reply(self, stage, argument, default):
        with self.lock:
            n = self.counts.get(stage, 0)
            self.counts[stage] = n + 1
        r = self.replies.get(stage, default)
        if callable(r) and r is not CLOSE and r is not STALL:
            r = r(argument)
        if isinstance(r, list):
            r = r[min(n, len(r) - 1)]
        return default if r is None else r


class Session:
    def __init__(self, peer, conn, dialogue):
        self.p, self.c, self.d = peer, conn, dialogue
        self.buffer = b""
        self.reset()

    def reset(self):
        self.sender, self.rcpts = None, []

    def line(self):
        while b"\n" not in self.buffer:
            more = self.c.recv(65536)
            if not more:
                raise EOFError
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("latin1")

    def say(self, stage, argument, default):
        if self.p.delay:
            time.sleep(self.p.delay)
        r = self.p.reply(stage, argument, default)
        then = None
        if isinstance(r, tuple):
            r, then = r
        if r is CLOSE:
            raise EOFError
        if r is STALL:
            while self.c.recv(65536):
                pass
            raise EOFError
        self.d.append("S: " + r)
        self.c.sendall((r + "\r\n").encode())
        if then is CLOSE:
            raise EOFError
        return r[0]

    def run(self):
        if self.p.tls == "implicit":
            self.begin_tls()
        self.say("banner", "", "220 peer.test ESMTP")
        while True:
            line = self.line()
            self.d.append("C: " + line)
            verb, _, argument = line.partition(" ")
            name = "do_" + verb.lower()
            if not hasattr(self, name):
                self.say("unknown", line, "502 5.5.2 unknown")
                continue
            if getattr(self, name)(argument):
                return

    def do_ehlo(self, argument):
        lines = ["peer.test"] + self.p.extensions
        if self.p.tls != "absent" and not isinstance(self.c, ssl.SSLSocket):
            lines.append("STARTTLS")
        if self.p.auth:
            lines.append("AUTH " + self.p.auth)
        text = "\r\n".join("250%s%s" % ("-" if i < len(lines) - 1 else " ", l)
                           for i, l in enumerate(lines))
        self.say("ehlo", argument, text)

    def do_helo(self, argument):
        self.say("helo", argument, "250 peer.test")

    def do_starttls(self, argument):
        how = self.p.tls
        if how == "refuse":
            self.say("starttls", argument, "454 4.7.0 TLS not available")
            return False
        self.say("starttls", argument, "220 2.0.0 go ahead")
        if how == "close":
            return True
        if how == "stall":
            while self.c.recv(65536):
                pass
            return True
        if how == "garbage":
            self.c.sendall(b"\x00\x01this is not TLS\r\n" * 4)
            time.sleep(0.5)
            return True
        self.begin_tls()
        self.reset()
        return False

    def begin_tls(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.p.cert)
        if self.p.client_cert:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.p.cert[0])
        if self.p.max_tls:
            context.maximum_version = self.p.max_tls
        self.buffer = b""
        self.c = context.wrap_socket(self.c, server_side=True)
        self.d.append("*: " + self.c.version())

    def do_auth(self, argument):
        self.p.logins.append(argument)
        self.say("auth", argument, "235 2.7.0 welcome")

    def do_mail(self, argument):
        if self.say("mail", argument, "250 2.1.0 ok") == "2":
            self.sender = argument
            self.rcpts = []

    def do_rcpt(self, argument):
        if self.say("rcpt", argument, "250 2.1.5 ok") == "2":
            self.rcpts.append(argument.split("<", 1)[-1].split(">", 1)[0])

    def do_data(self, argument):
        default = "354 go" if self.rcpts else "503 5.5.1 no recipients"
        if self.say("data", argument, default) != "3":
            return False
        data = b""
        while True:
            while b"\n" not in self.buffer:
                more = self.c.recv(65536)
                if not more:
                    raise EOFError
                self.buffer += more
            line, self.buffer = self.buffer.split(b"\n", 1)
            if line == b".\r":
                break
            data += (line[1:] if line.startswith(b".") else line) + b"\n"
        tls = self.c.version() if isinstance(self.c, ssl.SSLSocket) else None
        message = Message(self.sender, list(self.rcpts), data, tls)
        if self.say("dot", message, "250 2.0.0 queued") == "2":
            with self.p.lock:
                self.p.messages.append(message)
        self.reset()
        return False

    def do_rset(self, argument):
        self.say("rset", argument, "250 2.0.0 ok")
        self.reset()

    def do_noop(self, argument):
        self.say("noop", argument, "250 2.0.0 ok")

    def do_quit(self, argument):
        self.say("quit", argument, "221 2.0.0 bye")
        return True
