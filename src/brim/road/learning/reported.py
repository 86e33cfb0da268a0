"""What a provider's answer says of the tokens it read."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import asdict, frozen, has

from brim.errors import MalformedRequest

__all__ = ["Reported", "reported"]

WHOLE = ("prompt_tokens", "prompt_token_count", "promptTokenCount", "input_tokens")
BESIDE = ("cache_read_input_tokens", "cache_creation_input_tokens")
CACHED = (
    "cached_tokens",
    "cache_read_input_tokens",
    "prompt_cache_hit_tokens",
    "cached_content_token_count",
    "cachedContentTokenCount",
)
DETAILS = ("prompt_tokens_details", "input_tokens_details")
INSIDE = ("usage", "usage_metadata", "usageMetadata")


@frozen
class Reported:
    """Tokens of the input; `cached` of them were in the provider's cache, None where it does not
    say."""

    tokens: int
    cached: int | None = None


def reported(usage: object) -> Reported:
    """Read the `usage` of an answer, or the answer that holds it: OpenAI's, Anthropic's, Google's
    and what speaks like them, as JSON object or as a vendor's object, or a `Completion`.

    Raises `MalformedRequest` where it has no count.
    """
    fields = _fields(usage)
    for name in INSIDE:
        fields = _fields(fields[name]) if fields.get(name) is not None else fields
    whole = next((found for name in WHOLE if (found := _number(fields, name)) is not None), None)
    if whole is None:
        raise MalformedRequest(
            "no count of input tokens in it: pass the answer's usage, or the error", rule="usage"
        )
    if "prompt_tokens" not in fields:  # Anthropic counts what is cached apart
        whole += sum(_number(fields, name) or 0 for name in BESIDE)
    return Reported(whole, _cached(fields))


def _cached(fields: Mapping[str, object]) -> int | None:
    details = [_fields(fields[name]) for name in DETAILS if fields.get(name) is not None]
    for one in (*details, fields):
        for name in CACHED:
            if (found := _number(one, name)) is not None:
                return found
    return None


def _fields(value: object) -> Mapping[str, object]:
    """The fields of an object, whatever it is."""
    dump = getattr(value, "model_dump", None)
    found = dump() if callable(dump) and not isinstance(value, type) else value
    if isinstance(found, Mapping):
        return found
    if has(type(found)):
        return asdict(found, recurse=False)  # type: ignore[arg-type]  # attrs, as just seen
    return vars(found) if hasattr(found, "__dict__") else {}


def _number(fields: Mapping[str, object], name: str) -> int | None:
    found = fields.get(name)
    return found if type(found) is int and found >= 0 else None
