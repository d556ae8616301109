"""As much of a Redis client as is needed here; yours is a package."""

import socket
from urllib.parse import urlsplit


class Redis:
    def __init__(self, url):
        address = urlsplit(url)
        self._socket = socket.create_connection((address.hostname, address.port), timeout=10)
        self._replies = self._socket.makefile("rb")

    def command(self, *words):
        """The reply: bytes, an integer, a list or None."""
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        request = b"*%d\r\n" % len(parts)
        request += b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        self._socket.sendall(request)
        return self._reply()

    def close(self):
        self._replies.close()
        self._socket.close()

    def _reply(self):
        line = self._replies.readline()
        kind, text = line[:1], line[1:].rstrip(b"\r\n")
        if kind == b"-":
            raise RuntimeError(text.decode())
        if kind == b"+":
            return text
        count = int(text)
        if kind == b":":
            return count
        if count < 0:
            return None
        if kind == b"*":
            return [self._reply() for _ in range(count)]
        return self._replies.read(count + 2)[:-2]
