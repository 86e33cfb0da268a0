"""Reads the gateway's access log."""

import re

LINE = re.compile(
    r"(?P<client>[\d.]+) (?P<time>\S+) (?P<method>[A-Z]+) (?P<path>\S+) (?P<status>\d{3})"
)


def parse_line(line):
    """The fields of a line, or None when it cannot be read."""
    match = LINE.match(line)
    return match.groupdict() if match else None


def read_log(path):
    """All lines that can be read, in order."""
    with open(path) as handle:
        parsed = [parse_line(line) for line in handle]
    return [entry for entry in parsed if entry]


def hour_of(entry):
    return entry["time"][:13]


def by_hour(entries):
    """hour -> (requests, answers with a 5xx status)."""
    hours = {}
    for entry in entries:
        total, failed = hours.get(hour_of(entry), (0, 0))
        hours[hour_of(entry)] = (total + 1, failed + (entry["status"] >= "500"))
    return hours


def slow_paths(entries):
    return sorted({entry["path"] for entry in entries})
