"""A small S3 server in this process: one bucket, one access key, as much as pyarrow asks for."""

import contextlib
import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

BUCKET, KEY, SECRET = "bucket", "an-access-key", "a-secret-key"
_TIME = "Thu, 26 Nov 2026 10:00:00 GMT"


class S3Server:
    """What a server has.

    Attributes:
        objects: by their keys.
        endpoint: its URL.
        uploads: parts of files that are not whole yet, by the name of the upload.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.endpoint = ""


@contextlib.contextmanager
def s3_server() -> Iterator[S3Server]:
    """Runs a server for as long as the context lasts."""
    state = S3Server()

    class Handler(_Handler):
        server_state = state

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_state: S3Server

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def do_HEAD(self) -> None:
        self._read()

    def do_GET(self) -> None:
        self._read()

    def do_PUT(self) -> None:
        body = self._body()
        if not self._refused():
            key, query = self._asked()
            if "uploadId" in query:
                parts = self.server_state.uploads[query["uploadId"]]
                parts[int(query["partNumber"])] = body
            else:
                self.server_state.objects[key] = body
            self._answer(200, b"", ETag=f'"{hashlib.md5(body).hexdigest()}"')

    def do_POST(self) -> None:
        self._body()
        if self._refused():
            return
        key, query = self._asked()
        uploads = self.server_state.uploads
        if "uploads" in query:
            name = f"upload-{len(uploads)}"
            uploads[name] = {}
            inside = f"<Key>{escape(key)}</Key><UploadId>{name}</UploadId>"
            self._answer(200, _xml("InitiateMultipartUploadResult", inside))
        else:
            parts = uploads.pop(query["uploadId"])
            self.server_state.objects[key] = b"".join(parts[number] for number in sorted(parts))
            inside = f'<Key>{escape(key)}</Key><ETag>"whole"</ETag>'
            self._answer(200, _xml("CompleteMultipartUploadResult", inside))

    def do_DELETE(self) -> None:
        if not self._refused():
            self.server_state.objects.pop(self._asked()[0], None)
            self._answer(204, b"")

    def _read(self) -> None:
        if self._refused():
            return
        key, query = self._asked()
        if not key:
            self._answer(200, self._listed(query) if "list-type" in query else b"")
        elif key not in self.server_state.objects:
            self._fault(404, "NoSuchKey")
        else:
            whole = self.server_state.objects[key]
            asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            begin = int(asked[1]) if asked else 0
            end = min(int(asked[2]) + 1, len(whole)) if asked and asked[2] else len(whole)
            more = {"Content-Range": f"bytes {begin}-{end - 1}/{len(whole)}"} if asked else {}
            self._answer(206 if asked else 200, whole[begin:end], **more)

    def _listed(self, query: dict[str, str]) -> bytes:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        rows, folders = [], set()
        for key, content in sorted(self.server_state.objects.items()):
            rest = key.removeprefix(prefix)
            if not key.startswith(prefix):
                continue
            if delimiter and delimiter in rest:
                folders.add(prefix + rest.partition(delimiter)[0] + delimiter)
                continue
            rows.append(
                f"<Contents><Key>{escape(key)}</Key><Size>{len(content)}</Size>"
                "<LastModified>2026-11-26T10:00:00.000Z</LastModified></Contents>"
            )
        rows += [f"<CommonPrefixes><Prefix>{escape(f)}</Prefix></CommonPrefixes>" for f in folders]
        inside = f"<KeyCount>{len(rows)}</KeyCount><IsTruncated>false</IsTruncated>{''.join(rows)}"
        return _xml("ListBucketResult", inside)

    def _asked(self) -> tuple[str, dict[str, str]]:
        found = urlsplit(self.path)
        _, _, key = unquote(found.path).lstrip("/").partition("/")
        query = parse_qs(found.query, keep_blank_values=True)
        return key, {name: values[0] for name, values in query.items()}

    def _refused(self) -> bool:
        """Answers who may not ask, or asks for another bucket."""
        if f"Credential={KEY}/" not in self.headers.get("Authorization", ""):
            known = "Credential=" in self.headers.get("Authorization", "")
            self._fault(403, "InvalidAccessKeyId" if known else "AccessDenied")
        elif unquote(urlsplit(self.path).path).lstrip("/").partition("/")[0] != BUCKET:
            self._fault(404, "NoSuchBucket")
        else:
            return False
        return True

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _fault(self, status: int, code: str) -> None:
        self._answer(status, _xml("Error", f"<Code>{code}</Code><Message>{code}</Message>"))

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", _TIME)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _xml(name: str, inside: str) -> bytes:
    space = "http://s3.amazonaws.com/doc/2006-03-01/"
    head = f'<?xml version="1.0" encoding="UTF-8"?><{name} xmlns="{space}">'
    return f"{head}{inside}</{name}>".encode()
