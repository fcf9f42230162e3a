"""schemathesis from PyPI drives the HTTP API of `yizhan serve` by its own OpenAPI.

Called by run.sh with the binary. First the document as it is served: every check that schemathesis
has must pass, on every call. Then documents that lie, each in one place, which must not pass: so it
is known that the checks look.
"""

import copy
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

TOKEN = "fuzzer-token-0001"

# A log of its own is the one channel, so whatever is made up may be sent.
CONFIG = """
[server]
listen = "127.0.0.1:{port}"
public_url = "https://bot.example.com"
[store]
url = "memory:"
[admin]
token = "the-owner-alone"
[[account]]
name = "shop"
platform = "official-account"
app_id = "wx00112233445566bb"
token = "RefToken01"
mode = "plain"
[[channel]]
name = "ops"
kind = "log"
fold = "1m"
[[key]]
name = "fuzzer"
token = "{token}"
may = ["send:*", "read", "campaign", "admin"]
"""

# The longest that one run may take, in seconds.
LIMIT = 60


class Station:
    def __init__(self, binary, folder):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        port = self.url.rsplit(":", 1)[1]
        file = Path(folder, "yizhan.toml")
        file.write_text(CONFIG.format(port=port, token=TOKEN))
        command = [binary, "serve", "--config", file]
        # Its log would hide what is said here: it holds whatever was made up.
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL)
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{self.url}/readyz", timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.process.kill()
        sys.exit("yizhan did not become ready within 10 s")

    def document(self):
        with urllib.request.urlopen(f"{self.url}/api/v1/openapi.json", timeout=5) as answer:
            return json.load(answer)

    def stop(self):
        self.process.terminate()
        if self.process.wait(timeout=15) != 0:
            sys.exit("yizhan did not end well")


def drive(station, folder, document, *options):
    """The exit code of schemathesis, and what it printed."""
    file = Path(folder, "openapi.json")
    file.write_text(json.dumps(document))
    program = Path(sys.executable).with_name("schemathesis")
    command = [program, "run", file, "--url", station.url, "--checks", "all", "--seed", "4",
               "--generation-database", "none", "--no-color", "--suppress-health-check", "all",
               "--header", f"Authorization: Bearer {TOKEN}", *options]
    done = subprocess.run(command, cwd=folder, timeout=LIMIT, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def lies(document):
    """Documents that say something else than what is done: what is said, the document, one path."""
    one = "/api/v1/notifications/{id}"
    lie = copy.deepcopy(document)
    del lie["paths"][one]["get"]["responses"]["404"]
    yield "an id is never unknown", lie, one
    lie = copy.deepcopy(document)
    answer = lie["paths"]["/api/v1/accounts"]["get"]["responses"]["200"]["content"]
    answer["application/json"]["schema"]["required"] = ["secrets"]
    yield "accounts come with their secrets", lie, "/api/v1/accounts"
    many = "/api/v1/notifications"
    lie = copy.deepcopy(document)
    limit = [it for it in lie["paths"][many]["get"]["parameters"] if it["name"] == "limit"]
    limit[0]["schema"] = {"type": "integer", "minimum": 1}
    yield "a page may have any length", lie, many
    lie = copy.deepcopy(document)
    lie["paths"]["/api/docs"]["get"]["security"] = [{"key": []}]
    yield "the page of the API needs a key", lie, "/api/docs"


def main(binary):
    with tempfile.TemporaryDirectory() as folder:
        station = Station(binary, folder)
        try:
            document = station.document()
            begun = time.monotonic()
            code, printed = drive(station, folder, document, "--max-examples", "60")
            if code != 0:
                sys.exit(f"{printed}\nthe API does not do what its OpenAPI says")
            calls = sum(len(path) for path in document["paths"].values())
            tested = f"Tested: {calls}"
            if tested not in printed:
                sys.exit(f"{printed}\nnot every call was tested: `{tested}` is not there")
            cases = [line.strip() for line in printed.splitlines() if " generated, " in line]
            print(f"ok  {calls} calls, {cases[0]} in {time.monotonic() - begun:.0f} s")
            for said, lie, path in lies(document):
                code, printed = drive(station, folder, lie, "--max-examples", "10",
                                      "--include-path", path)
                if code != 1:
                    sys.exit(f"{printed}\nschemathesis did not see the lie: {said}")
                print(f"ok  it sees the lie: {said}")
        finally:
            station.stop()


if __name__ == "__main__":
    main(sys.argv[1])
