"""Who publishes figures, when they are written, and that they never get into the way."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import rmtree
from types import SimpleNamespace

import pytest
from operations_chat import SECRET, chat

from brim import Brim
from brim.api import Stats, hookimpl
from brim.chat import ChatLoop
from brim.road.figures import publishing
from brim.store.running import Notice, found
from brim.testing.fakes import ScriptedModel


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BRIM_DATA_DIR", str(tmp_path))
    return tmp_path / "run"


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """Writes that are due; they happen when a test calls them."""
    due: list[Callable[[], None]] = []

    def timer(period: float, write: Callable[[], None]) -> SimpleNamespace:
        assert period == publishing.PERIOD
        return SimpleNamespace(start=lambda: due.append(write))

    monkeypatch.setattr(publishing, "threading", SimpleNamespace(Timer=timer, Lock=threading.Lock))
    return due


@pytest.fixture
def make() -> Iterator[Callable[..., Brim]]:
    made: list[Brim] = []

    def one(publish: str = "auto", *plugins: object) -> Brim:
        settings = {"complete": ["scripted-model"], "archive": {"where": "memory"}}
        own = [ScriptedModel(("Yes.",)), *plugins]
        made.append(Brim({**settings, "monitor": {"publish": publish}}, own))
        return made[-1]

    yield one
    for brim in made:
        brim.close()


def only(folder: Path) -> Notice:
    (notice,) = found(folder).running
    return notice


def test_a_bare_library_publishes_nothing(folder: Path, make) -> None:
    make().fit(chat(1), model="gpt-4o")
    assert not folder.exists()


def test_a_loop_publishes_from_its_start(folder: Path, make, timers) -> None:
    loop = ChatLoop(make(), model="gpt-4o")
    assert (only(folder).kind, only(folder).name) == ("chat", "gpt-4o")
    assert only(folder).figures["total_requests"] == 0
    loop.run_iteration("Hello?")
    assert len(timers) == 1
    timers.pop()()
    figures = only(folder).figures
    assert figures == json.loads(json.dumps(figures))
    assert figures["total_requests"] == 1
    assert figures["traffic"]["tokens_before"] > 0
    assert figures["operations"]["complete"]["count"] == 1


def test_a_write_is_due_once_however_much_is_done(folder: Path, make, timers) -> None:
    loop = ChatLoop(make(), model="gpt-4o")
    for _ in range(5):
        loop.run_iteration("Hello?")
    assert len(timers) == 1
    timers.pop()()
    assert only(folder).figures["total_requests"] == 5
    assert timers == []
    loop.run_iteration("Hello?")
    assert len(timers) == 1


def test_the_last_operation_is_told_even_when_nothing_follows(folder: Path, make) -> None:
    """With the real timer: what was done in a burst is there in the end."""
    written = threading.Event()
    brim = make()
    brim.publish("worker", "mail", lambda: {"done": written.set() or True})
    written.clear()
    brim.fit(chat(1), model="gpt-4o")
    assert written.wait(20)
    while not only(folder).figures["total_requests"]:
        threading.Event().wait(0.02)
    assert only(folder).figures["done"] is True


def test_on_and_off(folder: Path, make) -> None:
    brim = make("off")
    ChatLoop(brim, model="gpt-4o")
    brim.publish("worker")
    assert not folder.exists()
    library = make("on")
    assert only(folder).kind == "library"
    ChatLoop(library, model="gpt-4o")
    assert only(folder).kind == "chat"


def test_many_loops_of_one_brim_have_one_file(folder: Path, make) -> None:
    brim = make()
    for number in range(3):
        ChatLoop(brim, model=f"model-{number}")
    assert only(folder).name == "model-0"


def test_what_was_published_can_be_taken_back(folder: Path, make, timers) -> None:
    brim = make()
    take_back = brim.publish("worker", "mail")
    brim.publish("other")()  # named already: there is nothing of its own to take back
    assert only(folder).name == "mail"
    take_back()
    brim.fit(chat(1), model="gpt-4o")
    assert found(folder).running == ()
    brim.publish("worker", "letters")
    assert only(folder).name == "letters"


def test_the_file_goes_with_close(folder: Path, make, timers) -> None:
    brim = make()
    loop = ChatLoop(brim, model="gpt-4o")
    loop.run_iteration("Hello?")
    brim.close()
    assert list(folder.iterdir()) == []
    timers.pop()()  # was due already
    assert list(folder.iterdir()) == []


def test_the_file_goes_with_who_is_not_closed(folder: Path) -> None:
    Brim({"monitor": {"publish": "on"}})
    gc.collect()
    assert list(folder.iterdir()) == []


def test_no_word_of_anyone_is_published(folder: Path, make, timers) -> None:
    brim = make()
    loop = ChatLoop(brim, model="gpt-4o", system=SECRET, tenant=SECRET)
    loop.run_iteration(f"Say {SECRET}.")
    brim.fit(chat(40), model="gpt-4o", budget=2_000, tenant=SECRET)
    with pytest.raises(ValueError, match="role"):
        brim.fit([{"role": SECRET, "content": SECRET}], model="gpt-4o")
    timers.pop()()
    (path,) = folder.iterdir()
    content = path.read_text()
    assert only(folder).figures["total_requests"] == 3
    assert SECRET not in content
    assert SECRET not in path.name


def test_a_folder_that_is_not_ours_costs_nothing(folder: Path, make, timers) -> None:
    folder.mkdir()
    folder.chmod(0o777)
    loop = ChatLoop(make(), model="gpt-4o")
    assert loop.run_iteration("Hello?").text == "Yes."
    timers.pop()()
    assert list(folder.iterdir()) == []
    folder.chmod(0o700)
    loop.run_iteration("Hello?")
    timers.pop()()
    assert only(folder).figures["total_requests"] == 2


def test_a_folder_that_is_gone_does_not_keep_anything_open(folder: Path, make) -> None:
    brim = make("on")
    assert folder.is_dir()
    rmtree(folder)
    folder.write_text("a file by now")
    brim.close()
    assert not brim.publisher.is_open


def test_figures_that_fail_cost_nothing(folder: Path, make, timers) -> None:
    class Broken:
        name = "broken"

        @hookimpl
        def monitor_operation(self, operation: object) -> None: ...

        def stats(self) -> Stats:
            raise RuntimeError("no")

    brim = make("auto", Broken())
    brim.publish("worker", more=lambda: 1 / 0)  # type: ignore[return-value]
    brim.fit(chat(1), model="gpt-4o")
    assert found(folder).running == ()
