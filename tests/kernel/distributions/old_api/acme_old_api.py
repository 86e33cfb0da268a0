"""Made for other versions of the hooks."""

from brim.api import hookimpl

BRIM_API = 0


class Plugin:
    def __init__(self) -> None:
        raise AssertionError("a plugin for another API was made")

    @hookimpl
    def close(self) -> None:
        """Nothing to release."""


class Newer(Plugin):
    hook_api = 2
