"""Makes the workspace: the seed files of the service, and data and logs from a fixed seed."""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

SEEDS = Path(__file__).parent.parent / "demo_workspace"
FIRST = datetime(2025, 11, 3, 6, 0)
CARRIERS = [
    ("C-01", "Nordlicht"),
    ("C-02", "Talfahrt"),
    ("C-03", "Inselpost"),
    ("C-04", "Querwald"),
]
PREFIXES = ["01", "04", "10", "18", "20", "28", "40", "50", "60", "70", "80", "99"]
HOLIDAYS = ["2025-12-25", "2025-12-26", "2026-01-01"]
PATHS = ["/quote", "/label", "/pickup", "/track", "/health"]


def make_workspace(target: Path) -> None:
    """Fill an empty folder. The same files every time."""
    ignore = shutil.ignore_patterns("__pycache__", "ruff.toml", ".ruff_cache")
    shutil.copytree(SEEDS, target, dirs_exist_ok=True, ignore=ignore)
    chance = random.Random(16_000)
    (target / "data").mkdir()
    (target / "logs").mkdir()
    _table(target / "data/carriers.csv", ["id", "name"], CARRIERS)
    _table(target / "data/holidays.csv", ["day"], [[day] for day in HOLIDAYS])
    _table(target / "data/shipments.csv", SHIPMENT, _shipments(chance))
    _lines(target / "logs/access.log", _access(chance))
    _lines(target / "logs/worker.log", _worker(chance))


SHIPMENT = ["id", "customer", "postcode", "grams", "longest_cm", "carrier", "booked"]


def _shipments(chance: random.Random) -> list[list[str]]:
    rows = [_shipment(chance, number) for number in range(1, 481)]
    for number in (37, 118, 251, 402):
        rows[number][2] = ""
    for number in (90, 333):
        rows[number][3] = str(-int(rows[number][3]))
    for number in (12, 77, 78, 205, 340, 461):
        again = list(rows[number])
        again[3] = str(int(again[3]) + 500)
        rows.insert(number + 15, again)
    return rows


def _shipment(chance: random.Random, number: int) -> list[str]:
    postcode = chance.choice(PREFIXES) + f"{chance.randrange(1000):03d}"
    usual = [400, 900, 1500, 2000, 4200, 7800, 10000, 12500, 18000, 30000, 42000]
    grams = chance.choice(usual)
    longest = chance.choice([25, 40, 40, 60, 80, 110, 120, 130, 160])
    carrier = chance.choices([c for c, _ in CARRIERS], weights=[46, 24, 12, 18])[0]
    booked = FIRST + timedelta(minutes=chance.randrange(0, 26 * 24 * 60))
    customer = f"A-{2200 + chance.randrange(40)}"
    day = booked.date().isoformat()
    return [f"S-{number:04d}", customer, postcode, str(grams), str(longest), carrier, day]


def _access(chance: random.Random) -> Iterable[str]:
    for minute in range(14 * 60):
        moment = FIRST + timedelta(minutes=minute, seconds=chance.randrange(60))
        client = f"10.0.{chance.randrange(4)}.{chance.randrange(2, 40)}"
        if chance.random() < 0.05:
            client = f"fd00::{chance.randrange(1, 99):x}"
        path = chance.choice(PATHS)
        status, took = _answer(chance, moment.hour, path)
        method = "GET" if path in ("/track", "/health") else "POST"
        yield f"{client} {moment.isoformat()} {method} {path} {status} {took}ms"


def _answer(chance: random.Random, hour: int, path: str) -> tuple[int, int]:
    if path == "/label" and hour in (11, 12) and chance.random() < 0.55:
        return 503, chance.randrange(5000, 5200)
    if chance.random() < 0.06:
        return chance.choice([400, 404, 422]), chance.randrange(3, 20)
    return 200 if path in ("/track", "/health") else 201, chance.randrange(8, 240)


def _worker(chance: random.Random) -> Iterable[str]:
    for number in range(1, 361):
        moment = FIRST + timedelta(minutes=number * 2, seconds=chance.randrange(60))
        queue = chance.choice(["label", "pickup", "invoice"])
        broken = queue == "label" and moment.hour in (11, 12)
        took = chance.randrange(4800, 5100) if broken else chance.randrange(40, 900)
        if queue == "invoice" and chance.random() < 0.1:
            took += 6000
        attempt = chance.randrange(3, 7) if broken else 1
        result = "failed printer-pool exhausted" if broken else "done"
        stamp = moment.isoformat()
        yield f"{stamp} job=J-{7000 + number} queue={queue} attempt={attempt} ms={took} {result}"


def _table(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _lines(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(line + "\n" for line in lines))
