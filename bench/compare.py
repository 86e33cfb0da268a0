"""How often trimmed conversations break: Brim beside its peers on the same seeds.

Each seeded, valid conversation gets a budget of 15 to 90 % of its size. What a tool
gives back is judged by `turnsafe.validate`, which is nobody's own: invalid, over the
budget (Brim's exact count of a request, as a provider would count), without the
system message, without the user's last words. A typed error for a budget that
cannot be met is the right answer, and is counted apart.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import turnsafe

import brim
from brim.testing.conversations import Options, seeded
from peers import (
    MODEL,
    ContextTrim,
    LangChain,
    LiteLLM,
    Message,
    exact_counter,
    installed,
    share_encoding,
    text_of,
)

Trim = Callable[[list[Message], int], list[Message]]
COLUMNS = ("invalid", "over budget", "lost system", "lost last words", "refused", "crashed")
DIALECT = "openai-chat"
APP = brim.Brim({"archive": {"where": "memory"}})


class Refused(Exception):
    """The tool said that the budget cannot be met."""


def brim_fit(messages: list[Message], budget: int) -> list[Message]:
    try:
        return list(APP.fit(messages, model=MODEL, budget=budget, dialect=DIALECT).messages)
    except brim.BudgetInfeasible as error:
        raise Refused from error


def turnsafe_fit(messages: list[Message], budget: int) -> list[Message]:
    try:
        return turnsafe.fit(messages, budget - 3, "openai", counter=exact_counter())
    except turnsafe.ContextBudgetError as error:
        raise Refused from error


def through(side: Callable[[int], Any]) -> Trim:
    def trim(messages: list[Message], budget: int) -> list[Message]:
        tool = side(budget)
        tool.extend(messages)
        return plain(tool.fit())

    return trim


def plain(messages: Sequence[Any]) -> list[Message]:
    if not messages or isinstance(messages[0], dict):
        return list(messages)
    from langchain_core.messages import convert_to_openai_messages

    converted: list[Message] = convert_to_openai_messages(list(messages))
    return converted


def tools(slow: bool) -> dict[str, Trim]:
    """Every tool that is installed. `slow` adds those that need minutes."""
    found: dict[str, Trim] = {"Brim": brim_fit, "turnsafe": turnsafe_fit}
    if installed("langchain_core"):
        found["LangChain, defaults"] = through(
            lambda budget: LangChain(budget, strategy="last", allow_partial=False)
        )
        found["LangChain, recommended"] = through(LangChain)
    if installed("contexttrim"):
        for strategy in ("RecencyDrop", "ImportanceWeighted"):
            found[f"contexttrim {strategy}"] = through(
                lambda budget, strategy=strategy: ContextTrim(budget, strategy)
            )
    if installed("litellm") and slow:
        found["litellm"] = through(LiteLLM)
    return found


def size(messages: list[Message]) -> int:
    return APP.count(messages, model=MODEL, dialect=DIALECT).total


def last_words(messages: list[Message]) -> set[str]:
    return {next((text_of(m) for m in reversed(messages) if m["role"] == "user"), "")}


def judge(before: list[Message], after: list[Message], budget: int) -> set[str]:
    """What is wrong with an output."""
    instructions = {text_of(m) for m in before if m["role"] in {"system", "developer"}}
    kept = {text_of(m) for m in after} | {""}
    checks = {
        "invalid": not after or not turnsafe.validate(after, provider="openai").ok,
        "over budget": bool(after) and size(after) > budget,
        "lost system": not instructions <= kept,
        "lost last words": not last_words(before) <= kept,
    }
    return {name for name, wrong in checks.items() if wrong}


def verdict(trim: Trim, messages: list[Message], budget: int) -> set[str]:
    try:
        return judge(messages, trim(json.loads(json.dumps(messages)), budget), budget)
    except Refused:
        return {"refused"}
    except Exception:
        return {"crashed"}


def run(trials: int, seed: int, slow: bool) -> dict[str, Counter[str]]:
    chosen = tools(slow)
    found: dict[str, Counter[str]] = {name: Counter() for name in chosen}
    options = Options(media=False, surrogates=False)
    for number in range(trials):
        messages = seeded(f"{seed}:{number}", DIALECT, options).messages
        budget = int(size(messages) * Random(f"{seed}:{number}").uniform(0.15, 0.9))
        for name, trim in chosen.items():
            found[name].update(verdict(trim, messages, budget))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slow", action="store_true", help="litellm too: minutes")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    share_encoding()
    found = run(args.trials, args.seed, args.slow)
    if args.json:
        print(json.dumps({"trials": args.trials, "found": found}, indent=2))
        return
    print(f"{args.trials} conversations, percent of all\n")
    print(f"{'':28}" + "".join(f"{column:>16}" for column in COLUMNS))
    for name, counts in found.items():
        cells = (f"{counts[column] / args.trials:>16.1%}" for column in COLUMNS)
        print(f"{name:28}" + "".join(cells))


if __name__ == "__main__":
    main()
