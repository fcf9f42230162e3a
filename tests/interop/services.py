"""Clients of push services against the services that `yizhan simulate` plays.

Called by run.sh with the binary. The clients are as they were published; only the HTTP adapter below
them is told that each service's host is somewhere else. Our own channels are tested against the
same services, so what others make of these keeps both honest.
"""

import json
import signal
import subprocess
import sys
import traceback
import urllib.parse
import urllib.request

import apprise
import requests
from gotify import Gotify
from perk_pushplus import PushPlusClient, PushPlusError
from pypushdeer import PushDeer
from python_ntfy import NtfyClient
from serverchan import ServerChan
from serverchan_sdk import sc_send
from wxpusher import WxPusher

# A service's own host, and the kind that is played in its place.
HOSTS = {
    "api.telegram.org": "telegram",
    "bark.test": "bark",
    "discord.com": "discord",
    "hooks.slack.com": "slack",
    "ntfy.test": "ntfy",
    "oapi.dingtalk.com": "dingtalk",
    "open.feishu.cn": "feishu",
    "pushdeer.test": "pushdeer",
    "qmsg.zendee.cn": "qmsg",
    "qyapi.weixin.qq.com": "wecom-robot",
    "7.push.ft07.com": "serverchan",
    "sctapi.ftqq.com": "serverchan",
    "slack.com": "slack",
    "www.pushplus.plus": "pushplus",
    "wxpusher.zjiecode.com": "wxpusher",
}
HEX = "0123456789abcdef0123456789abcdef"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Elsewhere(requests.adapters.HTTPAdapter):
    """Sends what is meant for a service's host to the one that is played."""

    origin = ""

    def send(self, request, **how):
        parts = urllib.parse.urlsplit(request.url)
        if parts.hostname in HOSTS:
            query = f"?{parts.query}" if parts.query else ""
            base = f"{self.origin}/sim/services/{HOSTS[parts.hostname]}"
            request.url = f"{base}{parts.path}{query}"
        return super().send(request, **{**how, "proxies": {}})


requests.Session.get_adapter = lambda session, url: Elsewhere()


class Simulated:
    """`yizhan simulate` on a port of its own."""

    def __init__(self, binary):
        command = [binary, "simulate", "--callback", "http://127.0.0.1:9/", "--token",
                   "InteropServices", "--port", "0", "--json"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.origin = json.loads(self.process.stdout.readline())["api"]
        Elsewhere.origin = self.origin

    def base(self, kind):
        return f"{self.origin}/sim/services/{kind}"

    def sent(self, kind):
        """What a service was sent last."""
        with OPENER.open(f"{self.origin}/sim/transcript?kind=service", timeout=5) as answer:
            entries = json.load(answer)["entries"]
        return [entry for entry in entries if entry["service"] == kind][-1]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=15)


CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def notify(url):
    it = apprise.Apprise()
    assert it.add(url), url
    return it.notify(title="磁盘", body="node 7 满, 100%")


@check
def apprise_is_taken_by_the_services_it_speaks_to(it):
    port = it.origin.rsplit(":", 1)[1]
    for kind, url in [
        ("bark", "bark://bark.test/aBcDeFgHiJkLmNoPqRsTu"),
        ("dingtalk", f"dingtalk://{HEX}/"),
        ("dingtalk", f"dingtalk://SECsimulated@signed{HEX}/"),
        ("discord", f"discord://123456789012345678/{HEX}"),
        ("feishu", f"feishu://{HEX}"),
        ("gotify", f"gotify://127.0.0.1:{port}/sim/services/gotify/A1b2C3d4E5f6G7h"),
        ("ntfy", "ntfy://ntfy.test/alerts"),
        ("pushdeer", "pushdeer://pushdeer.test/aBcDeFgHiJkLmNoPqRsTu"),
        ("pushplus", f"pushplus://{HEX}"),
        ("qmsg", f"qq://{HEX}"),
        ("serverchan", "schan://SCT1TaBcDeFgHiJkLmN"),
        ("slack", "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"),
        ("slack", "slack://xoxb-1234-1234-4ddbc191d40ee098cbaae6f3523ada2d/#general"),
        ("telegram", "tgram://123456789:abcdefg_hijklmnop/12315544/"),
        ("wecom-robot", "wecombot://botkey-0123456789"),
        ("wxpusher", "wxpusher://AT_aBcDeFgHiJkLmNoP/UID_a"),
    ]:
        assert notify(url), (url, it.sent(kind))
        entry = it.sent(kind)
        assert entry["status"] in (200, 204), entry
        assert "node 7" in json.dumps(entry, ensure_ascii=False), entry


