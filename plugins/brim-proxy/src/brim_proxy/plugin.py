"""The plugin: `brim serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from brim.api import hookimpl
from brim_proxy.settings import ProxySettings

if TYPE_CHECKING:
    import click

__all__ = ["ProxyPlugin"]


@frozen
class ProxyPlugin:
    """Adds the command; its options stand above the section `[plugin.proxy]`."""

    settings: ProxySettings

    @hookimpl
    def extend_cli(self, group: click.Group) -> None:
        """Add `serve`."""
        from brim_proxy.command import serve_command

        group.add_command(serve_command(self.settings))
