"""Tools at work: in a row, together, late, failing, hanging, large, and kept."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any

import pytest
from chat_parts import MODEL, Observer, calls, roles

from brim.api import Completion
from brim.chat import ChatLoop, Reply, tool
from brim.chat.running import MOST_LEFT
from brim.errors import UnknownHandle
from brim.testing.fakes import ScriptedModel


def asked(loop_of: Callable[..., ChatLoop], *wanted: tuple[str, ...]) -> Reply:
    return loop_of(calls(*wanted), "done").run_iteration("go")  # type: ignore[arg-type]


@pytest.fixture
def loop_of(make) -> Callable[..., Any]:
    """`loop_of(tools...)` gives a function that takes the model's answers."""

    def with_tools(*tools: object, **settings: Any) -> Callable[..., ChatLoop]:
        def answering(*answers: Completion | str) -> ChatLoop:
            brim = make(ScriptedModel(answers), **settings)
            return ChatLoop(brim, model=MODEL, tools=tools)

        return answering

    return with_tools


def test_in_a_row_or_together(loop_of) -> None:
    lock, running, most = threading.Lock(), [0], [0]
    met = threading.Event()

    def meet(number: int) -> int:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
            if running[0] == 20:
                met.set()
        if wait[0]:
            assert met.wait(20)
        with lock:
            running[0] -= 1
        return number

    wanted = [("meet", f'{{"number": {n}}}') for n in range(20)]
    wait = [False]
    reply = asked(loop_of(meet), *wanted)
    assert (most[0], [run.text for run in reply.tools]) == (1, [str(n) for n in range(20)])
    wait = [True]
    reply = asked(loop_of(meet, chat={"parallel_tools": True}), *wanted)
    assert (most[0], [run.text for run in reply.tools]) == (20, [str(n) for n in range(20)])


def test_coroutine_functions_run_together_too(loop_of) -> None:
    both = asyncio.Event()
    first = asyncio.Event()

    async def one() -> str:
        first.set()
        await both.wait()
        return "one"

    async def two() -> str:
        await first.wait()
        both.set()
        return "two"

    reply = asked(loop_of(one, two, chat={"parallel_tools": True}), ("one", "{}"), ("two", "{}"))
    assert [run.text for run in reply.tools] == ["one", "two"]


def boom(text: str) -> None:
    raise ValueError(f"no {text}\nhere")


def end() -> None:
    raise SystemExit(3)


async def aboom() -> None:
    raise KeyboardInterrupt


FAULTS = [
    (("boom", '{"text": "good"}'), "ValueError", "Error: ValueError: no good here"),
    (("boom", '{"text": 1}'), "BadArguments", "Error: the arguments do not fit the schema: "),
    (("boom", "{"), "BadArguments", "Error: the arguments are not JSON"),
    (("gone", "{}"), "UnknownTool", "Error: there is no such tool; there is boom, end, aboom, exp"),
    (("end", "{}"), "SystemExit", "Error: SystemExit: 3"),
    (("aboom", "{}"), "KeyboardInterrupt", "Error: KeyboardInterrupt"),
]


@pytest.mark.parametrize(("call", "kind", "text"), FAULTS)
def test_faults_go_back_to_the_model(loop_of, call, kind: str, text: str) -> None:
    reply = asked(loop_of(boom, end, aboom), call)
    (run,) = reply.tools
    assert (run.error, run.text[: len(text)], reply.text) == (kind, text, "done")


def test_names_and_ids_that_no_provider_takes_back(loop_of) -> None:
    loop = loop_of(boom)(calls(("a b!", "{}", ""), ("x" * 99, "{}", "i"), ("", "{}", "i")), "done")
    reply = loop.run_iteration("go")
    assert [run.name for run in reply.tools] == ["a_b_", "x" * 64, "unnamed"]
    assert len({run.call_id for run in reply.tools}) == 3
    assert loop.run_iteration("again").report.violations == ()


def test_hanging_tools_end_at_their_timeout(loop_of) -> None:
    release = threading.Event()

    @tool(timeout=0.02)
    def hang() -> None:
        release.wait(60)

    @tool(timeout=0.02)
    async def ahang() -> None:
        await asyncio.sleep(60)

    loop = loop_of(hang, ahang)(calls(("ahang", "{}"), *[("hang", "{}")] * (MOST_LEFT + 1)), "done")
    try:
        reply = loop.run_iteration("go")
        kinds = [run.error for run in reply.tools]
        assert kinds == ["TimeoutError"] * (MOST_LEFT + 1) + ["Busy"]
        assert "longer than 0.02 s" in reply.tools[0].text
    finally:
        release.set()


def test_the_settings_name_the_timeout(loop_of) -> None:
    async def ahang() -> None:
        await asyncio.sleep(60)

    reply = asked(loop_of(ahang, chat={"tool_timeout": 0.01}), ("ahang", "{}"))
    assert reply.tools[0].error == "TimeoutError"


