"""The dashboard's paths and figures, as any client gets them."""

from __future__ import annotations

import base64
import gc
import hashlib
import json
import signal
import threading

import pytest
from replies import provider
from running import ask
from stub import Stub, whole
from test_serving import process
from watching import CHAT, EVIL, SECRET, events, look, stats, talk

from brim import Brim
from brim.api import hookimpl
from brim_proxy.dashboard.condensed import Ring
from brim_proxy.dashboard.recorder import Recorder

ASSETS = ("dashboard", "dashboard.css", "dashboard.js", "dashboard_draw.js", "dashboard.svg")
PATHS = [f"/brim/{name}" for name in (*ASSETS, "events")]


@pytest.fixture
def keys(tmp_path):
    file = tmp_path / "keys.toml"
    digests = {name: hashlib.sha256(f"{name}-key".encode()).hexdigest() for name in ("ann", "bob")}
    file.write_text("".join(f'[[key]]\ntenant="{n}"\nsha256="{d}"\n' for n, d in digests.items()))
    file.chmod(0o600)
    return str(file)


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"anybody:{key}".encode()).decode()


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_shown_without_a_key(serve, keys, path):
    proxy = serve(keys=keys)
    wrong = ["", "Bearer no", "Basic", "Basic !", basic("no"), basic(""), "Basic " + "ann-key"]
    for value in wrong:
        response, body = ask(proxy.port, "GET", path, headers={"Authorization": value})
        assert (response.status, json.loads(body)["error"]["code"]) == (401, "invalid_api_key")
        assert response.getheader("www-authenticate").startswith("Basic ")
    for value in ("Bearer ann-key", basic("ann-key")):
        assert ask(proxy.port, "HEAD", path, headers={"Authorization": value})[0].status == 200
    for method in ("POST", "PUT", "DELETE"):
        headers = {"Authorization": basic("ann-key")}
        assert ask(proxy.port, method, path, headers=headers)[0].status == 404
    assert not proxy.stub.requests


def test_a_browsers_password_opens_nothing_else(serve, keys):
    proxy = serve(keys=keys)
    for method, path in (("POST", CHAT), ("GET", "/brim/stats"), ("GET", "/v1/models")):
        response, _ = ask(proxy.port, method, path, headers={"Authorization": basic("ann-key")})
        assert response.status == 401
        assert response.getheader("www-authenticate") is None


@pytest.mark.parametrize("path", PATHS)
def test_the_policy_lets_no_other_script_run(serve, path):
    response, _ = ask(serve().port, "HEAD", path)
    policy = response.getheader("content-security-policy")
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response.getheader("x-content-type-options") == "nosniff"
    assert response.getheader("cache-control") == "no-store"


def test_the_page_has_all_that_it_names_and_nothing_from_elsewhere(serve):
    proxy = serve()
    found = {name: ask(proxy.port, "GET", f"/brim/{name}")[1].decode() for name in ASSETS}
    assert all(
        f'"{name}"' in found["dashboard"] + found["dashboard.js"].replace("./", "")
        for name in ASSETS[1:]
    )
    for name, text in found.items():
        assert "http" not in text.replace("http://www.w3.org/2000/svg", ""), name
        assert "innerHTML" not in text
    assert "style=" not in found["dashboard"]
    assert "<script>" not in found["dashboard"]


def test_names_of_other_sites_that_lead_here_see_nothing(serve, keys):
    """A site's page may have its own name point to this machine."""
    open_to_all, closed = serve(), serve(keys=keys)
    for host in ("evil.example", "evil.example:5000", "127.0.0.1.evil.example", "[::2]:80", "["):
        for path in PATHS:
            response, _ = ask(open_to_all.port, "GET", path, headers={"Host": host})
            assert response.status == 403, host
    for host in ("127.0.0.1", "localhost:5000", "[::1]:5000", "127.3.2.1:80"):
        assert ask(open_to_all.port, "GET", PATHS[0], headers={"Host": host})[0].status == 200
    given = {"Host": "brim.example", "Authorization": basic("bob-key")}
    assert ask(closed.port, "GET", PATHS[0], headers=given)[0].status == 200


def test_it_can_be_off(serve):
    proxy = serve(dashboard="off")
    talk(proxy.port, "A", 12)
    assert all(ask(proxy.port, "GET", path)[0].status == 404 for path in PATHS)
    assert stats(proxy.port)["proxy"]["answers"] == 12
    assert not proxy.app.recorder.ring.since(0, lambda tenant: True)


