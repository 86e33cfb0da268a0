"""What the office reads at the end of the day."""

from portage.money import written
from portage.quote import calc_all


def by_zone(quotes):
    """zone -> (number, cents)."""
    zones = {}
    for quote in quotes:
        number, cents = zones.get(quote.zone, (0, 0))
        zones[quote.zone] = (number + 1, cents + quote.total)
    return zones


def daily(shipments, day):
    """The day's table, one line for each zone."""
    lines = []
    for zone, (number, cents) in sorted(by_zone(calc_all(shipments, day)).items()):
        lines.append(f"{zone:<8} {number:>4} {written(cents):>10}")
    return "\n".join(lines)


def top_customers(quotes_by_customer, count):
    totals = {name: sum(q.total for q in quotes) for name, quotes in quotes_by_customer.items()}
    return sorted(totals, key=totals.get, reverse=True)[:count]
