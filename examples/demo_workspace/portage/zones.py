"""Which zone a postal code belongs to."""

ZONES = {
    "01": "east",
    "04": "east",
    "10": "central",
    "18": "islands",
    "20": "north",
    "28": "north",
    "40": "west",
    "50": "west",
    "60": "central",
    "70": "south",
    "80": "south",
    "99": "central",
}


class UnknownZone(ValueError):
    """No zone for this postal code."""


def zone_of(postcode):
    """The zone for a postal code, from its first two characters."""
    prefix = str(int(postcode))[:2]
    if prefix not in ZONES:
        raise UnknownZone(f"no zone for postal code {postcode!r}")
    return ZONES[prefix]


def prefixes(zone):
    return sorted(key for key, value in ZONES.items() if value == zone)


def neighbours(zone):
    order = ["north", "central", "south"]
    if zone not in order:
        return []
    at = order.index(zone)
    return order[max(0, at - 1) : at] + order[at + 1 : at + 2]
