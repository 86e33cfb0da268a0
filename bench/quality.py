"""What a condensation keeps of what the conversation will need, beside simpler ways.

Real conversations are condensed to 10, 25 and 50 % of their body (all but the system prompt,
tools and the user's last message), and then asked: do the identifiers, paths, numbers and dates
that later tool calls use still stand beside a word that tells what they are, and do the answers
to questions about long chats still stand where they were given? One half of the conversations
is for fitting, the other is reported. Claude Code's own compactions are compared at their size.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from time import process_time

from loguru import logger

from peers import share_encoding
from quality_parts.data import need_data
from quality_parts.measures import MEASURES, Measure, beside_compactions, run
from quality_parts.table import Result, as_dict, markdown, results, show, show_compactions

SHARES = (0.10, 0.25, 0.50)
QUICK = 6
"""Conversations of a kind in a quick run."""


def measured(args: argparse.Namespace, measure: Measure) -> list[Result]:
    trials = measure.chosen(args.half, QUICK if args.quick else None)
    if not trials:
        return []
    found: list[Result] = []
    for share in args.shares:
        began = process_time()
        found += results(measure.name, share, run(measure, trials, share, args.strategy))
        spent = process_time() - began
        print(f"{measure.name} at {share:.0%}: {spent:.0f} s", file=sys.stderr)
    return found


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--strategy", nargs="+", default=["auto"], help="installed, or auto")
    parser.add_argument("--shares", type=float, nargs="+", default=SHARES)
    parser.add_argument("--half", choices=("dev", "held", "all"), default="held")
    parser.add_argument("--only", default="", help="measures whose name contains this")
    parser.add_argument("--quick", action="store_true", help="few conversations, no compactions")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", action="store_true", help="tables for the documentation")
    return parser.parse_args(arguments)


def main() -> None:
    args = parsed()
    need_data()
    share_encoding()
    logger.disable("brim")
    chosen = [one for one in MEASURES if args.only in one.name]
    found = [result for measure in chosen for result in measured(args, measure)]
    sides = [] if args.quick or args.only else list(beside_compactions(args.strategy))
    if args.json:
        print(json.dumps(as_dict(args.half, found, sides), indent=2))
        return
    if args.markdown:
        print(markdown(found, sides))
        return
    show(found, args.half)
    show_compactions(sides)


if __name__ == "__main__":
    main()
