"""Sentences that bind: constraints, prohibitions and decisions, told by their words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from attrs import field, frozen

__all__ = ["Statement", "statements"]

LONGEST = 600
"""Characters of a sentence that are looked at."""

_WORDS = (
    # English
    "mustn't required mandatory forbidden prohibited avoid deadline decided decision approved "
    "rejected chose opted "
    # German
    "muss müssen darf dürfen niemals verboten höchstens mindestens spätestens unbedingt "
    "entschieden beschlossen vereinbart entscheidung "
    # French
    "doit doivent jamais toujours interdit obligatoire décidé convenu décision "
    # Spanish, Portuguese, Italian
    "debe deben nunca siempre prohibido obligatorio decidido decidimos acordado acordamos deve "
    "devem sempre proibido obrigatório combinado devono vietato obbligatorio almeno deciso "
    "concordato "
    # Russian
    "должен должна должно должны нельзя никогда всегда обязательно решили решено договорились "
    "запрещено запрещается запрещён"
)
"""Words that make a sentence binding wherever they stand."""

_BIDDING = r"(?:^|[,;:.] |must |should |please |and |but |also |shall |will |to )"
_PHRASES = {
    # English
    "must": r"(?<!that )(?<!this )must(?! have|'ve| feel| be such)",
    "never": rf"{_BIDDING}never",
    "always": rf"{_BIDDING}always(?! (?:a|an|the|here|there)\b)",
    "don't": r"(?<!i )(?<!we )(?<!you )(?<!they )don't(?! (?:know|have|think|see|mind|worry))",
    "not": r"(?<!i )(?<!we )(?<!you )(?<!they )do not(?! (?:know|have|think|see|mind|worry))"
    r"|not (?:allowed|exceed)|cannot exceed",
    "cannot": r"cannot exceed",
    "sure": r"make sure|be sure to",
    "most": r"at most",
    "least": r"at least",
    "than": r"no (?:more|less|fewer|later|earlier) than",
    "up": r"up to \d+",
    "has": r"has to",
    "have": r"have to",
    "circumstances": r"under no circumstances",
    "without": r"without (?:exception|asking)",
    "agreed": r"we agreed|agreed (?:to|on|that)",
    "settled": r"settled on",
    "will": r"(?:we|i) will (?:use|go with|stick)",
    "ll": r"(?:we|i)'ll (?:use|go with|stick)",
    "let": r"let's (?:use|go with|keep to)",
    "going": r"going with",
    # German, French, Spanish, Portuguese, Italian, Russian
    "keinen": r"auf keinen fall",
    "erlaubt": r"nicht erlaubt",
    "faut": r"il (?:ne )?faut",
    "au": r"au (?:plus|moins|maximum)",
    "hay": r"hay que",
    "menos": r"al menos|pelo menos",
    "máximo": r"(?:como|no) máximo",
    "mínimo": r"(?:como|no) mínimo",
    "massimo": r"al massimo",
    "не": r"не (?:более|менее|позднее)",
}
"""A word that the sentence must have, and the pattern that makes it binding."""

_CJK = (
    # Chinese
    "必须 必須 不得 (?<!要)不要 (?<!能)不能 (?<!可)不可 禁止 务必 務必 一定要 绝不 絕不 只能 不许 "
    "不許 至少 最多 不超过 不超過 决定 決定 商定 说好 "
    # Japanese
    "なければなら 必ず てはいけ しないで ないでください 以内 に決め に決ま ことにし "
    # Korean
    "반드시 절대 금지 하지\\s마 해야\\s[합한해] 안\\s됩니다 안\\s된다 이내 최소 최대 결정"
)
_CUES = {word: re.compile(rf"\b{word}\b") for word in _WORDS.split()} | {
    word: re.compile(rf"(?:{pattern})(?!\w)") for word, pattern in _PHRASES.items()
}
_CJK_CUE = re.compile("|".join(_CJK.split()))
_NEGATION = re.compile(
    r"\b(?:not?|never|mustn't|don't|cannot|without|avoid|forbidden|prohibited|rejected|nicht|keine?n?"
    r"|niemals|verboten|jamais|pas|interdit|nunca|prohibido|não|proibido|non|vietato|не|нельзя"
    r"|никогда|запрещ\w+)\b|不|禁止|ない|いけ|금지|마|안 "
)
_RUN = re.compile(r"[^\W\d_]+(?:'t)?")
_ASCII_RUN = re.compile(r"[a-z]+(?:'t)?")
_LETTERS = bytes(code if chr(code).islower() else 32 for code in range(128)).ljust(256)
_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")
_WORD = re.compile(r"[^\W\d_]{4,}|\w*\d\w*")
_IDEOGRAPHS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+")
_SPACE = re.compile(r"\s+")


@frozen
class Statement:
    """A sentence that binds: its text, the words it is made of, and whether it denies."""

    text: str
    words: frozenset[str] = field(eq=False)
    denies: bool = field(eq=False)


def statements(text: str) -> Iterator[Statement]:
    """The sentences of a text that say what must, must not or is going to be done; no questions.

    Known by words in English, German, French, Spanish, Portuguese, Italian, Russian, Chinese,
    Japanese and Korean.
    """
    lowered = text.lower().replace("’", "'")
    cues = [(word, _CUES[word]) for word in _CUES.keys() & set(_runs(lowered))]
    if not lowered.isascii() and _CJK_CUE.search(lowered):
        cues.append(("", _CJK_CUE))
    for line in lowered.splitlines() if cues else ():
        near = [(word, cue) for word, cue in cues if word in line]
        for sentence in _END.split(line) if near else ():
            if sentence[-1:] not in "?？" and _binds(sentence, near):
                said = _SPACE.sub(" ", sentence[:LONGEST]).strip(" -*#>")
                words = frozenset(_words(said))
                if len(words) > 1:
                    yield Statement(said, words, _NEGATION.search(said) is not None)


def _runs(lowered: str) -> list[str]:
    """The runs of letters in a text. Where no apostrophe can join two, splitting is quickest."""
    if not lowered.isascii():
        return _RUN.findall(lowered)
    if "'t" in lowered:
        return _ASCII_RUN.findall(lowered)
    return lowered.encode().translate(_LETTERS).decode().split()


def _binds(sentence: str, cues: Iterable[tuple[str, re.Pattern[str]]]) -> bool:
    return any(word in sentence and cue.search(sentence) for word, cue in cues)


def _words(text: str) -> Iterator[str]:
    """Words of four letters and more, whatever has a digit, and pairs of CJK characters."""
    yield from _WORD.findall(_IDEOGRAPHS.sub(" ", text))
    for run in _IDEOGRAPHS.findall(text):
        yield from (run[i : i + 2] for i in range(max(len(run) - 1, 1)))
