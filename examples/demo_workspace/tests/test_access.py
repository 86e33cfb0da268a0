import unittest

from portage.access import by_hour, parse_line

LINE = "10.0.4.17 2025-11-03T09:12:44 POST /quote 201 87ms"


class Access(unittest.TestCase):
    def test_fields(self):
        entry = parse_line(LINE)
        self.assertEqual((entry["path"], entry["status"]), ("/quote", "201"))

    def test_hours(self):
        self.assertEqual(by_hour([parse_line(LINE)]), {"2025-11-03T09": (1, 0)})
