"""A strategy in one file: long texts of the assistant shrink to their beginning and end.

brim --plugin ./examples/one_file_plugin.py compare talk.json --strategies one-file-plugin,auto
"""

from __future__ import annotations

from brim.api import Condensation, CondenseTask, Rewrite, Text, cut, hookimpl

LONGEST = 60
"""Tokens that an older answer may keep."""


@hookimpl
def condense(task: CondenseTask) -> Condensation | None:
    """Shorten the assistant's answers, oldest first, until the target is met."""
    edits: list[Rewrite] = []
    excess = task.tokens - task.target
    for exchange in task.conversation.exchanges:
        if exchange.keep or exchange.newest or exchange.note:
            continue
        for at, message in enumerate(exchange.messages):
            for place, part in enumerate(message.parts):
                if excess > 0 and message.role == "assistant" and isinstance(part, Text):
                    short = cut(part.text, LONGEST, task.count)
                    before, after = task.count([part.text, short])
                    if after < before:
                        edits.append(Rewrite(exchange.index, at, place, short))
                        excess -= before - after
    return Condensation(tuple(edits)) if edits else None
