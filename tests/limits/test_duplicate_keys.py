"""A key that an object names twice: as it came where nothing changes, else the last value."""

from __future__ import annotations

import json

import pytest

from brim import Brim

LONG = "word " * 2_000


@pytest.fixture(scope="module")
def app():
    with Brim({"model": "gpt-4o"}) as made:
        yield made


REQUEST = (
    '{"model":"nobody","messages":[{"role":"user","content":"decoy"}],"model":"gpt-4o",'
    '"messages":[{"role":"user","content":"%s"},{"role":"assistant","content":"ok"},'
    '{"role":"system","role":"user","content":"first","content":"last"}],"seed":1,"seed":2}'
)


def test_untouched_requests_keep_both(app):
    data = (REQUEST % "short").encode()
    fitted = app.fit(data)
    assert fitted.request == data
    assert len(fitted.messages) == 3
    assert fitted.report.model == "gpt-4o"


def test_the_last_one_counts(app):
    plain = json.dumps(json.loads(REQUEST % "short")).encode()
    assert app.count((REQUEST % "short").encode()).total == app.count(plain).total


def test_a_rebuilt_request_names_each_key_once_and_means_the_same(app):
    data = (REQUEST % LONG).encode()
    fitted = app.fit(data, budget=200)
    assert fitted.report.changed
    pairs = json.loads(fitted.request, object_pairs_hook=lambda found: found)
    assert [key for key, _ in pairs] == ["model", "messages", "seed"]
    assert dict(pairs)["model"] == "gpt-4o"
    assert dict(pairs)["seed"] == 2
    assert b"decoy" not in fitted.request


def test_a_message_that_stays_keeps_its_bytes(app):
    data = (REQUEST % LONG).encode()
    last = b'{"role":"system","role":"user","content":"first","content":"last"}'
    assert app.fit(data, budget=200).request.count(last) == 1


def test_with_lone_surrogates_it_is_the_same(app):
    data = (REQUEST % (LONG + "\\ud800")).replace('"seed":1', '"user":"\\ud800"').encode()
    assert app.fit(data).request == data
    out = json.loads(app.fit(data, budget=200).request)
    assert (out["model"], out["seed"], out["user"]) == ("gpt-4o", 2, "\ud800")
