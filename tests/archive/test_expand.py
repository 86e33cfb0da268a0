"""Originals come back as they were, from the fit and, after a restart, from the archive."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest
from archive_parts import app, cases, chat, same, squeezed, tool_chat, words
from loguru import logger

from brim import Brim
from brim.api import Condensation, CondenseTask, Replace, Rewrite, hookimpl
from brim.errors import UnknownHandle
from brim.road.memory.archive import FILE
from brim.store.sqlite import open_store
from brim.testing.case import Case
from brim.testing.workbench import alone
from brim.texts import handles_in

DIALECTS = ["openai-chat", "anthropic", "openai-responses"]


def whole(case: Case, original: Any, handles: list[str]) -> int:
    """Check every original message against the request; how many of them came whole."""
    found = 0
    for place, message in zip(original.places, original.messages, strict=True):
        given = case.messages[place]
        if same(message, given):
            found += 1
        else:  # a share of a message that belongs to two exchanges
            assert isinstance(given["content"], list), (place, handles)
            assert all(block in given["content"] for block in message["content"])
    return found


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("share", [0.7, 0.3, 0.01])
def test_every_handle_gives_back_what_was_there(dialect: str, share: float, tmp_path: Path) -> None:
    expanded: list[tuple[str, Case, str, Any]] = []
    with app(tmp_path) as brim:
        for number, case in enumerate(cases(dialect, 12)):
            tenant = f"tenant {number}"
            before = copy.deepcopy(case.request)
            fitted = squeezed(brim, case, share, tenant)
            handles = [change.handle for change in fitted.diff().changed if change.handle]
            for handle in handles:
                original = fitted.expand(handle)
                assert whole(case, original, handles) or original.kind != "shortened"
                expanded.append((tenant, case, handle, original))
            assert same(case.request, before)
    assert len(expanded) > 5
    with app(tmp_path) as again:
        for tenant, _, handle, original in expanded:
            found = again.expand(handle, tenant)
            assert found == original
            assert same(found.messages, original.messages)


def test_a_shortened_part_gives_its_text_and_its_message() -> None:
    messages = tool_chat()
    with app() as brim:
        fitted = brim.fit(messages, model="gpt-4o", budget=300)
        [change] = fitted.diff().changed
        original = fitted.expand(change.handle)
        assert (original.kind, original.places) == ("shortened", (2,))
        assert original.messages == (messages[2],)
        assert original.text == messages[2]["content"] == change.before
        assert change.after == fitted.messages[2]["content"]  # type: ignore[index]


class Shorten:
    name = "shorten"

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation:
        return Condensation((Rewrite(1, 1, 0, words(500)),))


class Quote:
    name = "quote"

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation:
        said = task.conversation.exchanges[1].messages[1].results[0].text
        return Condensation((Replace((0, 1), f"T: {said[:60]}"),))


def test_a_handle_that_a_note_quotes_leads_back_too(tmp_path: Path) -> None:
    messages = [*tool_chat(), *chat(1, 5)[1:]]
    archive = {"where": "disk", "directory": str(tmp_path)}
    settings = alone(strategies=["shorten", "quote"], archive=archive, condensation={"quality": 0})
    with Brim(settings, plugins=[Shorten(), Quote()]) as brim:
        fitted = brim.fit(messages, model="gpt-4o", budget=450)
        assert fitted.report.strategies == ("shorten", "quote")
        [outer, inner] = handles_in(str(fitted.messages[0]).replace("\\n", "\n"))
        assert [change.handle for change in fitted.diff().changed] == [outer]
        original = fitted.expand(inner)
        assert (original.kind, original.places, original.messages) == (
            "shortened",
            (2,),
            (messages[2],),
        )
        assert original.text == messages[2]["content"]
    with app(tmp_path) as brim:
        assert brim.expand(inner) == original


def test_numbers_unknown_fields_and_half_pairs_come_back_exactly(tmp_path: Path) -> None:
    odd = {
        "role": "user",
        "content": f"\ud800 {words(60)}",
        "x": [1, 1.0, True, None, 2**80, {"b": 1, "a": "\udfff"}],
    }
    messages = [odd, *chat(20)[1:]]
    with app(tmp_path) as brim:
        fitted = brim.fit(messages, model="gpt-4o", budget=500)
        [handle] = [change.handle for change in fitted.diff().changed]
        assert same(fitted.expand(handle).messages[0], odd)
    with app(tmp_path) as brim:
        assert same(brim.expand(handle).messages[0], odd)


def test_requests_of_bytes_come_back_as_objects(tmp_path: Path) -> None:
    messages = chat(30)
    data = json.dumps({"model": "gpt-4o", "messages": messages}).encode()
    with app(tmp_path) as brim:
        fitted = brim.fit(data, budget=600)
        [change] = fitted.diff().changed
        for found in (fitted.expand(change.handle), brim.expand(change.handle)):
            assert same(list(found.messages), messages[change.places[0] : change.places[-1] + 1])


def test_a_session_that_grew_still_expands_its_older_fits() -> None:
    messages = chat(30)
    with app() as brim:
        session = brim.session(messages, model="gpt-4o", budget=700)
        fitted = session.fit()
        [change] = fitted.diff().changed
        session.extend(chat(10)[1:])
        session.fit()
        assert list(fitted.expand(change.handle).messages) == [messages[i] for i in change.places]
        assert len(fitted.diff().changes) == len(messages) - len(change.places) + 1


def test_a_note_that_was_folded_into_another_one_can_still_be_expanded() -> None:
    messages = chat(30)
    with app() as brim:
        first = brim.fit(messages, model="gpt-4o", budget=1_500)
        [old] = first.diff().changed
        longer = [*messages, *chat(30)[1:]]
        second = brim.fit(longer, model="gpt-4o", budget=1_500)
        assert old.handle not in str(second.messages)
        assert second.expand(old.handle) == first.expand(old.handle)


def test_handles_resolve_only_within_their_tenant_and_conversation(tmp_path: Path) -> None:
    with app(tmp_path) as brim:
        fitted = brim.fit(chat(30), model="gpt-4o", budget=600, tenant="ours")
        [change] = fitted.diff().changed
        other = brim.fit(chat(31, 40), model="gpt-4o", budget=600, tenant="ours")
        for tenant in (None, "theirs", "our", "ours "):
            with pytest.raises(UnknownHandle):
                brim.expand(change.handle, tenant)
        with pytest.raises(UnknownHandle):
            other.expand(change.handle)
        assert brim.expand(change.handle, "ours") == fitted.expand(change.handle)
        assert brim.expand(f" {change.handle.upper()} ", "ours").text


@pytest.mark.parametrize("handle", ["", "a", "zzzzzz", "k7f3a2" * 9, "\ud800", "' OR 1=1 --"])
def test_unknown_handles_are_a_typed_error(handle: str, tmp_path: Path) -> None:
    with app(tmp_path) as brim:
        fitted = brim.fit(chat(30), model="gpt-4o", budget=600)
        for expand in (fitted.expand, fitted.undo, brim.expand, brim.undo, brim.redo):
            with pytest.raises(UnknownHandle):
                expand(handle)


def test_nothing_is_written_when_nothing_was_condensed(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    with app(folder) as brim:
        fitted = brim.fit(chat(3), model="gpt-4o", budget=5_000)
        assert fitted.diff().changed == ()
        assert not folder.exists()
        brim.fit(chat(30), model="gpt-4o", budget=600)
        size = (folder / f"{FILE}-wal").stat().st_size
        brim.fit(chat(30), model="gpt-4o", budget=600)
        assert (folder / f"{FILE}-wal").stat().st_size == size
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [p.stat().st_mode & 0o777 for p in folder.iterdir()] == [0o600] * len(os.listdir(folder))


def test_a_condensing_turn_writes_only_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from brim.store.sqlite import Store

    written: list[int] = []
    write = Store.set_many

    def counted(self: Store, table: str, entries: Any, ttl: float | None = None) -> None:
        if entries:
            written.append(len(entries))
        write(self, table, entries, ttl)

    monkeypatch.setattr(Store, "set_many", counted)
    messages = chat(30)
    with app(tmp_path) as brim:
        first = brim.fit(messages, model="gpt-4o", budget=1_500).diff().changed[0]
        fitted = brim.fit([*messages, *chat(30)[1:]], model="gpt-4o", budget=1_500)
        [change] = fitted.diff().changed
    assert written == [len(first.places), 1, len(change.places) - len(first.places), 1]


def test_off_keeps_nothing_but_the_fit_knows_its_own(tmp_path: Path) -> None:
    with app(archive={"where": "off", "directory": str(tmp_path / "kept")}) as brim:
        fitted = brim.fit(chat(30), model="gpt-4o", budget=600)
        [change] = fitted.diff().changed
        assert len(fitted.expand(change.handle).messages) == len(change.places)
        with pytest.raises(UnknownHandle, match=r"archive\.where is off"):
            brim.expand(change.handle)
    assert not (tmp_path / "kept").exists()


def damaged(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / FILE).write_text("something else")


def wide(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)


def blocked(folder: Path) -> None:
    folder.write_text("no folder")


@pytest.mark.parametrize("spoil", [damaged, wide, blocked])
def test_a_disk_that_cannot_be_used_costs_a_warning(spoil: Any, tmp_path: Path) -> None:
    spoil(tmp_path / "kept")
    told: list[str] = []
    sink = logger.add(
        lambda message: told.append(str(message)), level="WARNING", format="{message}"
    )
    try:
        with app(tmp_path / "kept") as brim:
            for size in (600, 700):
                fitted = brim.fit(chat(30), model="gpt-4o", budget=size)
                [change] = fitted.diff().changed
                assert brim.expand(change.handle) == fitted.expand(change.handle)
    finally:
        logger.remove(sink)
    assert len([line for line in told if "in memory only" in line]) == 1
    assert "word" not in "".join(told)
    if spoil is damaged:
        assert (tmp_path / "kept" / FILE).read_text() == "something else"


def test_a_disk_that_fails_later_costs_a_warning_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from brim.errors import StoreError
    from brim.store.sqlite import Store

    def full(*_: object, **__: object) -> None:
        raise StoreError(tmp_path, "make room on the disk")

    with app(tmp_path) as brim:
        brim.fit(chat(30), model="gpt-4o", budget=600)
        monkeypatch.setattr(Store, "set_many", full)
        logger.disable("brim")
        fitted = brim.fit(chat(40), model="gpt-4o", budget=600)
        logger.enable("brim")
        [change] = fitted.diff().changed
        assert brim.expand(change.handle) == fitted.expand(change.handle)


def test_what_was_tampered_with_is_not_given_out(tmp_path: Path) -> None:
    with app(tmp_path) as brim:
        fitted = brim.fit(chat(30), model="gpt-4o", budget=600)
        [change] = fitted.diff().changed
    store = open_store(tmp_path / FILE)
    for key, value in store.items("messages"):
        store.set_many("messages", {key: value.replace(b"question 3", b"question 4")})
    store.close()
    with app(tmp_path) as brim, pytest.raises(UnknownHandle):
        brim.expand(change.handle)


def test_nothing_in_the_files_names_a_tenant(tmp_path: Path) -> None:
    with app(tmp_path) as brim:
        brim.fit(chat(30), model="gpt-4o", budget=600, tenant="PLANTED-TENANT")
        names = "".join(path.name for path in tmp_path.iterdir())
        data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert "PLANTED" not in names
    assert b"PLANTED-TENANT" not in data


def test_originals_are_forgotten_after_their_time(tmp_path: Path) -> None:
    now = [1_000_000.0]
    with app(tmp_path) as brim:
        brim.engine.archive.clock = lambda: now[0]
        fitted = brim.fit(chat(30), model="gpt-4o", budget=600)
        [change] = fitted.diff().changed
        now[0] += 6 * 86_400
        assert brim.expand(change.handle)
        now[0] += 1 * 86_400
        with pytest.raises(UnknownHandle, match="7 days"):
            brim.expand(change.handle)


def test_the_shared_brim_keeps_originals_where_the_environment_says(tmp_path: Path) -> None:
    import subprocess
    import sys

    script = (
        "import brim, sys; sys.path.insert(0, sys.argv[1]); from archive_parts import chat;"
        "brim.fit(chat(30), model='gpt-4o', budget=600)"
    )
    subprocess.run(
        [sys.executable, "-c", script, os.path.dirname(__file__)],
        check=True,
        env={**os.environ, "BRIM_DATA_DIR": str(tmp_path / "own"), "HOME": str(tmp_path / "home")},
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own"]
    with Brim({"archive": {"directory": str(tmp_path / "own")}}) as brim:
        assert brim.engine.archive.undone() == []
