"""Counting what a strategy asks."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from attrs import define

from brim.model.decisions import Condensation
from brim.model.operations import Ask, Completion

__all__ = ["Asking"]


@define(eq=False)
class Asking(Generator[Ask, Completion, Condensation | None]):
    """A strategy's turn, with the number of its asks so far."""

    turn: Generator[Ask, Completion, Condensation | None]
    asks: int = 0

    def send(self, answer: Completion) -> Ask:
        ask = self.turn.send(answer)
        self.asks += 1
        return ask

    def throw(self, *error: Any) -> Ask:
        ask = self.turn.throw(*error)
        self.asks += 1
        return ask

    def close(self) -> None:
        self.turn.close()
