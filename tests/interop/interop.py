"""wechatpy, and through a child process a WeCom library of npm, against `yizhan serve`.

Called by run.sh with the binary and the Node script. Each side builds, signs and seals with its
own code; what the other answers must open with it and say the right thing.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import xmltodict
from wechatpy.crypto import PrpCrypto, WeChatCrypto
from wechatpy.enterprise.crypto import PrpCrypto as WorkPrpCrypto
from wechatpy.enterprise.crypto import WeChatCrypto as WorkCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException
from wechatpy.replies import deserialize_reply
from wechatpy.utils import WeChatSigner, check_signature

ACCOUNTS = {
    "oa-safe": ("official-account", "wx0a1b2c3d4e5f6a01", "InteropOaSafe", "safe",
                "p7Qm2Xv9LcR4tYw8ZsB1nKd6HfJ3gUa5eTiOqWxEyCD"),
    "oa-compatible": ("official-account", "wx0a1b2c3d4e5f6a02", "InteropOaCompatible", "compatible",
                      "Gk3Vt8Nb5Mz1Qx7Wc2Er9Ty4Ui6Op0AsDfGhJkLzXcV"),
    "oa-plain": ("official-account", "wx0a1b2c3d4e5f6a03", "InteropOaPlain", "plain", None),
    "mini": ("mini-program", "wx0a1b2c3d4e5f6a04", "InteropMini", "safe",
             "Zx9Cv8Bn7Mq6We5Rt4Yu3Io2Pa1SdFgHjKlQwErTyU0"),
    "wecom": ("wecom", "ww0a1b2c3d4e5f6a05", "InteropWecom", "safe",
              "Lk8Jh7Gf6Ds5Ap4Oi3Uy2Tr1EwQmNbVcXzAqSwDeFr9"),
    "robot": ("wecom-bot", "", "InteropRobot", "safe",
              "Qa1Ws2Ed3Rf4Tg5Yh6Uj7Ik8Ol9PzXcVbNmAsDfGhJ0"),
}

RULES = """
[[rule]]
name = "hand-over"
account = ["mini"]
on = ["any"]
reply = { type = "transfer" }

