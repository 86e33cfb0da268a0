"""`brim diff`, `expand`, `undo` and `archive`, one process after another."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from archive_parts import chat, same, tool_chat
from click.testing import CliRunner, Result

from brim.cli.main import main

Run = Callable[..., Result]
PLAIN = ("--strategy", "smart-truncation")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BRIM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BRIM_STRATEGIES", "smart-truncation")

    def ran(*arguments: str, width: int = 80, **more: Any) -> Result:
        return CliRunner(env={"COLUMNS": str(width)}).invoke(main, list(arguments), **more)

    return ran


@pytest.fixture
def one(tmp_path: Path) -> Path:
    path = tmp_path / "one.json"
    path.write_text(json.dumps({"model": "gpt-4o", "messages": chat(30)}))
    return path


def handle_of(run: Run, budget: str = "1900") -> str:
    found = json.loads(run("diff", "one.json", "--budget", budget, "--json").output)
    [handle] = [c["handle"] for c in found[0]["changes"] if c["handle"]]
    return str(handle)


def test_a_diff_on_a_terminal(run: Run, one: Path) -> None:
    found = run("diff", "one.json", "--budget", "600")
    assert found.exit_code == 0
    assert re.search(r"@ messages 1-\d+ several replaced  [a-z2-7]{6}", found.output)
    assert "  - question 0" in found.output
    assert "  + <brim-note " in found.output
    assert "lines more" in found.output
    full = run("diff", "one.json", "--budget", "600", "--full")
    assert "lines more" not in full.output
    assert "and now?" in full.output


@pytest.mark.parametrize("width", [50, 100])
def test_lines_are_as_wide_as_the_terminal(run: Run, one: Path, width: int) -> None:
    found = run("diff", "one.json", "--budget", "600", width=width)
    assert max(map(len, found.output.splitlines())) <= width


def test_json_has_every_message(run: Run, one: Path) -> None:
    found = json.loads(run("diff", "one.json", "--budget", "600", "--json").output)[0]
    assert found["error"] is None
    assert found["tokens"]["after"] <= 600 < found["tokens"]["before"]
    assert {p for c in found["changes"] for p in c["places"]} == set(range(len(chat(30))))


def test_expand_after_a_fit_in_another_process(run: Run, one: Path) -> None:
    fitted = json.loads(run("fit", "one.json", "--budget", "600", "-o", "-").stdout)
    handle = re.search(r"brim-note (\w+)", json.dumps(fitted))[1]  # type: ignore[index]
    text = run("expand", handle)
    assert text.exit_code == 0
    assert "user:\nquestion 0 word" in text.stdout
    data = json.loads(run("expand", handle, "--json").stdout)
    assert same(data["messages"], [chat(30)[place] for place in data["places"]])
    for wrong in (("zzzzzz",), (handle, "--line", "2"), (handle, "--tenant", "")):
        missing = run("expand", *wrong)
        assert missing.exit_code == 2
        assert "nothing is kept under the handle" in missing.output


def test_undo_is_for_the_next_commands_too(run: Run, one: Path) -> None:
    handle = handle_of(run)
    before = json.loads(run("expand", handle, "--json").stdout)["messages"]
    undone = run("undo", handle)
    assert (undone.exit_code, undone.output) == (
        0,
        f"{handle}: {len(before)} messages, stays from now on\n",
    )
    again = json.loads(run("fit", "one.json", "--budget", "1900", "-o", "-").stdout)
    assert all(message in again["messages"] for message in before)
    assert run("undo", handle, "--redo").exit_code == 0
    assert handle_of(run) == handle


def test_undo_that_leaves_too_little_room_says_so(run: Run, one: Path) -> None:
    run("undo", handle_of(run, "600"))
    found = run("diff", "one.json", "--budget", "600")
    assert found.exit_code == 1
    assert "`undo` brought back" in " ".join(found.output.split())


def test_the_archive_can_be_looked_at_and_emptied(run: Run, one: Path, tmp_path: Path) -> None:
    empty = json.loads(run("archive", "stats", "--json").output)
    assert (empty["originals"], empty["bytes"]) == (0, 0)
    assert not (tmp_path / "data").exists()
    handle = handle_of(run)
    run("undo", handle)
    full = json.loads(run("archive", "stats", "--json").output)
    assert (full["originals"], full["undone"], full["days"]) == (1, 1, 7)
    assert full["messages"] > 10
    assert str(tmp_path / "data") in full["path"]
    assert "originals  1" in run("archive", "stats").output
    assert run("archive", "purge", input="n\n").exit_code == 1
    assert run("expand", handle).exit_code == 0
    assert "entries removed" in run("archive", "purge", "--yes").output
    assert run("expand", handle).exit_code == 2
    data = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    assert b"question 0" not in data


class Page(HTMLParser):
    """The texts of a page by their kind, and whatever it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [str(value) for name, value in attrs if name in {"src", "href"}]
        if tag in {"meta", "br"}:
            return
        self.open.append(tag)
        if tag == "pre":
            self.texts.append((dict(attrs)["class"] or "", ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "pre":
            kind, text = self.texts[-1]
            self.texts[-1] = (kind, text + data)


def page_of(run: Run, tmp_path: Path, messages: object, budget: str) -> Page:
    (tmp_path / "one.json").write_text(json.dumps({"model": "gpt-4o", "messages": messages}))
    found = run("diff", "one.json", "--budget", budget, "--html", "page.html")
    assert found.exit_code == 0, found.output
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert page.open == []
    assert page.loads == []
    return page


TABLE = "| 名前 | n |\n|------|---|\n" + "\n".join(f"| 商品 | {i} |" for i in range(300))
CODE = 'def f(rows):\n    if not rows:\n        raise KeyError("<b>&amp;</b>")\n' * 60


@pytest.mark.parametrize("text", [TABLE, CODE], ids=["table", "code"])
def test_a_page_keeps_tables_and_code_as_they_are(run: Run, tmp_path: Path, text: str) -> None:
    messages = tool_chat()
    messages[2]["content"] = text
    page = page_of(run, tmp_path, messages, "400")
    assert ("before lines", text.strip("\n")) in [(k, t.strip("\n")) for k, t in page.texts]
    assert any(kind.startswith("after") and "characters cut]" in t for kind, t in page.texts)


def test_a_page_wraps_prose_of_any_language_whole(run: Run, tmp_path: Path) -> None:
    prose = "请把发票发给财务部门，不要删除附件。もし問題があれば連絡してください。" * 40
    messages = [{"role": "user", "content": f"{i} {prose}"} for i in range(6)]
    page = page_of(run, tmp_path, [*messages, {"role": "user", "content": "好吗?"}], "1800")
    texts = "\n".join(text for _, text in page.texts)
    assert all(f"{i} {prose}" in texts for i in range(6))
    assert all(kind.endswith("prose") for kind, text in page.texts if prose in text)


def test_a_page_shows_markup_and_control_characters_harmlessly(run: Run, tmp_path: Path) -> None:
    bad = "<script>alert(1)</script> \x1b[31m \ud800 </pre>"
    page = page_of(run, tmp_path, [{"role": "user", "content": bad}], "400")
    [(_, text)] = page.texts
    assert text == "<script>alert(1)</script> \ufffd[31m \ufffd </pre>"
    terminal = run("diff", "one.json", "--budget", "400", "--full")
    assert "\x1b[31m" not in terminal.output


def test_a_conversation_that_cannot_be_fitted_is_told(run: Run, tmp_path: Path) -> None:
    lines = [json.dumps({"model": "gpt-4o", "messages": chat(n)}) for n in (2, 30)]
    (tmp_path / "lines.jsonl").write_text("\n".join([*lines, "{broken"]))
    found = run("diff", "lines.jsonl", "--budget", "300", "--html", "page.html")
    assert found.exit_code == 1
    page = (tmp_path / "page.html").read_text()
    assert page.count("<section>") == 3
    assert 'class="error"' in page
