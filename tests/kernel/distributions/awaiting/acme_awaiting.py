"""Awaits in a hook that may not."""

from brim.api import CondenseTask, hookimpl


class Plugin:
    @hookimpl
    async def condense(self, task: CondenseTask) -> None:
        """Never called."""
