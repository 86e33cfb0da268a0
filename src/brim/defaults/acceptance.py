"""Which answers of a model may become a note, and why others may not."""

from __future__ import annotations

import re

from attrs import frozen

from brim.api import Completion
from brim.defaults.quoting import harmless

__all__ = ["Verdict", "judged"]

SHORT = 600
"""Characters up to which an answer that begins like a refusal is one."""

STOPS = {
    "length": "cut off at its longest",
    "refusal": "a refusal",
    "other": "ended by the provider",
}
"""What to say of an answer that did not end by itself."""

_THOUGHTS = re.compile(r"\s*<think(?:ing)?>(?s:.*?)</think(?:ing)?>", re.IGNORECASE)
_FENCE = re.compile(r"```\w*\n(?s:(.*))\n```")
_REFUSAL = re.compile(
    r"\W*(?:(?:i['’]?m|i am|we['’]?re) (?:very |so |really )?(?:sorry|afraid|unable|not able)\b"
    r"|sorry\b|(?:un)?fortunately,? i (?:can|am)|i apologi[sz]e"
    r"|i (?:can['’]?t|can ?not|could ?n['’]?t|won['’]?t|will not|must (?:decline|refuse)) "
    r"|as an? (?:ai|artificial|large) |my apologies"
    r"|(?:es )?tut mir leid|entschuldig|leider kann ich|ich kann (?:dabei|das|dir|ihnen|diese)\b"
    r"|(?:je suis )?désolé|je ne peux|je refuse"
    r"|lo siento|no puedo\b|disculp|desculpe|sinto muito|não posso|mi dispiace|non posso"
    r"|helaas|het spijt me|przepraszam|nie mogę|üzgünüm|maalesef"
    r"|извин|прост[ие]|к сожалению|я не могу|вибач|на жаль"
    r"|(?:很|非常)?抱歉|对不起|對不起|我(?:无法|無法|不能|不会|不會)|申し訳|すみません|ごめん"
    r"|죄송|미안|عذر|آسف|للأسف|لا (?:أستطيع|يمكنني)|क्षमा|माफ़|मैं नहीं|ขอโทษ|ขออภัย|xin lỗi)",
    re.IGNORECASE,
)


@frozen
class Verdict:
    """The `text` of an answer, harmless; "" where it is turned down, and then `reason` says why,
    in words of Brim's own."""

    text: str
    reason: str = ""


def judged(answer: Completion) -> Verdict:
    """Turned down are answers that were cut off, refuse, or say nothing."""
    if answer.stop != "end":
        return Verdict("", STOPS.get(answer.stop, STOPS["other"]))
    text = harmless(_THOUGHTS.sub("", answer.text, count=1)).strip()
    fenced = _FENCE.fullmatch(text)
    text = fenced[1].strip() if fenced else text
    if text[:9].lower().startswith(("<think>", "<thinking")):
        return Verdict("", "nothing but thoughts")
    if len(text) <= SHORT and _REFUSAL.match(text) is not None:
        return Verdict("", "a refusal")
    return Verdict(text) if re.search(r"\w", text) else Verdict("", "empty")
