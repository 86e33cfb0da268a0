"""Conversations for the tests of the way back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from brim import Brim
from brim.errors import BudgetInfeasible
from brim.testing.case import Case
from brim.testing.conversations import seeded
from brim.testing.workbench import alone

Wire = dict[str, Any]


@contextmanager
def app(folder: Path | None = None, **settings: Any) -> Iterator[Brim]:
    """A `Brim` whose archive is in this folder, or in memory."""
    where = {"where": "disk", "directory": str(folder)} if folder else {"where": "memory"}
    given = {"archive": where, "strategies": ["smart-truncation"], **settings}
    with Brim(alone(**given)) as made:
        yield made


def words(count: int, salt: object = "") -> str:
    return " ".join(f"word{salt if i % 7 == 0 else ''}" for i in range(count))


def chat(turns: int, size: int = 30) -> list[Wire]:
    found: list[Wire] = [{"role": "system", "content": "be brief"}]
    for i in range(turns):
        found.append({"role": "user", "content": f"question {i} {words(size)}"})
        found.append({"role": "assistant", "content": f"answer {i} {words(size)}"})
    return [*found, {"role": "user", "content": "and now?"}]


def tool_chat(size: int = 900) -> list[Wire]:
    """One long result at the end of a run, which can only be shortened."""
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    return [
        {"role": "user", "content": "look it up"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": f"found {words(size)}"},
    ]


def squeezed(brim: Brim, case: Case, share: float, tenant: str = "") -> Any:
    """The case fitted into a share of what it takes, or into its minimum; None if that is all."""
    total = brim.count(case.request, dialect=case.dialect).total
    budget = max(int(total * share), 1)
    try:
        return brim.fit(case.request, budget=budget, dialect=case.dialect, tenant=tenant)
    except BudgetInfeasible as error:
        budget = error.minimum
    return brim.fit(case.request, budget=budget, dialect=case.dialect, tenant=tenant)


def cases(dialect: str, count: int) -> list[Case]:
    found = (seeded(f"archive-{number}", dialect) for number in range(10 * count))
    return [case for case in found if len(case.messages) > 6][:count]


def same(one: object, other: object) -> bool:
    """Whether both are the same JSON, key order and number types too."""
    return json.dumps(one) == json.dumps(other)
