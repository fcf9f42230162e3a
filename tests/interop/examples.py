"""The programs of `examples/` behind `forward`, as they are, against `yizhan serve`.

Called by run.sh with the binary. The station is written to by a signed callback, the program is
asked by the station; then it is asked by others who sign falsely, too early or too late.
"""

import base64
import hashlib
import hmac
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PROGRAMS = [["node", EXAMPLES / "forward.mjs"], [sys.executable, EXAMPLES / "forward.py"]]
TOKEN = "InteropExamples"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(bytes(24)).decode()
OPENID = "oInteropUser0000000000000001"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def http(url, body=None, headers=None):
    data = body.encode() if body is not None else None
    try:
        with OPENER.open(urllib.request.Request(url, data, headers or {}), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def until_it_answers(process, url):
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            http(url)
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{url} does not answer")


class Webhook(ThreadingHTTPServer):
    """Where what is pushed arrives."""

    daemon_threads = True

    def __init__(self):
        self.arrived = arrived = queue.Queue()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                arrived.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Setup:
    """One program, `yizhan serve` before it, a webhook beside it."""

    def __init__(self, binary, command, folder):
        self.program_url = f"http://127.0.0.1:{free_port()}/events"
        port = urllib.parse.urlsplit(self.program_url).port
        environment = {**os.environ, "WEBHOOK_SECRET": SECRET, "PORT": str(port)}
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.program = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self.webhook = Webhook()
        self.origin = f"http://127.0.0.1:{free_port()}"
        self.write(folder)
        with self.log.open("ab") as log:
            command = [binary, "--config", str(folder / "yizhan.toml"), "serve"]
            environment = {**os.environ, "WEBHOOK_SECRET": SECRET}
            self.station = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=log, stderr=log)
        self.numbers = iter(range(7300000000000000001, 7300000000000001000))

    def write(self, folder):
        (folder / "handlers").mkdir()
        (folder / "handlers" / "forward.toml").write_text(
            f'[[rule]]\nname = "my-program"\nforward = {{ url = "{self.program_url}" }}\n')
        (folder / "yizhan.toml").write_text("\n".join([
            "[server]", f'listen = "{self.origin.removeprefix("http://")}"',
            'private_hosts = ["127.0.0.1"]', 'webhook_secret = "env:WEBHOOK_SECRET"',
            'handlers = "handlers"', "[store]", 'url = "memory:"',
            "[[account]]", 'name = "shop"', 'platform = "official-account"',
            'app_id = "wx0a1b2c3d4e5f6a01"', f'token = "{TOKEN}"', 'mode = "plain"',
            "[[channel]]", 'name = "ops"', 'kind = "webhook"',
            f'url = "http://127.0.0.1:{self.webhook.server_port}/"', ""]))

    def wait(self):
        until_it_answers(self.program, self.program_url)
        until_it_answers(self.station, f"{self.origin}/readyz")

    def says(self, text):
        """What WeChat would show to who writes this: the reply's text, or nothing."""
        stamp, nonce = str(int(time.time())), str(time.monotonic_ns())
        signature = hashlib.sha1("".join(sorted([TOKEN, stamp, nonce])).encode()).hexdigest()
        query = urllib.parse.urlencode(
            {"signature": signature, "timestamp": stamp, "nonce": nonce, "openid": OPENID})
        body = (f"<xml><ToUserName>gh_0a1b2c3d4e5f</ToUserName><FromUserName>{OPENID}"
                f"</FromUserName><CreateTime>{stamp}</CreateTime><MsgType>text</MsgType>"
                f"<Content>{text}</Content><MsgId>{next(self.numbers)}</MsgId></xml>")
        status, answer = http(f"{self.origin}/callback/shop?{query}", body)
        assert status == 200, (status, answer)
        return ElementTree.fromstring(answer).findtext("Content") if "<xml>" in answer else answer

    def stop(self):
        self.program.kill()
        self.program.wait()
        self.station.send_signal(signal.SIGTERM)
        return self.station.wait(timeout=15)


def sign(body, secret=SECRET, age=0, prefix=""):
    """The headers of the Standard Webhooks scheme, by code of our own."""
    stamp = str(int(time.time()) - age)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"msg_1.{stamp}.{body}".encode(), hashlib.sha256).digest()
    signature = f"{prefix}v1,{base64.b64encode(mac).decode()}"
    return {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": signature}


CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


@check
def it_answers_what_is_said(it):
    assert it.says("ping") == "pong"
    assert it.says("anything else") == "success"


@check
def it_pushes_once_and_says_so(it):
    assert it.says("报告 磁盘满了 disk full") == "已通知 / They have been told"
    pushed = it.webhook.arrived.get(timeout=10)
    assert (pushed["title"], pushed["body"]) == ("报告 A report", "磁盘满了 disk full"), pushed
    assert it.says("ping") == "pong" and it.webhook.arrived.empty()


BODY = json.dumps({"account": "shop", "kind": "message", "type": "text", "typed": True,
                   "key": "text/1", "fields": {"Content": "ping"}})


@check
def it_takes_one_good_signature_of_several(it):
    for headers in (sign(BODY), sign(BODY, prefix="v1,AAAA "), sign(BODY, age=240)):
        status, answer = http(it.program_url, BODY, headers)
        assert (status, json.loads(answer)) == (200, {"reply": "pong"}), (status, answer)


@check
def it_refuses_who_has_another_secret(it):
    assert http(it.program_url, BODY, sign(BODY, secret=OTHER))[0] == 401


@check
def it_refuses_a_body_that_was_changed(it):
    assert http(it.program_url, BODY.replace("ping", "pong"), sign(BODY))[0] == 401


@check
def it_refuses_another_id_or_time_than_was_signed(it):
    for name, value in (("webhook-id", "msg_2"), ("webhook-timestamp", str(int(time.time()) + 9))):
        assert http(it.program_url, BODY, {**sign(BODY), name: value})[0] == 401, name


@check
def it_refuses_what_is_no_signature(it):
    for value in ("", "v1,", "v1,é", sign(BODY)["webhook-signature"].removeprefix("v1,")):
        headers = {**sign(BODY), "webhook-signature": value}
        assert http(it.program_url, BODY, headers)[0] == 401, value
    assert http(it.program_url, BODY)[0] == 401


@check
def it_refuses_what_was_signed_long_ago_or_ahead(it):
    for age in (360, -360):
        assert http(it.program_url, BODY, sign(BODY, age=age))[0] == 401, age


@check
def it_stays_up_when_who_asks_hangs_up(it):
    port = urllib.parse.urlsplit(it.program_url).port
    with socket.create_connection(("127.0.0.1", port)) as caller:
        caller.sendall(b"POST /events HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{")
    assert it.says("ping") == "pong"


def main(binary):
    results = []
    for command in PROGRAMS:
        with tempfile.TemporaryDirectory() as folder:
            it = Setup(binary, command, Path(folder))
            it.wait()
            for function in CHECKS:
                name = f"{command[1].name}: {function.__name__.replace('_', ' ')}"
                try:
                    function(it)
                    print(f"ok    {name}")
                    results.append(True)
                except Exception as error:  # a check that cannot go on has failed
                    place = traceback.extract_tb(error.__traceback__)[1]
                    print(f"FAIL  {name}: {error!r} (line {place.lineno}: {place.line})")
                    results.append(False)
            if (exit_code := it.stop()) != 0 or not all(results):
                print(f"      the station ends with {exit_code}; the log:\n{it.log.read_text()}")
                results.append(exit_code == 0)
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