[[rule]]
name = "echo"
on = ["text"]
reply = "你说:{{ text }}"
"""

ORIGINAL = "gh_0a1b2c3d4e5f"
OPENID = "oInteropUser0000000000000001"
# One by one through every length of padding, twice around.
LENGTHS = range(1, 65)


def config(port):
    """The config of the station, written as a user would."""
    lines = ["[server]", f'listen = "127.0.0.1:{port}"', 'handlers = "handlers"']
    for name, (platform, app_id, token, mode, key) in ACCOUNTS.items():
        lines += ["", "[[account]]", f'name = "{name}"', f'platform = "{platform}"',
                  f'app_id = "{app_id}"', f'token = "{token}"', f'mode = "{mode}"']
        lines += [f'encoding_aes_key = "{key}"'] if key else []
        lines += ["agent_id = 1000002"] if platform == "wecom" else []
    return "\n".join(lines) + "\n"


class Station:
    """`yizhan serve` in a folder of its own."""

    def __init__(self, binary, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (folder / "handlers").mkdir()
        (folder / "handlers" / "echo.toml").write_text(RULES, encoding="utf-8")
        (folder / "yizhan.toml").write_text(config(port), encoding="utf-8")
        self.origin = f"http://127.0.0.1:{port}"
        self.log = folder / "log"
        with self.log.open("wb") as log:
            command = [binary, "--config", str(folder / "yizhan.toml"), "serve"]
            self.process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)

    def wait(self):
        for _ in range(200):
            if self.process.poll() is not None:
                break
            try:
                if http(f"{self.origin}/readyz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        self.process.kill()
        sys.exit(f"interop: the station does not start:\n{self.log.read_text()}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "killed after 15 s"


# Proxies of the environment are for the world outside.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def http(url, body=None, content_type="text/xml"):
    headers = {"Content-Type": content_type} if body is not None else {}
    data = body.encode() if body is not None else None
    try:
        with OPENER.open(urllib.request.Request(url, data, headers), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Account:
    """One account, with wechatpy's code on the platform's side."""

    def __init__(self, station, name):
        platform, self.app_id, self.token, self.mode, key = ACCOUNTS[name]
        self.url = f"{station.origin}/callback/{name}"
        self.is_wecom = platform == "wecom"
        self.to = self.app_id if self.is_wecom else ORIGINAL
        self.sender = "zhangsan" if self.is_wecom else OPENID
        crypto = WorkCrypto if self.is_wecom else WeChatCrypto
        self.crypto = crypto(self.token, key, self.app_id) if key else None

    def sign(self, *parts):
        signer = WeChatSigner()
        signer.add_data(self.token, *parts)
        return signer.signature

    def query(self, encrypt=None, **instead):
        """The parameters of one delivery."""
        stamp, nonce = str(int(time.time())), str(random.getrandbits(31))
        parameters = {"timestamp": stamp, "nonce": nonce}
        if not self.is_wecom:
            parameters = {"signature": self.sign(stamp, nonce), **parameters, "openid": self.sender}
        if encrypt is not None:
            parameters["msg_signature"] = self.sign(stamp, nonce, encrypt)
            if not self.is_wecom:
                parameters["encrypt_type"] = "aes"
        return {**parameters, **instead}

    def post(self, query, body, content_type="text/xml"):
        return http(f"{self.url}?{urllib.parse.urlencode(query)}", body, content_type)

    def text(self, content, msg_id):
        content = content.replace("]]>", "]]]]><![CDATA[>")
        agent = "<AgentID>1000002</AgentID>" if self.is_wecom else ""
        return (f"<xml><ToUserName><![CDATA[{self.to}]]></ToUserName>"
                f"<FromUserName><![CDATA[{self.sender}]]></FromUserName>"
                f"<CreateTime>{int(time.time())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
                f"<Content><![CDATA[{content}]]></Content><MsgId>{msg_id}</MsgId>{agent}</xml>")

    def seal(self, message):
        """The ciphertext that wechatpy makes of a message."""
        envelope = self.crypto.encrypt_message(message, "1")
        return xmltodict.parse(envelope)["xml"]["Encrypt"]

    def say(self, message):
        """Delivers a sealed message; the status and our answer as it came."""
        encrypt = self.seal(message)
        body = f"<xml><ToUserName>{self.to}</ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
        return self.post(self.query(encrypt), body)

    def open(self, answer):
        """What wechatpy makes of our sealed answer."""
        envelope = xmltodict.parse(answer)["xml"]
        signature, stamp = envelope["MsgSignature"], envelope["TimeStamp"]
        return self.crypto.decrypt_message(answer, signature, stamp, envelope["Nonce"])

    def hear(self, content, msg_id):
        """Delivers a text, opens the answer, and reads it as a reply."""
        status, answer = self.say(self.text(content, msg_id))
        assert status == 200, f"status {status}"
        return self.read(self.open(answer))

    def read(self, reply):
        reply = deserialize_reply(reply)
        assert (reply.target, reply.source) == (self.sender, self.to), (reply.target, reply.source)
        return reply.content


CHECKS = []
MSG_ID = iter(range(7_400_000_000_000_000_001, 7_500_000_000_000_000_000))


def check(function):
    CHECKS.append(function)
    return function


def is_refused(answer):
    assert answer[0] in (400, 401, 403), answer
    assert "你说" not in answer[1], answer


@check
def wechatpy_makes_the_url_check(station):
    for name in ("oa-safe", "oa-plain", "mini"):
        account = Account(station, name)
        query = account.query(echostr="4375120948345356249")
        check_signature(account.token, query["signature"], query["timestamp"], query["nonce"])
        answer = http(f"{account.url}?{urllib.parse.urlencode(query)}")
        assert answer == (200, "4375120948345356249"), answer
        query["nonce"] += "1"
        is_refused(http(f"{account.url}?{urllib.parse.urlencode(query)}"))


@check
def wechatpy_makes_the_url_check_of_wecom(station):
    account = Account(station, "wecom")
    sealed = WorkPrpCrypto(account.crypto.key).encrypt("1616140317555161061", account.app_id)
    sealed = sealed.decode()
    query = {**account.query(sealed), "echostr": sealed}
    echo = account.crypto.check_signature(
        query["msg_signature"], query["timestamp"], query["nonce"], sealed)
    answer = http(f"{account.url}?{urllib.parse.urlencode(query)}")
    assert answer == (200, echo) == (200, "1616140317555161061"), answer
    query["msg_signature"] = query["msg_signature"][:-1] + "x"
    is_refused(http(f"{account.url}?{urllib.parse.urlencode(query)}"))


@check
def wechatpy_reads_our_answer_in_plain_mode(station):
    account = Account(station, "oa-plain")
    status, answer = account.post(account.query(), account.text("你好 <b>&", next(MSG_ID)))
    assert status == 200, status
    assert account.read(answer) == "你说:你好 <b>&", answer


@check
def wechatpy_opens_our_answer_in_safe_mode(station):
    account = Account(station, "oa-safe")
    for content in ("hello", "你好 👋🏽", "a ]]> b", "<xml>&amp;</xml>", "line\nline"):
        assert account.hear(content, next(MSG_ID)) == f"你说:{content}", content


@check
def wechatpy_opens_our_answer_in_compatible_mode(station):
    account = Account(station, "oa-compatible")
    message = account.text("both", next(MSG_ID))
    encrypt = account.seal(message)
    body = message.replace("</xml>", f"<Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>")
    status, answer = account.post(account.query(encrypt), body)
    assert status == 200, status
    assert account.read(account.open(answer)) == "你说:both", answer


@check
def wechatpy_opens_our_answer_of_wecom(station):
    account = Account(station, "wecom")
    for content in ("hello", "请假 一天 👋"):
        assert account.hear(content, next(MSG_ID)) == f"你说:{content}", content


@check
def wechatpy_and_we_agree_on_every_length_of_padding(station):
    for name in ("oa-safe", "wecom"):
        account = Account(station, name)
        for length in LENGTHS:
            assert account.hear("x" * length, next(MSG_ID)) == "你说:" + "x" * length, length


@check
def wechatpy_opens_our_json_to_a_mini_program(station):
    account = Account(station, "mini")
    message = {"ToUserName": ORIGINAL, "FromUserName": OPENID, "CreateTime": int(time.time()),
               "MsgType": "text", "Content": "在吗", "MsgId": next(MSG_ID)}
    encrypt = account.seal(json.dumps(message, ensure_ascii=False))
    body = json.dumps({"ToUserName": ORIGINAL, "Encrypt": encrypt})
    status, answer = account.post(account.query(encrypt), body, "application/json")
    assert status == 200, status
    envelope = json.loads(answer)
    assert isinstance(envelope["TimeStamp"], int) and isinstance(envelope["Nonce"], str), envelope
    stamp = str(envelope["TimeStamp"])
    opened = account.crypto.decrypt_message(
        envelope, envelope["MsgSignature"], stamp, envelope["Nonce"])
    reply = json.loads(opened)
    assert reply["MsgType"] == "transfer_customer_service", reply
    assert (reply["ToUserName"], reply["FromUserName"]) == (OPENID, ORIGINAL), reply


@check
def a_retry_gets_the_same_reply_sealed_anew(station):
    account = Account(station, "oa-safe")
    message = account.text("once", next(MSG_ID))
    first, second = account.say(message), account.say(message)
    assert first[1] != second[1], "the same ciphertext twice"
    replies = [account.read(account.open(answer)) for _, answer in (first, second)]
    assert replies == ["你说:once"] * 2, replies


@check
def what_was_tampered_with_is_refused(station):
    for name in ("oa-safe", "wecom"):
        account = Account(station, name)
        encrypt = account.seal(account.text("forged", next(MSG_ID)))
        body = f"<xml><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
        right = account.query(encrypt)
        wrong_signature = {**right, "msg_signature": right["msg_signature"][::-1]}
        is_refused(account.post(wrong_signature, body))
        is_refused(account.post({**right, "nonce": right["nonce"] + "1"}, body))
        flipped = "B" if encrypt[20] == "A" else "A"
        is_refused(account.post(right, body.replace(encrypt, encrypt[:20] + flipped + encrypt[21:])))
        is_refused(account.post(account.query(), account.text("in clear", next(MSG_ID))))
    plain = Account(station, "oa-plain")
    is_refused(plain.post(plain.query(signature="0" * 40), plain.text("forged", next(MSG_ID))))


@check
def an_envelope_for_another_account_is_refused(station):
    account = Account(station, "oa-safe")
    sealed = PrpCrypto(account.crypto.key).encrypt(account.text("lost", next(MSG_ID)), "wx00000000000000ff")
    sealed = sealed.decode()
    is_refused(account.post(account.query(sealed), f"<xml><Encrypt>{sealed}</Encrypt></xml>"))


@check
def wechatpy_refuses_our_answer_once_it_is_tampered_with(station):
    account = Account(station, "oa-safe")
    _, answer = account.say(account.text("whole", next(MSG_ID)))
    account.open(answer)
    nonce = xmltodict.parse(answer)["xml"]["Nonce"]
    try:
        account.open(answer.replace(nonce, nonce + "1"))
    except InvalidSignatureException:
        pass
    else:
        raise AssertionError("another nonce went through")
    account.crypto._id = "wx00000000000000ff"
    try:
        account.open(answer)
    except InvalidAppIdException:
        pass
    else:
        raise AssertionError("another receiver went through")


def run_wechatpy(station):
    """Yields (name, what went wrong or None)."""
    for function in CHECKS:
        name = function.__name__.replace("_", " ")
        try:
            function(station)
        except Exception as error:  # a check that cannot go on has failed, whatever it met
            yield name, f"{type(error).__name__}: {error}"
        else:
            yield name, None


def run_npm(station, script):
    """The same of the Node script, which prints one JSON array a line."""
    names = ("wecom", "robot")
    given = {name: {"url": f"{station.origin}/callback/{name}", "id": ACCOUNTS[name][1],
                    "token": ACCOUNTS[name][2], "key": ACCOUNTS[name][4]} for name in names}
    environment = {**os.environ, "INTEROP": json.dumps(given)}
    done = subprocess.run(["node", script], env=environment, capture_output=True, text=True, timeout=120)
    for line in done.stdout.splitlines():
        yield tuple(json.loads(line))
    yield "@wecom/crypto: the script ran to its end", None if done.returncode == 0 else done.stderr


def main(binary, script):
    results = []
    with tempfile.TemporaryDirectory(prefix="yizhan-interop-") as folder:
        station = Station(binary, Path(folder))
        try:
            station.wait()
            for name, fault in [*run_wechatpy(station), *run_npm(station, script)]:
                print(f"ok    {name}" if fault is None else f"FAIL  {name}: {fault}")
                results.append(fault is None)
        finally:
            exit_code = station.stop()
        name = "serve: SIGTERM ends it with exit code 0"
        print(f"ok    {name}" if exit_code == 0 else f"FAIL  {name}: {exit_code}")
        results.append(exit_code == 0)
        if not all(results):
            print(station.log.read_text())
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
