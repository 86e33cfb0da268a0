import unittest

from portage.manifest import problems, split, unique


class Unique(unittest.TestCase):
    def test_first_row_stays(self):
        rows = [{"id": "S-1", "grams": "1"}, {"id": "S-1", "grams": "2"}, {"id": "S-2"}]
        self.assertEqual([row.get("grams") for row in unique(rows)], ["1", None])


class Problems(unittest.TestCase):
    def test_names_what_is_missing(self):
        self.assertIn("no carrier", problems({"id": "S-1", "grams": "5"}))

    def test_weight(self):
        self.assertIn("weight not positive", problems({"grams": "-5"}))

    def test_split(self):
        good, bad = split([{"id": "S-1"}])
        self.assertEqual((len(good), len(bad)), (0, 1))
