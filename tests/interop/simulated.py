"""wechatpy's own client and receiver against `yizhan simulate`.

Called by run.sh with the binary. The client is wechatpy's as it is: only its HTTP session is told
that the platform's hosts are somewhere else. The receiver is a server of the standard library that
checks, opens, parses and answers with wechatpy's code.
"""

import json
import random
import signal
import subprocess
import sys
import threading
import time
import traceback
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from wechatpy import WeChatClient, WeChatOAuth, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.enterprise import WeChatClient as WorkClient
from wechatpy.enterprise import parse_message as parse_work_message
from wechatpy.enterprise.crypto import WeChatCrypto as WorkCrypto
from wechatpy.enterprise.replies import create_reply as create_work_reply
from wechatpy.exceptions import WeChatClientException
from wechatpy.replies import create_reply
from wechatpy.utils import check_signature

TOKEN = "SimulatedToken01"
AES_KEY = "p7Qm2Xv9LcR4tYw8ZsB1nKd6HfJ3gUa5eTiOqWxEyCD"
APP_ID = "wx0a1b2c3d4e5f6a01"
CORP_ID = "ww0a1b2c3d4e5f6a05"
SECRET = "0123456789abcdef0123456789abcdef"
HOSTS = ("https://api.weixin.qq.com", "https://qyapi.weixin.qq.com", "https://mp.weixin.qq.com")
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Elsewhere(requests.adapters.HTTPAdapter):
    """Sends what is meant for the platform's hosts to the simulator."""

    def __init__(self, origin):
        super().__init__()
        self.origin = origin

    def send(self, request, **how):
        for host in HOSTS:
            request.url = request.url.replace(host, self.origin)
        return super().send(request, **{**how, "proxies": {}})


def redirect(origin):
    """For every session: wechatpy makes some of its calls outside of the client's own."""
    requests.Session.get_adapter = lambda session, url: Elsewhere(origin)


class Bot(ThreadingHTTPServer):
    """A bot of wechatpy: says what it heard."""

    def __init__(self, kind):
        super().__init__(("127.0.0.1", 0), Handler)
        self.kind = kind
        self.heard = []
        self.crypto = {
            "plain": lambda: None,
            "safe": lambda: WeChatCrypto(TOKEN, AES_KEY, APP_ID),
            "work": lambda: WorkCrypto(TOKEN, AES_KEY, CORP_ID),
        }[kind]()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/wechat"

    def answer(self, query, body):
        if self.kind != "work":
            check_signature(TOKEN, query["signature"], query["timestamp"], query["nonce"])
        if self.crypto:
            body = self.crypto.decrypt_message(
                body, query["msg_signature"], query["timestamp"], query["nonce"])
        message = (parse_work_message if self.kind == "work" else parse_message)(body)
        self.heard.append(message)
        content = f"{message.type} {getattr(message, 'content', getattr(message, 'event', ''))}"
        reply = (create_work_reply if self.kind == "work" else create_reply)(content, message)
        xml = reply.render()
        if self.crypto:
            xml = self.crypto.encrypt_message(xml, str(random.getrandbits(31)), query["timestamp"])
        return xml

    def wait_for(self, event):
        """The first event of this name, however late it comes."""
        for _ in range(100):
            for message in self.heard:
                if getattr(message, "event", None) == event:
                    return message
            time.sleep(0.05)
        raise AssertionError(f"no {event} among {[message.type for message in self.heard]}")


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        try:
            status, answer = 200, self.server.answer(query, body)
        except Exception as error:  # whatever it is, the simulator has to see that it failed
            status, answer = 500, repr(error)
        answer = answer.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Simulated:
    """`yizhan simulate` on a free port, for one bot."""

    def __init__(self, binary, kind):
        self.bot = Bot(kind)
        command = [binary, "simulate", "--json", "--port", "0", "--callback", self.bot.url,
                   "--token", TOKEN, "--app-secret", SECRET,
                   "--app-id", CORP_ID if kind == "work" else APP_ID]
        command += ["--aes-key", AES_KEY] if kind != "plain" else []
        command += ["--platform", "wecom"] if kind == "work" else []
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        addresses = json.loads(self.process.stdout.readline())
        self.origin, self.follower = addresses["api"], addresses["follower"]
        redirect(self.origin)

    def sim(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.origin}/sim/{path}", data, headers)
        with OPENER.open(request, timeout=20) as answer:
            return json.loads(answer.read())

    def client(self, secret=SECRET):
        if self.bot.kind == "work":
            return WorkClient(CORP_ID, secret)
        return WeChatClient(APP_ID, secret)

    def stop(self):
        self.bot.shutdown()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=15)


CHECKS = []


def check(*kinds):
    def add(function):
        CHECKS.extend((function, kind) for kind in kinds)
        return function
    return add


def fails(code, function, *args, **more):
    try:
        function(*args, **more)
    except WeChatClientException as error:
        assert error.errcode == code, error
    else:
        raise AssertionError(f"{code} was expected")


def shown(exchange):
    return exchange["shown"] and exchange["shown"]["text"]


