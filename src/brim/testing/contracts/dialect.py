"""The laws of `provide_dialect`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from hypothesis.strategies import SearchStrategy

from brim.dialects.base import Dialect, Parsed
from brim.errors import MalformedRequest
from brim.kernel import checks
from brim.model.profiles import ModelProfile
from brim.testing.case import Case
from brim.testing.contracts.base import Contract, Moot, law, require
from brim.testing.conversations import DIALECTS
from brim.testing.draw import Draw
from brim.testing.examples import cases, drawn

__all__ = ["DialectContract"]

JUNK: tuple[object, ...] = (None, 7, "x", [], [None], {}, {"type": "text"}, True, "\ud800", 1e400)
FIELDS = ("role", "content", "type", "name", "id", "tool_calls", "call_id", "output", "x")


class DialectContract(Contract):
    """Laws of a wire format. For one of your own, override `strategy` to give valid
    requests of it (a `Case` each); for those that Brim knows, its generator does."""

    hook: ClassVar[str] = "provide_dialect"

    def strategy(self) -> SearchStrategy[Case]:
        name = self.dialect().name
        if name not in DIALECTS:
            raise NotImplementedError(f"override strategy(): no one generates {name!r} requests")
        return cases(name)

    def dialect(self) -> Dialect:
        """What the plugin provides."""
        found = self.tools.implementation.call(checks.dialect)
        assert found is not None, "it gave None instead of a dialect"
        return found

    def test_provides_a_dialect(self) -> None:
        """It gives an object with a name and all that a dialect must be able to do."""
        assert self.dialect().name

    @law()
    def test_reads_valid_requests(self, case: Case) -> None:
        """A valid request is read, and breaks none of the dialect's own rules."""
        dialect, parsed = self.dialect(), []
        try:
            parsed = self._read(case)
        except Exception as error:
            require(False, f"raised {type(error).__name__}: {error}")
        model = ModelProfile(case.model)
        broken = dialect.check(parsed, dialect.envelope(case.request), model)
        require(not broken, ", ".join(f"rule {one.rule}: {one.detail}" for one in broken))

    @law()
    def test_reading_changes_nothing(self, case: Case) -> None:
        """Reading leaves the request as it is, and reading again gives the same."""
        before = json.dumps(case.request)
        first, again = self._parsed(case), self._parsed(case)
        require(json.dumps(case.request) == before, "the request was changed")
        require(first == again, "read twice, it is not the same")

    @law()
    def test_taking_all_parts_gives_the_message_back(self, case: Case) -> None:
        """`select` with all parts and no rewrites gives the same message, fields in their order."""
        dialect = self.dialect()
        for wire, parsed in zip(case.messages, self._parsed(case), strict=True):
            taken = dialect.select(wire, range(len(parsed.message.parts)), {})
            require(json.dumps(taken) == json.dumps(wire), f"{wire!r} became {taken!r}")

    @law()
    def test_notes_are_the_users(self, case: Case) -> None:
        """A note is read as a user's message with its text."""
        dialect = self.dialect()
        message = dialect.parse(dialect.note("so far: ü"), 0).message
        require((message.role, message.text) == ("user", "so far: ü"), f"{message!r}")

    @law()
    def test_nothing_sealed_changes_by_itself(self, case: Case) -> None:
        """Sealed parts are unaltered where nothing is, and where messages at the front are gone."""
        dialect, parsed = self.dialect(), self._parsed(case)
        require(not dialect.altered(parsed, parsed), "altered without a change")
        require(not dialect.altered(parsed, parsed[1:]), "altered because the first is gone")

    def junk(self) -> SearchStrategy[object]:
        return drawn(_junk, 60)

    @law("junk")
    def test_what_is_no_message_is_malformed(self, value: object) -> None:
        """Whatever is no message raises `MalformedRequest`, and nothing else."""
        try:
            self.dialect().parse(value, 3)  # type: ignore[arg-type]  # on purpose
        except MalformedRequest as error:
            require(error.index == 3, f"the error names index {error.index}, not 3")
        except Exception as error:
            require(False, f"raised {type(error).__name__}: {error}")

    def _parsed(self, case: Case) -> list[Parsed]:
        try:
            return self._read(case)
        except Exception as error:
            raise Moot from error

    def _read(self, case: Case) -> list[Parsed]:
        dialect = self.dialect()
        return [dialect.parse(wire, index) for index, wire in enumerate(case.messages)]


def _junk(draw: Draw) -> object:
    if draw.boolean(0.2):
        return draw.choice(JUNK)
    values: tuple[Any, ...] = (*JUNK, "user", "assistant", "tool", "function_call")
    junk: Mapping[str, object] = {
        draw.choice(FIELDS): draw.choice(values) for _ in range(draw.integer(0, 5))
    }
    return junk
