"""Duplicate removal: which copy stays, what points to it, and what is left alone."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from attrs import evolve

import brim
from brim.api import (
    Condensation,
    CondenseTask,
    Conversation,
    Exchange,
    Level,
    Message,
    ModelProfile,
    Part,
    Rewrite,
    Text,
    ToolCall,
    ToolResult,
    TrimDecision,
)
from brim.defaults.duplicate_removal import DuplicateRemoval, DuplicateRemovalSettings
from brim.defaults.repeats import Text as Lines
from brim.defaults.repeats import repeats

DATA = Path(__file__).parents[2].parent / "shared" / "data"
CODE = "\n".join(f"    value_{n} = compute(alpha, beta, {n}) + offset_{n}" for n in range(30))


def count(texts: Sequence[str]) -> list[int]:
    """One token for four characters."""
    return [len(text) // 4 for text in texts]


def talk(*messages: Message, keep: Sequence[int] = ()) -> CondenseTask:
    """Each message, or call with its result, is an exchange; a last word follows."""
    units: list[Exchange] = []
    waiting: list[Message] = []
    for message in (*messages, Message("user", (Text("go on"),))):
        waiting.append(message)
        if not message.calls:
            tokens = sum(count([str(one.parts) for one in waiting]))
            units.append(Exchange(len(units), tuple(waiting), tokens, len(units) in keep))
            waiting = []
    units[-1] = evolve(units[-1], newest=True)
    total = sum(unit.tokens for unit in units)
    return CondenseTask(
        conversation=Conversation("d", "m", (), (), (), tuple(units)),
        tokens=total,
        target=total // 4,
        limit=total,
        profile=ModelProfile("m"),
        decision=TrimDecision(True, Level.WARNING, total // 4, total),
        count=count,
    )


def look(path: str, text: str, number: int = 1) -> tuple[Message, Message]:
    arguments = json.dumps({"path": path})
    call = ToolCall(f"c{number}", "read_file", arguments)
    return Message("assistant", (call,)), result(text, number)


def result(text: str, number: int = 1) -> Message:
    return Message("tool", (ToolResult(f"c{number}", (Text(text),)),))


def user(text: str) -> Message:
    return Message("user", (Text(text),))


def rewrites(task: CondenseTask, **settings: object) -> dict[int, str]:
    """New texts by exchange."""
    found = DuplicateRemoval(DuplicateRemovalSettings(**settings)).condense(task)  # type: ignore[arg-type]
    edits = found.edits if found else ()
    assert all(isinstance(edit, Rewrite) for edit in edits)
    return {edit.exchange: edit.text for edit in edits if isinstance(edit, Rewrite)}


def test_the_last_copy_stays_and_the_first_points_to_it() -> None:
    task = talk(*look("src/x.py", CODE), user("and now?"), *look("src/x.py", CODE))
    assert rewrites(task) == {
        0: "[brim: 30 lines, same as in the result of read_file src/x.py further down]"
    }


def test_line_numbers_and_white_space_do_not_matter() -> None:
    numbered = "\n".join(f"{n:6}→{line}" for n, line in enumerate(CODE.split("\n"), 7))
    task = talk(*look("x.py", numbered), *look("x.py", CODE))
    assert list(rewrites(task)) == [0]


def test_numbers_that_do_not_count_on_are_no_line_numbers() -> None:
    first, second = (
        "\n".join(f"{hour}: {line}" for hour, line in zip(hours, CODE.split("\n"), strict=True))
        for hours in (range(0, 300, 10), range(5, 305, 10))
    )
    assert rewrites(talk(*look("a", first), *look("b", second))) == {}


def test_a_block_inside_of_a_later_text_and_what_is_around_it() -> None:
    earlier = f"before {'x' * 30}\n{CODE}\nafter"
    later = f"def all():\n{CODE}\n{CODE.replace('value', 'other')}"
    found = rewrites(talk(*look("part.py", earlier), *look("all.py", later)))
    name = "the result of read_file all.py"
    assert found == {
        0: f"before {'x' * 30}\n[brim: 30 lines, same as in {name} further down]\nafter"
    }


def test_one_changed_line_stays() -> None:
    changed = CODE.replace("compute(alpha, beta, 15)", "compute(alpha, gamma, 15)")
    (text,) = rewrites(talk(*look("x.py", CODE), *look("x.py", changed))).values()
    assert "value_15 = compute(alpha, beta, 15)" in text
    assert text.count("[brim: ") == 2


def test_what_is_written_by_a_call_points_to_where_it_is_read() -> None:
    written = ToolCall("w", "write_file", json.dumps({"path": "x.py", "content": CODE}))
    answer = Message("tool", (ToolResult("w", (Text("ok"),)),))
    task = talk(Message("assistant", (written,)), answer, *look("x.py", CODE))
    found = DuplicateRemoval(DuplicateRemovalSettings()).condense(task)
    assert found is not None
    (edit,) = found.edits
    assert isinstance(edit, Rewrite)
    assert (edit.exchange, edit.message, edit.path) == (0, 0, ("content",))


def test_users_words_point_to_users_words_only() -> None:
    assert rewrites(talk(user(CODE), *look("x.py", CODE))) == {}
    assert rewrites(talk(*look("x.py", CODE), user(CODE))) == {}
    found = rewrites(talk(user(f"Fix this:\n{CODE}"), user(f"Again:\n{CODE}\nplease")))
    assert found == {0: "Fix this:\n[brim: 30 lines, same as in a user's message further down]"}


def test_users_words_must_be_the_same_to_the_letter() -> None:
    assert rewrites(talk(user(CODE), user(CODE.replace("    ", "  ")))) == {}


def test_json_of_users_is_never_rewritten() -> None:
    text = json.dumps([{"id": n, "name": f"name {n}"} for n in range(30)], indent=2)
    assert rewrites(talk(user(text))) == {}
    assert rewrites(talk(*look("x.json", text)))[0].startswith("[brim: compact JSON]\n30 rows\n")


def test_small_gains_are_left_alone() -> None:
    short = "\n".join(CODE.split("\n")[:5])
    assert rewrites(talk(*look("x.py", short), *look("x.py", short))) == {}
    assert rewrites(talk(*look("x.json", '{"answer": 42}'))) == {}


def test_formats_can_be_turned_off() -> None:
    text = json.dumps([{"id": n} for n in range(100)])
    assert rewrites(talk(*look("x.json", text)), formats=False) == {}


def test_kept_marked_and_newest_stay() -> None:
    twice = (*look("x.py", CODE), *look("x.py", CODE))
    assert rewrites(talk(*twice, keep=[0])) == {}
    marked = f"{CODE}\n[brim: 12 characters cut]"
    assert rewrites(talk(*look("x.py", marked), *look("x.py", CODE))) == {}


def test_the_newest_result_is_touched_only_for_the_limit() -> None:
    text = json.dumps([{"id": n, "name": f"name {n}"} for n in range(30)])
    task = talk(user("Which?"), *look("x.json", text))
    units = task.conversation.exchanges[:-1]
    units = (*units[:-1], evolve(units[-1], newest=True))
    task = evolve(task, conversation=evolve(task.conversation, exchanges=units))
    assert rewrites(task) == {}
    assert list(rewrites(evolve(task, limit=task.tokens - 1))) == [1]


def test_under_the_target_it_passes() -> None:
    task = talk(*look("x.py", CODE), *look("x.py", CODE))
    assert rewrites(evolve(task, target=task.tokens)) == {}


def test_what_it_wrote_is_left_alone() -> None:
    text = json.dumps([{"id": n, "name": f"name {n}"} for n in range(30)])
    task = talk(*look("x.py", CODE), *look("x.json", text), *look("x.py", CODE))
    strategy = DuplicateRemoval(DuplicateRemovalSettings())
    found = strategy.condense(task)
    assert found is not None
    assert strategy.condense(_after(task, found)) is None


def _after(task: CondenseTask, found: Condensation) -> CondenseTask:
    units = list(task.conversation.exchanges)
    for edit in found.edits:
        assert isinstance(edit, Rewrite)
        messages = list(units[edit.exchange].messages)
        parts: list[Part] = list(messages[edit.message].parts)
        old = parts[edit.part]
        assert isinstance(old, ToolResult)
        parts[edit.part] = evolve(old, content=(Text(edit.text),))
        messages[edit.message] = evolve(messages[edit.message], parts=tuple(parts))
        units[edit.exchange] = evolve(units[edit.exchange], messages=tuple(messages))
    return evolve(task, conversation=evolve(task.conversation, exchanges=tuple(units)))


def test_no_run_refers_to_lines_that_go_themselves() -> None:
    texts = [Lines.of(CODE, False)] * 4
    found = repeats(texts, [True] * 4, lambda keys: len(keys) > 3)
    assert [[run.source for run in runs] for runs in found] == [[3], [3], [3], []]


def test_a_run_ends_where_the_later_copy_was_itself_replaced() -> None:
    other = CODE.replace("value", "other")
    texts = [Lines.of(text, False) for text in (f"{other}\n{CODE}", f"{other}\n{CODE}", CODE)]
    first, second, _ = repeats(texts, [True] * 3, lambda keys: len(keys) > 3)
    assert [(run.start, run.stop, run.source) for run in first] == [(0, 30, 1), (30, 60, 2)]
    assert [(run.start, run.stop, run.source) for run in second] == [(30, 60, 2)]


@pytest.mark.parametrize(
    "text",
    ["\n" * 300_000, "[\n" * 100_000, "a_" * 150_000, "same\n" * 60_000, "[" * 300_000],
    ids=["blank", "brackets", "one line", "one word", "open"],
)
def test_work_grows_with_the_text_only(text: str) -> None:
    """Each of these would run for minutes if it did not."""
    rewrites(talk(*look("a", text), *look("b", text + "x"), *look("c", text)))


def test_ten_megabytes_are_passed_over() -> None:
    text = json.dumps([{"id": n, "name": "x" * 20} for n in range(200_000)])
    assert rewrites(talk(*look("a", text))) == {}


SHARES = {"tau_airline": 0.84, "claude_code": 0.99, "openhands": 0.7, "swe_agent": 0.92}


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")
@pytest.mark.parametrize("name", SHARES)
def test_real_conversations_become_smaller_and_say_the_same(name: str) -> None:
    """At most this share of all tokens is left."""
    before = after = 0
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["n_tokens_o200k"] < 60_000][:8]
    anthropic = rows[0]["format"] == "anthropic"
    settings = {"strategies": ["duplicate-removal"], "plugins": {"discover": False}}
    with brim.Brim(settings) as app:
        for row in rows:
            model = "claude-sonnet-4-5" if anthropic else "gpt-4o"
            size = app.count(row["messages"], model=model).total
            fitted = app.fit(row["messages"], model=model, budget=size * 95 // 100)
            (first, *_) = fitted.report.steps
            before += first.before
            after += first.after
    assert after <= SHARES[name] * before