def test_the_figures_are_those_of_the_stats(serve):
    proxy = serve()
    talk(proxy.port, "A", 12)
    ask(proxy.port, "POST", CHAT, b"{nonsense")
    told = look(proxy.port)
    (state,) = told["state"]
    own, shown = stats(proxy.port), state["figures"]
    passing = {"active_requests", "requests", "held_bytes", "bytes_out"}
    for name in set(own["proxy"]) - passing:
        assert shown["proxy"][name] == own["proxy"][name], name
    for name in ("operations", "caches", "condensation_stats", "total_requests", "memo_hits"):
        assert shown[name] == own[name], name
    proxied = own["proxy"]
    assert (proxied["answers"], proxied["errors"]) == (13, 1)
    assert proxied["outcomes"] == {"ok": 12, "refused": 1}
    assert proxied["saved"]["tokens"] == proxied["tokens_before"] - proxied["tokens_after"] > 0
    assert proxied["request_ms"]["of"] == 13
    assert proxied["request_ms"]["p50"] <= proxied["request_ms"]["p99"]
    requests, errors, before, after, _ = map(sum, zip(*state["series"], strict=True))
    assert (requests, errors) == (13, 1)
    assert (before, after) == (proxied["tokens_before"], proxied["tokens_after"])
    (fault,) = state["faults"]
    assert (fault["status"], fault["unread"]) == (400, "unread:json")


def test_money_is_what_the_tokens_would_have_cost(serve):
    prices = {"prices": {"input": 2.0, "cached_input": 0.5, "cache_ttl": 300}}
    models = {
        "dear": {"window": 2_000, "max_output": 400, "like": "gpt-4o", **prices},
        "free": {"window": 2_000, "max_output": 400},
    }
    with Brim({"archive": {"where": "memory"}, "models": models}) as kernel:
        proxy = serve(kernel=kernel)
        talk(proxy.port, "A", 12, "dear")
        saved = stats(proxy.port)["proxy"]["saved"]
        assert saved["usd"] == pytest.approx(saved["tokens"] * 2.0 / 1e6)
        assert saved["usd_if_cached"] == pytest.approx(saved["tokens"] * 0.5 / 1e6)
        assert saved["unpriced_tokens"] == 0
        talk(proxy.port, "B", 12, "free")
        more = stats(proxy.port)["proxy"]["saved"]
        assert more["usd"] == saved["usd"]
        assert more["unpriced_tokens"] == more["tokens"] - saved["tokens"] > 0


def test_what_was_not_sent_shorter_saves_nothing(serve):
    proxy = serve(mode="observe")
    talk(proxy.port, "A", 12)
    assert stats(proxy.port)["proxy"]["saved"]["tokens"] == 0
    failing = serve(lambda _: [whole("500 Oops", b"{}")])
    body = json.dumps({"model": "tiny", "messages": talk(proxy.port, "B", 12)}).encode()
    assert ask(failing.port, "POST", CHAT, body)[0].status == 500
    figures = stats(failing.port)["proxy"]
    assert figures["fitted"] == 1
    assert (figures["saved"]["tokens"], figures["errors"]) == (0, 1)


@pytest.mark.parametrize("path", [CHAT, "/v1/messages"])
def test_conversations_are_told_apart(serve, path):
    """Also those with the same beginning; each goes on as itself, condensed or not."""
    proxy = serve(learn=False)
    for name in ("A", "B"):
        talk(proxy.port, name, 12, path=path)
    one = talk(proxy.port, "C", 2, "gpt-4o", path)
    for words in ("this way", "that way", "this way and on"):
        other = [*one[:-1], {"role": "user", "content": words}]
        ask(proxy.port, "POST", path, json.dumps({"model": "gpt-4o", "messages": other}).encode())
    (state,) = look(proxy.port)["state"]
    talks = {found["number"]: found for found in state["talks"]}
    assert [talks[number]["requests"] for number in sorted(talks)] == [12, 12, 3, 1, 1]
    first = talks[1]
    assert first["condensed"] >= 1
    assert first["messages"] == 23
    assert len(first["sizes"]) == 12
    assert first["sizes"][-1] == first["after"] < first["before"]
    assert first["after"] <= first["budget"] == 1_600


def test_a_condensation_is_shown_without_its_texts(serve):
    proxy = serve()
    talk(proxy.port, "A", 12)
    told = look(proxy.port)
    first, *_ = told["condensed"]
    assert told["hello"][0]["bodies"] is False
    assert first["after"] < first["before"]
    assert 0 <= first["survival"] < 1
    assert first["steps"][-1]["strategy"] == "smart-truncation"
    assert sum(messages for _, messages, _ in first["strip"]) == first["messages"][0]
    assert sum(tokens for _, _, tokens in first["strip"]) == pytest.approx(first["before"], rel=0.1)
    assert {"left out", "kept"} <= {fate for fate, _, _ in first["strip"]}
    for text in (SECRET, "kestrel", "order 1", "img src", "Go on"):
        assert text not in json.dumps(told)


def test_texts_are_shown_where_the_operator_says_so(serve):
    proxy = serve(dashboard="bodies")
    sent = json.dumps(talk(proxy.port, "A", 12))
    told = look(proxy.port)
    first, *_ = told["condensed"]
    before = "".join("".join(one["before"]) for one in first["changes"])
    assert "order 1 went to hall 7" in before
    assert EVIL in before
    assert first["missing"]
    assert all(text in sent for text in first["missing"])
    assert all(sum(map(len, one["before"])) <= 900 for one in first["changes"])


