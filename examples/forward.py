"""A program behind `forward`: Yizhan hands it a message as JSON, and its answer goes to the user.

    [server]
    webhook_secret = "env:WEBHOOK_SECRET"    # whsec_ and 24 to 64 random bytes in base64
    private_hosts = ["127.0.0.1"]            # this program is on the same machine

    [[rule]]                                 # in a file of handlers/
    name = "my-program"
    forward = { url = "http://127.0.0.1:9000/events", timeout = "5s" }

    WEBHOOK_SECRET=whsec_… PORT=9000 python3 examples/forward.py
"""

import base64
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"), validate=True)
if len(KEY) < 24:
    raise SystemExit("WEBHOOK_SECRET is not whsec_ and 24 to 64 bytes in base64")
OLDEST = 300  # seconds; what was signed longer ago, somebody may have kept and sent again
LARGEST = 1 << 20


def is_genuine(headers, body):
    """Whether the holder of the secret signed this, just now. See standardwebhooks.com."""
    stamp = headers.get("webhook-timestamp", "")
    signed = f"{headers.get('webhook-id', '')}.{stamp}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.digest(KEY, signed, "sha256"))
    given = headers.get("webhook-signature", "").split(" ")  # two, while a secret is changed
    is_signed = any(hmac.compare_digest(expected, one.encode()) for one in given)
    return is_signed and abs(time.time() - int(stamp)) <= OLDEST


def answer(message):
    """What is said, and what is pushed through a channel; {} says nothing."""
    text = message["fields"].get("Content", "")
    if text == "ping":
        return {"reply": "pong"}
    if text.startswith("报告 "):
        push = {"channel": "ops", "title": "报告 A report", "body": text.removeprefix("报告 ")}
        return {"reply": "已通知 / They have been told", "push": [push]}
    return {}


class Handler(BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > LARGEST:
            return self.send_error(413)
        body = self.rfile.read(int(length))  # the bytes as they came: they are what is signed
        if not is_genuine(self.headers, body):
            return self.send_error(401)
        out = json.dumps(answer(json.loads(body))).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)


ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Handler).serve_forever()