def test_tools_in_one_iteration_are_counted(loop_of, make) -> None:
    ran: list[int] = []

    def count(n: int) -> int:
        ran.append(n)
        return n

    model = ScriptedModel([calls(*[("count", f'{{"n": {n}}}') for n in range(3)])] * 3)
    loop = ChatLoop(make(model, chat={"max_tools": 4}), model=MODEL, tools=[count])
    reply = loop.run_iteration("go")
    assert ran == [0, 1, 2, 0]
    assert [run.error for run in reply.tools] == [""] * 4 + ["TooMany"] * 2
    assert [ask.tool_choice for ask in model.asks] == ["auto", "auto", "none"]
    assert roles(loop.messages) == ["user", *["assistant", *["tool"] * 3] * 2]


def test_a_large_result_goes_to_the_archive(loop_of) -> None:
    text = "".join(f"line {n}\n" for n in range(2_000))

    def large() -> str:
        return text

    loop = loop_of(large, chat={"max_result": 1_000})(calls(("large", "{}")), "done", "more")
    (run,) = loop.run_iteration("go").tools
    assert len(run.text) <= 1_000
    assert run.text.startswith("line 0\n")
    assert run.text.endswith("line 1999\n")
    assert f"[brim {run.handle}: " in run.text
    assert loop.brim.expand(run.handle).text == text
    with pytest.raises(UnknownHandle):
        loop.brim.expand(run.handle, tenant="other")


def test_the_model_reads_on_with_expand(make) -> None:
    def large() -> list[int]:
        return list(range(5_000))

    def wants(ask: Any) -> Completion:
        handle = ask.messages[-1].results[0].text.split("[brim ")[1][:6]
        return calls(("expand", f'{{"handle": "{handle}", "offset": 100}}'))

    class Asking(ScriptedModel):
        def _said(self, ask: Any, said: Any) -> Completion:
            return wants(ask) if said == "expand" else super()._said(ask, said)

    model = Asking([calls(("large", "{}")), "expand", "done"])
    loop = ChatLoop(make(model, chat={"max_result": 500}), model=MODEL, tools=[large])
    _, expanded = loop.run_iteration("go").tools
    whole = "[" + ",".join(map(str, range(5_000))) + "]"
    assert expanded.text.endswith(whole[100:600])
    assert (expanded.ok, expanded.handle) == (True, "")


def test_without_an_archive_it_is_cut_with_a_mark(loop_of) -> None:
    def large() -> str:
        return "x" * 5_000

    (run,) = asked(
        loop_of(large, chat={"max_result": 300}, archive={"where": "off"}), ("large", "{}")
    ).tools
    assert (run.handle, len(run.text) <= 300) == ("", True)
    assert "characters cut]" in run.text


def test_results_of_pure_tools_are_kept(make) -> None:
    ran: list[int] = []

    @tool(pure=True)
    def square(n: int, of: str = "") -> int:
        ran.append(n)
        if n < 0:
            raise ValueError
        return n * n

    def again(n: int) -> int:
        ran.append(n)
        return n

    wanted = [("square", '{"n": 3}'), ("square", ' {"of": "", "n" : 3}'), ("square", '{"n": 4}')]
    wanted += [("square", '{"n": -1}')] * 2 + [("again", '{"n": 9}')] * 2
    observer = Observer()
    brim = make(ScriptedModel([calls(*wanted), "done"]), observer)  # type: ignore[arg-type]
    reply = ChatLoop(brim, model=MODEL, tools=[square, again]).run_iteration("go")
    assert ran == [3, 4, -1, -1, 9, 9]
    assert [run.text for run in reply.tools[:3]] == ["9", "9", "16"]
    assert [run.cached for run in reply.tools] == [False, True] + [False] * 5
    assert len({run.call_id for run in reply.tools}) == 7
    assert observer.of("tool")[1].facts["cached"] is True


def test_few_results_are_kept(make) -> None:
    ran: list[int] = []

    @tool(pure=True)
    def square(n: int) -> int:
        ran.append(n)
        return n * n

    wanted = [("square", f'{{"n": {n}}}') for n in (1, 2, 1, 3, 1, 2)]
    brim = make(ScriptedModel([calls(*wanted), "done"]), chat={"tool_cache": 2})  # type: ignore[arg-type]
    ChatLoop(brim, model=MODEL, tools=[square]).run_iteration("go")
    assert ran == [1, 2, 3, 2]


def test_results_of_all_kinds(loop_of) -> None:
    kinds: list[Any] = [None, {"a": [1, None]}, "", b"bytes", {1, 2}, "a\0\ud800b", object]

    def give(n: int) -> Any:
        return kinds[n]

    loop = loop_of(give)(calls(*[("give", f'{{"n": {n}}}') for n in range(7)]), "done")
    loop.run_iteration("go")
    texts = [one["content"] for one in loop.messages if one["role"] == "tool"]
    assert texts[:3] == ["null", '{"a":[1,null]}', "(empty)"]
    assert (texts[4], texts[5]) == ("[1,2]", "a??b")
    assert "class 'object'" in texts[6]


WHO: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")


def test_tools_see_the_callers_context(loop_of) -> None:
    def who() -> str:
        return WHO.get()

    async def talk() -> Reply:
        WHO.set("me")
        return await loop_of(who)(calls(("who", "{}")), "done").arun_iteration("go")

    assert asyncio.run(talk()).tools[0].text == "me"
