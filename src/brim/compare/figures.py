"""What a comparison found, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from attrs import asdict, field, frozen

from brim.pages.fates import Stretch

__all__ = ["Budget", "Compared", "Growth", "Mean", "Trial", "means"]


@frozen
class Budget:
    """`tokens` for a request, or a `share` of those that can be condensed."""

    label: str
    tokens: int = 0
    share: float = 0.0

    def of(self, total: int, fixed: int) -> int:
        """The tokens of a request that may go out. `fixed` of `total` must stay whatever happens,
        and are added to a share."""
        return self.tokens or max(fixed + round(self.share * (total - fixed)), 1)


@frozen
class Growth:
    """A conversation from its first request to its last. `tokens` are those of each request;
    `reuse` is the mean share of a request with which the next one begins, None for a single one.
    `broken` counts requests that break a rule which the conversation did not."""

    tokens: tuple[int, ...]
    condensations: int
    reuse: float | None
    broken: int
    milliseconds: float = field(eq=False)


@frozen
class Trial:
    """One strategy at one budget on one conversation, fitted at once; `growth` turn by turn.

    `by` are the strategies whose edits were taken, `kept` messages stand as they came.
    `broken` are rules that the output breaks and the conversation did not, `missing` specifics
    that are gone; `degraded` says why the result is poorer than asked for. `error` says why there
    is no answer; then all else is empty.
    """

    strategy: str
    budget: str
    limit: int
    error: str = ""
    tokens: int = 0
    survival: float = 0.0
    messages: int = 0
    kept: int = 0
    notes: int = 0
    seconds: float = field(default=0.0, eq=False)
    broken: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    degraded: str = ""
    remarks: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    strip: tuple[Stretch, ...] = ()
    growth: Growth | None = None

    @property
    def valid(self) -> bool:
        return not self.error and not self.broken and not (self.growth and self.growth.broken)

    @property
    def reuse(self) -> float | None:
        return self.growth.reuse if self.growth else None


@frozen
class Compared:
    """One conversation: the trials, or why there are none. `raw` are the tokens of each request
    as it came, `task` is the beginning of what the user wrote first."""

    line: int
    error: str = ""
    task: str = ""
    model: str = ""
    tokens: int = 0
    fixed: int = 0
    messages: int = 0
    raw: tuple[int, ...] = ()
    trials: tuple[Trial, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Plain JSON data."""
        return {**asdict(self), "error": self.error or None}


@frozen
class Mean:
    """One strategy at one budget over `of` conversations, of which `fitted` gave an answer.

    `survival`, `kept` (a share of messages), `reuse`, `seconds` and `milliseconds` of a turn are
    means, `tokens` is a sum; `invalid` counts conversations.
    """

    strategy: str
    budget: str
    of: int
    fitted: int
    tokens: int = 0
    survival: float = 0.0
    kept: float = 0.0
    reuse: float | None = None
    seconds: float = 0.0
    milliseconds: float = 0.0
    invalid: int = 0


def means(compared: Sequence[Compared]) -> tuple[Mean, ...]:
    """One for each strategy and budget, in the order of the trials."""
    groups: dict[tuple[str, str], list[Trial]] = {}
    for one in compared:
        for trial in one.trials:
            groups.setdefault((trial.strategy, trial.budget), []).append(trial)
    return tuple(_mean(strategy, budget, found) for (strategy, budget), found in groups.items())


def _mean(strategy: str, budget: str, trials: Sequence[Trial]) -> Mean:
    good = [trial for trial in trials if not trial.error]
    if not good:
        return Mean(strategy, budget, len(trials), 0)
    reuses = [trial.reuse for trial in good if trial.reuse is not None]
    turns = [trial.growth.milliseconds for trial in good if trial.growth]
    return Mean(
        strategy,
        budget,
        len(trials),
        len(good),
        sum(trial.tokens for trial in good),
        fmean(trial.survival for trial in good),
        fmean(trial.kept / max(trial.messages, 1) for trial in good),
        fmean(reuses) if reuses else None,
        fmean(trial.seconds for trial in good),
        fmean(turns) if turns else 0.0,
        sum(not trial.valid for trial in good),
    )
