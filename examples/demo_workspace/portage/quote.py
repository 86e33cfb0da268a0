"""A price for a shipment."""

import datetime

from portage.money import whole
from portage.rates import base_price
from portage.surcharge import surcharges
from portage.zones import zone_of

VALID_DAYS = 14
APPROVAL_CENTS = 25_000


class Quote:
    """What a customer is told: zone, base, total and the last day it holds."""

    def __init__(self, shipment, zone, base, total, valid_until):
        self.shipment = shipment
        self.zone = zone
        self.base = base
        self.total = total
        self.valid_until = valid_until

    def needs_approval(self):
        return self.total > APPROVAL_CENTS


def calc(shipment, day):
    """Price one shipment on a day."""
    zone = zone_of(shipment["postcode"])
    base = base_price(int(shipment["grams"]), zone)
    extra = surcharges(base, zone, int(shipment["longest_cm"]))
    until = day + datetime.timedelta(days=VALID_DAYS)
    return Quote(shipment["id"], zone, base, whole(base + extra), until)


def calc_all(shipments, day):
    return [calc(shipment, day) for shipment in shipments]
