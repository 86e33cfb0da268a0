"""`brim serve` as a process: its options, its signals, its figures."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from replies import provider
from running import ask
from stub import Stub, chunk, chunked, whole

from brim.cli.main import cli
from brim.settings.load import load
from brim_proxy import ProxySettings, create_app
from brim_proxy.app import in_memory

CHAT = "/v1/chat/completions"
BODY = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}).encode()
PROGRAM = [sys.executable, "-c", "from brim.cli.main import main; main()"]


@contextmanager
def process(stub: Stub, *words: str) -> Iterator[tuple[subprocess.Popen, int]]:
    """`brim serve` with a port of its own choice, ready."""
    command = [*PROGRAM, "serve", "--upstream", stub.url, "--port", "0", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as served:
        line = served.stderr.readline()
        found = re.search(r":(\d+) ->", line)
        assert found, line + served.stderr.read()
        try:
            yield served, int(found[1])
        finally:
            served.kill()


def test_serves_and_tells_one_line_for_each_request():
    with Stub(provider) as stub, process(stub) as (served, port):
        response, _ = ask(port, "POST", CHAT + "?api_key=sk-query", BODY, {"x-api-key": "sk-9"})
        assert response.status == 200
        assert ask(port, "GET", "/readyz")[0].status == 200
        served.send_signal(signal.SIGTERM)
        assert served.wait(20) in (0, -signal.SIGTERM)
        log = served.stderr.read()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert [line["route"] for line in lines] == ["chat", "readyz"]
    assert lines[0]["status"] == 200
    assert lines[0]["model"] == "gpt-4o"
    assert lines[0]["tokens_before"] == lines[0]["tokens_after"] > 0
    assert "sk-" not in log
    assert "Traceback" not in log


def test_sigterm_lets_running_requests_end():
    script = [chunked(), chunk(b"data: 1\n\n"), 1.5, chunk(b"data: 2\n\n"), b"0\r\n\r\n"]
    with Stub(lambda _: script) as stub, process(stub) as (served, port):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        client.request("POST", CHAT, BODY)
        response = client.getresponse()
        assert response.read1() == b"data: 1\n\n"
        served.send_signal(signal.SIGTERM)
        assert response.read() == b"data: 2\n\n"
        client.close()
        assert served.wait(20) in (0, -signal.SIGTERM)
        with pytest.raises(ConnectionError), socket.create_connection(("127.0.0.1", port)):
            pass


def test_several_workers_share_a_port():
    with Stub(provider) as stub, process(stub, "--workers", "2") as (served, port):
        seen = set()
        for _ in range(200):
            _, body = ask(port, "GET", "/brim/stats")
            seen.add(json.loads(body)["proxy"]["worker"])
            if len(seen) == 2:
                break
            threading.Event().wait(0.05)
        assert len(seen) == 2
        assert ask(port, "POST", CHAT, BODY)[0].status == 200
        served.send_signal(signal.SIGTERM)
        assert served.wait(30) == 0


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "--upstream"),
        (["--upstream", "nonsense"], "is no address"),
        (["--upstream", "http://127.0.0.1:1", "--host", "0.0.0.0"], "--keys"),
        (["--upstream", "http://127.0.0.1:1", "--tls-cert", __file__], "one without the other"),
        (["--upstream", "http://127.0.0.1:1", "--keys", __file__], "chmod 600|cannot be read"),
    ],
)
def test_refuses_to_start(words, problem, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, ["serve", "--port", "0", *words])
    assert done.exit_code == 2
    assert re.search(problem, done.output)


def test_settings_of_a_file_and_a_new_key(tmp_path):
    (tmp_path / "brim.toml").write_text('[plugin.proxy]\nport = "many"\n')
    command = [*PROGRAM, "serve", "--new-key", "alice"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False
    )
    assert "plugin.proxy.port" in done.stderr
    (tmp_path / "brim.toml").write_text("[plugin.proxy]\nport = 5001\n")
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=True
    )
    assert "brim-" in done.stderr
    assert 'tenant = "alice"' in done.stdout
    file = tmp_path / "keys.toml"
    file.write_text(done.stdout)
    file.chmod(0o600)
    key = re.search(r"brim-\S+", done.stderr)[0]
    with Stub(provider) as stub, process(stub, "--keys", str(file)) as (_, port):
        assert ask(port, "POST", CHAT, BODY)[0].status == 401
        assert ask(port, "POST", CHAT, BODY, {"Authorization": f"Bearer {key}"})[0].status == 200
        assert key not in str(stub.requests[0].headers)


@pytest.fixture
def certificate(tmp_path):
    """A certificate for 127.0.0.1, as its files."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)]
    try:
        subprocess.run([*command.split(), *names], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("this test needs openssl, which is not here")
    return cert, key


def test_tls(certificate):
    cert, key = certificate
    with Stub(provider) as stub:
        words = ["--tls-cert", str(cert), "--tls-key", str(key)]
        with process(stub, *words) as (_, port):
            context = ssl.create_default_context(cafile=str(cert))
            client = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=context)
            client.request("POST", CHAT, BODY)
            assert client.getresponse().status == 200
            client.close()


