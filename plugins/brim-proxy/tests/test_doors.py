"""Who gets in, what is refused, and that nothing reaches any place that is not configured."""

from __future__ import annotations

import hashlib
import json
import logging

import pytest
from replies import provider
from running import ask
from stub import chunked, whole

from brim import Brim
from brim.api import Request, SettingsError, hookimpl
from brim_proxy import ProxySettings, create_app
from brim_proxy.credentials import new_key, read_keys
from brim_proxy.server import check

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
BODY = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}).encode()


@pytest.fixture
def keys(tmp_path):
    file = tmp_path / "keys.toml"
    lines = [
        '[[key]]\ntenant = "alice"\nupstream_key = "sk-upstream-a"\n'
        f'sha256 = "{hashlib.sha256(b"alice-key").hexdigest()}"\n',
        f'[[key]]\ntenant = "bob"\nsha256 = "{hashlib.sha256(b"bob-key").hexdigest()}"\n',
    ]
    file.write_text("\n".join(lines))
    file.chmod(0o600)
    return file


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"x-api-key": "alice-ke"},
        {"Authorization": f"Bearer {hashlib.sha256(b'alice-key').hexdigest()}"},
    ],
)
def test_no_key_no_entry(serve, keys, headers):
    proxy = serve(keys=str(keys))
    for path, method in ((CHAT, "POST"), ("/v1/models", "GET"), ("/metrics", "GET")):
        response, answer = ask(proxy.port, method, path, BODY, headers)
        assert response.status == 401
        assert json.loads(answer)["error"]["code"] == "invalid_api_key"
    _, answer = ask(proxy.port, "POST", MESSAGES, BODY, headers)
    assert json.loads(answer)["error"]["type"] == "authentication_error"
    assert ask(proxy.port, "GET", "/livez")[0].status == 200
    assert not proxy.stub.requests


def test_keys_are_exchanged_for_the_upstreams(serve, keys):
    proxy = serve(keys=str(keys))
    for headers, shown in (
        ({"Authorization": "Bearer alice-key"}, {"authorization": "Bearer sk-upstream-a"}),
        ({"x-api-key": "alice-key"}, {"x-api-key": "sk-upstream-a"}),
        ({"x-api-key": "bob-key", "Authorization": "Bearer other"}, {}),
        (
            {"x-api-key": "other", "Authorization": "bearer alice-key"},
            {"authorization": "Bearer sk-upstream-a"},
        ),
    ):
        assert ask(proxy.port, "POST", CHAT, BODY, headers)[0].status == 200
        up = proxy.stub.requests[-1].headers
        names = {"authorization", "x-api-key", "api-key"}
        assert {name: up[name] for name in names & set(up)} == shown


@pytest.mark.parametrize(
    ("text", "mode", "problem"),
    [
        ("", 0o600, "no \\[\\[key\\]\\]"),
        ("nonsense", 0o600, "cannot be read"),
        ("[[key]]\ntenant = 'a'\nsha256 = 'ab'", 0o600, "64 hexadecimal"),
        ("[[key]]\ntenant = 'a'", 0o600, "tenant and sha256"),
        ("[[key]]\ntenant = 'a'\nsha = 'b'", 0o600, "'sha' is unknown"),
        (f"[[key]]\ntenant='a'\nsha256='{'0' * 64}'\nupstream_key_env='NOPE'", 0o600, "NOPE"),
        (f"[[key]]\ntenant='a'\nsha256='{'0' * 64}'", 0o644, "chmod 600"),
    ],
)
def test_a_bad_file_of_keys_is_refused(tmp_path, text, mode, problem):
    file = tmp_path / "keys.toml"
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(SettingsError, match=problem):
        read_keys(file, {})


def test_new_keys_are_long_and_random():
    (one, digest), (two, _) = new_key(), new_key()
    assert one != two
    assert len(one) > 40
    assert hashlib.sha256(one.encode()).hexdigest() == digest


def test_listening_publicly_needs_keys(keys):
    up = "http://127.0.0.1:1"
    for host in ("0.0.0.0", "::", "", "192.0.2.1"):
        with pytest.raises(SettingsError, match="--keys"):
            check(ProxySettings(upstream=up, host=host))
        check(ProxySettings(upstream=up, host=host, keys=str(keys)))
    for host in ("127.0.0.1", "localhost", "::1", "127.1.2.3"):
        check(ProxySettings(upstream=up, host=host))


@pytest.mark.parametrize(
    "upstream", ["", "api.openai.com", "ftp://x", "https://u:p@x", "https://x/?a=1", "file:///etc"]
)
def test_upstreams_that_make_no_sense(upstream):
    with pytest.raises(SettingsError, match="upstream"):
        create_app(ProxySettings(upstream=upstream))


def test_tenants_without_keys_are_told_apart_and_not_named(serve, caplog):
    caplog.set_level(logging.INFO, "brim_proxy.access")
    proxy = serve()
    for key in ("sk-planted-1", "sk-planted-2", "sk-planted-1"):
        ask(proxy.port, "POST", CHAT, BODY, {"Authorization": f"Bearer {key}"})
    one, two, again = (json.loads(record.message)["tenant"] for record in caplog.records)
    assert one == again != two
    assert hashlib.sha256(b"sk-planted-1").hexdigest()[:8] not in one


class Guard:
    """Admits what is short."""

    @hookimpl
    def admit(self, request: Request) -> bool:
        return request.tokens < 100


def test_guards_may_refuse(serve):
    with Brim({"archive": {"where": "memory"}}, plugins=[Guard()]) as kernel:
        proxy = serve(kernel=kernel)
        assert ask(proxy.port, "POST", CHAT, BODY)[0].status == 200
        long = BODY.replace(b"hi", b"hi " * 200)
        response, answer = ask(proxy.port, "POST", CHAT, long)
        assert (response.status, json.loads(answer)["error"]["type"]) == (429, "rate_limit_error")
    assert len(proxy.stub.requests) == 1


