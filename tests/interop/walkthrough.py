"""docs/walkthrough.md from the first line to the last, as it stands there.

Called by run.sh with the binary. Both languages have the same blocks. A block with a file's name
is that file; `sh` and `console` blocks are typed into one shell, and what stands below a `$` line is
what it printed, but for ids and times: those that a later command names again are the real ones
there. Beside the page stand a mailbox and, before the station, what holds the domain's certificate;
ports are free ones.
"""

import base64
import email
import email.policy
import hmac
import json
import os
import queue
import re
import socket
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("walkthrough.md", "walkthrough.zh-CN.md")
# Ports of the page: the station, the simulator, the program.
PORTS = ("8080", "9000", "9100")
DOMAIN = "bot.example.com"
PASSWORD = "mail-password"
# What is another each time. The first two may be named again.
CHANGING = re.compile(
    r"(?P<id>[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"
    r"|(?<=/p/)(?P<link>[A-Za-z0-9_-]{22})\b"
    r"|(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)"
    r"|(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?)"
    r"|(?P<milliseconds>\b1[78]\d{11}\b)"
    r"|(?P<seconds>\b1[78]\d{8}\b)"
    r"|(?P<signature>v1,[A-Za-z0-9+/]{43}=)"
    r"|(?P<took>\b\d+(?= ms\b))")
# What the form's hook is called with, as the program of the page prints it.
HOOK = re.compile(r"^POST /decided\nwebhook-id: (.*)\nwebhook-timestamp: (.*)\n"
                  r"webhook-signature: v1,(.*)\n(.*)\n", re.M)
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def blocks(page):
    """Every block of a page: the words behind its fence, and what it holds."""
    found = re.findall(r"^```([^\n]*)\n(.*?)^```$", (DOCS / page).read_text("utf-8"), re.M | re.S)
    return [(info.split(), text) for info, text in found]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def certificate(folder):
    """A certificate for the domain and for the mailbox."""
    pem, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", f"/CN={DOMAIN}", "-addext", f"subjectAltName=DNS:{DOMAIN},DNS:localhost",
         "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", pem],
        check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return pem, context


