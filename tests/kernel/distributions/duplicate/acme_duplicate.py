"""Offers a name that acme-good offers too."""

from brim.api import CondenseTask, hookimpl


class KeepLast:
    @hookimpl
    def condense(self, task: CondenseTask) -> None:
        """Pass."""