@check
def apprise_is_refused_by_each_with_a_wrong_key(it):
    port = it.origin.rsplit(":", 1)[1]
    # Some of its plugins look at the HTTP status alone, and these services say no with 200.
    deaf = ("dingtalk", "feishu", "pushdeer", "wecom-robot")
    for kind, url, said in [
        ("bark", "bark://bark.test/wrongDeFgHiJkLmNoPqRsTu", "failed to get device token"),
        ("dingtalk", f"dingtalk://wrong{HEX}/", "token is not exist"),
        ("dingtalk", f"dingtalk://SECother@signed{HEX}/", "sign not match"),
        ("discord", f"discord://123456789012345678/wrong{HEX}", "Invalid Webhook Token"),
        ("feishu", f"feishu://wrong{HEX}", "19001"),
        ("gotify", f"gotify://127.0.0.1:{port}/sim/services/gotify/wrongD4E5f6G7h", "Unauthorized"),
        ("ntfy", "ntfy://ntfy.test/wrong", "forbidden"),
        ("pushdeer", "pushdeer://pushdeer.test/wrongDeFgHiJkLmNoPqRsTu", '"result": []'),
        ("serverchan", "schan://SCT1TwrongFgHiJkLmN", "40001"),
        ("slack", "slack://T1JJ3T3L2/A1BRTD4JD/wrongkdnlazkcOXrIdevi7FQ", "no_service"),
        ("telegram", "tgram://123456789:wrong_hijklmnop/12315544/", "Unauthorized"),
        ("wecom-robot", "wecombot://wrong-0123456789", "93000"),
        ("wxpusher", "wxpusher://AT_wrongFgHiJkLmNoP/UID_a", "1002"),
    ]:
        taken = notify(url)
        assert not taken or kind in deaf, url
        assert said in json.dumps(it.sent(kind)["answer"]), it.sent(kind)


@check
def serverchan_sdk_sends_through_turbo_and_three(it):
    for key in ("SCT2TaBcDeFgHiJkLmN", "sctp7tAbCdEfGhIjKl"):
        answer = sc_send(key, "磁盘满", "node 7")
        assert answer["code"] == 0 and answer["data"]["pushid"], answer
    answer = sc_send("SCTwrongwrongwrong", "磁盘满")
    assert answer["code"] == 40001 and "权限不足" in answer["message"], answer


@check
def serverchan_asks_what_became_of_it_and_meets_the_limit_of_a_day(it):
    client = ServerChan("SCT3TaBcDeFgHiJkLmN")
    answers = [client.push(f"disk {number}", "node 7").json() for number in range(6)]
    assert [answer["code"] for answer in answers] == [0, 0, 0, 0, 0, 40001], answers
    assert "超过当天的发送次数限制[5]" in answers[5]["message"], answers[5]
    data = answers[0]["data"]
    clock = urllib.request.Request(f"{it.origin}/sim/clock", b'{"advance":3}')
    OPENER.open(clock, timeout=5).close()
    status = client.query(data["pushid"], data["readkey"]).json()
    assert json.loads(status["data"]["wxstatus"]) == {"errcode": 0, "errmsg": "ok"}, status


@check
def wxpusher_has_a_verdict_for_each_receiver(it):
    WxPusher.default_token = "AT_aBcDeFgHiJkLmNoQ"
    answer = WxPusher.send_message("满", summary="磁盘", uids=["UID_a", "UID_nobody"],
                                   topic_ids=[12])
    assert [one["code"] for one in answer["data"]] == [1000, 1001, 1000], answer
    wrong = WxPusher.send_message("x", token="AT_wrong", uids=["UID_a"])
    assert (wrong["code"], wrong["success"]) == (1002, False), wrong


@check
def pushplus_asks_what_became_of_it_with_an_access_key(it):
    client = PushPlusClient.builder().base_url(it.base("pushplus")).token("a" * 32) \
        .secret_key("any").build()
    code = client.send_simple("磁盘", "<b>满</b>")
    assert len(code) == 32, code
    assert client.open_message.query_result(code).status == 1
    clock = urllib.request.Request(f"{it.origin}/sim/clock", b'{"advance":3}')
    OPENER.open(clock, timeout=5).close()
    assert client.open_message.query_result(code).status == 2
    wrong = PushPlusClient.builder().base_url(it.base("pushplus")).token("wrong" * 6).build()
    try:
        wrong.send_simple("t", "c")
    except PushPlusError as error:
        assert error.code == 903, error
    else:
        raise AssertionError("a wrong token went through")


@check
def pypushdeer_sees_that_nobody_has_the_key(it):
    server = it.base("pushdeer")
    assert PushDeer(server=server, pushkey="PDU1").send_text("磁盘 100%", desp="node & 7")
    assert not PushDeer(server=server, pushkey="PDUwrong").send_text("a")


@check
def python_ntfy_reads_what_comes_back(it):
    server = it.base("ntfy")
    client = NtfyClient(topic="alerts", server=server)
    answer = client.send("磁盘 满", title="disk", priority=client.MessagePriority.HIGH,
                         tags=["warning"])
    assert answer["event"] == "message" and len(answer["id"]) == 12, answer
    assert (answer["title"], answer["tags"]) == ("disk", ["warning"]), answer
    try:
        NtfyClient(topic="alerts", server=server, auth="wrong").send("hi")
    except Exception as error:
        assert "401" in str(error), error
    else:
        raise AssertionError("a wrong token went through")


@check
def gotify_reads_what_comes_back(it):
    client = Gotify(base_url=it.base("gotify"), app_token="A1", client_token="C1")
    message = client.create_message("**满**", title="磁盘", priority=8, extras={
        "client::display": {"contentType": "text/markdown"}})
    assert message["id"] >= 1 and message["priority"] == 8 and message["extras"], message
    assert client.get_version()["version"] and client.get_health()["health"] == "green"


def main(binary):
    results = []
    simulated = Simulated(binary)
    try:
        for function in CHECKS:
            fault = None
            try:
                function(simulated)
            except Exception as error:  # a check that cannot go on has failed, whatever it met
                place = traceback.extract_tb(error.__traceback__)[1]
                fault = f"{type(error).__name__}: {error} (line {place.lineno}: {place.line})"
            name = function.__name__.replace("_", " ")
            print(f"ok    {name}" if fault is None else f"FAIL  {name}: {fault}")
            results.append(fault is None)
    finally:
        results.append(simulated.stop() == 0)
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
