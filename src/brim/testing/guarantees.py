"""What Brim promises of every fit, as functions that anyone can call on a result.

Each takes the request before, the request after, and what else it needs, returns
nothing, and raises `Broken`, which names the guarantee and what broke it. They
share no code with the parts of Brim that keep the promises.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from brim.testing.alignment import Match, align, stands_for
from brim.testing.case import Case
from brim.testing.provider_rules import broken_rules
from brim.testing.wire import Atom, atoms, canonical, fields, is_context, last_words, role_of
from brim.testing.writers import Json

__all__ = [
    "GUARANTEES",
    "Broken",
    "bound_thoughts_have_their_prefix",
    "bounded",
    "condensed_for_a_reason",
    "grows_with_budget",
    "keeps_what_must_stay",
    "minimum_is_exact",
    "pairs_are_true",
    "prefix_is_stable",
    "same",
    "smaller",
    "thoughts_are_whole",
    "unknown_survives",
    "untouched",
    "valid",
    "within",
    "without_context",
]

GUARANTEES = {
    1: "no rule is broken that the input kept",
    2: "within the budget, or BudgetInfeasible with the true minimum",
    3: "nothing changes without need",
    4: "the same input gives the same bytes",
    5: "a condensation is strictly smaller, and there are few of them",
    6: "instructions, pins and the user's last words stay as they are",
    7: "calls and results are true or marked, and nothing is invented",
    8: "thinking is whole or gone",
    9: "unknown fields and kinds survive",
    10: "without a condensation the earlier output is a prefix of the later",
    13: "a failure changes nothing",
    14: "the caller's objects are never changed",
    15: "what is kept verbatim grows with the budget",
    18: "a bad plugin costs its own turn, never the request",
}


class Broken(AssertionError):
    """A guarantee does not hold. `number` is its number in `GUARANTEES`."""

    def __init__(self, number: int, detail: str) -> None:
        super().__init__(number, detail)
        self.number = number
        self.detail = detail

    def __str__(self) -> str:
        return f"guarantee {self.number} ({GUARANTEES[self.number]}): {self.detail}"


def valid(before: Case, after: Case) -> None:
    """Guarantee 1."""
    new = broken_rules(after) - broken_rules(before)
    if new:
        raise Broken(1, f"(rule, subject): {sorted(new)}")


def within(upper: int, budget: int) -> None:
    """Guarantee 2, where a fit succeeded: `upper` is the bound of the output's tokens."""
    if upper > budget:
        raise Broken(2, f"{upper} tokens for a budget of {budget}")


def minimum_is_exact(fits: Callable[[int], int | None], budget: int) -> None:
    """Guarantee 2, where none did. `fits` gives None at a budget that is met, else the minimum."""
    minimum = fits(budget)
    if minimum is None:
        return
    if minimum <= budget:
        raise Broken(2, f"infeasible at {budget}, though the minimum is {minimum}")
    if (again := fits(minimum)) is not None:
        raise Broken(2, f"infeasible at its own minimum {minimum}, now said to be {again}")
    if fits(minimum - 1) is None:
        raise Broken(2, f"the minimum {minimum} is not the least: {minimum - 1} is met as well")


def untouched(before: Sequence[object], after: Sequence[object]) -> None:
    """Guarantee 3: the very same objects."""
    if len(before) != len(after):
        raise Broken(3, f"{len(before)} messages became {len(after)}")
    changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a is not b]
    if changed:
        raise Broken(3, f"messages {changed[:5]} are other objects")


def same(first: object, second: object, number: int = 4, what: str = "two fits") -> None:
    """Guarantees 4, 13 and 14: equal JSON, key order included."""
    if first is second:
        return
    one, other = canonical(first), canonical(second)
    if one != other:
        at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
        here = slice(max(at - 60, 0), at + 60)
        raise Broken(number, f"{what} differ: {one[here]!r} and {other[here]!r}")


def smaller(sizes: Iterable[tuple[int, int]], strategies: int) -> None:
    """Guarantee 5: `sizes` are the tokens before and after each condensation."""
    steps = list(sizes)
    if len(steps) > strategies + 1:
        raise Broken(5, f"{len(steps)} condensations with {strategies} strategies")
    for before, after in steps:
        if after >= before:
            raise Broken(5, f"a condensation went from {before} to {after} tokens")


def keeps_what_must_stay(before: Case, after: Case, pins: Collection[int] = ()) -> None:
    """Guarantee 6."""
    _same_head(before, after, 6)
    old, new = _instructions(before.messages), _instructions(after.messages)
    same(old, new, 6, "instructions")
    _ends_in(last_words(before.atoms), after.atoms, "the user's last words")
    pinned = [atom for atom in before.atoms if atom.message in pins]
    _ends_in(pinned, after.atoms, "a pinned message")


def without_context(before: Case, after: Case) -> Case:
    """Guarantee 6, for injected context: a block stands alone, behind a message of the user's that
    is otherwise as it came. Gives what goes out without it, for all other laws to judge."""
    messages: list[Json] = []
    rest = [*before.messages]
    for message in after.messages:
        messages.append(_bare(before, message, rest))
        rest = _behind(rest, messages[-1])
    if all(one is other for one, other in zip(messages, after.messages, strict=True)):
        return after
    return after.with_messages(messages)


