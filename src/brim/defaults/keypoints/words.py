"""English words that carry little, and the stems of those that carry something."""

from __future__ import annotations

__all__ = ["COMMON", "FUNCTION", "stem", "words"]


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


FUNCTION = words(
    """
    a about above after again all also am an and any are as at be because been before being
    both but by can could did do does doing down each either else ever every few for from had
    has have having he her here hers him his how i if in into is it its itself just like may me
    might more most much my nor not now of off on once one only or other our ours out over own
    same shall she should so some such than that the their theirs them then there these they
    this those though through to too under until up upon us very was we were what when where
    whether which while who whom whose why will with within without would yet you your yours
    i'm i've i'll i'd it's that's there's you're you've you'll we're we've we'll they're he's
    she's what's let's don't doesn't didn't isn't aren't wasn't weren't can't couldn't won't
    wouldn't shouldn't haven't hasn't hadn't
    """
)
"""Words that have no meaning of their own."""

COMMON = FUNCTION | words(
    """
    able actually add almost already always another anyone anything ask available away back
    bad based been begin believe best better big bit bring call called came case certain
    change check clear come could course current currently day days detail details different
    doing done easy either end enough even event example exactly fact far feel file find fine
    first follow following found full further gave general get gets getting give given gives
    glad go goes going gonna good got great guess had happen happened happy hard hear hello help
    here hey hi hope however idea important include including information instead issue its keep
    kind know known last later least left less let life line list little long look looking
    looks lot lots love made make makes making many matter maybe mean means mind moment much
    must name need needed needs never new next nice no none nothing number of oh ok okay old only
    open order others part people perfect perhaps place please point possible pretty probably
    problem provide put question quite rather read ready real really right run said say saying
    second see seem seems seen sense set several show side simple since small some something
    sometimes soon sorry sort sound sounds start started still stuff sure take taken takes talk
    tell than thank thanks that's thing things think thinking third thought three time times
    today together told tomorrow took totally try trying turn two type understand update use
    used user using usually value want wanted wants way well went whatever wish wonderful word
    work worked working works wow year years yes yesterday
    """
)
"""Words so frequent that they tell conversations apart no better than grammar does."""

_SUFFIXES = ("'s", "’s", "ingly", "edly", "ing", "ied", "ies", "ed", "es", "ly", "s")
_FEWEST = 4
_LONGEST = 7


def stem(word: str) -> str:
    """A word without its ending. Of words in other scripts the first seven letters."""
    if not word.isascii():
        return word[:_LONGEST]
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _FEWEST - 1:
            cut = word[: -len(suffix)]
            return cut + "y" if suffix in ("ied", "ies") else cut.rstrip("e")
    return word.rstrip("e") if len(word) > _FEWEST else word
