"""What `count` answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import asdict, frozen

from brim.model.conversation import Tool
from brim.model.messages import Message, Part
from brim.road.tokens.counting import Counter

__all__ = ["CountReport", "count_report"]


@frozen
class CountReport:
    """Tokens of a request for one model.

    `total` is the count, `upper` the bound it never exceeds. `fixed` is system text, tools,
    instruction messages and the start of the reply; `per_message` has one entry for each
    message, and `roles` its role. `per_role` adds up to `total`: each role of a message,
    "system" (with the request's own system text), "tools" and "reply". `method` names the
    counter that answered, `window` is the model's, `known` whether its profile was found.
    """

    total: int
    upper: int
    method: str
    fixed: int
    per_role: Mapping[str, int]
    per_message: tuple[int, ...]
    window: int
    roles: tuple[str, ...] = ()
    model: str = ""
    margin: float = 0.0
    known: bool = True

    @property
    def utilization(self) -> float:
        """`total` as a share of the window."""
        return self.total / self.window if self.window else float("inf")

    def as_dict(self) -> dict[str, object]:
        """Plain data, for JSON."""
        return {**asdict(self, recurse=False), "utilization": round(self.utilization, 6)}


def count_report(
    counter: Counter,
    system: Sequence[Part],
    tools: Sequence[Tool],
    messages: Sequence[Message],
    method: str = "",
) -> CountReport:
    """Count a request as parsed."""
    head = counter.head_parts(system, tools)
    costs = counter.messages(messages)
    roles = dict(zip(("system", "tools", "reply"), head, strict=True))
    for message, cost in zip(messages, costs, strict=True):
        roles[message.role] = roles.get(message.role, 0) + cost
    instructions = sum(
        cost for message, cost in zip(messages, costs, strict=True) if message.is_instruction
    )
    total = sum(head) + sum(costs)
    return CountReport(
        total=total,
        upper=counter.upper(total),
        method=method,
        fixed=sum(head) + instructions,
        per_role={role: cost for role, cost in roles.items() if cost},
        per_message=tuple(costs),
        window=counter.profile.window,
        roles=tuple(message.role for message in messages),
        model=counter.profile.name,
        margin=counter.margin,
        known=counter.profile.known,
    )
