"""Budgets as people write them: tokens, or a share of a conversation."""

from __future__ import annotations

import re
from decimal import Decimal

import click

from brim.cli.tokens import TOKENS
from brim.compare.figures import Budget

__all__ = ["BUDGET"]

_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s*%", re.ASCII)


class BudgetType(click.ParamType[Budget]):
    """25% is a share of what can be condensed, 8k and 8000 are tokens of a request."""

    name = "budget"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Budget:
        if isinstance(value, Budget):
            return value
        text = str(value).strip()
        if not text.endswith("%"):
            return Budget(text, tokens=TOKENS.convert(text, param, ctx))
        found = _SHARE.fullmatch(text)
        share = Decimal(found[1]) if found else Decimal(0)
        if not 0 < share <= 100:
            self.fail(f"{value!r} is no share; write 25%, above 0 and at most 100", param, ctx)
        return Budget(text, share=float(share) / 100)


BUDGET = BudgetType()
