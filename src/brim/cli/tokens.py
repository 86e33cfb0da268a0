"""Numbers of tokens as people write them."""

from __future__ import annotations

import re

import click

__all__ = ["TOKENS"]

_UNITS = {"": 1, "k": 1_000, "m": 1_000_000}
_NUMBER = re.compile(r"(\d[\d_,]*(?:\.\d+)?)\s*([km]?)", re.IGNORECASE)


class TokenCount(click.ParamType[int]):
    """8000, 8_000, 8k (8,000), 1.5m (1,500,000)."""

    name = "tokens"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        if isinstance(value, int):
            return value
        found = _NUMBER.fullmatch(str(value).strip())
        tokens = 0
        if found:
            tokens = round(float(re.sub("[_,]", "", found[1])) * _UNITS[found[2].lower()])
        if tokens < 1:
            self.fail(f"{value!r} is no number of tokens; write 8000 or 8k", param, ctx)
        return tokens


TOKENS = TokenCount()
