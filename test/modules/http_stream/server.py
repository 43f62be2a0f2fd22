"""A server of bytes, as fast as Python gets and as nasty as a test wants it.

    server.py LOG [CERTIFICATE KEY]

Prints its port, ends when stdin does.  Every request is a line of JSON in LOG.
The path says what is answered:

    /data/N             N bytes of the pattern (64-bit numbers, 0 to 131071, and again)
    /chunked/N          the same, in chunks, with a trailer
    /gzip/N             the same, compressed
    /break/N/AT         the connection ends after AT bytes of N
    /reset/N/AT         the same, with a reset
    /break-once/N/AT    only the first time
    /status-once/S/N    status S the first time
    /then/N/AT/S        breaks off the first time, status S from then on
    /status/S/N         status S, always, with N bytes of text
    /stall/N/AT         after AT bytes nothing more
    /drip/N/MS          N bytes, one every MS milliseconds
    /echo               what the client sent, with status 403
    /headers            what the client sent
    /hang               no answer
    /redirect           to /data/1
    /json               {"answer": 42}
    /oidc/v1/token      a token
"""

import array
import gzip
import json
import socket
import ssl
import struct
import sys
import threading
import time

PATTERN = array.array("Q", range(131072)).tobytes()
LONG = PATTERN * 4
seen = {}
lock = threading.Lock()
log = open(sys.argv[1], "a", buffering=1)
context = None
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])


def note(**entry):
    with lock:
        log.write(json.dumps(entry) + "\n")


class Gone(Exception):
    pass


def head(status, *headers):
    return "\r\n".join([f"HTTP/1.1 {status} Whatever", "x-request-id: rid-1", *headers, "", ""]).encode()


def send_pattern(connection, count, start=0):
    while count > 0:
        offset = start % len(PATTERN)
        part = min(count, len(LONG) - offset)
        connection.sendall(memoryview(LONG)[offset:offset + part])
        start += part
        count -= part


def pattern(count):
    return (PATTERN * (count // len(PATTERN) + 1))[:count]


def cut(connection, hard=False):
    time.sleep(0.05)
    if hard:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise Gone


def send_body(connection, count, at=None, hard=False):
    connection.sendall(head(200, f"Content-Length: {count}", "Content-Type: application/octet-stream"))
    send_pattern(connection, count if at is None else at)
    if at is not None:
        cut(connection, hard)


def send_text(connection, status, text, *headers):
    body = text.encode()
    connection.sendall(head(status, f"Content-Length: {len(body)}", "Content-Type: text/plain", *headers) + body)


def answer(connection, path, raw, body):
    parts = path.split("?")[0].strip("/").split("/")
    kind, numbers = parts[0], [int(p) for p in parts[1:] if p.isdigit()]
    with lock:
        seen[path] = seen.get(path, 0) + 1
        first = seen[path] == 1
    if kind == "data":
        send_body(connection, numbers[0])
    elif kind in ("break", "reset"):
        send_body(connection, *numbers, hard=kind == "reset")
    elif kind == "break-once":
        send_body(connection, numbers[0], numbers[1] if first else None)
    elif kind == "then":
        if first:
            send_body(connection, numbers[0], numbers[1])
        send_text(connection, numbers[2], "not any more")
    elif kind == "status-once" and first:
        send_text(connection, numbers[0], "come again", "Retry-After: 0")
    elif kind == "status-once":
        send_body(connection, numbers[1])
    elif kind == "status":
        send_text(connection, numbers[0], "x" * numbers[1], "Retry-After: 0")
    elif kind == "chunked":
        connection.sendall(head(200, "Transfer-Encoding: chunked", "Trailer: X-End"))
        left, start = numbers[0], 0
        while left > 0:
            part = min(left, 100000)
            connection.sendall(b"%x\r\n" % part)
            send_pattern(connection, part, start)
            connection.sendall(b"\r\n")
            left, start = left - part, start + part
        connection.sendall(b"0\r\nX-End: yes\r\n\r\n")
    elif kind == "gzip":
        data = gzip.compress(pattern(numbers[0]), 1)
        connection.sendall(head(200, f"Content-Length: {len(data)}", "Content-Encoding: gzip") + data)
    elif kind == "stall":
        connection.sendall(head(200, f"Content-Length: {numbers[0]}"))
        send_pattern(connection, numbers[1])
        connection.recv(1)
        raise Gone
    elif kind == "drip":
        connection.sendall(head(200, f"Content-Length: {numbers[0]}"))
        for i in range(numbers[0]):
            time.sleep(numbers[1] / 1000)
            connection.sendall(PATTERN[i:i + 1])
    elif kind in ("echo", "headers"):
        send_text(connection, 403 if kind == "echo" else 200, raw)
    elif kind == "redirect":
        send_text(connection, 302, "", "Location: /data/1")
    elif kind == "json":
        send_text(connection, 200, '{"answer": 42}')
    elif kind == "oidc" and parts[1] == "v1":
        send_text(connection, 200, '{"access_token": "oauth-stream-token", "token_type": "Bearer", "expires_in": 3600}')
    elif kind == "hang":
        connection.recv(1)
        raise Gone
    else:
        send_text(connection, 404, "no such thing")


def serve(connection):
    if context:
        connection = context.wrap_socket(connection, server_side=True)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    data = b""
    while True:
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return
            data += more
        header, data = data.split(b"\r\n\r\n", 1)
        lines = header.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ", 2)
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
        length = int({name.lower(): value for name, value in headers}.get("content-length", 0))
        while len(data) < length:
            data += connection.recv(65536)
        body, data = data[:length].decode(), data[length:]
        note(method=method, path=path, headers=headers, body=body)
        answer(connection, path, header.decode("latin-1"), body)


def run(connection):
    try:
        serve(connection)
    except (Gone, OSError, ValueError) as error:
        note(ended=type(error).__name__)
    finally:
        connection.close()


listener = socket.create_server(("127.0.0.1", 0), backlog=256)
print(listener.getsockname()[1], flush=True)


def accept():
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=run, args=(connection,), daemon=True).start()


threading.Thread(target=accept, daemon=True).start()
sys.stdin.read()
