import datetime
import unittest

from portage.quote import calc, calc_all

DAY = datetime.date(2025, 11, 3)
PARCEL = {"id": "S-1", "postcode": "80331", "grams": "1500", "longest_cm": "40"}


class Calc(unittest.TestCase):
    def test_small_parcel(self):
        quote = calc(PARCEL, DAY)
        self.assertEqual((quote.base, quote.total), (441, 474))

    def test_valid_for_two_weeks(self):
        self.assertEqual(calc(PARCEL, DAY).valid_until, datetime.date(2025, 11, 17))

    def test_approval(self):
        self.assertFalse(calc(PARCEL, DAY).needs_approval())

    def test_all(self):
        self.assertEqual(len(calc_all([PARCEL, PARCEL], DAY)), 2)
