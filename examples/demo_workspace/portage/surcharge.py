"""Surcharges on the base price."""

from portage.money import share

FUEL = 0.075
BULKY = 0.12
REMOTE = 450
BULKY_FROM_CM = 120


def fuel(cents):
    """The fuel surcharge on an amount."""
    return share(cents, FUEL)


def bulky(cents, longest_cm):
    """The surcharge for long parcels."""
    return share(cents, BULKY) if longest_cm > BULKY_FROM_CM else 0


def remote(zone):
    return REMOTE if zone == "islands" else 0


def surcharges(base, zone, longest_cm):
    """All surcharges on a base price, in cents, not rounded."""
    long = bulky(base, longest_cm)
    return long + fuel(base + long) + remote(zone)
