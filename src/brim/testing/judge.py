"""The laws of one plugin, tried in a process of their own: `python -m brim.testing.judge`.

It reads what to try as JSON from standard input and writes one JSON object a line to the file
that is named there, each as soon as it is known, so that whoever waits learns what hung. What the
plugin prints goes where standard error goes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint
from inspect import isroutine
from pathlib import Path
from typing import IO, Any

import msgspec
from attrs import evolve, frozen
from pluggy import PluginManager

from brim import hookspecs
from brim.kernel.contract import Refused, check_hooks
from brim.kernel.discover import Candidate
from brim.kernel.loading import build, from_file
from brim.model.profiles import ModelProfile

__all__ = ["Brief", "judge", "main"]

MODELS = frozenset({"complete", "embed", "stream"})
"""Hooks whose implementations may ask a model over the network, for money."""

WORDS = ("some words",)

Say = Callable[..., None]


@frozen
class Brief:
    """What to try. `value` is an entry point's "module:attribute", or empty where `file` is the
    whole plugin; `roots` go in front of `sys.path`, `live` lets laws ask models, and lines go to
    the file `out`."""

    out: str
    name: str
    value: str = ""
    file: str = ""
    roots: tuple[str, ...] = ()
    settings: Mapping[str, Any] = {}
    examples: int = 25
    live: bool = False

    @property
    def candidate(self) -> Candidate:
        """The plugin, not loaded yet."""
        if self.file:
            return from_file(Path(self.file))
        point = EntryPoint(self.name, self.value, hookspecs.PROJECT)
        return Candidate(self.name, self.value, load=point.load)


def main() -> None:
    given = msgspec.json.decode(sys.stdin.buffer.read())
    brief = Brief(**{**given, "roots": tuple(given.get("roots", ()))})
    sys.path[:0] = brief.roots
    sys.stdout = sys.stderr
    with open(brief.out, "ab", buffering=0) as out:
        judge(brief, _sayer(out))


def _sayer(out: IO[bytes]) -> Say:
    def say(event: str, **facts: object) -> None:
        out.write(msgspec.json.encode({"event": event, **facts}) + b"\n")

    return say


def judge(brief: Brief, say: Say) -> None:
    """Load the plugin, and try every law of each of its hooks. `say` hears of it."""
    try:
        loaded, hooks = _loaded(brief)
    except Refused as refused:
        say("refused", detail=refused.detail)
        return
    except Exception as error:
        say("refused", detail=f"could not be loaded: {_said(error)}")
        return
    say("loaded", hooks=hooks)
    contracts = _contracts()
    for hook in hooks:
        if hook not in contracts:
            say("unjudged", hook=hook, detail="this hook has no laws")
        elif hook in MODELS and not brief.live:
            say("unjudged", hook=hook, detail="it may ask a model, for money: see --live")
        else:
            _hold(contracts[hook], loaded, brief, say)
    say("done")


def _loaded(brief: Brief) -> tuple[object, tuple[str, ...]]:
    """What the entry point names, and its hooks, as the host sees them."""
    candidate = brief.candidate
    loaded = candidate.load()
    plugin = build(evolve(candidate, load=lambda: loaded), brief.settings)
    manager = PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    return loaded, check_hooks(manager, plugin)


def _contracts() -> Mapping[str, type[Any]]:
    from brim.testing import contracts

    found = (getattr(contracts, name) for name in contracts.__all__)
    return {one.hook: one for one in found if hasattr(one, "hook")}


def _hold(contract: type[Any], loaded: Any, brief: Brief, say: Say) -> None:
    own: dict[str, Any] = {"settings": brief.settings, "examples": brief.examples}
    own["plugin"] = staticmethod(loaded) if isroutine(loaded) else loaded
    if contract.hook == "provide_cache":
        own["name"] = brief.name
    kind: Any = type(brief.name, (contract,), own)
    if moot := _suited(kind, loaded, brief.name):
        say("unjudged", hook=contract.hook, detail=moot)
        return
    try:
        for law in _laws(kind):
            say("trying", hook=contract.hook, law=law)
            outcome, detail = _tried(getattr(kind(), f"test_{law}"))
            say("law", hook=contract.hook, law=law, outcome=outcome, detail=detail)
    finally:
        kind.teardown_class()


def _suited(kind: Any, loaded: object, name: str) -> str:
    """Give the contract examples that the plugin is for; why there are none, else empty.

    A counter is asked for o200k_base, then for the vocabulary of its own name. A format that is
    made from one that Brim knows is tried on requests of that one.
    """
    if kind.hook == "count_tokens":
        return _counted(kind, name)
    if kind.hook == "provide_dialect":
        from brim.testing.conversations import DIALECTS
        from brim.testing.examples import cases

        names = (getattr(base, "name", "") for base in getattr(loaded, "__mro__", ()))
        if known := next((one for one in names if one in DIALECTS), ""):
            kind.strategy = lambda self: cases(known)
    return ""


def _counted(kind: Any, name: str) -> str:
    encodings = (kind.profile.encoding, name)
    for encoding in encodings:
        kind.profile = ModelProfile(kind.profile.name, encoding=encoding)
        answer = kind().answer(WORDS, kind().inputs(WORDS))
        if answer.value is not None or answer.failed:
            return ""
    return f"it counts for neither of {' and '.join(encodings)}"


def _laws(kind: type[Any]) -> Iterator[str]:
    """Names of laws without `test_`, those of every hook first."""
    names = (name for base in reversed(kind.__mro__) for name in vars(base))
    for name in dict.fromkeys(names):
        if name.startswith("test_") and name != "test_is_accepted":
            yield name.removeprefix("test_")


def _tried(law: Callable[[], None]) -> tuple[str, str]:
    import pytest

    from brim.testing.contracts import LawBroken

    try:
        law()
    except pytest.skip.Exception as skipped:
        return "skipped", str(skipped)
    except NotImplementedError as missing:
        return "skipped", str(missing)
    except LawBroken as broken:
        return "broken", str(broken).partition(": ")[2]
    except Exception as error:
        return "broken", _said(error)
    return "kept", ""


def _said(error: BaseException) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


if __name__ == "__main__":
    main()
