"""`brim plugins check TARGET`: the laws and the metadata of one plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from brim.cli.context import State
from brim.cli.show import print_json, print_table

if TYPE_CHECKING:
    from brim.authoring.laws import Law, Limits, Verdict
    from brim.authoring.metadata import Remark
    from brim.authoring.target import Target

__all__ = ["vet"]

LONGEST = 1_200
"""Characters of what broke a law that are shown; --json has all of it."""


def vet(state: State, text: str, limits: Limits, as_json: bool) -> int:
    """Check what `text` names, and print it. The exit code: 1 when something is wrong.

    Raises `BrimError` where nothing could be checked.
    """
    from brim.authoring.laws import demand_tools, judged
    from brim.authoring.metadata import remarks
    from brim.authoring.target import find

    target = find(text)
    if target.offers:
        demand_tools()
    sections = state.settings().plugin
    verdicts = [
        judged(target, offer, sections.get(offer.name, {}), limits) for offer in target.offers
    ]
    said = remarks(target)
    ok = all(one.ok for one in verdicts) and not any(one.wrong for one in said)
    if as_json:
        print_json(_facts(target, verdicts, said, ok))
    else:
        _show(target, verdicts, said)
    return 0 if ok else 1


def _facts(
    target: Target, verdicts: list[Verdict], said: tuple[Remark, ...], ok: bool
) -> dict[str, object]:
    import attrs

    from brim.hookspecs import HOOK_API

    return {
        "ok": ok,
        "target": target.where,
        "hook_api": HOOK_API,
        "plugins": [{**attrs.asdict(one), "ok": one.ok} for one in verdicts],
        "remarks": [attrs.asdict(one) for one in said],
    }


def _show(target: Target, verdicts: list[Verdict], said: tuple[Remark, ...]) -> None:
    click.echo(target.where)
    for verdict in verdicts:
        _show_verdict(verdict)
    for remark in said:
        click.echo(f"{'wrong' if remark.wrong else 'advice'}: {remark.text}")
    laws = [law for verdict in verdicts for law in verdict.laws]
    wrong = sum(one.wrong for one in said) + sum(bool(one.refused) for one in verdicts)
    counts = {name: sum(law.outcome == name for law in laws) for name in ("kept", "broken")}
    skipped = len(laws) - sum(counts.values())
    click.echo(
        f"{counts['kept']} laws kept, {counts['broken']} broken, {skipped} not tried;"
        f" {wrong} wrong besides"
    )


def _show_verdict(verdict: Verdict) -> None:
    hooks = ", ".join(verdict.hooks)
    click.echo(f"plugin {verdict.plugin!r}" + (f": {hooks}" if hooks else ""))
    if verdict.laws:
        rows = [(law.hook, law.law.replace("_", " "), _outcome(law)) for law in verdict.laws]
        print_table(("hook", "law", "outcome"), rows)
    for law in verdict.laws:
        if law.outcome == "broken":
            click.echo(f"{law.hook}, {law.law.replace('_', ' ')}: {_cut(law.detail)}\n")
    if verdict.refused:
        click.echo(f"wrong: {verdict.refused}")


def _outcome(law: Law) -> str:
    return f"not tried: {law.detail}" if law.outcome == "skipped" else law.outcome


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... (--json has all of it)"
