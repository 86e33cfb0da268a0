"""What nobody types on purpose is refused, and refusing leaves no trace."""

from __future__ import annotations

import pytest
from chat_parts import MODEL

from brim.api import BrimError, InputRefused, SettingsError, hookimpl
from brim.chat import ChatLoop, Transcripts
from brim.defaults.input_checks import InputChecks, InputChecksSettings
from brim.testing.fakes import ScriptedModel

BAD = {
    "length": "x" * 100_001,
    "encoding": "half \ud83d of it",
    "nul": "a\0b",
    "control": "a\x1b[2Jb",
    "bidi": "user\u202eresu",
    "empty": " \n ",
}
GOOD = [
    "tab\tand\r\nlines\n",
    "مرحبا\u200f (עברית)\u200e",
    "👩\u200d💻 naïve 日本語",
    "x" * 100_000,
]


def check(text: str, **settings: object) -> str:
    return InputChecks(InputChecksSettings(**settings)).check_input(text)  # type: ignore[arg-type]


@pytest.mark.parametrize("reason", BAD)
def test_refuses(reason: str) -> None:
    with pytest.raises(InputRefused) as caught:
        check(BAD[reason])
    assert caught.value.reason == reason
    assert "user" not in str(caught.value)


@pytest.mark.parametrize("text", GOOD, ids=["lines", "right to left", "joined", "longest"])
def test_lets_through_unchanged(text: str) -> None:
    assert check(text) == text


@pytest.mark.parametrize("char", [*"\x01\x08\x0b\x0c\x0e\x1f\x7f\x80\x9f", *"\u202a\u2066\u2069"])
def test_every_kind_of_character(char: str) -> None:
    with pytest.raises(InputRefused, match=f"U\\+{ord(char):04X} at character 3"):
        check(f"ab{char}c")


@pytest.mark.parametrize("reason", ["encoding", "nul", "control", "bidi"])
def test_removes_or_allows_where_told(reason: str) -> None:
    text = BAD[reason]
    cleaned = check(text, **{reason: "remove"})
    assert len(cleaned) == len(text) - 1
    assert check(text, **{reason: "allow"}) == text


def test_removing_leaves_something() -> None:
    with pytest.raises(InputRefused, match="empty"):
        check("\0\0", nul="remove")


def test_a_length_under_one_is_no_setting() -> None:
    with pytest.raises(SettingsError):
        InputChecksSettings(max_length=0)


@pytest.mark.parametrize("reason", BAD)
def test_a_refused_input_changes_nothing(reason: str, make, transcripts: Transcripts) -> None:
    model = ScriptedModel(["hello"])
    transcript = transcripts.create("a")
    loop = ChatLoop(make(model), model=MODEL, transcript=transcript)
    loop.run_iteration("hi")
    before, file = loop.messages, transcript.export()
    with pytest.raises(InputRefused) as caught:
        loop.run_iteration(BAD[reason])
    assert caught.value.reason == reason
    assert (loop.messages, transcript.export(), len(model.asks)) == (before, file, 1)
    assert transcripts.open("a").export() == file


def test_settings_reach_the_check(make) -> None:
    brim = make(ScriptedModel(["x"]), plugin={"input-checks": {"max_length": 3}})
    with pytest.raises(InputRefused, match="at most 3"):
        ChatLoop(brim, model=MODEL).run_iteration("four")


class Rude:
    name = "rude"

    @hookimpl
    async def check_input(self, text: str) -> str:
        if "please" not in text:
            raise BrimError("say please")
        return text.upper()


def test_a_plugin_checks_too_and_may_change(make) -> None:
    model = ScriptedModel(["x"])
    loop = ChatLoop(make(model, Rude()), model=MODEL)
    with pytest.raises(InputRefused, match="say please") as caught:
        loop.run_iteration("now")
    assert caught.value.reason == "rude"
    loop.run_iteration("please")
    assert loop.messages[0] == {"role": "user", "content": "PLEASE"}


def test_only_text_is_an_input(make) -> None:
    with pytest.raises(InputRefused, match="bytes"):
        ChatLoop(make(), model=MODEL).run_iteration(b"hi")  # type: ignore[arg-type]
