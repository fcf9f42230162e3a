"""Clients of other push services against our dialects: from PyPI, from npm, and curl.

Called by run.sh with the binary and the Node script. The clients are as they were published. Where
a service has one address for everybody, the HTTP adapter below them is told that it is somewhere
else, as a name server and a proxy would; where a client takes an address, it is given ours. What
arrives is caught by a webhook of the standard library.
"""

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
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import apprise
import onepush
import requests
from gotify import Gotify
from message_pusher_sdk.message_pusher_sdk import MessagePusherSDK
from perk_pushplus import PushPlusClient, PushPlusError
from perk_pushplus.enums import Template
from perk_pushplus.models import SendRequest
from pypushdeer import PushDeer
from python_ntfy import NtfyClient
from serverchan import ServerChan
from serverchan_sdk import sc_send
from wxpusher import WxPusher

# Each service has its own form of key; all of them are one key's, or its channels'.
HEX = "0123456789abcdef0123456789abcdef"
TURBO = "SCT1TaBcDeFgHiJkLmN"
THREE = "sctp7tAbCdEfGhIjKl"
APP = "AT_aBcDeFgHiJkLmNoP"
SIMPLE = "SPT_aBcDeFgHiJkLmN"
GOTIFY = "A1b2C3d4E5f6G7h"
DEVICE = "aBcDeFgHiJkLmNoPqRsTu"
SCRIPT = "script-token-0001"
KEYS = (HEX, TURBO, THREE, APP, SIMPLE, GOTIFY, DEVICE, SCRIPT)
# Where a script has a key of its own, its channel is called as the script calls it.
NAMED = "ops"

# A service's own host, and the dialect that takes its place.
HOSTS = {
    "sctapi.ftqq.com": "/as/serverchan",
    "sc.ftqq.com": "/as/serverchan",
    "7.push.ft07.com": "/as/serverchan",
    "www.pushplus.plus": "/as/pushplus",
    "wxpusher.zjiecode.com": "/as/wxpusher",
    "qmsg.zendee.cn": "/as/qmsg",
    # A name of one's own, whose proxy puts the path in front: these take a host and no path.
    "bark.test": "/as/bark",
    "ntfy.test": "/as/ntfy",
    "pushdeer.test": "/as/pushdeer",
}

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Elsewhere(requests.adapters.HTTPAdapter):
    """Sends what is meant for a service's host to its dialect."""

    origin = ""

    def send(self, request, **how):
        parts = urllib.parse.urlsplit(request.url)
        if parts.hostname in HOSTS:
            query = f"?{parts.query}" if parts.query else ""
            request.url = f"{self.origin}{HOSTS[parts.hostname]}{parts.path}{query}"
        return super().send(request, **{**how, "proxies": {}})


requests.Session.get_adapter = lambda session, url: Elsewhere()


