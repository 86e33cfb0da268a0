"""A client that knows nothing of Brim, through the proxy. Needs the distribution `brim-proxy`.

    python examples/proxy_client.py

The upstream is played by a server in this program, which tells how much it was sent.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

BRIM = (sys.executable, "-c", "from brim.cli.main import main; main()")
SETTINGS = '[models."small-model"]\nlike = "gpt-4o"\nwindow = 4000\nmax_output = 500\n'


class Upstream(BaseHTTPRequestHandler):
    """Says how many messages it got."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = f"{len(request['messages'])} messages arrived"
        message = {"role": "assistant", "content": text}
        body = json.dumps({"choices": [{"index": 0, "message": message}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def ready(url: str) -> bool:
    try:
        with urlopen(f"{url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def ask(url: str, messages: list[dict[str, str]]) -> tuple[str, str, str]:
    """What the upstream said, and the tokens before and after Brim, from the headers."""
    body = json.dumps({"model": "small-model", "messages": messages}).encode()
    request = Request(f"{url}/v1/chat/completions", body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=60) as answer:
        said = json.load(answer)["choices"][0]["message"]["content"]
        before, after = (answer.headers[f"x-brim-tokens-{w}"] for w in ("before", "after"))
    return said, before, after


def talk(turns: int) -> list[dict[str, str]]:
    told = [{"role": "system", "content": "Be brief."}]
    for turn in range(turns):
        told.append({"role": "user", "content": f"Step {turn}: " + "and so it goes on. " * 30})
        told.append({"role": "assistant", "content": f"Done with {turn}. " + "All is well. " * 30})
    return [*told, {"role": "user", "content": "And now?"}]


def main(settings: str) -> None:
    with open(settings, "w", encoding="utf-8") as file:
        file.write(SETTINGS)
    with ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as upstream:
        threading.Thread(target=upstream.serve_forever, daemon=True).start()
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        where = ("--upstream", f"http://127.0.0.1:{upstream.server_port}", "--port", str(port))
        proxy = subprocess.Popen([*BRIM, "--config", settings, "serve", *where])
        try:
            while not ready(url):
                if proxy.poll() is not None:
                    sys.exit("the proxy did not start")
                time.sleep(0.1)
            for turns in (2, 40):
                said, before, after = ask(url, talk(turns))
                print(f"{2 * turns + 2} messages sent, {said}: {before} -> {after} tokens")
        finally:
            proxy.terminate()
            proxy.wait()
            upstream.shutdown()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "proxy-example.toml")
