"""The mood of a sentence: whether it asks, forbids, or only keeps the talk going.

English throughout, with the commonest cues of other languages where they are unmistakable.
"""

from __future__ import annotations

import re

__all__ = ["asks", "is_pleasantry", "is_question"]


def _any(*patterns: str, start: bool = False) -> re.Pattern[str]:
    """Any of these; at the `start` only, else as whole words."""
    joined = "|".join(patterns)
    return re.compile(rf"\W*(?:{joined})" if start else rf"(?<!\w)(?:{joined})(?!\w)", re.I)


_PLEASANTRY = _any(
    r"feel free|let me know|is there anything|if you (?:have|need) any|you['’]?re welcome",
    r"that['’]?s (?:great|good|awesome|amazing|wonderful|cool|nice)|would you like",
    r"(?:could|can) you (?:please )?provide|how can i (?:help|assist)|to assist you",
    r"i['’]?m (?:here|happy|glad) to|thank(?:s| you)|sounds (?:good|great)",
    r"(?:great|glad) to hear|have a (?:great|nice|good)|i hope (?:this|that)|sure[,!] (?:i|let)",
    r"不客气|谢谢|不用谢|好的[，。！,]?$",
    start=True,
)
_OPENS = re.compile(r"\W*+[fliytwchsg不谢好]", re.I)
"""How whatever `_PLEASANTRY` matches begins; told in half the time."""

_FORBIDS = _any(
    r"do(?:es)?(?: not|n['’]?t)|never|avoid|without|must(?: not|n['’]?t)?|should(?: not|n['’]?t)",
    r"can(?: ?not|['’]t)|no longer|not (?:to|touch|change|use|more than)|only|except|unless",
    r"at (?:most|least)|instead of|rather than|as long as|make sure|be sure|always",
    r"leave .{0,40} alone|no (?:need|other|more)",
    r"nicht|keine?n?|niemals|nur|muss|ne \w+ (?:pas|jamais)|seulement|jamais|solo|nunca|sin",
    r"не|нельзя|только",
)
_FORBIDS_CJK = re.compile(
    "不要|不能|不得|别(?!人|的)|禁止|必须|只能|只用|只要|ないで|だけ|禁じ|必ず|하지 ?마|반드시"
)
_ASKS = _any(
    r"please|(?:can|could|would|will) you|let['’]?s|then|instead|go ahead|proceed|yes",
    r"i (?:would |also |really |just )?(?:want|need|like|prefer|wish)",
    r"i['’]d (?:like|prefer|rather|love)|i['’]?m (?:looking|trying) (?:to|for)",
    r"(?:we|you) (?:need|want|have to|should)",
    r"bitte|möchte|brauche|s['’]il (?:vous|te)|por favor|quiero|necesito|пожалуйста|нужно",
)
_ASKS_CJK = re.compile(
    "请|帮我|麻烦|我想|我要|希望|需要|能不能|可以.{0,12}吗|ください|お願い|たい(?:です|。)|주세요"
)
_ORDERS = _any(
    r"(?:\d+[.)] )?(?:(?:and|also|now|then|next|so|but|ok(?:ay)?|finally|first),? )*"
    r"(?:add|apply|book|build|buy|cancel|change|check|clean|commit|convert|copy|create|delete"
    r"|deploy|drop|email|explain|find|fix|follow|get|give|implement|install|keep|leave|list|look"
    r"|make|merge|move|open|pay|pick|push|put|read|refactor|refund|remove|rename|replace|report"
    r"|rerun|revert|review|rewrite|run|save|search|select|send|set|show|start|stop|summari[sz]e"
    r"|switch|take|tell|test|translate|try|undo|update|upgrade|use|verify|write)\b",
    start=True,
)


def asks(sentence: str) -> int:
    """2 where a sentence sets a bound or forbids, 1 where it asks for something, else 0."""
    if _FORBIDS.search(sentence) or _FORBIDS_CJK.search(sentence):
        return 2
    wanted = _ORDERS.match(sentence) or _ASKS.search(sentence) or _ASKS_CJK.search(sentence)
    return 1 if wanted else 0


def is_pleasantry(sentence: str) -> bool:
    """Whether a sentence opens as those do that carry nothing."""
    return _OPENS.match(sentence) is not None and _PLEASANTRY.match(sentence) is not None


def is_question(sentence: str) -> bool:
    """Whether it ends by asking."""
    return sentence.rstrip("\"'”’)」』").endswith(("?", "？"))
