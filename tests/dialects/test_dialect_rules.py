"""Every rule has an example that breaks it, and a close one that does not."""

from __future__ import annotations

import pytest
from dialect_samples import (
    ANTHROPIC,
    DIALECTS,
    OPENAI,
    RESPONSES,
    Json,
    asks,
    assistant,
    broken,
    call,
    calls,
    check,
    output,
    parsed,
    reasoning,
    result,
    text,
    thinking,
    tool,
    use,
    user,
)
from model_rule_cases import MODEL_CASES, PLAIN

from brim.dialects.catalogue import CATALOGUE
from brim.dialects.walk import Walker
from brim.model.profiles import ModelProfile

HI, OK = user("hi"), assistant("ok")
LOOP = [HI, assistant(use("a")), user(result("a"))]


def marked(number: int) -> Json:
    blocks = [text(str(i), cache_control={"type": "ephemeral"}) for i in range(number)]
    return user(*blocks)


def thinks(budget: int = 2048, **fields: object) -> Json:
    thought = {"type": "enabled", "budget_tokens": budget}
    return {"thinking": thought, "max_tokens": 4096, "messages": [HI], **fields}


def named(*names: str) -> Json:
    return {"messages": [HI], "tools": [{"name": name, "input_schema": {}} for name in names]}


def function(name: str) -> Json:
    return {"messages": [HI], "tools": [{"type": "function", "function": {"name": name}}]}


