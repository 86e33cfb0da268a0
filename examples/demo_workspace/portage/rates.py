"""Rates: how they are written, and which one applies to a weight."""

from decimal import Decimal

from portage.money import whole

BANDS = [(2_000, "s"), (10_000, "m"), (30_000, "l"), (70_000, "xl")]
BASE = {"s": 420, "m": 690, "l": 1_150, "xl": 2_480}
FACTOR = {"north": 100, "central": 100, "south": 105, "west": 105, "east": 110, "islands": 140}


class Rate:
    """An amount in cents for each unit of weight."""

    def __init__(self, cents, unit):
        self.cents = cents
        self.unit = unit

    def __repr__(self):
        return f"Rate({self.cents}, {self.unit!r})"


def parse_rate(text):
    """Read '0.42 EUR/kg' into a Rate."""
    amount, rest = text.split(" ")
    currency, unit = rest.split("/")
    return Rate(Decimal(amount) * 100, unit)


def band_of(grams):
    """The band for a weight."""
    for limit, name in BANDS:
        if grams < limit:
            return name
    raise ValueError(f"{grams} g is heavier than the largest band")


def base_price(grams, zone):
    """Cents before surcharges."""
    return whole(Decimal(BASE[band_of(grams)]) * FACTOR[zone] / 100)


def cheapest(zones, grams):
    return min(zones, key=lambda zone: base_price(grams, zone))