@check("plain", "safe", "work")
def wechatpys_receiver_takes_messages_and_answers(it):
    assert shown(it.sim("say", {"text": "你好 <b>&"})) == "text 你好 <b>&"
    image = {"MsgType": "image", "PicUrl": "https://example.com/a.png", "MediaId": "M1"}
    assert shown(it.sim("say", {"message": image})).startswith("image"), it.bot.heard
    assert it.bot.heard[-1].media_id == "M1"
    place = {"MsgType": "location", "Location_X": "31.2", "Location_Y": "121.4", "Scale": "15",
             "Label": "人民广场"}
    it.sim("say", {"message": place})
    assert it.bot.heard[-1].label == "人民广场"
    assert it.bot.heard[-1].source == it.follower
    assert shown(it.sim("click", {"key": "HELP"})) == "event click"
    assert it.bot.heard[-1].key == "HELP"


@check("plain", "safe")
def wechatpys_receiver_takes_follows_and_scans(it):
    assert shown(it.sim("scan", {"scene": "7"})) == "event scan"
    it.sim("unfollow", {})
    assert it.bot.heard[-1].event == "unsubscribe"
    assert shown(it.sim("scan", {"scene": "7"})) == "event subscribe_scan"
    assert it.bot.heard[-1].scene_id == "7"


@check("plain")
def wechatpy_fetches_a_token_and_renews_one_that_was_revoked(it):
    client = it.client()
    assert len(client.access_token) == 136
    it.sim("revoke", {})
    # wechatpy's own retry after 40001.
    assert client.misc.get_wechat_ips() == ["127.0.0.1"]
    fails(40125, it.client("wrong").fetch_access_token)


@check("plain")
def wechatpy_sends_customer_service_messages(it):
    client, user = it.client(), it.follower
    fails(40003, client.message.send_text, "oNobody", "hi")
    it.sim("clock", {"advance": 60})
    fails(45015, client.message.send_text, user, "hi")
    it.sim("say", {"text": "hello"})
    client.message.send_text(user, "稍等")
    image = client.media.upload("image", ("a.png", b"\x89PNG....", "image/png"))["media_id"]
    client.message.send_image(user, image)
    client.message.send_articles(user, [{"title": "t", "description": "d",
                                         "image": "https://example.com/a.png",
                                         "url": "https://example.com/"}])
    fails(40007, client.message.send_voice, user, image)
    inbox = it.sim("inbox")["messages"]
    assert [message["type"] for message in inbox] == ["text", "image", "news"], inbox
    assert inbox[0]["text"] == "稍等", inbox
    client.message.send_text(user, "4")
    client.message.send_text(user, "5")
    fails(45047, client.message.send_text, user, "6")


@check("plain", "safe")
def wechatpys_template_message_ends_in_its_event(it):
    sent = it.client().message.send_template(it.follower, "TPL-1", {"thing1": {"value": "茶"}})
    event = it.bot.wait_for("templatesendjobfinish")
    assert event.id == sent["msgid"], event._data
    assert event.status == "success"
    fails(47003, it.client().message.send_template, it.follower, "TPL-1", {"thing1": {"value": ""}})


@check("plain")
def wechatpys_mass_message_ends_in_its_event(it):
    client = it.client()
    for number in range(3):
        it.sim("follow", {"from": f"oMass{number}"})
    sent = client.message.send_mass_text(None, "大家好", is_to_all=True)
    event = it.bot.wait_for("masssendjobfinish")
    assert (event.sent_count, event.error_count) == (4, 0), event._data
    assert client.message.get_mass(sent["msg_id"])["msg_status"] == "SEND_SUCCESS"
    client.message.delete_mass(sent["msg_id"])
    client.message.send_mass_text(["oMass0", "oMass1"], "你们好")
    assert [one["text"] for one in it.sim("inbox?from=oMass1")["messages"]] == ["大家好", "你们好"]


@check("plain")
def wechatpy_uploads_and_downloads_files(it):
    client = it.client()
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    media = client.media.upload("image", ("图.png", picture, "image/png"))
    assert client.media.download(media["media_id"]).content == picture
    it.sim("clock", {"advance": 3 * 86400})
    fails(40007, client.media.download, media["media_id"])
    client = it.client()
    kept = client.material.add("image", ("a.jpg", picture, "image/jpeg"))
    assert client.material.get_count()["image_count"] == 1
    assert client.material.batchget("image")["item"][0]["media_id"] == kept["media_id"]
    client.material.delete(kept["media_id"])
    assert client.media.upload_image(("a.jpg", picture, "image/jpeg")).startswith("http")


