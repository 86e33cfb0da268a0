"""What models answered, on the cache tiers: what one process asked, none of them asks again."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import suppress

import msgspec
from attrs import define

from brim.model.operations import Completion
from brim.store.tiers import Space

__all__ = ["SharedCall"]

FORMAT = 1
"""Of an answer. One of another format is as good as none."""


@define
class SharedCall:
    """A call that is made only where no tier has its answer. `made` tells whether it was."""

    space: Space
    key: bytes
    ttl: float
    start: Callable[[], Coroutine[object, object, Completion]]
    made: bool = False

    async def __call__(self) -> Completion:
        packed = await self.space.aget(self.key)
        found = None if packed is None else _unpacked(packed)
        if found is not None:
            return found
        self.made = True
        answer = await self.start()
        if answer.stop == "end" and answer.text.strip():  # others may come out better next time
            with suppress(UnicodeEncodeError):  # half of a surrogate pair
                packed = msgspec.msgpack.encode((FORMAT, answer))
                await self.space.aset(self.key, packed, self.ttl)
        return answer


def _unpacked(packed: bytes) -> Completion | None:
    try:
        version, answer = msgspec.msgpack.decode(packed, type=tuple[int, Completion])
    except msgspec.DecodeError:
        return None
    return answer if version == FORMAT else None