CASES: list[tuple[int, Walker, object, object, ModelProfile]] = [
    (1, OPENAI, [HI, tool("a")], [HI, calls("a"), tool("a")], PLAIN),
    (1, OPENAI, [HI, calls("a"), tool("a"), tool("a")], [HI, calls("a"), tool("a"), OK], PLAIN),
    (2, OPENAI, [HI, calls("a", "b"), tool("a"), OK], [HI, calls("a"), tool("a"), OK], PLAIN),
    (2, OPENAI, [HI, calls("a")], [HI, calls("a"), tool("a")], PLAIN),
    (2, OPENAI, [HI, calls("a", "a"), tool("a")], [HI, calls("a"), tool("a")], PLAIN),
    (3, OPENAI, [calls("a"), HI, tool("a")], [calls("a"), tool("a"), HI], PLAIN),
    (
        3,
        OPENAI,
        [calls("a", "b"), tool("b"), HI, tool("a")],
        [calls("a", "b"), tool("b"), tool("a"), HI],
        PLAIN,
    ),
    (4, OPENAI, [{"role": "user"}], [HI], PLAIN),
    (
        4,
        OPENAI,
        [{"role": "assistant", "content": None}],
        [{"role": "assistant", "content": None, "refusal": "no"}],
        PLAIN,
    ),
    (4, OPENAI, [calls("a"), tool("a", None)], [calls("a"), tool("a", "")], PLAIN),
    (
        5,
        OPENAI,
        many := [calls(*map(str, range(129))), *(tool(str(i)) for i in range(129))],
        [calls(*map(str, range(128))), *many[1:129]],
        PLAIN,
    ),
    (6, OPENAI, [{**HI, "name": "Ann Lee"}], [{**HI, "name": "Ann_Lee-2"}], PLAIN),
    (6, OPENAI, function("x" * 65), function("x" * 64), PLAIN),
    (
        6,
        OPENAI,
        [{**calls(), "tool_calls": [call("a", "bad name")]}, tool("a")],
        [{**calls(), "tool_calls": [call("a", "good")]}, tool("a")],
        PLAIN,
    ),
    (15, ANTHROPIC, [HI, assistant(use("a")), HI], LOOP, PLAIN),
    (15, ANTHROPIC, [HI, assistant(use("a"), use("b")), user(result("a"))], LOOP, PLAIN),
    (15, ANTHROPIC, [*LOOP, *LOOP[1:]], [*LOOP, assistant(use("b")), user(result("b"))], PLAIN),
    (16, ANTHROPIC, [HI, OK, user(result("a"))], LOOP, PLAIN),
    (16, ANTHROPIC, [*LOOP[:2], HI, OK, user(result("a"))], LOOP, PLAIN),
    (
        17,
        ANTHROPIC,
        [*LOOP[:2], user(text("x"), result("a"))],
        [*LOOP[:2], user(result("a"), text("x"))],
        PLAIN,
    ),
    (
        17,
        ANTHROPIC,
        [HI, assistant(use("a"), use("b")), user(result("a")), user(result("b"))],
        [HI, assistant(use("a"), use("b")), user(result("b"), result("a"))],
        PLAIN,
    ),
    (18, ANTHROPIC, [OK, HI], [HI, OK], PLAIN),
    (18, ANTHROPIC, [OK, HI], [assistant({"type": "compaction", "content": "s"}), HI], PLAIN),
    (20, ANTHROPIC, [user(text(" \n"))], [user(text("."))], PLAIN),
    (20, ANTHROPIC, [user("")], [user("x")], PLAIN),
    (20, ANTHROPIC, [user()], [user("x")], PLAIN),
    (20, ANTHROPIC, [HI, assistant(""), HI], [HI, assistant("")], PLAIN),
    (
        20,
        ANTHROPIC,
        {"messages": [HI], "system": [text("")]},
        {"messages": [HI], "system": [text("be kind")]},
        PLAIN,
    ),
    (21, ANTHROPIC, [HI, assistant("so ")], [HI, assistant("so "), HI], PLAIN),
    (23, ANTHROPIC, [marked(5)], [marked(4)], PLAIN),
    (
        23,
        ANTHROPIC,
        {"messages": [marked(4)], "cache_control": {"type": "ephemeral"}},
        {"messages": [marked(4)]},
        PLAIN,
    ),
    (
        23,
        ANTHROPIC,
        [*LOOP[:2], user(result("a", marked(5)["content"]))],
        [*LOOP[:2], user(result("a", marked(4)["content"]))],
        PLAIN,
    ),
    (
        25,
        ANTHROPIC,
        thinks(messages=LOOP),
        thinks(messages=[HI, assistant(thinking(), use("a")), user(result("a"))]),
        PLAIN,
    ),
    (
        25,
        ANTHROPIC,
        thinks(messages=LOOP),
        thinks(messages=[HI, assistant(thinking(), use("b")), user(result("b")), *LOOP[1:]]),
        PLAIN,
    ),
    (25, ANTHROPIC, thinks(messages=LOOP), thinks(messages=[*LOOP, OK, HI]), PLAIN),
    (
        25,
        ANTHROPIC,
        thinks(messages=LOOP),
        {"thinking": {"type": "adaptive"}, "messages": LOOP},
        PLAIN,
    ),
    (
        25,
        ANTHROPIC,
        thinks(messages=[*LOOP[:2], user(result("a"), text("go on"))]),
        thinks(messages=[HI, OK, user("go on")]),
        PLAIN,
    ),
    (28, ANTHROPIC, thinks(1023), thinks(1024), PLAIN),
    (28, ANTHROPIC, thinks(4096), thinks(4095), PLAIN),
    (
        28,
        ANTHROPIC,
        thinks(tool_choice={"type": "any"}),
        thinks(tool_choice={"type": "auto"}),
        PLAIN,
    ),
    (
        30,
        ANTHROPIC,
        [assistant({"type": "compaction", "content": ""})],
        [assistant({"type": "compaction", "content": "s"})],
        PLAIN,
    ),
    (31, ANTHROPIC, [user("é" * (17 * 2**20))], [user("é" * (15 * 2**20))], PLAIN),
    (33, ANTHROPIC, named("a", "a"), named("a", "b"), PLAIN),
    (33, ANTHROPIC, named("a.b"), named("a_b-9"), PLAIN),
    (6, RESPONSES, [asks("a", "bad name"), output("a")], [asks("a"), output("a")], PLAIN),
    (
        6,
        RESPONSES,
        {"input": [HI], "tools": [{"type": "function", "name": "a.b"}]},
        {"input": [HI], "tools": [{"type": "function", "name": "a-b"}]},
        PLAIN,
    ),
    (8, RESPONSES, [HI, output("a")], [HI, asks("a"), HI, output("a")], PLAIN),
    (
        8,
        RESPONSES,
        [HI, output("a")],
        {"input": [output("a")], "previous_response_id": "resp_1"},
        PLAIN,
    ),
    (9, RESPONSES, [HI, asks("a")], [HI, asks("a"), output("a")], PLAIN),
    (
        9,
        RESPONSES,
        [asks("a"), asks("a"), output("a")],
        [asks("a"), asks("b"), output("b"), output("a")],
        PLAIN,
    ),
    (10, RESPONSES, [HI, reasoning()], [HI, reasoning(), assistant("so")], PLAIN),
    (10, RESPONSES, [reasoning(), HI], [reasoning(), asks("a"), output("a"), HI], PLAIN),
    (
        12,
        RESPONSES,
        [asks("a", id="call_1"), output("a")],
        [asks("a", id="fc_1"), output("a")],
        PLAIN,
    ),
    (12, RESPONSES, [{**HI, "id": "x"}], [{**HI, "id": "msg_x"}], PLAIN),
    (12, RESPONSES, [asks("a", ""), output("a")], [asks("a", "f"), output("a")], PLAIN),
    *MODEL_CASES,
]


@pytest.mark.parametrize(
    ("rule", "dialect", "bad", "good", "profile"),
    CASES,
    ids=[f"{number}-rule{case[0]}" for number, case in enumerate(CASES)],
)
def test_rule(rule: int, dialect: Walker, bad: Json, good: Json, profile: ModelProfile) -> None:
    assert rule in broken(dialect, bad, profile)
    assert broken(dialect, good, profile) == set()


