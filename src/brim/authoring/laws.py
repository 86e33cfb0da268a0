"""The laws of a plugin's hooks, tried in another process that is ended when it takes too long."""

from __future__ import annotations

import os
import signal
import site
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import msgspec
from attrs import frozen

from brim.authoring.target import Offer, Target
from brim.errors import PluginError

__all__ = ["Law", "Limits", "Verdict", "demand_tools", "judged"]

NEEDED = ("hypothesis", "pytest")
LAST = 300
"""Characters of what a process said last that are shown when it ended by itself."""


@frozen
class Limits:
    """`examples` of each law, `seconds` for one plugin, and whether laws may ask models."""

    examples: int = 25
    seconds: float = 300.0
    live: bool = False


@frozen
class Law:
    """One law of one hook. `detail` is what broke it, with the smallest example that was found,
    or why it was not tried."""

    hook: str
    law: str
    outcome: Literal["kept", "broken", "skipped"]
    detail: str = ""


@frozen
class Verdict:
    """Of one plugin. `refused` says why the host would not take it, or what ended the trial."""

    plugin: str
    hooks: tuple[str, ...] = ()
    laws: tuple[Law, ...] = ()
    refused: str = ""

    @property
    def ok(self) -> bool:
        return not self.refused and all(law.outcome != "broken" for law in self.laws)


def demand_tools() -> None:
    """Raise `PluginError` where laws cannot be tried for want of a package."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise PluginError(
            f"the laws of hooks need {' and '.join(missing)}; pip install {' '.join(missing)}"
        )


def judged(target: Target, offer: Offer, settings: Mapping[str, object], limits: Limits) -> Verdict:
    """Try every law on one plugin, with its section of the settings.

    Files that it keeps for its user go to a folder that is gone afterwards.
    """
    with TemporaryDirectory(prefix="brim-check-") as folder:
        out = Path(folder) / "lines"
        brief = {
            "out": str(out),
            "name": offer.name,
            "value": offer.value,
            "file": offer.file,
            "roots": target.roots,
            "settings": settings,
            "examples": limits.examples,
            "live": limits.live,
        }
        ended = _run(msgspec.json.encode(brief), Path(folder), limits.seconds)
        lines = out.read_bytes().splitlines() if out.exists() else []
    return _verdict(offer.name, [msgspec.json.decode(line) for line in lines], ended)


def _run(brief: bytes, folder: Path, seconds: float) -> str:
    """Run the judge. What ended it before it was done, else empty."""
    errors = folder / "errors"
    with errors.open("wb") as heard:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "brim.testing.judge"],
            stdin=subprocess.PIPE,
            stdout=heard,
            stderr=heard,
            env=_environment(folder),
            start_new_session=True,
        )
        try:
            process.communicate(brief, timeout=seconds)
        except subprocess.TimeoutExpired:
            return f"it did not end within {seconds:g} s"
        finally:
            _end(process)
    said = errors.read_text("utf-8", "replace").strip()[-LAST:]
    return f"it ended its process (exit code {process.returncode}): {said}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it if it runs still, and on POSIX all that it started."""
    if process.poll() is not None:
        return
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _environment(folder: Path) -> dict[str, str]:
    """This one, with a home of its own; packages of the user are still found."""
    own = {name: str(folder) for name in ("HOME", "LOCALAPPDATA", "BRIM_DATA_DIR")}
    own |= {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CACHE", "DATA")}
    return {**os.environ, "PYTHONUSERBASE": site.getuserbase(), **own}


def _verdict(name: str, events: Sequence[Mapping[str, Any]], ended: str) -> Verdict:
    hooks: tuple[str, ...] = ()
    refused, trying = f"could not be loaded: {ended}", ""
    for event in events:
        match event["event"]:
            case "refused":
                refused = event["detail"]
            case "loaded":
                hooks, refused = tuple(event["hooks"]), ended
            case "trying":
                trying, refused = event["law"], f"{ended}, while trying {event['law']}"
            case "law":
                refused = f"{ended}, after {trying}"
            case "done":
                refused = ""
    return Verdict(name, hooks, tuple(_laws(events)), refused)


def _laws(events: Sequence[Mapping[str, Any]]) -> Iterator[Law]:
    for event in events:
        if event["event"] == "law":
            yield Law(event["hook"], event["law"], event["outcome"], event["detail"])
        elif event["event"] == "unjudged":
            yield Law(event["hook"], "", "skipped", event["detail"])