class Sealed(socketserver.ThreadingTCPServer):
    """A server that speaks TLS from the start."""

    daemon_threads = True

    def __init__(self, context, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.context = context
        self.port = str(self.server_address[1])
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def get_request(self):
        connection, address = super().get_request()
        return self.context.wrap_socket(connection, server_side=True), address


class Front(Sealed):
    """What stands before the station, as Caddy or nginx would."""

    def __init__(self, context, port):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with socket.create_connection(("127.0.0.1", int(port))) as inner:
                    threading.Thread(target=copy, args=(inner, self.request), daemon=True).start()
                    copy(self.request, inner)

        super().__init__(context, Handler)


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one of the two hung up


class Mailbox(Sealed):
    """An SMTP server with a login, and what was handed to it."""

    def __init__(self, context):
        self.arrived = arrived = queue.Queue()

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self.say("220 mail")
                while line := self.rfile.readline().decode().strip():
                    verb = line.split(" ")[0].upper()
                    if verb == "EHLO":
                        self.say("250-mail\r\n250 AUTH PLAIN")
                    elif verb == "AUTH":
                        words = base64.b64decode(line.split(" ")[2]).split(b"\0")
                        good = words[1:] == [b"ops@example.com", PASSWORD.encode()]
                        self.say("235 welcome" if good else "535 no")
                    elif verb == "DATA":
                        self.say("354 go on")
                        lines = iter(self.rfile.readline, b".\r\n")
                        arrived.put(email.message_from_bytes(
                            b"".join(lines), policy=email.policy.default))
                        self.say("250 taken")
                    elif verb == "QUIT":
                        return self.say("221 bye")
                    else:
                        self.say("250 yes")

            def say(self, line):
                self.wfile.write(f"{line}\r\n".encode())

        super().__init__(context, Handler)


class Shell:
    """One shell, as somebody who follows the page has it open."""

    END = "end-of-the-command"

    def __init__(self, folder, environment):
        self.process = subprocess.Popen(
            ["sh"], cwd=folder, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, command):
        """What it prints."""
        self.process.stdin.write(f"{command}\necho; echo {self.END}\n")
        self.process.stdin.flush()
        lines = []
        for line in iter(self.process.stdout.readline, f"{self.END}\n"):
            assert line, f"the shell is gone: {''.join(lines)}"
            lines.append(line)
        return "".join(lines).rstrip("\n")

    def stop(self):
        """Ends what was started in it, and it."""
        try:
            self.run("jobs -p > jobs; kill $(cat jobs); wait")
            self.process.stdin.close()
            self.process.wait(timeout=15)
        finally:
            self.process.kill()


class Walk:
    """One walk through the page."""

    def __init__(self, binary, folder):
        self.folder = folder
        self.ports = dict(zip(PORTS, (free_port() for _ in PORTS)))
        self.real = {}
        self.seen = 0
        pem, context = certificate(folder)
        self.mailbox = Mailbox(context)
        front = Front(context, self.ports["8080"])
        (folder / ".curlrc").write_text(
            f'connect-to = "{DOMAIN}:443:127.0.0.1:{front.port}"\n'
            f'cacert = "{pem}"\nnoproxy = "*"\nmax-time = 20\nsilent\nshow-error\n')
        (folder / "bin").mkdir()
        (folder / "bin" / "yizhan").symlink_to(Path(binary).resolve())
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("YIZHAN_")}
        environment.update({
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "CURL_HOME": str(folder),
            "YIZHAN_CHANNEL__MAIL__HOST": "localhost",
            "YIZHAN_CHANNEL__MAIL__PORT": self.mailbox.port,
            "YIZHAN_CHANNEL__MAIL__CA": f"file:{pem}",
        })
        self.shell = Shell(folder, environment)

    def follow(self, info, text):
        """Does what one block says."""
        language, *more = info
        if more:
            path = self.folder / more[0]
            path.parent.mkdir(exist_ok=True)
            path.write_text(self.here(text), "utf-8")
        elif language == "sh":
            printed = self.shell.run(self.here(text))
            assert printed == "", printed
            self.wait_for_ports(text)
        elif language == "console":
            for command, expected in re.findall(
                    r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", text, re.M):
                self.type(command, expected.rstrip("\n"))
        elif language == "email":
            mail = self.mailbox.arrived.get(timeout=10)
            heads = [f"{name}: {mail[name]}" for name in ("From", "To", "Subject")]
            self.compare("the mail", text.strip(), "\n".join(heads) + f"\n\n{mail.get_content()}")
        elif language == "json":
            self.compare("what WxPusher is sent", compact(json.loads(text)), self.sent())
        else:
            raise AssertionError(f"a block of {language}, which nothing is done with")

    def sent(self):
        """The next thing that WxPusher took, but for the key."""
        transcript = f"http://127.0.0.1:{self.ports['9000']}/sim/transcript?kind=service"
        for _ in range(100):
            answer = OPENER.open(f"{transcript}&since={self.seen}", timeout=10)
            for entry in json.load(answer)["entries"]:
                self.seen = entry["seq"]
                if entry["path"] == "/api/send/message" and "fault" not in entry:
                    assert entry["body"].pop("appToken") == "(hidden)", entry
                    return compact(entry["body"])
            time.sleep(0.1)
        raise AssertionError("WxPusher was sent nothing more")

    def here(self, text):
        """With free ports, and the real ones of ids that were seen."""
        text = re.sub(rf"\b({'|'.join(PORTS)})\b", lambda it: self.ports[it[0]], text)
        return CHANGING.sub(lambda it: self.real.get(it[0], it[0]), text)

    def wait_for_ports(self, text):
        """Until what a block starts in the background listens."""
        started = [("serve", "8080"), ("simulate", "9000"), ("program.py", "9100")]
        for word, port in started:
            if any(word in line and line.endswith("&") for line in text.splitlines()):
                for _ in range(200):
                    with socket.socket() as probe:
                        if probe.connect_ex(("127.0.0.1", int(self.ports[port]))) == 0:
                            break
                    time.sleep(0.05)
                else:
                    logs = [it.read_text() for it in self.folder.glob("*.log")]
                    raise AssertionError(f"{word} does not listen: {logs}")

    def type(self, command, expected):
        """What is only looked at is looked at again until it is so: sending takes its moment."""
        changes = re.search(r"curl.* (-d|-X)", command, re.S)
        for _ in range(1 if changes else 50):
            printed = self.shell.run(self.here(command))
            try:
                return self.compare(command, expected, printed)
            except AssertionError as error:
                fault = error
                time.sleep(0.1)
        raise fault

    def compare(self, what, expected, found):
        for real, port in ((self.ports[port], port) for port in PORTS):
            found = found.replace(f"127.0.0.1:{real}", f"127.0.0.1:{port}")
        found = re.sub(r" +$", "", found.strip(), flags=re.M)
        same = CHANGING.sub(kind, expected) == CHANGING.sub(kind, found)
        assert same, f"{what}\n--- printed\n{found}\n--- on the page\n{expected}"
        for ours, real in zip(CHANGING.finditer(expected), CHANGING.finditer(found)):
            if ours.lastgroup in ("id", "link"):
                known = self.real.setdefault(ours[0], real[0])
                assert known == real[0], f"{what}\n{ours[0]} was {known} and now is {real[0]}"

    def hook(self):
        """The decision arrived once, and signed by who has the secret."""
        time.sleep(1)
        calls = HOOK.findall((self.folder / "program.log").read_text("utf-8"))
        assert len(calls) == 1, calls
        secret = self.shell.run('echo "$WEBHOOK_SECRET"').strip()
        call, stamp, signature, body = calls[0]
        key = base64.b64decode(secret.removeprefix("whsec_"))
        mac = hmac.digest(key, f"{call}.{stamp}.{body}".encode(), "sha256")
        assert base64.b64encode(mac).decode() == signature, calls
        assert abs(time.time() - int(stamp)) < 60, calls

    def stop(self):
        self.shell.stop()


def kind(found):
    return f"<{found.lastgroup}>"


def compact(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def main(binary):
    page, other = (blocks(it) for it in PAGES)
    assert page == other, f"{' and '.join(PAGES)} have other blocks"
    with tempfile.TemporaryDirectory() as folder:
        walk = Walk(binary, Path(folder))
        try:
            for number, (info, text) in enumerate(page, 1):
                walk.follow(info, text)
            walk.hook()
            print(f"ok    {number} blocks; the hook came once, signed")
        except (AssertionError, queue.Empty) as error:
            logs = "\n".join(it.read_text("utf-8") for it in sorted(walk.folder.glob("*.log")))
            print(f"FAIL  block {number}, {' '.join(info)}: {str(error) or 'no mail came'}\n{logs}")
            return 1
        finally:
            walk.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