def test_figures(serve):
    proxy = serve()
    for path in (CHAT, CHAT, "/v1/models", "/nowhere"):
        ask(proxy.port, "GET" if path != CHAT else "POST", path, BODY if path == CHAT else None)
    text = ask(proxy.port, "GET", "/metrics")[1].decode()
    assert 'brim_proxy_requests_total{route="chat",status="200"} 2' in text
    assert 'brim_proxy_requests_total{route="nowhere",status="404"} 1' in text
    assert "brim_proxy_fit_seconds_count 2" in text
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r'\w+(\{[\w="+.,]+\})? [\d.]+', line) for line in samples)
    stats = json.loads(ask(proxy.port, "GET", "/brim/stats")[1])
    assert {"cache_hit_ratio", "condensation_stats", "memory_usage_mb", "error_rate"} <= set(stats)
    assert stats["proxy"]["requests"]["chat 200"] == 2
    assert ask(proxy.port, "POST", "/metrics", b"")[0].status == 404


def test_can_be_mounted(brim):
    """Inside of another application, below a path of its own, without a lifespan."""
    import asyncio

    async def main(url: str) -> list[dict]:
        app = create_app(ProxySettings(upstream=url), brim)
        told: list[dict] = []
        asked = iter([{"type": "http.request", "body": BODY}])

        async def receive() -> dict:
            for message in asked:
                return message
            await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        async def send(message: dict) -> None:
            told.append(message)

        scope = {"type": "http", "method": "POST", "root_path": "/llm", "headers": []}
        scope |= {"path": "/llm" + CHAT, "raw_path": b"/llm" + CHAT.encode(), "query_string": b""}
        await app(scope, receive, send)
        await app.close()
        return told

    with Stub(lambda _: [whole("200 OK", b"{}")]) as stub:
        told = asyncio.run(main(stub.url))
        assert stub.requests[0].line == f"POST {CHAT} HTTP/1.1"
    assert told[0]["status"] == 200
    assert b"".join(message.get("body", b"") for message in told[1:]) == b"{}"


def test_originals_stay_in_memory_unless_a_place_is_chosen(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert in_memory(load()).archive.where == "memory"
    (tmp_path / "brim.toml").write_text('[archive]\nwhere = "disk"\n')
    assert in_memory(load()).archive.where == "disk"


@pytest.mark.parametrize(
    ("upstream", "seen"),
    [
        ("{}", "/v1/models"),
        ("{}/", "/v1/models"),
        ("{}/v1", "/v1/models"),
        ("{}/gateway", "/gateway/v1/models"),
        ("{}/api/paas/v4/", "/api/paas/v4/models"),
        ("{}/v1beta/openai", "/v1beta/openai/models"),
    ],
)
def test_where_an_upstream_begins(brim, upstream, seen):
    from running import serving

    with Stub(provider) as stub:
        with serving(stub, brim, upstream=upstream.format(stub.url)) as proxy:
            ask(proxy.port, "GET", "/v1/models?a=%2F&b")
        assert stub.requests[0].target == f"{seen}?a=%2F&b"
