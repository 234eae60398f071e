"""A web server for tests, plain or under TLS, that can be told to behave badly.

pages: {path: bytes or Page}. What was asked stands in .requests as
(path, {header: value}), header names in lower case.
"""
import hashlib
import socket
import ssl
import threading
import time

REASONS = {200: "OK", 304: "Not Modified", 404: "Not Found"}


class Page:
    """mode: None, "endless" (no length, no end), "giant" (a length of 1 GB),
    "drip" (an octet each 0.2 s), "torn" (half of what the length says),
    "fields" (in chunks, and behind the last one fields without end)."""

    def __init__(self, body=b"", status=200, mode=None, tags=False, **headers):
        self.body = body.encode() if isinstance(body, str) else body
        self.status, self.mode, self.tags = status, mode, tags
        self.headers = {k.replace("_", "-"): v for k, v in headers.items()}

    def etag(self):
        return '"%s"' % hashlib.sha256(self.body).hexdigest()[:16]


class Web:
    def __init__(self, cert=None, host="127.0.0.1", family=socket.AF_INET):
        self.pages, self.requests, self.open = {}, [], True
        self.context = None
        if cert:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*cert)
        self.listener = socket.socket(family)
        self.listener.bind((host, 0))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, path, host="mail.contoh.id"):
        return "%s://%s:%d%s" % ("https" if self.context else "http", host, self.port, path)

    def close(self):
        self.open = False
        self.listener.close()

    def _accept(self):
        while self.open:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(s,), daemon=True).start()

    def _serve(self, s):
        try:
            s.settimeout(30)
            if self.context:
                s = self.context.wrap_socket(s, server_side=True)
            self._answer(s)
        except (OSError, ValueError):
            pass
        finally:
            s.close()

    def _read(self, s):
        got = b""
        while b"\r\n\r\n" not in got:
            more = s.recv(65536)
            if not more or len(got) > 65536:
                raise ValueError("no request")
            got += more
        first, *rest = got.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        return first.split()[1], {k.lower(): v.strip() for k, _, v in
                                  (line.partition(":") for line in rest)}

    def _answer(self, s):
        path, asked = self._read(s)
        self.requests.append((path, asked))
        page = self.pages.get(path, Page("no such page\n", 404))
        if not isinstance(page, Page):
            page = Page(page)
        status, body = page.status, page.body
        headers = {"Content-Type": "text/plain", "Connection": "close"}
        if page.tags:
            headers["ETag"] = page.etag()
            if asked.get("if-none-match") == page.etag():
                status, body = 304, b""
        if page.mode == "giant":
            headers["Content-Length"] = str(1 << 30)
        elif page.mode == "torn":
            headers["Content-Length"] = str(2 * len(body))
        elif page.mode is None and status != 304:
            headers["Content-Length"] = str(len(body))
        elif page.mode == "fields":
            headers["Transfer-Encoding"] = "chunked"
            body = b"%x\r\n%s\r\n0\r\n" % (len(body), body)
        headers.update(page.headers)
        s.sendall(("HTTP/1.1 %d %s\r\n%s\r\n" % (
            status, REASONS.get(status, "Other"),
            "".join("%s: %s\r\n" % kv for kv in headers.items()))).encode())
        if page.mode == "drip":
            for c in body:
                s.sendall(bytes([c]))
                time.sleep(0.2)
        else:
            s.sendall(body)
        while page.mode in ("endless", "giant") and self.open:
            s.sendall(b"; filling\n" * 6000)
        while page.mode == "fields" and self.open:
            s.sendall(b"X-Lagi: %s\r\n" % (b"a" * 1000) * 100)
