"""Cents, and how they are rounded and written."""

from decimal import ROUND_HALF_UP, Decimal


def to_cents(text):
    """'12.50' or '12,50' in whole cents."""
    return int(Decimal(text.replace(",", ".")) * 100)


def share(cents, rate):
    """The part `rate` of an amount, not rounded."""
    return Decimal(cents) * Decimal(str(rate))


def whole(amount):
    """Round to whole cents, half up."""
    return int(Decimal(amount).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def written(cents):
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def in_words(cents):
    euros, rest = divmod(abs(cents), 100)
    return f"{euros} euros and {rest} cents"