@pytest.mark.parametrize("mode", ["on", "observe", "off"])
@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_limits_refuse_and_say_when_to_come_again(serve, path, mode):
    limits = {"requests": 2, "models": {"gpt-4o": {"requests": 1}}}
    settings = {"archive": {"where": "memory"}, "plugin": {"rate-limit": limits}}
    with Brim(settings) as kernel:
        proxy = serve(kernel=kernel)
        headers = {"x-brim-mode": mode}
        body = BODY.replace(b"{", b'{"max_tokens": 9, ', 1)
        assert ask(proxy.port, "POST", path, body, headers)[0].status == 200
        response, answer = ask(proxy.port, "POST", path, body, headers)
        error = json.loads(answer)["error"]
        assert (response.status, error["type"]) == (429, "rate_limit_error")
        assert "1 request a minute for this model; try again in" in error["message"]
        assert 1 <= int(response.getheader("retry-after")) <= 60
        assert response.getheader("x-ratelimit-limit-requests") == "1"
        assert response.getheader("x-ratelimit-remaining-requests") == "0"
        assert 0 < float(response.getheader("x-ratelimit-reset-requests").removesuffix("s")) <= 60
        unread, _ = ask(proxy.port, "POST", path, b'{"messages": 3}', headers)
        again, _ = ask(proxy.port, "POST", path, b'{"messages": 3}', headers)
        assert (unread.status == 429, again.status) == (False, 429)
    assert len(proxy.stub.requests) == 2


RAW = [
    b"GET http://evil.example/v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"GET //evil.example/v1/models HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1//evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/../admin HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/%2e%2e/admin HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/%252e%252e/admin HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/..%2fadmin HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/..%5cadmin HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/..\\admin HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/a%00b HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/a%0d%0ax:y HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1@evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET @evil.example/v1/models HTTP/1.1\r\nHost: x\r\n\r\n",
    b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/models HTTP/9.9\r\nHost: x\r\n\r\n",
    b"GET /v1/models\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
]


def test_odd_requests_reach_nothing_else(serve):
    proxy = serve(header_timeout=0.3)
    for data in RAW:
        closing = data.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
        answer = proxy.raw(closing)
        assert b" 500 " not in answer, data
        assert b"Traceback" not in answer
    for seen in proxy.stub.requests:
        assert seen.target == "/v1/models"
        assert seen.headers["host"] == f"127.0.0.1:{proxy.stub.port}"


SMUGGLED = b"GET /v1/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
SMUGGLING = [
    b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % (5 + len(SMUGGLED)),
    b"Content-Length: 3\r\nContent-Length: 9\r\n\r\n{}x",
    b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    b"Content-Length: -1\r\n\r\n",
    b"Content-Length: +2\r\n\r\n{}",
    b"Content-Length: 0x2\r\n\r\n{}",
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    b"X: a\r\n Content-Length: 5\r\n\r\n",
    b"X: a\nContent-Length: 0\r\n\r\n",
]


def test_what_is_ambiguous_never_hides_a_request(serve):
    proxy = serve(body_timeout=0.3, header_timeout=0.3, keep_alive=1.0)
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
    for rest in SMUGGLING:
        proxy.stub.requests.clear()
        answer = proxy.raw(head + rest + SMUGGLED)
        assert b" 500 " not in answer, rest
        # What follows a whole request is one of its own; what is inside of one must not be.
        assert answer.count(b"HTTP/1.1 ") >= len(proxy.stub.requests), rest
        for seen in proxy.stub.requests:
            assert "transfer-encoding" not in seen.headers
            assert len(seen.body) == int(seen.headers.get("content-length", 0))


SECRET = "planted-9f3a"


def test_planted_secrets_stay_out_of_logs_and_figures(serve, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    hostile = [["close"], [whole(f"500 {SECRET}", SECRET.encode())], ["hang"], [chunked(), "close"]]
    turn = iter(range(1_000))
    proxy = serve(
        lambda r: hostile[next(turn) % 4] if r.target.startswith("/v1/m") else provider(r),
        first_byte_timeout=0.2,
        max_body=2_000,
    )
    headers = {
        "Authorization": f"Bearer {SECRET}",
        "x-api-key": SECRET,
        "Cookie": SECRET,
        "x-brim-mode": SECRET,
        "x-brim-secret": SECRET,
    }
    message = {"role": "user", "content": SECRET}
    bodies = [
        json.dumps({"model": "gpt-4o", "max_tokens": 5, "messages": [message]}),
        json.dumps({"model": "gpt-4o", "messages": [{"role": SECRET, "content": {SECRET: 1}}]}),
        json.dumps({"model": "tiny", "messages": [{"role": "user", "content": SECRET * 900}]}),
        json.dumps({"model": "gpt-4o", "messages": SECRET}),
        f'{{"messages": [{SECRET}',
        SECRET * 500,
    ]
    told = []
    for path in (CHAT, MESSAGES, f"/v1/models/{SECRET}", f"/{SECRET}?{SECRET}", f"{CHAT}?{SECRET}"):
        for body in bodies:
            try:
                response, _ = ask(proxy.port, "POST", path, body.encode(), headers)
            except Exception:  # what breaks off is meant to
                continue
            told.append([value for name, value in response.getheaders() if "brim" in name])
    for path in ("/metrics", "/brim/stats"):
        told.append(ask(proxy.port, "GET", path)[1].decode())
    logged = [record.getMessage() + str(record.exc_info) for record in caplog.records]
    assert len(logged) > 20
    for text in (*logged, *map(str, told), *capfd.readouterr()):
        assert SECRET not in text
