"""Wants to wrap the other plugins."""

from collections.abc import Generator

from brim.api import CondenseTask, hookimpl


class New:
    @hookimpl(wrapper=True)
    def condense(self, task: CondenseTask) -> Generator[None, None, None]:
        yield


class Old:
    @hookimpl(hookwrapper=True)
    def condense(self, task: CondenseTask) -> Generator[None, None, None]:
        yield
