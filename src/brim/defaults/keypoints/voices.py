"""Who speaks: one or two letters in front of what each said."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attrs import define, field

from brim.api import Exchange, Message

__all__ = ["ASSISTANT", "TOOL", "USER", "Voices", "guarded"]

USER, ASSISTANT, TOOL = "U", "A", "T"
_VOICE = re.compile(r"([A-Z]{1,2}\d?): (?=\S)")
_OWN = re.compile(r"(?:[A-Z]{1,2}\d?: |## |also seen: )")
_MOST_NAMES = 20


@define(eq=False)
class Voices:
    """Letters for roles, or for names where those who speak have names."""

    names: dict[str, str] = field(factory=dict)
    unknown: str = ASSISTANT

    @classmethod
    def among(cls, spans: Sequence[Sequence[Exchange]]) -> Voices:
        """The voices in these exchanges."""
        found: dict[str, str] = {}
        taken = {USER, ASSISTANT, TOOL}
        for span in spans:
            for exchange in span:
                for message in exchange.original:
                    name = message.name.strip()
                    if name and name not in found and len(found) < _MOST_NAMES:
                        found[name] = _letter(name, taken)
                        taken.add(found[name])
        return cls(found)

    def of(self, message: Message) -> str:
        """The letter of who wrote this message."""
        role = {"user": USER, "assistant": ASSISTANT}.get(message.role, TOOL)
        return role if role == TOOL else self.names.get(message.name.strip(), role)

    def split(self, line: str) -> tuple[str, str]:
        """The voice and the words of a line of an earlier note."""
        found = _VOICE.match(line)
        return (found[1], line[found.end() :]) if found else ("", line)


def guarded(line: str) -> str:
    """A quoted line that cannot be taken for one that opens a voice."""
    return f" {line}" if _OWN.match(line) else line


def _letter(name: str, taken: set[str]) -> str:
    letters = [one for one in name.upper() if "A" <= one <= "Z"]
    first = letters[0] if letters else "S"
    options = [first, *(first + one for one in letters[1:]), *(f"{first}{n}" for n in range(10))]
    return next((one for one in options if one not in taken), first)
