"""Marks a function that is no hook."""

from brim.api import CondenseTask, hookimpl


class Plugin:
    @hookimpl
    def condence(self, task: CondenseTask) -> None:
        """Never called."""
