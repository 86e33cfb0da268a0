"""A conversation with a planted secret."""

from __future__ import annotations

__all__ = ["SECRET", "chat"]

SECRET = "sk-planted-7f3a"


def chat(pairs: int, words: int = 60) -> list[dict[str, object]]:
    """An instruction, `pairs` questions with answers, and a last question."""
    messages: list[dict[str, object]] = [{"role": "system", "content": f"Be brief. {SECRET}"}]
    for i in range(pairs):
        messages.append({"role": "user", "content": f"{SECRET} question {i} " + "word " * words})
        messages.append({"role": "assistant", "content": f"{SECRET} answer {i} " + "text " * words})
    return [*messages, {"role": "user", "content": f"And the last one? {SECRET}"}]
