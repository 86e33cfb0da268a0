"""The measures: what is condensed, by whom, and how much of what will be needed is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from attrs import Factory, define, frozen

from peers import installed
from quality_parts.data import halves, tokens
from quality_parts.grounding import Covered, grounded
from quality_parts.sides import BASELINES, Answer, Ours, Side
from quality_parts.specifics import Output, near, specifics
from quality_parts.trials import Trial, agents, chats, compactions

__all__ = ["MEASURES", "Beside", "Measure", "Tally", "beside_compactions", "run"]

Score = Callable[[Trial, Answer], tuple[int, int]]
"""How much a trial's answer keeps: strictly, and with headers binding what stands below."""


@define
class Tally:
    """What one side kept, by conversation, of what was asked for."""

    kept: dict[str, tuple[int, int]] = Factory(dict)
    strict: dict[str, tuple[int, int]] = Factory(dict)
    size: int = 0
    body: int = 0
    seconds: float = 0.0
    strategies: Counter[str] = Factory(Counter)

    def add(self, trial: Trial, answer: Answer, score: tuple[int, int], asked: int) -> None:
        for kept, found in zip((self.strict, self.kept), score, strict=True):
            before = kept.get(trial.conversation, (0, 0))
            kept[trial.conversation] = (before[0] + found, before[1] + asked)
        self.size += answer.size
        self.body += trial.size
        self.seconds += answer.seconds
        self.strategies.update(answer.strategies)


@frozen
class Measure:
    """One question put to one kind of conversation."""

    name: str
    files: tuple[str, ...]
    trials: Callable[[], Iterable[Trial]]
    score: Score
    asked: Callable[[Trial], int]

    def chosen(self, which: str, most: int | None) -> list[Trial]:
        """The trials of one half of the conversations, of the first `most` of them if asked."""
        half = {one: side for name in self.files for one, side in halves(name).items()}
        trials = [one for one in self.trials() if which in {"all", half[one.conversation]}]
        names = list(dict.fromkeys(one.conversation for one in trials))[:most]
        return [one for one in trials if one.conversation in names]


def _bound(trial: Trial, answer: Answer) -> tuple[int, int]:
    output = Output(answer.text)
    return (
        sum(output.binds(need.text, need.words, heads=False) for need in trial.needs),
        sum(output.binds(need.text, need.words) for need in trial.needs),
    )


def _grounded(trial: Trial, answer: Answer) -> tuple[int, int]:
    lines = [line for text in answer.texts for line in text.splitlines()]
    about = Covered(trial.texts).about(lines)
    found = sum(grounded(question, about) for question in trial.questions)
    return found, found


def _ids(name: str, files: tuple[str, ...], cuts: Sequence[float]) -> Measure:
    return Measure(name, files, lambda: agents(files, cuts), _bound, lambda one: len(one.needs))


HALVES = (0.5, 0.75)
EIGHTHS = tuple(eighth / 8 for eighth in range(1, 8))
"""Six code agents have tools; they are cut more often, so that there is something to count."""

MEASURES: tuple[Measure, ...] = (
    _ids("airline agent, bound ids", ("tau_airline",), HALVES),
    _ids("code agent, bound ids", ("swe_agent", "openhands"), EIGHTHS),
    _ids("Claude Code sessions, bound ids", ("claude_code",), HALVES),
    Measure(
        "long chats, grounded answers",
        ("locomo",),
        chats,
        _grounded,
        lambda trial: len(trial.questions),
    ),
)


def baselines() -> dict[str, Side]:
    """Those that need nothing, and the peer where it is installed."""
    return {
        name: side
        for name, side in BASELINES.items()
        if installed("langchain_core") or not name.startswith("LangChain")
    }


def run(
    measure: Measure, trials: Sequence[Trial], share: float, strategies: Sequence[str]
) -> dict[str, Tally]:
    """What every side keeps at this share. All get the room that the least they can leave
    demands where Brim can leave no less."""
    ours = {name: Ours(name, share) for name in strategies}
    sides: Mapping[str, Side] = {**baselines(), **ours}
    found = {name: Tally() for name in sides}
    for trial in trials:
        least = max(one.least(trial) for one in ours.values())
        room = max(int(share * trial.size), least)
        for name, side in sides.items():
            answer = side(trial, room)
            found[name].add(trial, answer, measure.score(trial, answer), measure.asked(trial))
    return found


@frozen
class Beside:
    """One side of one real compaction: tokens, and the shares of the specifics of all that came
    before that occur, that are bound, and that later calls need and find bound."""

    session: str
    side: str
    tokens: int
    occur: float
    bound: float
    needed: float
    specifics: int
    needs: int


def beside_compactions(strategies: Sequence[str]) -> Iterator[Beside]:
    """Claude Code's own summaries beside everyone else at the same number of tokens."""
    for trial in compactions():
        room = tokens(trial.wanted)
        known = {one: near(trial.text, one) for one in specifics(trial.text)}
        answers = {"Claude Code's summary": Answer([trial.wanted])}
        for name in strategies:
            answers[name] = Ours(name, room / trial.size)(trial, room)
        answers |= {name: side(trial, room) for name, side in baselines().items()}
        for name, answer in answers.items():
            yield _compared(trial, name, answer, known)


def _compared(trial: Trial, name: str, answer: Answer, known: Mapping[str, set[str]]) -> Beside:
    output = Output(answer.text)
    return Beside(
        trial.conversation,
        name,
        answer.size,
        sum(map(output.has, known)) / len(known),
        sum(output.binds(one, words) for one, words in known.items()) / len(known),
        sum(output.binds(one.text, one.words) for one in trial.needs) / len(trial.needs),
        len(known),
        len(trial.needs),
    )