class Webhook(ThreadingHTTPServer):
    """Where every message arrives."""

    daemon_threads = True

    def __init__(self):
        self.arrived = queue.Queue()
        arrived = self.arrived

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                arrived.put(json.loads(body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Station:
    """`yizhan serve` in a folder of its own, and the webhook behind it."""

    def __init__(self, binary, folder):
        self.webhook = Webhook()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.origin = f"http://127.0.0.1:{port}"
        Elsewhere.origin = self.origin
        (folder / "yizhan.toml").write_text(self.config(port), encoding="utf-8")
        self.log = folder / "log"
        with self.log.open("wb") as log:
            command = [binary, "--config", str(folder / "yizhan.toml"), "serve"]
            self.process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)

    def config(self, port):
        lines = ["[server]", f'listen = "127.0.0.1:{port}"', 'private_hosts = ["127.0.0.1"]',
                 "[store]", 'url = "memory:"', "[admin]", 'token = "owner-token-0001"',
                 "[[account]]", 'name = "shop"', 'platform = "official-account"',
                 'app_id = "wx0a1b2c3d4e5f6a01"', 'token = "InteropDialects"', 'mode = "plain"',
                 "[[channel]]", f'name = "{NAMED}"', 'kind = "webhook"',
                 f'url = "http://127.0.0.1:{self.webhook.server_port}/"', 'rate = "1000/s"']
        for number, token in enumerate(KEYS):
            lines += ["[[key]]", f'name = "key-{number}"', f'token = "{token}"',
                      f'may = ["send:{NAMED}"]']
        return "\n".join(lines) + "\n"

    def wait(self):
        for _ in range(200):
            if self.process.poll() is not None:
                break
            try:
                if OPENER.open(f"{self.origin}/readyz", timeout=5).status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        self.process.kill()
        sys.exit(f"dialects: the station does not start:\n{self.log.read_text()}")

    def arrived(self, title, body, format="text"):
        """The next message that arrives is this one."""
        message = self.webhook.arrived.get(timeout=10)
        found = (message.get("title", ""), message.get("body", ""), message.get("format"))
        assert found == (title, body, format), found
        return message

    def nothing_else_arrived(self):
        assert self.webhook.arrived.empty(), self.webhook.arrived.get()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "killed after 15 s"


CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


# apprise

def notify(url, station, **how):
    it = apprise.Apprise()
    assert it.add(url), url
    return it.notify(**{"title": "磁盘", "body": "node 7\n满", **how})


@check
def apprise_sends_through_the_services_it_speaks(it):
    urls = [
        (f"schan://{TURBO}", ("磁盘", "node 7\n满", "markdown")),
        (f"pushplus://{HEX}?format=text", ("磁盘", "node 7\n满", "text")),
        (f"pushplus://{HEX}?format=markdown", ("磁盘", "node 7\n满", "markdown")),
        (f"wxpusher://{APP}/UID_a", None),
        (f"qq://{HEX}", ("", "磁盘\nnode 7\n满", "text")),
        (f"bark://bark.test/{DEVICE}?level=passive&group=ops", ("磁盘", "node 7\n满", "text")),
        (f"bark://anna:pw@bark.test/{DEVICE}?format=markdown", ("磁盘", "node 7\n满", "markdown")),
        (f"ntfy://ntfy.test/{DEVICE}?priority=high&tags=disk", ("磁盘", "node 7\n满", "text")),
        (f"ntfy://anna:{SCRIPT}@ntfy.test/alerts", ("磁盘", "node 7\n满", "text")),
        (f"pushdeer://pushdeer.test/{DEVICE}", ("磁盘", "node 7\n满", "text")),
        (f"gotify://127.0.0.1:{it.origin.rsplit(':', 1)[1]}/as/gotify/{GOTIFY}?priority=high",
         ("磁盘", "node 7\n满", "text")),
    ]
    for url, expected in urls:
        assert notify(url, it), url
        if expected is None:
            message = it.webhook.arrived.get(timeout=10)
            assert "node 7" in message["body"], message
        else:
            it.arrived(*expected)
    it.nothing_else_arrived()


@check
def apprise_is_told_of_a_wrong_key(it):
    wrong = "f" * 32
    for url in (f"schan://{wrong}", f"pushplus://{wrong}", f"wxpusher://AT_{wrong}/UID_a",
                f"bark://bark.test/{wrong}", f"ntfy://ntfy.test/{wrong}",
                f"gotify://127.0.0.1:{it.origin.rsplit(':', 1)[1]}/as/gotify/{wrong}"):
        assert not notify(url, it), url
    it.nothing_else_arrived()


# The services' own SDKs, and others' for them

@check
def serverchan_sdk_sends_through_turbo_and_three(it):
    for key in (TURBO, THREE):
        answer = sc_send(key, "磁盘满", "node 7\n\n- a", {"tags": "ops|disk"})
        assert answer["code"] == 0 and answer["data"]["errno"] == 0, answer
        it.arrived("磁盘满", "node 7\n\n- a", "markdown")
    answer = sc_send("SCTwrongwrongwrong", "磁盘满")
    assert answer["code"] == 40001 and answer["message"], answer


@check
def serverchan_sends_and_asks_what_became_of_it(it):
    client = ServerChan(TURBO)
    answer = client.push("disk", "node 7").json()
    assert answer["code"] == 0 and answer["errno"] == 0, answer
    it.arrived("disk", "node 7", "markdown")
    data = answer["data"]
    for _ in range(50):
        status = client.query(data["pushid"], data["readkey"]).json()
        if status["data"]["wxstatus"]:
            break
        time.sleep(0.1)
    assert json.loads(status["data"]["wxstatus"]) == {"errcode": 0, "errmsg": "ok"}, status
    assert client.query(data["pushid"], "SCTforged").json()["code"] != 0


@check
def wxpusher_sends_and_asks_what_became_of_it(it):
    WxPusher.default_token = APP
    answer = WxPusher.send_message("<b>满</b>", summary="磁盘", content_type=2, uids=["UID_a"],
                                   topic_ids=[12], url="https://a.example/")
    assert answer["success"] and answer["code"] == 1000, answer
    assert [(one["uid"], one["topicId"], one["code"]) for one in answer["data"]] == \
        [("UID_a", None, 1000), (None, 12, 1000)], answer
    message = it.webhook.arrived.get(timeout=10)
    assert message["title"] == "磁盘" and "https://a.example/" in message["body"], message
    assert message["format"] == "html" and message.get("to", []) == [], message
    status = WxPusher.query_message(answer["data"][0]["messageId"])
    assert status["success"] and status["data"] in (1, 2), status
    assert WxPusher.query_user(1, 20)["data"]["records"] == []
    assert not WxPusher.create_qrcode("x")["success"]
    assert WxPusher.send_message("x", token="AT_wrongwrongwrong", uids=["UID_a"])["code"] == 1002


@check
def pushplus_sends_and_asks_what_became_of_it(it):
    client = PushPlusClient.builder().base_url(f"{it.origin}/as/pushplus").token(HEX) \
        .secret_key("any").build()
    code = client.send_simple("磁盘", "<b>满</b>")
    assert len(code) == 32, code
    it.arrived("磁盘", "<b>满</b>", "html")
    for _ in range(50):
        result = client.open_message.query_result(code)
        if result.status == 2:
            break
        time.sleep(0.1)
    assert result.status == 2, result
    request = SendRequest.builder().title("t").content("# 满").template(Template.MARKDOWN).build()
    client.message.send(request)
    it.arrived("t", "# 满", "markdown")
    wrong = PushPlusClient.builder().base_url(f"{it.origin}/as/pushplus").token("f" * 32).build()
    try:
        wrong.send_simple("t", "c")
    except PushPlusError as error:
        assert error.code == 903, error
    else:
        raise AssertionError("a wrong token went through")


@check
def pypushdeer_sends_text_and_markdown(it):
    client = PushDeer(server=f"{it.origin}/as/pushdeer", pushkey=DEVICE)
    assert client.send_text("磁盘 100%", desp="node & 7")
    it.arrived("磁盘 100%", "node & 7", "text")
    assert client.send_markdown("# 磁盘", desp="**满**")
    it.arrived("# 磁盘", "**满**", "markdown")
    assert not PushDeer(server=f"{it.origin}/as/pushdeer", pushkey="x" * 20).send_text("a")


@check
def python_ntfy_sends_with_a_topic_as_key_and_with_a_token(it):
    client = NtfyClient(topic=DEVICE, server=f"{it.origin}/as/ntfy")
    answer = client.send("磁盘 **满**", title="disk", priority=client.MessagePriority.HIGH,
                         tags=["warning"], format_as_markdown=True)
    assert answer["event"] == "message" and answer["id"] and answer["tags"] == ["warning"], answer
    it.arrived("disk", "磁盘 **满**", "markdown")
    client = NtfyClient(topic="alerts", server=f"{it.origin}/as/ntfy", auth=SCRIPT)
    action = client.ViewAction(label="Open", url="https://a.example")
    assert client.send("hi", actions=[action])["topic"] == "alerts"
    it.arrived("", "hi")
    try:
        NtfyClient(topic="alerts", server=f"{it.origin}/as/ntfy", auth="wrong").send("hi")
    except Exception as error:
        assert "401" in str(error), error
    else:
        raise AssertionError("a wrong token went through")


@check
def gotify_sends_and_asks_for_version_and_health(it):
    client = Gotify(base_url=f"{it.origin}/as/gotify", app_token=GOTIFY,
                    client_token=GOTIFY)
    message = client.create_message("**满**", title="磁盘", priority=8, extras={
        "client::display": {"contentType": "text/markdown"}})
    assert message["id"] >= 1 and message["title"] == "磁盘", message
    assert it.arrived("磁盘", "**满**", "markdown")["urgency"] == "high"
    assert client.get_version()["version"]
    assert client.get_health()["health"] == "green"


@check
def message_pusher_sdk_sends(it):
    client = MessagePusherSDK(f"{it.origin}/as/message-pusher", SCRIPT)
    assert client.push("root", "磁盘", "短", "**满**") == "ok"
    it.arrived("磁盘", "**满**", "markdown")


@check
def onepush_sends_through_the_services_it_speaks(it):
    sent = [
        (("bark", {"base_url": f"{it.origin}/as/bark", "key": DEVICE, "title": "磁盘",
                   "content": "满"}), ("磁盘", "满", "text"), "code", 200),
        (("gotify", {"url": f"{it.origin}/as/gotify", "token": GOTIFY, "title": "磁盘",
                     "content": "满"}), ("磁盘", "满", "text"), "appid", 1),
        (("ntfy", {"url": f"{it.origin}/as/ntfy", "topic": "alerts", "token": SCRIPT,
                   "title": "磁盘", "content": "满", "priority": "urgent", "tags": "a,b"}),
         ("磁盘", "满", "text"), "event", "message"),
        (("pushdeer", {"url": f"{it.origin}/as/pushdeer/message/push", "pushkey": DEVICE,
                       "title": "磁盘", "content": "满"}), ("磁盘", "满", "markdown"), "code", 0),
        (("pushplus", {"token": HEX, "title": "磁盘", "content": "满", "markdown": True}),
         ("磁盘", "满", "markdown"), "code", 200),
        (("qmsg", {"key": HEX, "title": "磁盘", "content": "满"}),
         ("", "磁盘\n\n满", "text"), "code", 0),
        (("serverchan", {"sckey": HEX, "title": "磁盘", "content": "满"}),
         ("磁盘", "满", "markdown"), "errno", 0),
        (("serverchanturbo", {"sctkey": TURBO, "title": "磁盘", "content": "满"}),
         ("磁盘", "满", "markdown"), "code", 0),
    ]
    for (provider, parameters), expected, name, value in sent:
        answer = onepush.notify(provider, **parameters).json()
        assert answer[name] == value, (provider, answer)
        it.arrived(*expected)
    it.nothing_else_arrived()


# curl, as the services' documentation has it

def curl(it, *arguments):
    done = subprocess.run(["curl", "--silent", "--show-error", "--noproxy", "*", *arguments],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@check
def curl_lines_of_the_documentation_send(it):
    base = f"{it.origin}/as"
    json_body = ("-H", "Content-Type: application/json", "-d")
    lines = [
        ([f"{base}/serverchan/{TURBO}.send?title=hello&desp=world"], ("hello", "world", "markdown"),
         ("code", 0)),
        (["-X", "POST", f"{base}/serverchan/{TURBO}.send", "-d", "title=hello&desp=world2"],
         ("hello", "world2", "markdown"), ("code", 0)),
        ([f"{base}/pushplus/send?token={HEX}&title=t&content=c&template=txt"], ("t", "c", "text"),
         ("code", 200)),
        ([f"{base}/pushplus/send", *json_body,
          json.dumps({"token": HEX, "title": "t", "content": "c2", "template": "markdown"})],
         ("t", "c2", "markdown"), ("code", 200)),
        ([f"{base}/wxpusher/api/send/message/{SIMPLE}/hello%20world"], ("", "hello world", "text"),
         ("code", 1000)),
        ([f"{base}/wxpusher/api/send/message/simple-push", *json_body,
          json.dumps({"content": "done", "summary": "backup", "contentType": 1, "spt": SIMPLE})],
         ("backup", "done", "text"), ("success", True)),
        ([f"{base}/qmsg/send/{HEX}?msg=hello&qq=10001"], ("", "hello", "text"), ("success", True)),
        ([f"{base}/qmsg/jsend/{HEX}", *json_body, '{"msg":"hello 2"}'], ("", "hello 2", "text"),
         ("code", 0)),
        ([f"{base}/bark/{DEVICE}/title/body?group=ops"], ("title", "body", "text"), ("code", 200)),
        (["-X", "POST", f"{base}/bark/push", "-H", "Content-Type: application/json; charset=utf-8",
          "-d", json.dumps({"body": "Test Bark Server", "device_key": DEVICE, "title": "bleem",
                            "badge": 1, "sound": "minuet.caf"})],
         ("bleem", "Test Bark Server", "text"), ("message", "success")),
        (["-d", "Backup successful 😀", f"{base}/ntfy/{DEVICE}"], ("", "Backup successful 😀", "text"),
         ("event", "message")),
        (["-H", "Title: Unauthorized access detected", "-H", "Priority: urgent", "-H",
          "Tags: warning,skull", "-d", "Remote access to phils-laptop detected.",
          f"{base}/ntfy/{DEVICE}"],
         ("Unauthorized access detected", "Remote access to phils-laptop detected.", "text"),
         ("priority", 5)),
        ([f"{base}/gotify/message?token={GOTIFY}", "-F", "title=my title", "-F",
          "message=my message", "-F", "priority=5"], ("my title", "my message", "text"),
         ("priority", 5)),
        ([f"{base}/pushdeer/message/push?pushkey={DEVICE}&text=hello"], ("", "hello", "markdown"),
         ("code", 0)),
        ([f"{base}/sre24/api/v1/push?token={HEX}&msg=disk%20full"], ("", "disk full", "text"),
         ("code", 202)),
        ([f"{base}/message-pusher/push/root?title=t&description=d&token={SCRIPT}"],
         ("t", "d", "text"), ("success", True)),
        (["-d", f"sendkey={SCRIPT}&msg_type=text&msg=磁盘满", f"{base}/wecomchan/wecomchan"],
         ("", "磁盘满", "text"), ("errcode", 0)),
        ([f"{it.origin}/dingding/send/message", "-H", f"Authorization: Bearer {SCRIPT}", *json_body,
          '{"content":"磁盘满","isAtAll":true}'], ("", "磁盘满", "text"), ("code", 0)),
        ([f"{it.origin}/slack/send/message?key={SCRIPT}", *json_body,
          json.dumps({"channel": NAMED, "content": "full"})], ("", "full", "markdown"), ("code", 0)),
        ([f"{it.origin}/email/send/message?key={SCRIPT}", *json_body,
          json.dumps({"subject": "s", "from": "a@a.example", "to": ["b@a.example"],
                      "content": "full 2"})], ("s", "full 2", "text"), ("code", 0)),
    ]
    for arguments, expected, (name, value) in lines:
        answer = curl(it, *arguments)
        assert answer[name] == value, (arguments, answer)
        it.arrived(*expected)
    it.nothing_else_arrived()


@check
def curl_asks_with_head_and_nothing_is_sent(it):
    done = subprocess.run(["curl", "-sI", "--noproxy", "*", f"{it.origin}/as/bark/{DEVICE}/head"],
                          capture_output=True, text=True, timeout=20)
    assert done.stdout.startswith("HTTP/1.1 200"), done.stdout
    time.sleep(0.2)
    it.nothing_else_arrived()


def run_python(station):
    """Yields (name, what went wrong or None)."""
    for function in CHECKS:
        fault = None
        try:
            function(station)
        except Exception as error:  # a check that cannot go on has failed, whatever it met
            place = traceback.extract_tb(error.__traceback__)[1]
            fault = f"{type(error).__name__}: {error} (line {place.lineno}: {place.line})"
        while not station.webhook.arrived.empty():
            station.webhook.arrived.get()
        yield function.__name__.replace("_", " "), fault


def run_npm(station, script):
    """The same of the Node script: what it says it sent must have arrived."""
    given = {"origin": station.origin, "hosts": HOSTS, "hex": HEX, "turbo": TURBO, "three": THREE,
             "app": APP, "gotify": GOTIFY, "device": DEVICE, "script": SCRIPT}
    environment = {**os.environ, "INTEROP": json.dumps(given), "NO_PROXY": "*"}
    done = subprocess.run(["node", script], env=environment, capture_output=True, text=True,
                          timeout=120)
    for line in done.stdout.splitlines():
        name, fault, sent = json.loads(line)
        if fault is None and sent is not None:
            try:
                station.arrived(*sent)
            except Exception as error:
                fault = f"{type(error).__name__}: {error}"
        yield name, fault
    yield "npm: the script ran to its end", None if done.returncode == 0 else done.stderr


def main(binary, script):
    results = []
    with tempfile.TemporaryDirectory(prefix="yizhan-dialects-") as folder:
        station = Station(binary, Path(folder))
        try:
            station.wait()
            for name, fault in [*run_python(station), *run_npm(station, script)]:
                print(f"ok    {name}" if fault is None else f"FAIL  {name}: {fault}")
                results.append(fault is None)
        finally:
            exit_code = station.stop()
        results.append(exit_code == 0)
        if not all(results):
            print(station.log.read_text())
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
