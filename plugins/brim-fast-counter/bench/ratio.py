"""CPU time of counting, beside tiktoken, interleaved; all sides give the same counts.

python bench/ratio.py
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time

from brim.api import ModelProfile
from brim.defaults.tiktoken_counter import TiktokenCounter
from brim.testing.conversations import Options, seeded
from brim.testing.wire import canonical
from brim_fast_counter import SplintrCounter, SplintrSettings, ToktokCounter

ROUNDS = 15


def texts() -> dict[str, list[str]]:
    cases = [seeded(f"fast {seed}", "openai-chat", Options(messages=40)) for seed in range(40)]
    messages = [str(canonical(message)) for case in cases for message in case.messages]
    clean = [text.encode("utf-8", "replace").decode() for text in messages]
    code = Path(__file__).read_text() * 20
    return {"messages": clean, "code, 40 KB": [code], "4 KB": [code[:4_096]]}


def seconds(count: Callable[[], object]) -> float:
    began = process_time()
    count()
    return process_time() - began


def main() -> None:
    gpt, qwen = ModelProfile("gpt-4o"), ModelProfile("qwen3")
    sides = {
        "tiktoken": (TiktokenCounter(), gpt),
        "toktok": (ToktokCounter(), gpt),
        "splintr": (SplintrCounter(SplintrSettings()), qwen),
    }
    for name, given in texts().items():
        taken: dict[str, list[float]] = {side: [] for side in sides}
        for counter, profile in sides.values():
            counter.count_tokens(given, profile)
        for _ in range(ROUNDS):
            for side, (counter, profile) in sides.items():
                taken[side].append(seconds(lambda: counter.count_tokens(given, profile)))  # noqa: B023
        base = median(taken["tiktoken"])
        size = sum(len(text) for text in given)
        row = "  ".join(f"{side} {base / median(taken[side]):.1f}x" for side in sides)
        print(f"{name:12} {size:>9,} characters, tiktoken {base * 1e3:.2f} ms: {row}")


if __name__ == "__main__":
    main()