def test_tenants_see_their_own_and_operators_all(serve, keys):
    proxy = serve(keys=keys, operators=("bob",), dashboard="bodies")
    ann, bob = ({"Authorization": f"Bearer {name}-key"} for name in ("ann", "bob"))
    for headers in (ann, bob):
        talk(proxy.port, "A", 12, **headers)
        ask(proxy.port, "POST", CHAT, b"{", headers)
    seen, everything = look(proxy.port, **ann), look(proxy.port, **bob)
    for told, tenants in ((seen, {"ann"}), (everything, {"ann", "bob"})):
        (state,) = told["state"]
        for found in (told["condensed"], state["talks"], state["faults"]):
            assert {one["tenant"] for one in found} == tenants
    assert "bob" not in json.dumps(seen)
    assert seen["hello"][0]["all"] is False
    assert seen["hello"][0]["upstream"] == ""
    assert everything["hello"][0]["upstream"] == proxy.stub.url


class Broken:
    """Fails at what it does."""

    @hookimpl
    def condense(self, task):
        raise ValueError("no")


def test_breakers_and_plugins(serve):
    settings = {"strategies": ["broken", "smart-truncation"], "archive": {"where": "memory"}}
    with Brim(settings, plugins=[Broken()]) as kernel:
        proxy = serve(kernel=kernel)
        for name in "ABC":
            body = {"model": "gpt-3.5-turbo", "messages": talk(proxy.port, name, 12, "gpt-4o") * 9}
            ask(proxy.port, "POST", CHAT, json.dumps(body).encode())
        (state,) = look(proxy.port)["state"]
    first, *others = state["plugins"]
    assert first["name"] == "broken"
    assert first["breakers"] == [{"hook": "condense", "failures": 3, "of": 3, "rest": 50}]
    states = {one["name"]: one["state"] for one in others}
    assert states["smart-truncation"] == "active"
    assert states["openai-completion"] == "idle"


def test_news_come_as_they_happen(serve):
    proxy = serve()
    stream = events(proxy.port)
    assert [next(stream)[0] for _ in range(2)] == ["hello", "state"]
    talk(proxy.port, "A", 12)
    seen = []
    while not seen or seen[-1][0] != "state" or seen[-1][1]["figures"]["proxy"]["answers"] < 12:
        seen.append(next(stream))
    numbers = [data["number"] for name, data in seen if name == "condensed"]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1
    stream.close()


def test_odd_names_do_not_end_the_stream(serve):
    proxy = serve()
    for name in ("\\ud800", "x" * 5_000, "\\u0000\\n\\ndata: {}", "\\u2028"):
        body = b'{"model": "%s", "messages": [{"role": "user", "content": "hi %s"}]}'
        ask(proxy.port, "POST", CHAT, body.replace(b"%s", name.encode()))
    (state,) = look(proxy.port)["state"]
    names = [one["model"] for one in state["talks"]]
    assert {"\ud800", "x" * 120, "\0\n\ndata: {}", "\u2028"} == set(names)


def test_who_looks_does_not_hold_up_the_end(monkeypatch):
    monkeypatch.setenv("BRIM_PLUGIN__PROXY__DRAIN", "3600")
    with Stub(provider) as stub, process(stub) as (served, port):
        line = served.stderr.readline()
        assert line == f"brim: dashboard at http://127.0.0.1:{port}/brim/dashboard\n"
        stream = events(port)
        assert next(stream)[0] == "hello"
        served.send_signal(signal.SIGTERM)
        assert served.wait(60) in (0, -signal.SIGTERM)
        stream.close()


def test_a_viewer_that_leaves_is_forgotten(serve):
    proxy = serve()
    streams = [events(proxy.port) for _ in range(3)]
    for stream in streams:
        next(stream)
    assert proxy.app.dashboard.watched == 3
    for stream in streams:
        stream.close()
    for _ in range(400):
        if proxy.app.dashboard.watched == 0:
            break
        threading.Event().wait(0.02)
    assert proxy.app.dashboard.watched == 0
    assert proxy.app.meters.active == 0


def test_memory_is_bounded():
    class Report:
        class before:
            tokens = 1_500

    class Fitted:
        report = Report

    ring = Ring(most=5, size=4_000)
    for number in range(9):
        ring.add(0.0, "a", number, "on", Fitted())
    kept = ring.since(0, lambda tenant: True)
    assert [one.number for one in kept] == [5, 6, 7, 8, 9]
    assert [one.held for one in kept] == [0, 0, 0, 1_500, 1_500]
    assert kept[0].view(bodies=True) is None
    gc.collect()
    assert not Recorder(kept=False).ring.since(0, lambda tenant: True)