def _behind(rest: list[Json], message: Json) -> list[Json]:
    """What came behind this message: of several that are alike each stands for one."""
    place = next((at for at, one in enumerate(rest) if one is message), None)
    return rest if place is None else rest[place + 1 :]


def _bare(before: Case, message: Json, rest: Sequence[Json]) -> Json:
    """The message as it came, if it bears context now and bore none then; of those that are alike
    the first in `rest`."""
    own = atoms([message])
    if not any(map(is_context, own)) or any(message is one for one in before.messages):
        return message
    if len(own) < 2 or any(map(is_context, own[:-1])):
        raise Broken(
            6, f"injected context is not alone behind its message: {own[-1].value[:200]!r}"
        )
    wanted = [atom.content for atom in own[:-1]]
    for one in (*rest, *before.messages):
        if [atom.content for atom in atoms([one])] == wanted and fields(one) == fields(message):
            return one
    if own[-1].content in {atom.content for atom in before.atoms}:
        return message
    content: list[Json] = message["content"]
    return {**message, "content": content[:-1]}


def pairs_are_true(before: Case, after: Case) -> None:
    """Guarantee 7."""
    _matches(before, after)


def thoughts_are_whole(before: Case, after: Case) -> None:
    """Guarantee 8."""
    old = {atom.content for atom in before.atoms if atom.kind == "thinking"}
    for atom in after.atoms:
        if atom.kind == "thinking" and atom.content not in old:
            raise Broken(8, f"messages[{atom.message}]: {atom.value[:200]!r}")


def bound_thoughts_have_their_prefix(before: Case, after: Case) -> None:
    """Guarantee 8, for models whose thinking is bound: nothing before it has changed."""
    pairs = zip(before.atoms, after.atoms, strict=False)
    same_until = next((at for at, (old, new) in enumerate(pairs) if old != new), len(before.atoms))
    for atom in after.atoms[same_until:]:
        if atom.kind == "thinking":
            where = f"messages[{atom.message}]"
            raise Broken(8, f"{where}: thinking is bound to a beginning that is no more")


def unknown_survives(before: Case, after: Case) -> None:
    """Guarantee 9: other fields of the request, of messages and of parts that are kept."""
    _same_head(before, after, 9)
    old = {id(message) for message in before.messages}
    for match in _matches(before, after):
        new = after.messages[match.out.message]
        if match.source is not None and id(new) not in old:
            _same_fields(before, match, new)


def prefix_is_stable(earlier: Sequence[Json], later: Sequence[Json]) -> None:
    """Guarantee 10, for two outputs with no condensation between them."""
    if len(later) < len(earlier):
        raise Broken(10, f"{len(earlier)} messages became {len(later)}")
    for index, (old, new) in enumerate(zip(earlier, later, strict=False)):
        same(old, new, 10, f"messages[{index}]")


def condensed_for_a_reason(tokens: int, trigger: int) -> None:
    """Guarantee 10, for two outputs with a condensation between them: the earlier output and
    what came since, `tokens` together, had outgrown the trigger."""
    if tokens <= trigger:
        raise Broken(10, f"condensed again at {tokens} tokens, under the trigger of {trigger}")


def grows_with_budget(small: Collection[int], large: Collection[int]) -> None:
    """Guarantee 15, for the exchanges kept verbatim at two budgets."""
    lost = sorted(set(small) - set(large))
    if lost:
        raise Broken(15, f"exchanges {lost} are kept at the smaller budget only")


def bounded(notes: Iterable[str], largest: int) -> None:
    """A note has at most this many characters."""
    long = [len(note) for note in notes if len(note) > largest]
    if long:
        raise Broken(18, f"notes of {long} characters")


def _matches(before: Case, after: Case) -> list[Match]:
    matches, stray = align(before.atoms, after.atoms)
    if stray is not None:
        where = f"messages[{stray.message}] ({stray.role} {stray.kind} {stray.key})"
        raise Broken(7, f"{where} is neither old, marked nor a note: {stray.value[:200]!r}")
    return matches


def _same_fields(before: Case, match: Match, new: Json) -> None:
    """The fields are those of a message that the atom may come from; several may be alike."""
    places = {atom.message for atom in before.atoms if stands_for(match.out, atom)}
    old = [fields(before.messages[place]) for place in sorted(places)]
    if canonical(fields(new)) not in map(canonical, old):
        same(old[0], fields(new), 9, "fields of a message")


def _same_head(before: Case, after: Case, number: int) -> None:
    for key, value in before.head.items():
        same(value, after.request.get(key), number, f"field {key!r}")
    if strange := after.head.keys() - before.head.keys():
        raise Broken(number, f"new fields {sorted(strange)}")


def _instructions(messages: Iterable[Json]) -> list[Json]:
    return [message for message in messages if role_of(message) in ("system", "developer")]


def _ends_in(wanted: Sequence[Atom], out: Sequence[Atom], what: str) -> None:
    """All of `wanted` occurs in `out`, in order."""
    rest = list(out)
    for atom in reversed(wanted):
        while rest and rest[-1].content != atom.content:
            rest.pop()
        if not rest:
            raise Broken(6, f"{what} are not there: {atom.kind} {atom.value[:200]!r}")
        rest.pop()
