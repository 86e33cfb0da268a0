"""What does a long conversation's input cost: condensed when it pays, always, or never?

The sizes of real agents' requests are replayed under four price lists; see `economics_parts`.
`cache-economics` is the real policy, asked through the kernel; the oracles know the whole
conversation beforehand and come down to the same target: one of them from anywhere, one where the
policy may, too, and one that keeps the policy's promise on the way, as whoever does not know the
end must: after no request dearer than `never until forced` by more than 0.5 %. To reach: no
conversation dearer than the cheaper one of `never until forced` and `slide 0.8` by more than 0.5 %,
nothing over the window, and all in all at most 1.07 times what the first oracle pays. The policy's
numbers were chosen on the half `dev` of the real conversations. With `--road` real messages take
the whole road.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence

from attrs import asdict, define, field, frozen
from loguru import logger
from rich.console import Console
from rich.table import Table

from economics_parts.money import PROFILES, Bill, Room, oracle, played
from economics_parts.policies import FIXED, Kernel
from economics_parts.road import Journey, journeys
from economics_parts.streams import KINDS, Stream, streams
from quality_parts.data import need_data

OURS, NEVER, SLIDE = "cache-economics", "never until forced", "slide 0.8"
ORACLE, STEPS, BOUND = "oracle", "oracle, as large steps", "oracle, same promise"
WORST, OF_ORACLE = 0.005, 1.07
"""What is to be reached."""

DRAWS = 2_000


@frozen
class Row:
    """One policy under one price list. `relative` is its money by that of `never until forced`,
    with a 95 % interval over conversations; `worst` the most that it was dearer, for any
    conversation, than the cheaper one of never and sliding."""

    prices: str
    policy: str
    dollars: float
    relative: float
    low: float
    high: float
    worst: float
    cached: float
    fill: float
    condensations: float
    over: int


@define
class Trial:
    """All policies' bills for each conversation under one price list."""

    prices: str
    bills: dict[str, list[Bill]] = field(factory=dict)

    def run(self, conversations: Sequence[Stream], kernel: Kernel) -> None:
        price = PROFILES[self.prices]
        for stream in conversations:
            room = Room.of(stream.head)
            for name, make in FIXED.items():
                self._add(name, played(stream, price, room, make(room)))
            self._add(OURS, played(stream, price, room, kernel.decide(room, price)))
            self._add(ORACLE, Bill(oracle(stream, price, room)))
            self._add(STEPS, Bill(oracle(stream, price, room, room.floor)))
            most = [(1 + WORST) * paid for paid in self.bills[NEVER][-1].course]
            self._add(BOUND, Bill(oracle(stream, price, room, most=most)))

    def _add(self, name: str, bill: Bill) -> None:
        self.bills.setdefault(name, []).append(bill)

    def row(self, name: str) -> Row:
        bills, never, slide = self.bills[name], self.bills[NEVER], self.bills[SLIDE]
        low, high = _interval(bills, never)
        tokens = sum(bill.tokens for bill in bills) or 1
        requests = sum(bill.requests for bill in bills) or 1
        least = [min(one.dollars, other.dollars) for one, other in zip(never, slide, strict=True)]
        return Row(
            self.prices,
            name,
            sum(bill.dollars for bill in bills),
            _ratio(bills, never),
            low,
            high,
            max(bill.dollars / one - 1 for bill, one in zip(bills, least, strict=True)),
            sum(bill.cached for bill in bills) / tokens,
            sum(bill.fill for bill in bills) / requests,
            100 * sum(bill.condensations for bill in bills) / requests,
            sum(bill.over for bill in bills),
        )


def _ratio(bills: Sequence[Bill], others: Sequence[Bill]) -> float:
    return sum(bill.dollars for bill in bills) / sum(bill.dollars for bill in others)


def _interval(bills: Sequence[Bill], others: Sequence[Bill]) -> tuple[float, float]:
    """The 95 % interval of the ratio, over conversations drawn with replacement."""
    draw, places = random.Random(0), range(len(bills))
    found = []
    for _ in range(DRAWS):
        chosen = draw.choices(places, k=len(bills))
        found.append(_ratio([bills[i] for i in chosen], [others[i] for i in chosen]))
    found.sort()
    return found[int(0.025 * DRAWS)], found[int(0.975 * DRAWS)]


def show(rows: Sequence[Row]) -> None:
    console = Console(width=120)
    for prices in PROFILES:
        table = Table("policy", "of never", "95 %", "worst", "cached", "fill", "per 100", "over")
        for row in rows:
            if row.prices == prices:
                table.add_row(
                    row.policy,
                    f"{row.relative:.3f}",
                    f"{row.low:.3f}-{row.high:.3f}",
                    f"{100 * row.worst:+.2f} %",
                    f"{row.cached:.3f}",
                    f"{row.fill:.2f}",
                    f"{row.condensations:.2f}",
                    f"{row.over}",
                )
        console.print(f"\n[bold]{prices}[/]")
        console.print(table)
        ratios = _of_oracle(rows, prices)
        by = ", ".join(f"{ratio:.3f} of the {name}'s" for name, ratio in ratios.items())
        console.print(f"{by}; to reach: {OF_ORACLE} of the oracle's")


def _of_oracle(rows: Sequence[Row], prices: str) -> dict[str, float]:
    dollars = {row.policy: row.dollars for row in rows if row.prices == prices}
    return {name: dollars[OURS] / dollars[name] for name in (ORACLE, STEPS, BOUND)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--conversations", type=int, default=60, help="of each kind of agent")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=list(KINDS), help="one kind of agent alone")
    parser.add_argument("--half", choices=["dev", "held"], help="of the real conversations")
    parser.add_argument("--road", action="store_true", help="the whole road on real messages")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    need_data()
    logger.disable("brim")
    if args.road:
        found = journeys()
        print(json.dumps([asdict(one) for one in found], indent=2) if args.json else told(found))
        return
    kinds = [args.kind] if args.kind else list(KINDS)
    conversations = streams(args.conversations, args.seed, kinds, args.half)
    kernel = Kernel()
    rows = []
    for prices in PROFILES:
        trial = Trial(prices)
        trial.run(conversations, kernel)
        rows += [trial.row(name) for name in (OURS, *FIXED, ORACLE, STEPS, BOUND)]
    kernel.close()
    if args.json:
        ratios = {prices: _of_oracle(rows, prices) for prices in PROFILES}
        plain = {"rows": [asdict(row) for row in rows], "of the oracle's": ratios}
        print(json.dumps(plain, indent=2))
        return
    show(rows)


def told(found: Sequence[Journey]) -> str:
    return "\n".join(map(str, found))


if __name__ == "__main__":
    main()
