import unittest

from portage.money import share, to_cents, whole, written


class Money(unittest.TestCase):
    def test_to_cents(self):
        self.assertEqual(to_cents("12,50"), 1250)

    def test_half_up(self):
        self.assertEqual(whole(share(1_150, 0.075)), 86)

    def test_written(self):
        self.assertEqual(written(-105), "-1.05")
