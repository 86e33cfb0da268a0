"""A fit in words: what was done, to which messages, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import frozen

from brim.road.plans.covers import Cover
from brim.road.reports.report import BARE, FitReport, Step

__all__ = ["Explanation"]

NAMED = 5
"""How many of the missing specifics are named."""

Rows = list[tuple[str, str]]

OUTCOMES: Mapping[str, str] = {
    "passed": "had nothing to offer",
    "no gain": "offered nothing smaller",
    "refused": "refused",
    "failed": "failed",
}


@frozen
class Explanation:
    """A report for people: `str()` is plain text, the parts are there for a richer rendering."""

    report: FitReport

    @property
    def headline(self) -> str:
        """What happened, in one sentence."""
        report = self.report
        before, after = report.before.tokens, report.after.tokens
        of = f"of {_tokens(report.after.budget)}"
        if not report.changed:
            return f"{before:,} {of}: sent as it came"
        if not (report.replayed or report.condensed):
            how = "sent as it came, with context behind it"
        elif report.degradation == BARE:
            how = "condensed to what must stay"
        elif report.degraded:
            how = "condensed, and poorer than asked for"
        elif report.condensed:
            how = "condensed" + (" on top of an earlier condensation" if report.replayed else "")
        else:
            how = "replayed as condensed before"
        return f"{before:,} -> {after:,} {of}: {how}"

    @property
    def facts(self) -> Rows:
        """Labels and what they say: who decided what, on which figures."""
        return [row for row in self._facts() if row[1]]

    def _facts(self) -> Iterator[tuple[str, str]]:
        report = self.report
        yield "model", f"{report.model} ({report.dialect})"
        yield "budget", self._budget()
        yield "decision", self._decision()
        yield "reason", report.decision.reason
        yield "levels", f"trigger {report.decision.trigger:,}, target {report.decision.target:,}"
        yield "messages", f"{report.messages_before:,} came in, {report.messages_after:,} go out"
        yield "replayed", self._record()
        yield "injected", self._injected()
        yield "survival", self._survival()
        yield "provider", self._expected()
        yield "prefix reuse", self._reuse()
        yield "time", _time(report.seconds)

    @property
    def window(self) -> Mapping[str, int]:
        """The budget divided: what goes out, and how much is free. Adds up to the budget."""
        report = self.report
        parts = {
            "head": report.layout.head,
            "kept": report.layout.kept,
            "shortened": report.layout.shortened,
            "notes": report.layout.notes,
            "context": report.layout.context,
        }
        return {**parts, "free": max(report.after.budget - sum(parts.values()), 0)}

    @property
    def steps(self) -> list[tuple[str, list[str]]]:
        """Each strategy's turn, with what it covers and remarks."""
        return [(_turn(step), [*_details(step)]) for step in self.report.steps]

    @property
    def remarks(self) -> list[str]:
        """What should be looked into: rules that are broken, and what could not be met."""
        report = self.report
        left = {violation.key for violation in report.violations}
        found = [
            f"the input breaks rule {one.rule}: {one.detail}"
            + ("" if one.key in left else " (what goes out does not)")
            for one in report.input_violations
        ]
        if report.degraded:
            found.append(report.degradation)
        return found

    def as_dict(self) -> dict[str, object]:
        """The report as JSON data, with the headline, the window and the remarks."""
        return {
            "headline": self.headline,
            "window": dict(self.window),
            "remarks": self.remarks,
            "report": self.report.as_dict(),
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield self.headline
        yield from _table(self.facts)
        yield "window"
        yield from _table((name, f"{n:>9,}") for name, n in self.window.items() if n)
        if self.report.steps:
            yield "steps"
        for number, (turn, details) in enumerate(self.steps, 1):
            yield f"  {number}. {turn}"
            yield from (f"     {detail}" for detail in details)
        yield from self.remarks

    def _budget(self) -> str:
        after = self.report.after
        if after.explicit:
            return f"{after.budget:,} as asked, {after.utilization:.0%} used"
        return (
            f"{after.budget:,} = window {after.window:,} - {after.reserve:,} for the answer, "
            f"{after.utilization:.0%} used"
        )

    def _decision(self) -> str:
        decision = self.report.decision
        return f"{'condense' if decision.trim else 'leave as it is'} (level {decision.level})"

    def _record(self) -> str:
        history = self.report.history
        if not history:
            return ""
        last = history[-1]
        made = "at this very message"
        if self.report.record_age:
            made = f"{_many(self.report.record_age, 'message')} ago"
        by = ", ".join(last.strategies) or "the road itself"
        steps = f", {len(history)} condensations in all" if len(history) > 1 else ""
        return f"a record made {made} by {by}: {last.before:,} -> {last.after:,} tokens{steps}"

    def _injected(self) -> str:
        injected, said = self.report.injected, list[str]()
        if injected.sources:
            many, names = len(injected.sources), "; ".join(dict.fromkeys(injected.sources))
            said.append(f"{_many(many, 'snippet')}, {_tokens(injected.tokens)}: {names}")
        if injected.earlier:
            said.append(f"as before behind {_many(injected.earlier, 'message')}")
        return "; ".join(said)

    def _survival(self) -> str:
        report = self.report
        if not report.changed:
            return ""
        lost = "; ".join(report.missing[:NAMED])
        return f"{report.survival:.0%} of the specifics" + (f"; gone: {lost}" if lost else "")

    def _expected(self) -> str:
        expected = self.report.expected
        if expected is None:
            return ""
        return f"will count {_tokens(expected)}, by what it has reported; the budget is in Brim's"

    def _reuse(self) -> str:
        reuse = self.report.prefix_reuse
        return "" if reuse is None else f"{reuse:.0%} of the last request's tokens"


def _turn(step: Step) -> str:
    sizes = f"{step.before:,} -> {_tokens(step.after)} in {_time(step.seconds)}"
    kept = "" if step.survival is None else f", {step.survival:.0%} of the specifics kept"
    if step.outcome == "applied":
        return f"{step.strategy}: {sizes}{kept}"
    if step.outcome == "below quality":
        return f"{step.strategy}: held back: {sizes}{kept}"
    why = f": {step.detail}" if step.detail else ""
    return f"{step.strategy}: {OUTCOMES[step.outcome]}{why}"


def _details(step: Step) -> Iterator[str]:
    yield from map(_cover, step.covers)
    if step.asks:
        yield f"{_many(step.asks, 'question')} to a model"
    if step.facts:
        yield ", ".join(f"{name} {value}" for name, value in step.facts.items())


def _cover(cover: Cover) -> str:
    place = f"message {cover.first}"
    if cover.last > cover.first:
        place = f"messages {cover.first}-{cover.last}"
    how = "replaced by a note" if cover.how == "noted" else cover.how
    return (
        f"{place} {how} ({_many(cover.messages, 'message')}, {_many(cover.exchanges, 'exchange')})"
    )


def _table(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield from (f"  {label:<13}{text}" for label, text in rows)


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _tokens(number: int) -> str:
    return _many(number, "token")


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1e3:.1f} ms"
