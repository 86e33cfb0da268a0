import datetime
import unittest

from portage.report import daily, top_customers
from portage.store import Store

DAY = datetime.date(2025, 11, 3)
PARCEL = {"id": "S-1", "postcode": "80331", "grams": "1500", "longest_cm": "40"}


class Daily(unittest.TestCase):
    def test_one_line_for_each_zone(self):
        self.assertEqual(daily([PARCEL], DAY).split(), ["south", "1", "4.74"])


class Stores(unittest.TestCase):
    def test_add(self):
        store = Store()
        store.add("A-1", "first")
        self.assertEqual(store.of("A-1"), ["first"])

    def test_a_new_store_is_empty(self):
        self.assertEqual(Store().of("A-1"), [])

    def test_top(self):
        self.assertEqual(top_customers({}, 3), [])
