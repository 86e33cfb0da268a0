"""What all commands share: the global options, and what is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click
from attrs import define, field

if TYPE_CHECKING:
    from brim.kernel.host import Host
    from brim.road.brim import Brim
    from brim.settings.schema import Settings

__all__ = ["State", "state_of"]

LOG = "operation-log"


@define
class State:
    """The global options. `plugins` are the paths given with `--plugin`.

    What `host` and `brim` make is closed when the command ends.
    """

    plugins: tuple[Path, ...] = ()
    config: Path | None = None
    verbose: bool = False
    opened: ExitStack = field(factory=ExitStack, eq=False, repr=False)

    def settings(self, overrides: Mapping[str, object] | None = None) -> Settings:
        """Settings from all sources. Raises `SettingsError`."""
        from brim.settings.load import load

        settings = load(path=self.config, overrides=overrides)
        files = (*settings.plugins.files, *map(str, self.plugins))
        return attrs.evolve(settings, plugins=attrs.evolve(settings.plugins, files=files))

    def host(self, *, insist: bool = True) -> Host:
        """The plugins alone. Raises what `Host` raises."""
        from brim.kernel.host import Host

        host = Host(self.settings(), insist=insist)
        self.opened.callback(host.close)
        return host

    def brim(
        self, overrides: Mapping[str, object] | None = None, plugins: Sequence[object] = ()
    ) -> Brim:
        """A whole `Brim`, with these plugins too. Raises what `Brim` raises."""
        from brim.road.brim import Brim

        brim = Brim(self._quiet(self.settings(overrides)), plugins)
        self.opened.callback(brim.close)
        return brim

    def _quiet(self, settings: Settings) -> Settings:
        """Without lines about slow steps, unless somebody asked for any."""
        asked = settings.logging.verbose or LOG in settings.asked_for()
        if self.verbose or asked:
            return settings
        disabled = (*settings.plugins.disabled, LOG)
        return attrs.evolve(settings, plugins=attrs.evolve(settings.plugins, disabled=disabled))


def state_of(context: click.Context) -> State:
    """The state of this run, made from the global options when it is first asked for."""
    root = context.find_root()
    if not isinstance(root.obj, State):
        given = root.params
        root.obj = State(
            tuple(given.get("plugin") or ()), given.get("config"), bool(given.get("verbose"))
        )
        root.call_on_close(root.obj.opened.close)
    state: State = root.obj
    return state
