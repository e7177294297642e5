"""A model hub on this machine, whose answers a test can spoil one by one."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Spoiled:
    """How one answer goes wrong.

    Args:
        status: Answer with this status and nothing else.
        headers: Sent along with it.
        break_after: Close the connection after so many bytes of the body.
        hang_after: Stop sending after so many bytes, and keep the connection open.
        ignore_range: Send the file from its start, whatever range is asked for.
        without_length: Don't tell the size.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    break_after: int | None = None
    hang_after: int | None = None
    ignore_range: bool = False
    without_length: bool = False


@dataclass
class Hub:
    """What the hub has, how its next answers go wrong, and what it was asked.

    Args:
        url: Its address, for ``HF_ENDPOINT``.
        files: Content by ``repo/resolve/revision/file``.
        spoiled: Used up one per request; after that all goes well.
        requests: The headers of each request, names in lower case, with its path under ``path``.
        closing: Set when the test is over.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    spoiled: list[Spoiled] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)


@contextmanager
def running_hub() -> Iterator[Hub]:
    """Serve on a free port of this machine for as long as the block runs."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            hub.requests.append({"path": self.path, **{k.lower(): v for k, v in self.headers.items()}})
            how = hub.spoiled.pop(0) if hub.spoiled else Spoiled()
            content = hub.files.get(self.path.lstrip("/"))
            if content is None or how.status != 200:
                self._send(404 if content is None else how.status, {"Content-Length": "0", **how.headers})
                return
            self._send_file(content, how)

        def _send_file(self, content: bytes, how: Spoiled) -> None:
            start, size = 0, len(content)
            etag = hashlib.sha256(content).hexdigest()
            headers = {"ETag": f'"{etag}"', "X-Repo-Commit": "0" * 40, "X-Linked-Size": str(size)}
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            if asked and not how.ignore_range:
                start = int(asked[1])
                if start >= size:
                    self._send(416, {"Content-Length": "0", "Content-Range": f"bytes */{size}"})
                    return
                headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
            if how.without_length:
                headers["Connection"] = "close"
            else:
                headers["Content-Length"] = str(size - start)
            self._send(206 if start else 200, headers)
            body = content[start:]
            stop = how.break_after if how.break_after is not None else how.hang_after
            self.wfile.write(body[:stop])
            self.wfile.flush()
            if how.hang_after is not None:
                hub.closing.wait(20)
            if stop is not None or how.without_length:
                self.close_connection = True

        def _send(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
