"""The generator: its conversations are valid, repeatable, and of every promised shape."""

from __future__ import annotations

import importlib
import json
import sys

import pytest
import turnsafe

from brim.dialects.anthropic import Anthropic
from brim.dialects.openai_chat import OpenAIChat
from brim.dialects.openai_responses import OpenAIResponses
from brim.model.profiles import ModelProfile
from brim.testing.case import Case
from brim.testing.conversations import DIALECTS, Options, seeded
from brim.testing.media import jpeg, png
from brim.testing.provider_rules import broken_rules
from brim.testing.wire import is_note, role_of

SEEDS = range(300)
READERS = {
    "openai-chat": OpenAIChat(),
    "anthropic": Anthropic(),
    "openai-responses": OpenAIResponses(),
}
TURNSAFE = {"openai-chat": "openai", "anthropic": "anthropic"}


@pytest.fixture(scope="module", params=DIALECTS)
def cases(request: pytest.FixtureRequest) -> list[Case]:
    return [seeded(seed, request.param) for seed in SEEDS]


def test_no_conversation_breaks_a_rule(cases: list[Case]) -> None:
    for case in cases:
        assert broken_rules(case) == set()


def test_turnsafe_agrees(cases: list[Case]) -> None:
    if cases[0].dialect not in TURNSAFE:
        pytest.skip("turnsafe does not know this dialect")
    for case in cases:
        report = turnsafe.validate(case.messages, TURNSAFE[case.dialect])
        assert report.violations == ()


def test_the_dialects_agree(cases: list[Case]) -> None:
    for case in cases:
        dialect = READERS[case.dialect]
        parsed = [dialect.parse(message, i) for i, message in enumerate(case.messages)]
        envelope = dialect.envelope(case.request)
        assert dialect.check(parsed, envelope, ModelProfile(case.model)) == ()


def test_every_prefix_that_a_client_would_send_is_valid(cases: list[Case]) -> None:
    for case in cases[:60]:
        for length in case.turns:
            assert broken_rules(case.with_messages(case.messages[:length])) == set()


def test_the_same_seed_gives_the_same_conversation() -> None:
    assert json.dumps(seeded(7).request) == json.dumps(seeded(7).request)
    assert json.dumps(seeded(7).request) != json.dumps(seeded(8).request)


