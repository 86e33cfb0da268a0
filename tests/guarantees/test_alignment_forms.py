"""The judge, of a tool's result that was first written in another form and then cut."""

from __future__ import annotations

import json

import pytest

from brim.testing.alignment import stands_for
from brim.testing.wire import atoms

SOURCE = json.dumps({"id": "BOH180", "from": "SEA", "name": "Ägir", "seats": [1, 2, 3]})
CUT = "[brim: 370 characters cut]"


@pytest.mark.parametrize(
    ("text", "true"),
    [
        (f"[brim utah5z: compact JSON]\nid=BOH180\n{CUT}\nname=Ägir", True),
        (f"[brim utah5z: compact JSON]\nid=BOH181\n{CUT}\nname=Ägir", False),
        (f"[brim utah5z: compact JSON]\nid=BOH180\n{CUT}\nname=Odin", False),
        (f"{SOURCE[:20]}\n{CUT}\n{SOURCE[-9:]}", True),
        (f"{SOURCE[:20]} \n{CUT}\n{SOURCE[-9:]}", False),
    ],
)
def test_its_words_are_the_source_s(text: str, true: bool) -> None:
    old, new = (
        atoms([{"role": "tool", "tool_call_id": "c", "content": one}])[0] for one in (SOURCE, text)
    )
    assert stands_for(new, old) is true
