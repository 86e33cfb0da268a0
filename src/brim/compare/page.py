"""A comparison as one HTML page with everything inside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from string import Template

from brim.compare.figures import Compared, Mean, Trial, means
from brim.compare.plots import retention, turns
from brim.pages.fates import legend, strip, told
from brim.pages.html import document, safe, table

__all__ = ["SHOWN", "page"]

SHOWN = 40
"""Conversations that are shown one by one; the figures of more are in the means."""

HEADINGS = ("strategy", "tokens", "survival", "kept", "reuse", "time", "valid", "a turn")


def page(compared: Sequence[Compared], name: str) -> str:
    """The whole page as text. `name` is that of the file."""
    template = Template(files("brim.compare").joinpath("page.html").read_text(encoding="utf-8"))
    good = [one for one in compared if not one.error]
    found = means(good)
    body = template.substitute(
        about=_about(compared, good, name),
        shares=_shares(found),
        tables="\n".join(_tables(found, good)),
        retention=retention(found) if found else "<p>There is no result.</p>",
        conversations="\n".join(_conversations(compared)),
    )
    return document(f"brim compare: {name}", body)


def _about(compared: Sequence[Compared], good: Sequence[Compared], name: str) -> str:
    models = ", ".join(dict.fromkeys(safe(one.model) for one in good))
    counted = f"{sum(one.tokens for one in good):,} tokens, counted for {models}" if good else ""
    number = (
        f"{len(good):,} of {len(compared):,} conversations"
        if len(compared) > 1
        else (f"one conversation of {good[0].messages:,} messages" if good else "no conversation")
    )
    return f"<code>{safe(name)}</code>: {number}{', ' + counted if counted else ''}."


def _shares(found: Sequence[Mean]) -> str:
    if not any(one.budget.endswith("%") for one in found):
        return ""
    return " A share is one of what can be condensed: system text and tools come on top."


def _tables(found: Sequence[Mean], good: Sequence[Compared]) -> Iterator[str]:
    alone = good[0] if len(good) == 1 else None
    for budget in dict.fromkeys(one.budget for one in found):
        rows = [_row(one) for one in found if one.budget == budget]
        limits = {trial.limit for trial in alone.trials if trial.budget == budget} if alone else ()
        tokens = f" = {min(limits):,} tokens" if limits and not budget.isdecimal() else ""
        yield table(f"Budget {budget}{tokens}", HEADINGS, rows)


def _row(one: Mean) -> list[str]:
    name = safe(one.strategy)
    if not one.fitted:
        return [name, '<td colspan="7" class="words wrong">no result, see below</td>']
    short = "" if one.fitted == one.of else f" ({one.fitted:,} of {one.of:,})"
    valid = "yes" if not one.invalid else f'<span class="wrong">{one.invalid:,} not</span>'
    return [
        name + short,
        f"{one.tokens:,}",
        f"{one.survival:.0%}",
        f"{one.kept:.0%}",
        "" if one.reuse is None else f"{one.reuse:.1%}",
        f"{1_000 * one.seconds:,.0f} ms",
        valid,
        f"{one.milliseconds:,.1f} ms",
    ]


def _conversations(compared: Sequence[Compared]) -> Iterator[str]:
    several = len(compared) > 1
    for one in compared[:SHOWN]:
        inner = "\n".join(_conversation(one))
        if several:
            inner = f"<details><summary>{_heading(one)}</summary>\n{inner}\n</details>"
        yield f"<section>\n{inner}\n</section>"
    if len(compared) > SHOWN:
        more = len(compared) - SHOWN
        yield f"<p>{more:,} more conversations are in the means only.</p>"


def _heading(one: Compared) -> str:
    facts = one.error or f"{one.messages:,} messages, {one.tokens:,} tokens"
    task = f": <q>{safe(one.task)}</q>" if one.task else ""
    return f"Conversation {one.line:,}, {safe(facts)}{task}"


def _conversation(one: Compared) -> Iterator[str]:
    if one.error:
        yield f'<p class="wrong">{safe(one.error)}</p>'
        return
    if any(trial.growth for trial in one.trials):
        yield "<h2>Tokens at each turn</h2>"
        yield (
            "<p>The conversation sent turn by turn, each request with all before it. Blue is what "
            "goes out, dashes are the budgets, grey is the conversation as it came.</p>"
        )
        yield turns(one)
    yield "<h2>What was kept where</h2>"
    yield (
        "<p>The conversation from its first message to its last, each as wide as its tokens. "
        "A note stands for what is noted.</p>"
    )
    yield legend()
    for budget in dict.fromkeys(trial.budget for trial in one.trials):
        yield f"<h3>Budget {safe(budget)}</h3>"
        yield from _strips([trial for trial in one.trials if trial.budget == budget])


def _strips(trials: Sequence[Trial]) -> Iterator[str]:
    """What is wrong with all of them is said once."""
    first = trials[0].error
    if first and all(trial.error == first for trial in trials):
        yield f'<p class="wrong">{safe(first)}</p>'
    else:
        yield from map(_strip, trials)


def _strip(trial: Trial) -> str:
    name = safe(trial.strategy)
    if trial.error:
        return (
            f'<div class="fate"><b>{name}</b> <span class="wrong">{safe(trial.error)}</span></div>'
        )
    by = [one for one in trial.by if (one,) != (trial.strategy,)]
    facts = [told(trial.strip)]
    if by and trial.by != (trial.strategy,):
        facts.append(f"by {', '.join(trial.by)}")
    drawn = strip(trial.strip, f"{trial.strategy} at {trial.budget}")
    said = "".join(f"<li>{safe(text)}</li>" for text in (*trial.broken, *trial.remarks))
    remarks = f"<ul>{said}</ul>" if said else ""
    return (
        f'<div class="fate"><b>{name}</b> <span>{safe("; ".join(facts))}</span>'
        f"{drawn}{remarks}{_missing(trial.missing)}</div>"
    )


def _missing(texts: Iterable[str]) -> str:
    items = "".join(f"<li>{safe(text)}</li>" for text in texts)
    return (
        f"<details><summary>specifics that are gone</summary><ul>{items}</ul></details>"
        if items
        else ""
    )
