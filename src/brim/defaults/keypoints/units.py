"""What a note is made of: units, the smallest pieces that are kept or left whole."""

from __future__ import annotations

from enum import StrEnum

from attrs import define, field

__all__ = ["Head", "Header", "Kind", "Turn", "Unit"]


class Kind(StrEnum):
    """What a unit is: a sentence of prose, a line of anything else, a row of a table, a pair
    of a record, a tool call, or a line that an assistant wrote as an action."""

    SENTENCE = "sentence"
    LINE = "line"
    ROW = "row"
    PAIR = "pair"
    CALL = "call"
    ACT = "act"


@define(eq=False)
class Turn:
    """One message, or one voice of it. `voice` is who speaks, `span` the run of exchanges it
    belongs to, `stamp` a date that holds from here on. `noted`: an earlier note has it."""

    voice: str
    span: int = 0
    stamp: str = ""
    noted: bool = False


@define(eq=False)
class Header:
    """The names of a table's columns; tables of the same columns share it."""

    text: str
    columns: tuple[str, ...]
    tokens: int = 0


@define(eq=False)
class Head:
    """What is printed once before the first kept unit of a table or record.

    `share` is how many units are thought to bear its cost.
    """

    text: str
    header: Header | None = None
    share: int = 2
    tokens: int = 0


@define(eq=False)
class Unit:
    """One piece. Units of a turn with the same `line` stand on one line, joined by `joint`.

    `prior` is in thousandths; `asks` tells how much its user wants it, 0 to 2.
    """

    turn: Turn
    kind: Kind
    text: str
    line: int = 0
    head: Head | None = None
    joint: str = "\n"
    prior: int = 1_000
    asks: int = 0
    tokens: int = 0
    concepts: list[int] = field(factory=list)
