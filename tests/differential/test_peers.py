"""Never invalid where a peer is valid, and at least as many exchanges kept whole.

What is compared, and at which room, stands in `peers_side`.
"""

from __future__ import annotations

from collections import Counter

import peers_side as side
import pytest
import turnsafe

from brim.testing.provider_rules import broken_rules
from brim.testing.wire import last_words

SEEDS = 50
SHARES = (20, 35, 50, 70, 90)
PEERS = {"langchain_core": side.langchain, "turnsafe": side.turnsafe}


def valid(messages: list[object]) -> bool:
    return bool(messages) and bool(turnsafe.validate(messages, provider="openai").ok)


def trials(name: str):
    """Conversation, Brim's side, the positions that the peer keeps at the same room."""
    for seed in range(SEEDS):
        case = side.conversation(seed)
        total = side.size(case.messages)
        for share in SHARES:
            budget = total * share // 100
            mine = side.ours(case, budget, f"{name} {seed} {share}")
            room = side.sure(case, budget) if mine is None else mine.target - side.NOTE
            try:
                theirs = PEERS[name](case, max(room, 1))
            except side.Inexpressible:
                continue
            yield case, mine, theirs


@pytest.mark.parametrize("name", PEERS)
def test_never_worse(name, require):
    if name != "turnsafe":
        require(name)
    seen: Counter[str] = Counter()
    for case, mine, theirs in trials(name):
        kept = [case.messages[at] for at in sorted(theirs or ())]
        if mine is not None:
            assert valid(mine.out), case.request
            assert not list(broken_rules(case.with_messages(mine.out)))
        if not valid(kept):
            seen["theirs is none"] += 1
        elif mine is None:
            seen["ours refuses"] += 1
            _lost_what_must_stay(case, theirs)
        else:
            ours, peers = side.whole(case, mine.kept), side.whole(case, theirs)
            assert ours >= peers, (case.request, ours, peers)
            seen["more" if ours > peers else "same"] += 1
    assert seen["more"] > seen["same"] > 0


def _lost_what_must_stay(case, theirs):
    """Where Brim says that the budget cannot be met, the peer has left out the user's last
    words, the newest exchange, or instructions in the middle of the conversation."""
    told = [at for at, one in enumerate(case.messages) if one["role"] in ("system", "developer")]
    must = {atom.message for atom in last_words(case.atoms)} | {*case.exchanges[-1], *told}
    assert not must <= theirs