def test_every_rule_has_an_example_and_words() -> None:
    for dialect in DIALECTS.values():
        numbers = dialect.book.numbers
        examples = {case[0] for case in CASES if case[1] is dialect}
        assert numbers <= examples | {*dialect.book.seals.values(), dialect.book.bond}
        assert numbers <= CATALOGUE.keys()


def test_too_many_messages() -> None:
    one = ANTHROPIC.parse(HI, 0)
    envelope = ANTHROPIC.envelope({})
    assert not ANTHROPIC.check([one] * 100_000, envelope, PLAIN)
    assert ANTHROPIC.check([one] * 100_001, envelope, PLAIN)[0].rule == 31


@pytest.mark.parametrize("case", [case for case in MODEL_CASES if case[4] is not PLAIN])
def test_rules_of_some_models_hold_for_no_other(
    case: tuple[int, Walker, Json, Json, object],
) -> None:
    assert case[0] not in broken(case[1], case[2], PLAIN)


def test_subjects_do_not_depend_on_position() -> None:
    for rule, dialect, bad, _, profile in CASES:
        key = dialect.messages_key
        request = dict(bad) if isinstance(bad, dict) else {key: bad}
        before = {one.key for one in check(dialect, request, profile) if one.rule == rule}
        if rule in (18, 31):
            continue
        request[key] = [HI, OK, *request[key]]  # type: ignore[misc]
        after = {one.key for one in check(dialect, request, profile) if one.rule == rule}
        assert before == after, rule


def test_index_follows_the_place_in_the_request() -> None:
    blank = ANTHROPIC.parse(user(" "), 7)
    messages = [ANTHROPIC.parse(HI, 0), blank]
    (found,) = ANTHROPIC.check(messages, ANTHROPIC.envelope({}), PLAIN)
    assert (found.rule, found.index) == (20, 1)


def test_interleaved_thinking_may_exceed_the_maximum_output() -> None:
    beta = ["interleaved-thinking-2025-05-14"]
    assert broken(ANTHROPIC, thinks(9000, betas=beta)) == set()


def test_many_messages_take_linear_time() -> None:
    """10,000 calls that stay open: a quadratic check would not come back."""
    messages = [calls(f"c{i}") for i in range(10_000)]
    assert len(check(OPENAI, messages)) == 10_000
    blocks = [use(f"c{i}") for i in range(10_000)]
    assert len(check(ANTHROPIC, [HI, assistant(*blocks)])) == 10_000


def test_thinking_stays_as_it_was() -> None:
    """Rule 24: blocks may go, but neither change nor change places."""
    one, two = assistant(thinking("one"), text("a")), assistant(thinking("two"), text("b"))
    before = parsed(ANTHROPIC, [HI, one, HI, two])
    for kept in ([HI, one, HI, two], [HI, two], [HI, assistant("a"), HI, two], []):
        assert ANTHROPIC.altered(before, parsed(ANTHROPIC, kept)) == ()
    other = assistant({**thinking("one"), "signature": "b3RoZXI"})
    for wrong in ([other], [two, one], [one, one]):
        (found,) = ANTHROPIC.altered(before, parsed(ANTHROPIC, wrong))
        assert found.rule == 24


def test_calls_keep_the_reasoning_before_them() -> None:
    """Rule 11: only what the input had can be lost, and only some models mind."""
    thinks = ModelProfile("o", reasoning_items=True)
    whole = [
        HI,
        reasoning(),
        asks("a"),
        asks("b"),
        output("a"),
        output("b"),
        asks("c"),
        output("c"),
    ]
    before = parsed(RESPONSES, whole)

    def lost(kept: list[Json], profile: ModelProfile | None = thinks) -> list[tuple[int, str]]:
        found = RESPONSES.altered(before, parsed(RESPONSES, kept), profile)
        return [(one.rule, one.subject) for one in found]

    for kept in (whole, whole[:6], [HI, *whole[6:]], [HI, reasoning(), whole[3], whole[5]], []):
        assert lost(kept) == []
    assert lost([HI, *whole[2:]]) == [(11, "a"), (11, "b")]
    assert lost([HI, reasoning(), OK, *whole[2:]]) == [(11, "a"), (11, "b")]
    assert lost([HI, *whole[2:]], PLAIN) == lost([HI, *whole[2:]], None) == []


def test_sealed_items_stay_as_they_were() -> None:
    """Rules 30 and 13."""
    block = {"type": "compaction", "content": "s", "signature": "x"}
    before = parsed(ANTHROPIC, [assistant(block)])
    (found,) = ANTHROPIC.altered(before, parsed(ANTHROPIC, [assistant({**block, "content": "t"})]))
    assert found.rule == 30
    item = {"type": "compaction", "encrypted_content": "x"}
    for first, second in (
        (reasoning(), reasoning("rs_2")),
        (item, {**item, "encrypted_content": "y"}),
    ):
        before = parsed(RESPONSES, [first])
        assert RESPONSES.altered(before, before) == ()
        assert [v.rule for v in RESPONSES.altered(before, parsed(RESPONSES, [second]))] == [13]
