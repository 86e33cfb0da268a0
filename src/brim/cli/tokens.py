"""Numbers of tokens as people write them."""

from __future__ import annotations

import re
from decimal import Decimal

import click

__all__ = ["TOKENS", "TOKENS_OR_NONE"]

_UNITS = {"": 1, "k": 1_000, "m": 1_000_000}
_NUMBER = re.compile(r"(\d[\d_,]{0,20}(?:\.\d{1,9})?)\s*([km]?)", re.IGNORECASE | re.ASCII)


class TokenCount(click.ParamType[int]):
    """8000, 8_000, 8k (8,000), 1.5m (1,500,000); from `least` on."""

    name = "tokens"

    def __init__(self, least: int = 1) -> None:
        self.least = least

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        if isinstance(value, int):
            return value
        found = _NUMBER.fullmatch(str(value).strip())
        tokens = Decimal(-1)
        if found:
            tokens = Decimal(re.sub("[_,]", "", found[1])) * _UNITS[found[2].lower()]
        if tokens != int(tokens) or tokens < self.least:
            self.fail(f"{value!r} is no number of tokens; write 8000 or 8k", param, ctx)
        return int(tokens)


TOKENS = TokenCount()
TOKENS_OR_NONE = TokenCount(0)
