"""The keyword source: its laws, the archive of the conversation, and folders of documents."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar

import pytest
from inject_parts import DIALECTS, assistant, block, on, request, user

from brim.defaults.keyword_context import KeywordContext
from brim.testing.contracts import InjectContextContract
from brim.testing.pytest_plugin import MakeBrim

NAME = "keyword-context"
FACTS = {
    "What does my cat eat?": "My cat is called Turing and eats salmon.",
    "How long is the refund deadline in Lisbon?": "The refund deadline of Lisbon is 17 days.",
    "我的猫吃什么": "我的猫叫图灵，它每天吃三文鱼。",
}


class TestKeywordContext(InjectContextContract):
    plugin = KeywordContext
    settings: ClassVar = {}

    @pytest.fixture(autouse=True)
    def _written(self, tmp_path: Path) -> None:
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs" / "a.md").write_text("the file config.yaml\n\nand an error\n" * 40)
        type(self).settings = {"folders": (str(tmp_path / "docs"),)}


def long_chat(question: str) -> list[dict[str, Any]]:
    texts = [*FACTS.values(), *(f"Let us talk about topic {i}." for i in range(30))]
    found = []
    for text in texts:
        found += [user(f"{text} " + "Nothing of note. " * 9), assistant("I see. " * 20)]
    return [*found, user(question)]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("question", FACTS)
def test_what_was_left_out_is_found_again(brim: MakeBrim, dialect: str, question: str) -> None:
    app = brim(**on(NAME, share=0.1))
    given = request(dialect, long_chat(question))
    fitted = app.fit(given, budget=2_000, dialect=dialect)
    assert FACTS[question] in block(fitted.messages[-1])
    assert fitted.report.injected.sources[0].startswith("exchange")
    assert fitted.report.violations == ()


def test_what_the_model_sees_is_not_looked_up(brim: MakeBrim) -> None:
    app = brim(**on(NAME))
    fitted = app.fit(long_chat("What does my cat eat?"), model="gpt-4o")
    assert not fitted.report.changed


def test_other_conversations_are_not_found(brim: MakeBrim) -> None:
    app = brim(**on(NAME))
    question = "What does my cat eat?"
    app.fit(long_chat(question), model="gpt-4o", budget=2_000)
    other = [one for one in long_chat(question) if "Turing" not in one["content"]]
    text = block(app.fit(other, model="gpt-4o", budget=2_000).messages[-1])
    assert "Turing" not in text


def documents(folder: Path) -> Path:
    (folder / "handbook" / "deep").mkdir(parents=True)
    (folder / "handbook" / "pets.md").write_text("# Pets\n\nA cat may stay in the office.\n")
    (folder / "handbook" / "deep" / "law.txt").write_text("A parrot needs a permit.\n")
    (folder / "handbook" / "cat.png").write_bytes(b"cat cat cat")
    (folder / "handbook" / ".secret.md").write_text("the cat's password\n")
    return folder / "handbook"


def asked(app: Any, text: str) -> str:
    return block(app.fit([user(text)], model="gpt-4o").messages[-1])


def test_folders_of_documents(brim: MakeBrim, tmp_path: Path) -> None:
    folder = documents(tmp_path)
    app = brim(**on(NAME), plugin={NAME: {"folders": [str(folder)]}})
    assert "handbook/pets.md line 1\n> # Pets\n> \n> A cat may" in asked(app, "May my cat stay?")
    assert "handbook/deep/law.txt line 1" in asked(app, "And a parrot?")
    assert "password" not in asked(app, "cat password")
    assert asked(app, "And a unicorn?") == ""


def test_changed_files_are_read_again_and_gone_ones_forgotten(
    brim: MakeBrim, tmp_path: Path
) -> None:
    folder = documents(tmp_path)
    app = brim(**on(NAME), plugin={NAME: {"folders": [str(folder)]}})
    assert "may stay" in asked(app, "May my cat stay?")
    (folder / "pets.md").write_text("# Pets\n\nNo cat at all, said the board.\n")
    assert "said the board" in asked(app, "What about a cat?")
    (folder / "pets.md").unlink()
    assert "cat" not in asked(app, "Which cat is it?").replace("brim-context", "")


def test_limits_of_folders(brim: MakeBrim, tmp_path: Path) -> None:
    folder = documents(tmp_path)
    (folder / "zoo.md").write_text("The zoo has a lion.\n" + "x " * 600)
    section = {"folders": [str(folder), str(tmp_path / "absent")], "max_bytes": 500}
    app = brim(**on(NAME), plugin={NAME: section})
    assert asked(app, "Is there a lion?") == ""
    app = brim(**on(NAME), plugin={NAME: {**section, "max_files": 1}})
    assert asked(app, "Is there a cat?") == ""  # deep/law.txt comes first


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_links_are_not_followed(brim: MakeBrim, tmp_path: Path) -> None:
    folder = documents(tmp_path)
    (tmp_path / "private.md").write_text("The lion's name is Ada.\n")
    (folder / "link.md").symlink_to(tmp_path / "private.md")
    app = brim(**on(NAME), plugin={NAME: {"folders": [str(folder)]}})
    assert asked(app, "What is the lion's name?") == ""


def test_results_are_kept_until_something_changes(
    brim: MakeBrim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, found = documents(tmp_path), list[str]()
    own = KeywordContext._found
    monkeypatch.setattr(
        KeywordContext,
        "_found",
        lambda self, t, talk: (found.append(t.query), own(self, t, talk))[1],
    )
    app = brim(**on(NAME, cache=2), plugin={NAME: {"folders": [str(folder)]}})
    for tenant, text in enumerate(["a cat", "a cat", "a dog", "a parrot", "a cat"]):
        app.fit([user(text)], model="gpt-4o", tenant=str(tenant))
    assert found == ["a cat", "a dog", "a parrot", "a cat"]
    (folder / "pets.md").write_text("changed")
    app.fit([user("a cat")], model="gpt-4o", tenant="x")
    assert found[-2:] == ["a cat", "a cat"]


def test_the_conversation_can_be_left_out(brim: MakeBrim) -> None:
    app = brim(**on(NAME), plugin={NAME: {"conversation": False}})
    fitted = app.fit(long_chat("What does my cat eat?"), model="gpt-4o", budget=2_000)
    assert block(fitted.messages[-1]) == ""
