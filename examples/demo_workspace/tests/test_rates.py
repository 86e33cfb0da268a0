import unittest

from portage.rates import band_of, base_price, parse_rate


class Bands(unittest.TestCase):
    def test_inside(self):
        self.assertEqual(band_of(1_500), "s")

    def test_limit_belongs_to_its_band(self):
        self.assertEqual(band_of(30_000), "l")

    def test_too_heavy(self):
        with self.assertRaises(ValueError):
            band_of(70_001)


class BasePrice(unittest.TestCase):
    def test_factor(self):
        self.assertEqual(base_price(1_500, "islands"), 588)


class ParseRate(unittest.TestCase):
    def test_kilogram(self):
        rate = parse_rate("0.42 EUR/kg")
        self.assertEqual((rate.cents, rate.unit), (42, "kg"))
