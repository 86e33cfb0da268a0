"""Reads the shipments of a day."""

import csv

REQUIRED = ("id", "customer", "postcode", "grams", "longest_cm", "carrier", "booked")


def read_manifest(path):
    """All rows of a manifest, each shipment once."""
    with open(path, newline="") as handle:
        rows = list(csv.DictReader(handle))
    return unique(rows)


def unique(rows):
    """Each id once; the first row of an id stays."""
    kept = []
    for row in rows:
        seen = [other["id"] for other in kept]
        if row["id"] not in seen:
            kept.append(row)
    return kept


def problems(row):
    """What is wrong with a row, as short texts."""
    found = [f"no {name}" for name in REQUIRED if not row.get(name)]
    if row.get("grams") and int(row["grams"]) <= 0:
        found.append("weight not positive")
    return found


def split(rows):
    """Good rows, and bad rows with their problems."""
    good, bad = [], []
    for row in rows:
        wrong = problems(row)
        if wrong:
            bad.append((row, wrong))
        else:
            good.append(row)
    return good, bad
