import unittest

from portage.zones import UnknownZone, prefixes, zone_of


class ZoneOf(unittest.TestCase):
    def test_plain(self):
        self.assertEqual(zone_of("80331"), "south")

    def test_leading_zero_belongs_to_the_east(self):
        self.assertEqual(zone_of("01067"), "east")

    def test_unknown(self):
        with self.assertRaises(UnknownZone):
            zone_of("77000")

    def test_prefixes(self):
        self.assertEqual(prefixes("west"), ["40", "50"])
