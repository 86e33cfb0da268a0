"""What the commands of `brim bench` share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

__all__ = ["APART", "FILE", "as_json_option", "profile_option"]

FILE = click.Path(dir_okay=False, path_type=Path)
APART: Mapping[str, object] = {
    "caches": (),
    "archive": {"where": "off"},
    "monitor": {"publish": "off"},
}
"""Measurements neither use nor leave anything behind."""

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
profile_option = click.option(
    "--profile", type=FILE, metavar="FILE", help="Write the profiler's statistics to FILE."
)