@check("plain")
def wechatpy_manages_menus_users_tags_and_codes(it):
    client, user = it.client(), it.follower
    menu = {"button": [{"type": "click", "name": "帮助", "key": "HELP"},
                       {"name": "更多", "sub_button": [
                           {"type": "view", "name": "官网", "url": "https://example.com/"}]}]}
    client.menu.create(menu)
    assert client.menu.get()["menu"] == menu
    client.menu.delete()
    assert client.menu.get() is None
    assert client.user.get(user)["subscribe"] == 1
    assert user in client.user.get_followers()["data"]["openid"]
    assert user in list(client.user.iter_followers())
    client.user.update_remark(user, "老李")
    assert client.user.get_batch([user])[0]["remark"] == "老李"
    made = client.tag.create("vip")
    tag = made.get("tag", made)["id"]
    client.tag.tag_user(tag, user)
    assert client.tag.get_user_tag(user) == [tag]
    assert client.tag.get_tag_users(tag)["data"]["openid"] == [user]
    code = client.qrcode.create({"expire_seconds": 1800, "action_name": "QR_STR_SCENE",
                                 "action_info": {"scene": {"scene_str": "door-7"}}})
    assert client.qrcode.show(code["ticket"]).content.startswith(b"GIF89a")
    it.sim("scan", {"ticket": code["ticket"]})
    assert it.bot.heard[-1].scene_id == "door-7"
    assert len(client.jsapi.get_ticket()["ticket"]) == 86


@check("plain")
def wechatpy_logs_a_user_in(it):
    oauth = WeChatOAuth(APP_ID, SECRET, "https://example.com/")
    oauth.fetch_access_token(it.sim("code", {})["code"])
    assert oauth.open_id == it.follower
    assert oauth.get_user_info()["openid"] == it.follower


@check("plain")
def wechatpy_manages_operators(it):
    client = it.client()
    client.customservice.add_account("a1@acct", "小王", "secret")
    assert client.customservice.get_accounts()[0]["kf_nick"] == "小王"
    it.sim("say", {"text": "hello"})
    client.message.send_text(it.follower, "我是小王", account="a1@acct")
    fails(61452, client.message.send_text, it.follower, "我是谁", account="a2@acct")


@check("work")
def wechatpys_work_client_sends_messages(it):
    client, member = it.client(), it.follower
    assert client.message.send_text(1000002, [member, "u3"], "开会")["invaliduser"] == "u3"
    file = client.media.upload("file", ("a.txt", b"0123456789", "text/plain"))["media_id"]
    client.message.send_file(1000002, [member], file)
    client.message.send_markdown(1000002, [member], "**b**")
    client.message.send_text_card(1000002, [member], "t", "d", "https://example.com/")
    client.message.send_articles(1000002, [member], [{"title": "t", "description": "d",
                                                      "image": "", "url": "https://example.com/"}])
    kinds = [message["type"] for message in it.sim("inbox")["messages"]]
    assert kinds == ["text", "file", "markdown", "textcard", "news"], kinds
    assert client.media.download(file).content == b"0123456789"
    fails(81013, client.message.send_text, 1000002, ["u3"], "开会")
    fails(40056, client.message.send_text, 7, [member], "开会")


@check("work")
def wechatpys_work_client_reads_the_directory(it):
    client, member = it.client(), it.follower
    assert client.user.get(member)["userid"] == member
    assert client.department.get()[0]["id"] == 1
    assert [one["userid"] for one in client.user.list(1, simple=True)] == [member]
    assert client.agent.get(1000002)["agentid"] == 1000002
    it.sim("say", {"from": "lisi", "text": "hi"})
    client.appchat.create("C1", "项目", member, [member, "lisi"])
    client.appchat.send_text("C1", "进群")
    assert client.appchat.get("C1")["userlist"] == [member, "lisi"]
    assert it.sim("inbox?from=lisi")["messages"][-1]["text"] == "进群"
    fails(40001, it.client("wrong").fetch_access_token)


@check("plain", "work")
def faults_reach_wechatpy(it):
    client = it.client()
    client.fetch_access_token()
    it.sim("fault", {"kind": "errcode", "errcode": 48001, "path": "/cgi-bin/getcallbackip"})
    fails(48001, client.misc.get_wechat_ips)
    it.sim("fault", {"kind": "lost", "path": "/cgi-bin/getcallbackip"})
    try:
        client.misc.get_wechat_ips()
    except requests.exceptions.ConnectionError:
        pass
    else:
        raise AssertionError("a lost call was answered")
    it.sim("fault", {"kind": "status", "status": 502, "path": "/cgi-bin/getcallbackip"})
    fails(None, client.misc.get_wechat_ips)
    assert client.misc.get_wechat_ips() == ["127.0.0.1"]


@check("plain")
def no_secret_is_in_the_transcript(it):
    client = it.client()
    token = client.access_token
    entries = it.sim("transcript?limit=1000")["entries"]
    assert any(entry.get("path") == "/cgi-bin/token" for entry in entries), entries
    text = json.dumps(entries)
    assert SECRET not in text and token not in text


def main(binary):
    results = []
    for function, kind in CHECKS:
        name = f"{function.__name__.replace('_', ' ')} ({kind})"
        it = Simulated(binary, kind)
        fault = None
        try:
            function(it)
        except Exception as error:  # a check that cannot go on has failed, whatever it met
            place = traceback.extract_tb(error.__traceback__)[1]
            fault = f"{type(error).__name__}: {error} (line {place.lineno}: {place.line})"
        exit_code = it.stop()
        if fault is None and exit_code != 0:
            fault = f"SIGTERM ends it with {exit_code}"
        print(f"ok    {name}" if fault is None else f"FAIL  {name}: {fault}")
        results.append(fault is None)
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
