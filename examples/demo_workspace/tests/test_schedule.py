import datetime
import unittest

from portage.schedule import next_pickup

HOLIDAYS = {datetime.date(2025, 12, 25), datetime.date(2025, 12, 26)}


class NextPickup(unittest.TestCase):
    def test_same_day_before_three(self):
        moment = datetime.datetime(2025, 12, 1, 9, 0)
        self.assertEqual(next_pickup(moment, HOLIDAYS), datetime.date(2025, 12, 1))

    def test_friday_afternoon_waits_for_monday(self):
        moment = datetime.datetime(2025, 12, 5, 16, 0)
        self.assertEqual(next_pickup(moment, HOLIDAYS), datetime.date(2025, 12, 8))

    def test_christmas(self):
        moment = datetime.datetime(2025, 12, 24, 15, 30)
        self.assertEqual(next_pickup(moment, HOLIDAYS), datetime.date(2025, 12, 29))
