"""A glance says what the whole road would, or nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest
from glance_parts import DIALECTS

from brim import Brim
from brim.api import Level, TrimDecision, TrimTask, hookimpl
from brim.testing.case import Case
from brim.testing.conversations import seeded


def bodies(case: Case, dice: random.Random) -> Iterator[bytes]:
    """The requests by which this conversation came to be, as one client of many writes them."""
    total = len(case.messages)
    spaces = dice.choice([(",", ":"), (", ", ": ")])
    names = dice.sample(list(case.request), len(case.request))
    escaped = dice.random() < 0.5
    for length in sorted({*dice.sample(range(1, total + 1), min(total, 4)), total}):
        request = case.with_messages(case.messages[:length]).request
        text = json.dumps(
            {name: request[name] for name in names}, separators=spaces, ensure_ascii=escaped
        )
        yield text.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_it_says_what_a_fit_would(pair, dialect):
    enough = total = 0
    for seed in range(30):
        case, dice = seeded(seed, dialect), random.Random(seed)
        for body in bodies(case, dice):
            enough += pair.check(body, dialect, budget=dice.choice([None, 10**6]))
            total += 1
    assert enough > 0.8 * total


ODD = [
    b"",
    b"null",
    b"[]",
    b'[{"role":"user","content":"a list"}]',
    b"\xef\xbb\xbf" + b'{"model":"gpt-4o","messages":[{"role":"user","content":"marked"}]}',
    '{"model":"gpt-4o","messages":[{"role":"user","content":"wide"}]}'.encode("utf-16"),
    b'{"messages":[{"role":"user","content":"1"}],"messages":[{"role":"user","content":"twice"}]}',
    b'{"model":"a","messages":[{"role":"user","content":"x"}],"model":"gpt-4o"}',
    b'{"model":"gpt-4o","mess\\u0061ges":[{"role":"user","content":"escaped"}]}',
    b'{"model":"gpt-4o","messages":[{"role":"user","content":"\\ud800 alone"}]}',
    b'{"model":"gpt-4o","max_tokens":1e999,"messages":[{"role":"user","content":"x"}]}',
    b'{"model":"gpt-4o","max_tokens":-1,"messages":[{"role":"user","content":"x"}]}',
    b'{"model":"gpt-4o","messages":[]}',
    b'{"model":"gpt-4o","messages":[{"role":"system","content":"alone"}]}',
    b'{"model":"gpt-4o","messages":[7]}',
    b'{"model":"gpt-4o","messages":[{"role":[],"content":"x"}]}',
    b'{"model":"gpt-4o","messages":[{"role":"user","content":"x"}],"input":"both"}',
    b'{"model":"gpt-4o","messages":[{"role":"user","content":"x"}]} trailing',
    b'{"model":"gpt-4o","x":31415926535897932384,"messages":[{"role":"user","content":"x"}]}',
    b'{"a":"\\"messages\\":[","model":"gpt-4o","messages":[{"role":"user","content":"quoted"}]}',
    b'{"model":"gpt-4o","a":{"messages":[1]},"messages":[{"role":"user","content":"inner"}]}',
    b'{"model":"gpt-4o","messages":[{"role":"user","content":"' + b"[" * 200 + b'"}]}',
    b'{"model":"gpt-4o","messages":[{"role":"user","content":' + b"[" * 200 + b"]" * 200 + b"}]}",
    b'{"model":"gpt-4o","input":"short for a message"}',
    b'{"model":"gpt-4o","input":[{"type":"reasoning","role":[],"summary":[]}]}',
    b'{"model":"gpt-4o","input":[{"type":"function_call","role":"system","call_id":"a",'
    b'"name":"f","arguments":"{}"},{"role":"user","content":"x"}]}',
]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_odd_bytes(pair, dialect):
    for body in ODD:
        pair.check(body, dialect)


def chat(said: list[str], **fields: object) -> bytes:
    roles = ("user", "assistant") * len(said)
    turns = [{"role": role, "content": text} for role, text in zip(roles, said, strict=False)]
    system = [{"role": "system", "content": "Be brief. " * 100}]
    return json.dumps({"model": "gpt-4o", "messages": [*system, *turns], **fields}).encode()


def test_endings_that_mean_something_else(pair):
    """After a conversation is known, the bytes behind it decide."""
    said = ["first " * 50, "second " * 50, "third"]
    known = chat(said)
    assert pair.check(known, "openai-chat")
    end = known.rindex(b"}]}") + 1
    for rest in (
        b"]}",
        b" ] }\\n",
        b',{"role":"assistant","content":"more"}]}',
        b'],"tools":[{"type":"function","function":{"name":"f","parameters":{}}}]}',
        b'],"messages":[{"role":"user","content":"others"}]}',
        b'],"messages":[{},{"role":"user","content":"others"}]}',
        b'],"messages":[{}]}',
        b'],"messages":["31415926535897932384"]}',
        b'],"model":"gpt-4"}',
        b'],"model":7}',
        b'],"input":[]}',
        b"}",
        b".5]}",
        b",]}",
        b',{"role":"nobody"}]}',
        b"]}]}",
        b"",
    ):
        pair.check(known[:end] + rest, "openai-chat")
    assert pair.check(known, "openai-chat")


def test_a_conversation_that_grows_is_read_once(pair, monkeypatch):
    parsed = []
    dialect = pair.quick.host.calls.dialects()["openai-chat"]
    whole = type(dialect).view
    said = [f"{i} " + "some words of it " * 20 for i in range(40)]
    for count in range(1, 40):
        body = chat(said[:count])
        expected = pair.whole.fit(body, dialect="openai-chat").report.before
        with monkeypatch.context() as patch:
            patch.setattr(
                type(dialect), "view", lambda *given: parsed.append(given) or whole(*given)
            )
            found = pair.quick.glance(body, dialect="openai-chat")
        assert found.before == expected
    assert len(parsed) == 40, "the system message and one more each time"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_who_goes_back_is_told_the_same(pair, dialect):
    """To any point, and on from there in another way; at last of several such conversations."""
    enough = 0
    for seed in range(8):
        case, dice = seeded(seed, dialect), random.Random(seed)
        pair.check(json.dumps(case.request).encode(), dialect, budget=10**6)
        for _ in range(6):
            place = dice.randrange(1, len(case.messages) + 1)
            other = seeded(dice.randrange(50), dialect).messages
            messages = [*case.messages[:place], *other[: dice.randrange(4)]]
            body = json.dumps(case.with_messages(messages).request).encode()
            enough += pair.check(body, dialect, budget=10**6)
    assert enough > 30


def test_who_goes_back_far_has_only_the_rest_read(pair):
    said = [f"{i} " + "some words of it " * 20 for i in range(60)]
    hits = pair.quick.engine.recall
    assert pair.check(chat(said), "openai-chat")
    for place in (59, 51, 30, 29, 12, 2):
        before = hits.hits
        assert pair.check(chat([*said[:place], f"another way from {place} on"]), "openai-chat")
        assert hits.hits - before == place


def test_tenants_and_models_are_kept_apart(pair):
    said = [f"{i} " + "words " * 50 for i in range(9)]
    for tenant in ("a", "b"):
        for model in ("gpt-4o", "gpt-4", "claude-sonnet-4-5", "gpt-4o"):
            assert pair.check(chat(said, model=model), "openai-chat", tenant=tenant)
            behind = {key: value for key, value in json.loads(chat(said)).items() if key != "model"}
            body = json.dumps({**behind, "model": model}).encode()
            assert pair.check(body, "openai-chat", tenant=tenant)


def test_what_is_condensed_takes_the_whole_road(pair):
    """From the first time on, also where it becomes short enough to fit again."""
    said = [f"{i} " + "many words of it " * 60 for i in range(60)]
    for count in (3, 9, 21, 41, 43, 45, 21, 3):
        pair.check(chat(said[:count]), "openai-chat", budget=6_000)
        pair.check(chat(said[:count]), "openai-chat", budget=60_000)


def test_a_record_is_found_by_what_was_said(pair):
    """Also where the bytes are others: what was condensed once is not sent whole again."""
    said = [f"{i} " + "many words of it " * 60 for i in range(27)]
    assert not pair.check(chat(said), "openai-chat", budget=6_000)
    others = json.dumps(json.loads(chat(said)), separators=(",", ":")).encode()
    assert pair.whole.fit(others, dialect="openai-chat", budget=8_000).report.replayed
    assert pair.quick.glance(others, dialect="openai-chat", budget=8_000) is None
    assert pair.quick.glance(others, dialect="openai-chat", budget=8_000, tenant="other")


def test_a_little_is_read_at_once_and_more_is_not(pair):
    options = {"dialect": "openai-chat", "most": 2_000}
    known, longer = chat(["hi"]), chat(["hi", "x " * 2_000, "so?"])
    assert pair.quick.glance(known, **options) is None, "its vocabulary may not be loaded"
    assert pair.quick.glance(known, dialect="openai-chat")
    assert pair.quick.glance(known, **options)
    assert pair.quick.glance(longer, **options) is None
    assert pair.quick.glance(longer, dialect="openai-chat")
    assert pair.quick.glance(longer, **options)


class Curious:
    """A policy that looks at everything there is."""

    name = "curious"

    def __init__(self) -> None:
        self.seen: list[tuple] = []

    @hookimpl
    def should_trim(self, task: TrimTask) -> TrimDecision:
        shape, budget = task.shape, task.usage.budget
        kinds = {str(kind): tokens for kind, tokens in shape.kinds.items()}
        self.seen.append((shape.messages, shape.turns, tuple(shape.tokens), kinds, task.usage))
        return TrimDecision(False, Level.OK, target=budget, trigger=budget, reason="looks")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_policy_sees_the_same(dialect):
    quick, whole = Curious(), Curious()
    settings = {"archive": {"where": "memory"}, "policy": "curious"}
    with Brim(settings, plugins=[quick]) as one, Brim(settings, plugins=[whole]) as other:
        for seed in range(25):
            case, dice = seeded(seed, dialect), random.Random(seed)
            for body in bodies(case, dice):
                if one.glance(body, dialect=dialect) is not None:
                    other.fit(body, dialect=dialect)
                else:
                    quick.seen = quick.seen[: len(whole.seen)]
    assert len(whole.seen) > 40
    assert quick.seen == whole.seen
