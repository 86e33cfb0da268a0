"""Tool masking: what becomes one line, what that line says, and what stays."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from attrs import evolve

from brim import Brim
from brim.api import (
    CondenseTask,
    Conversation,
    Document,
    Exchange,
    Image,
    Level,
    Message,
    ModelProfile,
    Opaque,
    Part,
    Rewrite,
    Text,
    ToolCall,
    ToolResult,
    TrimDecision,
)
from brim.defaults.duplicate_removal import DuplicateRemoval, DuplicateRemovalSettings
from brim.defaults.facts import facts, reports_failure
from brim.defaults.tool_masking import ToolMasking, ToolMaskingSettings
from brim.testing import guarantees as g
from brim.testing.case import Case
from brim.testing.provider_rules import broken_rules
from brim.testing.trials import Lab, Trial

DATA = Path(__file__).parents[2].parent / "shared" / "data"
LISTING = "\n".join(f"drwxr-xr-x {4096 + n} src/pkg_{n}/mod_{n}.py" for n in range(40))


def count(texts: Sequence[str]) -> list[int]:
    """One token for four characters."""
    return [-(-len(text) // 4) for text in texts]


def count_parts(parts: Sequence[Part]) -> list[int]:
    """One token for a thousand pixels, 3,000 for a page."""
    return [
        (one.width or 0) * (one.height or 0) // 1_000
        if isinstance(one, Image)
        else 3_000 * ((isinstance(one, Document) and one.pages) or 1)
        for one in parts
    ]


def look(index: int, content: str | tuple[object, ...] = LISTING, **more: object) -> Exchange:
    items = (Text(content),) if isinstance(content, str) else content
    call = ToolCall("c", "run", json.dumps({"command": f"ls dir_{index}"}))
    answer = ToolResult("c", items, is_error=bool(more.pop("is_error", False)))  # type: ignore[arg-type]
    messages = (Message("assistant", (call,)), Message("tool", (answer,)))
    texts = [item.text for item in items if isinstance(item, Text)]
    return Exchange(index, messages, sum(count(texts)) + 40, **more)  # type: ignore[arg-type]


def task(*exchanges: Exchange, target: int = 0) -> CondenseTask:
    units = tuple(evolve(one, index=i) for i, one in enumerate(exchanges))
    units = (*units[:-1], evolve(units[-1], newest=True))
    total = sum(one.tokens for one in units)
    return CondenseTask(
        conversation=Conversation("d", "m", (), (), (), units),
        tokens=total,
        target=target,
        limit=total,
        profile=ModelProfile("m"),
        decision=TrimDecision(True, Level.WARNING, target, total),
        count=count,
        count_parts=count_parts,
    )


def masks(given: CondenseTask, **settings: object) -> list[Rewrite]:
    found = ToolMasking(ToolMaskingSettings(**settings)).condense(given)  # type: ignore[arg-type]
    edits = found.edits if found else ()
    return [edit for edit in edits if isinstance(edit, Rewrite)]


def places(given: CondenseTask, **settings: object) -> list[int]:
    return [edit.exchange for edit in masks(given, **settings)]


def test_the_newest_stay_whole() -> None:
    given = task(*map(look, range(6)))
    assert places(given) == [0, 1, 2]
    assert places(given, newest=1) == [0, 1, 2, 3, 4]
    assert places(given, newest=0) == [0, 1, 2, 3, 4], "the newest exchange always stays"


def test_the_oldest_go_and_no_more_than_the_target_demands() -> None:
    given = task(*map(look, range(8)))
    saved = [look(0).tokens - 40 - count([edit.text])[0] for edit in masks(given)]
    assert places(evolve(given, target=given.tokens)) == []
    assert places(evolve(given, target=given.tokens - 1)) == [0]
    assert places(evolve(given, target=given.tokens - sum(saved[:3]))) == [0, 1, 2]


def test_a_mask_says_what_it_was() -> None:
    (edit,) = masks(task(*map(look, range(4))))
    assert edit.text.startswith("[brim: result of run ls dir_0, 365 tokens, 40 lines; ")
    assert "src/pkg_0/mod_0.py" in edit.text
    assert "\n" not in edit.text
    assert edit.text.endswith("]")


def test_json_is_remembered_by_its_identifiers() -> None:
    rows = [{"title": "a flight to the sea", "flight_number": f"HAT{n}"} for n in range(100, 130)]
    (edit,) = masks(task(look(0, json.dumps(rows)), *map(look, range(3))))
    assert "flight_number HAT100, HAT101, HAT102" in edit.text
    assert "a flight to the sea" not in edit.text


def test_errors_small_kept_and_marked_results_stay() -> None:
    given = task(
        look(0, is_error=True),
        look(1, f"Traceback (most recent call last):\n{LISTING}"),
        look(2, "ok, 3 files"),
        look(3, keep=True),
        look(4, f"[brim: 12 characters cut]\n{LISTING}"),
        look(5),
        look(6),
    )
    assert places(given, newest=1) == [5]


@pytest.mark.parametrize(
    "text",
    [
        "Error: no such file",
        "fatal: not a git repository",
        "ValueError: bad input",
        f"{LISTING}\nExit code 2",
        "sh: foo: command not found",
        '{"error": "not found", "id": 4}',
        '{"success": false}',
        "[brim: compact JSON]\nerror=not found",
    ],
)
def test_failures(text: str) -> None:
    assert reports_failure(text)


@pytest.mark.parametrize(
    "text", [LISTING, "0 errors", "exit code 0", "error.c\nerror.h", '{"error": null}', ""]
)
def test_no_failures(text: str) -> None:
    assert not reports_failure(text)


def test_what_was_rewritten_without_loss_may_be_masked() -> None:
    rows = [{"flight_number": f"HAT{n}", "seats": n} for n in range(100, 140)]
    given = task(look(0, json.dumps(rows)), *map(look, range(3)))
    short = DuplicateRemoval(DuplicateRemovalSettings()).condense(given)
    assert short is not None
    (first,) = (one for one in short.edits if isinstance(one, Rewrite) and one.exchange == 0)
    (edit,) = masks(task(look(0, first.text), *map(look, range(3))))
    assert "flight_number HAT100, HAT101" in edit.text


def test_a_mask_is_never_masked() -> None:
    given = task(*map(look, range(5)))
    units = list(given.conversation.exchanges)
    for edit in masks(given):
        units[edit.exchange] = look(edit.exchange, edit.text)
    assert masks(task(*units), least=0) == []


def test_pictures_and_documents() -> None:
    picture = Image("d1", "image/png", 90_000, 1024, 768)
    asked = Message("user", (Text("what is this?"), picture))
    paper = Message("user", (Document("d2", "application/pdf", 9_000, "plan.pdf", pages=4),))
    shot = look(2, (Text("clicked"), picture))
    given = task(
        Exchange(0, (asked,), 800),
        Exchange(1, (paper,), 12_050),
        evolve(shot, tokens=shot.tokens + 900),
        look(3),
    )
    first, second, third = masks(given, newest=1)
    assert (first.message, first.part) == (0, 1)
    assert first.text.startswith("[brim: image 1024x768 png, 786 tokens]")
    assert second.text.startswith("[brim: document plan.pdf, 4 pages, 12,000 tokens]")
    assert third.text.startswith("[brim: result of run ls dir_2, image 1024x768 png, ")


def test_what_a_mask_saves_is_not_taken_to_be_the_same_for_small_pictures_and_long_papers() -> None:
    """The target is met by what is masked, or all that may be masked is."""
    dot = Image("d1", "image/png", 90, 300, 300)
    page = Document("d2", "application/pdf", 9_000, "plan.pdf", pages=1)
    both = Exchange(0, (Message("user", (dot, page)),), 3_120)
    given = task(both, look(1), look(2), look(3))
    total = sum(one.tokens for one in given.conversation.exchanges)
    assert places(evolve(given, target=total - 1_000), newest=1) == [0, 0]
    assert len(masks(evolve(given, target=total - 20), newest=1)) == 1


def test_a_picture_weighs_what_the_model_at_hand_takes_for_it() -> None:
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (600).to_bytes(4, "big") * 2 + b"\0" * 40
    url = f"data:image/png;base64,{base64.b64encode(header).decode()}"
    shown = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}
    settings = {
        "strategies": ["tool-masking"],
        "archive": {"where": "memory"},
        "plugin": {"token-budget": {"explicit_target": 0.8}},
    }
    mask = r"\[brim \w{6}: image 600x600 png, ([\d,]+) tokens\]"
    with Brim(settings) as app:
        for model in ("gpt-4o", "gpt-4o-mini"):
            once, twice = (app.count([shown] * n, model=model).total for n in (1, 2))
            request = [*[shown] * 6, {"role": "user", "content": "so?"}]
            fitted = app.fit(request, model=model, budget=5 * (twice - once))
            (weight,) = set(re.findall(mask, json.dumps(fitted.messages)))
            assert 0 < twice - once - int(weight.replace(",", "")) < 10


def test_a_picture_that_costs_nothing_much_stays() -> None:
    small = Message("user", (Text("see"), Image("d", "image/png", 90, 20, 20)))
    assert places(task(Exchange(0, (small,), 60), *map(look, range(2))), newest=0) == [1]


def test_beside_unknown_content_each_text_has_its_own_mask() -> None:
    mixed = look(0, (Text(LISTING), Opaque("widget", 30)))
    (edit,) = masks(task(mixed, *map(look, range(3))))
    assert edit.path == (0,)


def test_long_arguments_of_masked_calls_go_last() -> None:
    content = "\n".join(f"line_{n} = {n}" for n in range(200))
    call = ToolCall("c", "write", json.dumps({"path": "x.py", "content": content}))
    answer = Message("tool", (ToolResult("c", (Text(LISTING),)),))
    wrote = Exchange(0, (Message("assistant", (call,)), answer), 1_400)
    given = task(wrote, *map(look, range(4)))
    assert [(edit.exchange, edit.path) for edit in masks(given)] == [
        (0, ()),
        (1, ()),
        (0, ("content",)),
    ]
    assert [edit.path for edit in masks(given, arguments=False)] == [(), ()]


def test_facts_of_code_and_of_logs() -> None:
    code = "\n".join(f"{n}→def handle_{n}(self):\n{n + 1}→    return 0" for n in range(1, 60, 2))
    assert facts(code, 80).startswith("defines handle_1, handle_3")
    log = f"compiling\n{'ok ' * 40}\nwarning: unused import os in src/a.py\ndone"
    assert facts(log, 60).startswith("warning: unused import os in src/a.py")


@pytest.mark.parametrize("room", [0, 5, 40, 400])
def test_facts_keep_to_their_room(room: int) -> None:
    assert len(facts(LISTING, room)) <= room


@pytest.mark.parametrize("piece", ["-", "a_", "a.", "/a", "1-", "a=, ", "[\n", "word\n", "9\n"])
def test_work_grows_with_the_text_only(piece: str) -> None:
    """Each of these would run for minutes if it did not."""
    masks(task(look(0, piece * (300_000 // len(piece))), *map(look, range(3))))


MODELS = {"openai": ("openai-chat", "gpt-4o"), "anthropic": ("anthropic", "claude-sonnet-4-5")}
CHAIN = {"strategies": ["duplicate-removal", "tool-masking", "smart-truncation"]}


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")
@pytest.mark.parametrize("name", ["claude_code", "openhands", "swe_agent", "tau_airline"])
@pytest.mark.parametrize("share", [25, 50])
def test_real_conversations_through_the_chain(name: str, share: int) -> None:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["n_tokens_o200k"] < 60_000][:3]
    lab = Lab(settings=CHAIN)
    try:
        for row in rows:
            dialect, model = MODELS[row["format"]]
            case = Case(dialect, model, {"model": model, "messages": row["messages"]})
            trial = Trial("once", case, lab.size(case) * share // 100)
            after, fitted, minimum = lab.fit(lab.shared, trial, row["id"])
            if after is None or fitted is None:
                assert minimum is not None
                assert minimum > trial.budget
                continue
            g.within(fitted.report.after.upper, trial.budget)
            g.valid(case, after)
            g.keeps_what_must_stay(case, after)
            assert broken_rules(after) <= broken_rules(case)
            assert all(
                step.outcome not in {"failed", "refused", "no gain"} for step in fitted.report.steps
            )
    finally:
        lab.close()