def test_lengths_reach_from_one_to_over_a_hundred(cases: list[Case]) -> None:
    lengths = sorted(len(case.messages) for case in cases)
    assert lengths[0] <= 2
    assert lengths[-1] > 80
    assert 4 <= lengths[len(lengths) // 2] <= 20


OPENAI = {
    '"role": "developer"',
    '"type": "image_url"',
    '"data:image/png;base64,',
    '"data:image/jpeg;base64,',
    "https://example.com/plan.png",
    '"type": "file"',
    '"type": "input_audio"',
    '"type": "x_widget"',
    '"x_trace"',
    '"name": "alice"',
    '"content": null',
    '"content": ""',
    '"reasoning_content"',
}
ANTHROPIC = {
    '"type": "thinking"',
    '"type": "redacted_thinking"',
    '"signature"',
    '"type": "image"',
    '"type": "document"',
    '"type": "url"',
    '"cache_control"',
    '"is_error": true',
    '"type": "x_widget"',
    '"type": "x_table"',
    '"x_trace"',
    '"content": ""',
    '"system": [',
    '"system": "',
}
RESPONSES = {
    '"type": "message"',
    '{"role": "user", "content": "',
    '"role": "developer"',
    '"role": "system"',
    '"type": "function_call"',
    '"type": "function_call_output"',
    '"type": "custom_tool_call"',
    '"type": "custom_tool_call_output"',
    '"type": "local_shell_call"',
    '"type": "computer_call_output"',
    '"type": "web_search_call"',
    '"type": "item_reference"',
    '"type": "x_note"',
    '"type": "reasoning"',
    '"encrypted_content"',
    '"type": "compaction"',
    '"type": "summary_text"',
    '"type": "output_text"',
    '"type": "input_image"',
    '"type": "input_file"',
    '"type": "refusal"',
    '"id": "fc_',
    '"id": "msg_',
    '"id": "rs_',
    '"instructions"',
    '"previous_response_id"',
    '"x_trace"',
}
SPECIAL = {"openai-chat": OPENAI, "anthropic": ANTHROPIC, "openai-responses": RESPONSES}
ANYWHERE = {
    "<|im_start|>",
    "<brim-note>",
    "[brim: ",
    "\\u6211\\u9700",
    "\\u200d",
    "\\u0301",
    "\\u05e9",
    "\\u0000",
}


def test_everything_promised_occurs(cases: list[Case]) -> None:
    everything = "\n".join(json.dumps(case.request) for case in cases)
    special = SPECIAL[cases[0].dialect]
    missing = {piece for piece in special | ANYWHERE if piece not in everything}
    assert missing == set()


def test_shapes_that_are_hard_to_trim_occur(cases: list[Case]) -> None:
    assert any(len(case.turns) - _users(case) >= 10 for case in cases), "a long tool loop"
    assert any(len(group) > 2 for case in cases for group in case.exchanges) or any(
        _calls(message) > 2 for case in cases for message in case.messages
    ), "parallel calls"
    assert {role_of(case.messages[-1]) for case in cases} >= {"user", "assistant"}
    assert any(case.atoms[-1].kind == "result" for case in cases), "results at the end"
    assert any(_repeats(case) for case in cases), "the same text twice"
    assert max(len(atom.value) for case in cases for atom in case.atoms) > 10_000


def _users(case: Case) -> int:
    return len({a.message for a in case.atoms if a.role == "user" and a.kind != "result"})


def _calls(message: dict[str, object]) -> int:
    return json.dumps(message).count('"tool_use"')


def _repeats(case: Case) -> bool:
    texts = [atom.value for atom in case.atoms if atom.kind == "text"]
    return len(set(texts)) < len(texts)


def test_mixed_messages_occur() -> None:
    cases = [seeded(seed, "anthropic") for seed in SEEDS]
    kinds = (
        [atom.kind for atom in case.atoms if atom.message == at]
        for case in cases
        for at in range(len(case.messages))
    )
    assert any("result" in own and "text" in own for own in kinds)


def test_lone_surrogates_only_where_asked() -> None:
    plain = [json.dumps(seeded(seed).request) for seed in SEEDS]
    asked = [json.dumps(seeded(seed, None, Options(surrogates=True)).request) for seed in SEEDS]
    assert not any("half \\ud83d of" in text for text in plain)
    assert any("half \\ud83d of" in text for text in asked)


def test_bound_thinking_and_all_marks_where_asked() -> None:
    cases = [seeded(n, "anthropic", Options(bound=True, marked=True)) for n in range(100)]
    assert all(broken_rules(case) == set() for case in cases)
    assert all(case.messages[-1]["role"] == "user" for case in cases)
    assert sum(json.dumps(case.request).count('"cache_control"') == 4 for case in cases) > 70
    assert sum('"signature"' in json.dumps(case.request) for case in cases) > 50
    anthropic, profile = READERS["anthropic"], ModelProfile("claude-opus-5-5", prefill=False)
    for case in cases:
        parsed = [anthropic.parse(message, i) for i, message in enumerate(case.messages)]
        assert anthropic.check(parsed, anthropic.envelope(case.request), profile) == ()


def test_some_texts_pass_for_notes() -> None:
    assert any(is_note(atom) for seed in range(2000) for atom in seeded(seed).atoms)


def test_pictures_say_their_size() -> None:
    assert png(300, 8)[16:24] == (300).to_bytes(4, "big") + (8).to_bytes(4, "big")
    start = jpeg(513, 64).index(b"\xff\xc0")
    assert jpeg(513, 64)[start + 5 : start + 9] == b"\x00\x40\x02\x01"


def test_without_hypothesis_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis.strategies", None)
    monkeypatch.delitem(sys.modules, "brim.testing.strategies", raising=False)
    with pytest.raises(ModuleNotFoundError, match="pip install hypothesis"):
        importlib.import_module("brim.testing.strategies")
