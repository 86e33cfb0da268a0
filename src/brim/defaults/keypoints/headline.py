"""English prose with its grammar thinned out: what carries the facts stays, and so does every
negation, hedge, preposition and modal."""

from __future__ import annotations

import re

from brim.defaults.keypoints.words import words

__all__ = ["headline", "is_english"]

_ENGLISH = frozenset(
    ("the", "and", "to", "of", "is", "you", "that", "it", "for", "have", "was", "my", "are", "with")
)
_LEAST_SHARE = 0.08
_SAMPLE = 100_000

_GREETS = "oh|wow|hey|hi|hello|aw+|ah+|haha|yay|woah|whoa|thanks|thank you|congrats|congratulations"
_OPENS = (
    f"{_GREETS}|well|of course|by the way|anyway|absolutely|definitely|totally|so true|nice|cool|"
    "awesome|great|amazing"
)
_NAMED = r"(?:,? (?-i:[A-Z])[a-z]+(?=[,!.]))?[,!. —-]+"
_OPENERS = re.compile(rf"(?:(?:{_OPENS})\b{_NAMED})+(?=\S)", re.IGNORECASE)
_GREETING = re.compile(rf"(?:(?:{_GREETS})\b{_NAMED})+", re.IGNORECASE)
_DROPPED = words(
    """
    the a an is are was were am i i'm i've it it's that that's there there's you're we're
    they're my our this these those some then such
    really very just actually totally quite literally definitely absolutely super truly simply
    honestly basically please
    """
)
_AFTER_SO = words(
    """
    much many good great happy excited proud glad cool fun nice important amazing beautiful
    """
)
_TIMES = words(
    """
    year month week weekend day morning afternoon evening night time spring summer autumn fall
    winter monday tuesday wednesday thursday friday saturday sunday
    """
)
_FOREIGN = re.compile(r"[^\W\d_a-zA-Z]")
_MARKS = ".,;:!?"
_WORDS = re.compile(r"[\w'’]+")


def is_english(text: str) -> bool:
    """Whether this prose is English throughout, by its commonest words."""
    found = _WORDS.findall(text[:_SAMPLE].lower())
    return sum(word in _ENGLISH for word in found) > _LEAST_SHARE * max(len(found), 1)


def headline(sentence: str) -> str:
    """A sentence without articles, forms of "be", subjects that go without saying, fillers and
    what opens it; nothing of a mere greeting. One with other than English letters, or with nothing
    else, stays as it is."""
    if not sentence.isascii() and _FOREIGN.search(sentence):
        return sentence
    if _GREETING.fullmatch(sentence):
        return ""
    opener = _OPENERS.match(sentence)
    said = (sentence[opener.end() :] if opener else sentence).split()
    kept: list[str] = []
    for before, word, after in zip(["", *said], said, [*said[1:], ""], strict=False):
        bare = word.rstrip(_MARKS)
        joined = word == "I" and before in ("and", "or", "than")
        if joined or not _goes(bare.lower().replace("’", "'"), word, after):
            kept.append(word)
        elif kept and len(bare) < len(word) and kept[-1][-1] not in _MARKS:
            kept[-1] += word[len(bare) :]
    text = " ".join(kept).replace("!", ".")
    return text if any(map(str.isalnum, text)) else sentence


def _goes(bare: str, word: str, after: str) -> bool:
    following = after.rstrip(_MARKS).lower()
    if bare == "so":
        return following in _AFTER_SO
    if bare == "this":
        return following not in _TIMES
    return bare in _DROPPED and word != "I."
