"""Long walks: the log hour by hour, letters, and whether the tests notice a fault."""

from __future__ import annotations

import re

from demo_agent.agent import Agent, tool
from demo_agent.tasks.steps import failures, listed, rows, verdict


def morning(agent: Agent) -> None:
    agent.user(
        "For the report on PRT-105 I need somebody to really read the access log, not only count it. "
        "Go through the morning, 06:00 to 12:59, one hour at a time. For each hour: requests, the "
        "slowest one, and everything that is not 200 or 201."
    )
    notes = [_hour(agent, hour) for hour in range(6, 13)]
    agent.say("PRT-105, the morning as read:\n" + "\n".join(notes))


def afternoon(agent: Agent) -> None:
    agent.user("The same for the afternoon, 13:00 to 19:59, then compare it with the morning.")
    notes = [_hour(agent, hour) for hour in range(13, 20)]
    share = agent.one(
        "Both halves in numbers.",
        "run_python",
        code="from portage.access import read_log\n"
        "for name, low, high in (('morning', 6, 13), ('afternoon', 13, 20)):\n"
        "    part = [e for e in read_log('logs/access.log') if low <= int(e['time'][11:13]) < high]\n"
        "    bad = sum(e['status'] >= '500' for e in part)\n"
        "    print(name, len(part), 'requests', bad, 'with 5xx')",
    )
    agent.say(
        "PRT-105, the afternoon as read:\n"
        + "\n".join(notes)
        + f"\nCompared: {'; '.join(share.splitlines())}."
    )


def _hour(agent: Agent, hour: int) -> str:
    first = (hour - 6) * 60 + 1
    text = agent.one(f"{hour:02d}:00.", "read_file", path="logs/access.log", first=first, last=first + 59)
    lines = [line.split() for line in text.splitlines()]
    slow = max(lines, key=lambda line: int(line[6].removesuffix("ms")))
    odd = [f"{line[5]} {line[4]} {line[1]}" for line in lines if line[5] not in ("200", "201")]
    rest = "; ".join(odd) or "no errors"
    return f"- {hour:02d}:00: {len(lines)} requests, slowest {slow[4]} {slow[6]}; {rest}"


LETTER = """\
# To customer {customer}

We charged fuel on the surcharge for long parcels. That was our mistake.

{lines}

In all you paid {total} cents too much. {answer}
Please name {customer} and PRT-119 when you write to us.
"""


def letters(agent: Agent) -> None:
    agent.user(
        "PRT-132: write the letters of PRT-119 as files docs/letter-<customer>.md, for the eight "
        "customers with the largest sums. You remember the limit between refund and voucher. List "
        "each parcel with its cents."
    )
    sums = agent.one("The eight, by what they paid too much.", "run_python", code=_PAID + _TOP)
    written = [_letter(agent, *line.split()) for line in sums.splitlines()]
    agent.one("All of them are there?", "list_files", path="docs/letter")
    agent.say("PRT-132: " + "; ".join(written) + ". The limit was 50 cents.")


_PAID = """\
import datetime
from portage.manifest import read_manifest, split
from portage.money import whole
from portage.quote import price_shipment
from portage.surcharge import bulky, fuel
paid = {}
for row in split(read_manifest('data/shipments.csv'))[0]:
    base = price_shipment(row, datetime.date(2025, 11, 3)).base
    cents = whole(fuel(bulky(base, int(row['longest_cm']))))
    if cents:
        paid.setdefault(row['customer'], []).append((row['id'], base, cents))
"""
_TOP = """\
sums = {name: sum(c for _, _, c in parcels) for name, parcels in paid.items()}
for name in sorted(sums, key=lambda name: (-sums[name], name))[:8]:
    print(name, sums[name])"""


def _letter(agent: Agent, customer: str, total: str) -> str:
    parcels, addresses = agent.act(
        f"{customer}: its parcels, and where they went.",
        tool("run_python", code=_PAID + f"for each in paid['{customer}']:\n    print(*each)"),
        tool(
            "csv_query",
            sql="SELECT id, postcode, grams, longest_cm, carrier, booked FROM shipments "
            f"WHERE customer = '{customer}' AND longest_cm > 120 ORDER BY id",
        ),
    )
    days = {row[0]: row[5] for row in rows(addresses)}
    lines = "\n".join(
        f"- {parcel}, booked {days[parcel]}: base {base} cents, {cents} too much"
        for parcel, base, cents in map(str.split, parcels.splitlines())
    )
    answer = "We refund it." if int(total) >= 50 else "You get a voucher for it."
    text = LETTER.format(customer=customer, lines=lines, total=total, answer=answer)
    agent.one(
        f"{len(parcels.splitlines())} parcels, {total} cents, so: {answer}",
        "write_file",
        path=f"docs/letter-{customer}.md",
        content=text,
    )
    return f"{customer} {total} cents, {'refund' if int(total) >= 50 else 'voucher'}"


FAULTS = [
    ("portage/zones.py", "postcode.strip()[:2]", "postcode[:2]"),
    ("portage/rates.py", "grams <= limit", "grams < limit"),
    ("portage/rates.py", "MOST_CENTS = 50_000", "MOST_CENTS = 60_000"),
    ("portage/surcharge.py", "longest_cm > BULKY_FROM_CM", "longest_cm >= BULKY_FROM_CM"),
    ("portage/surcharge.py", "REMOTE = 450", "REMOTE = 405"),
    ("portage/quote.py", "VALID_DAYS = 14", "VALID_DAYS = 15"),
    ("portage/quote.py", "self.total > APPROVAL_CENTS", "self.total >= APPROVAL_CENTS"),
    ("portage/schedule.py", "LAST_HOUR = 15", "LAST_HOUR = 16"),
    ("portage/retry.py", "MAX_DELAY = 30", "MAX_DELAY = 60"),
    ("portage/money.py", "ROUND_HALF_UP)", '"ROUND_HALF_EVEN")'),
    ("portage/access.py", '>= "500"', '> "500"'),
    ("portage/alert.py", "bad / n > THRESHOLD", "bad / n >= THRESHOLD"),
]


def does_the_suite_notice(agent: Agent) -> None:
    agent.user(
        "PRT-133: how good are the tests by now? Put in one fault at a time, twelve in all, each a "
        "boundary or a constant, run everything, take it out again. Tell me which faults nobody "
        "notices and close those gaps."
    )
    found = [(path, old, _fault(agent, path, old, new)) for path, old, new in FAULTS]
    blind = [f"{path} `{old}`" for path, old, names in found if not names]
    agent.one("All faults out again?", "run_tests")
    out = _close_gaps(agent, blind)
    noticed = [f"{path}: {listed(names)}" for path, _, names in found if names]
    agent.say(
        f"PRT-133: {len(noticed)} of {len(found)} faults were noticed.\n- "
        + "\n- ".join(noticed)
        + f"\nNot noticed: {listed(blind)}. The new tests for them: {verdict(out)}."
    )


def _fault(agent: Agent, path: str, old: str, new: str) -> list[str]:
    agent.one(f"{path}: `{old}` becomes `{new}`.", "edit_file", path=path, old=old, new=new)
    out, _ = agent.act(
        "Do the tests see it? The fault goes out right after.",
        tool("run_tests"),
        tool("edit_file", path=path, old=new, new=old),
    )
    return failures(out)


GAPS = """\
import unittest

from portage.access import by_hour
from portage.money import share, whole
from portage.quote import APPROVAL_CENTS, Quote


class Limits(unittest.TestCase):
    def test_500_is_a_failure(self):
        entries = [{"time": "2025-11-03T09:00:00", "status": status} for status in ("499", "500")]
        self.assertEqual(by_hour(entries), {"2025-11-03T09": (2, 1)})

    def test_approval_only_above(self):
        totals = [APPROVAL_CENTS, APPROVAL_CENTS + 1]
        needed = [Quote("S-1", "south", 1, total, None).needs_approval() for total in totals]
        self.assertEqual(needed, [False, True])

    def test_half_a_cent_goes_up(self):
        self.assertEqual([whole(share(n, 0.5)) for n in (1, 3, 5)], [1, 2, 3])
"""


def _close_gaps(agent: Agent, blind: list[str]) -> str:
    agent.one(
        f"Nobody noticed {listed(blind)}. Tests for these limits:",
        "write_file",
        path="tests/test_limits.py",
        content=GAPS,
    )
    return agent.one("They pass on the right code?", "run_tests", target="tests.test_limits")


def test_files(agent: Agent) -> None:
    agent.user(
        "PRT-134: the tests grew a lot. Read them file by file, run each file on its own, and tell me "
        "for each how many tests it has and which functions of the service it imports. Nothing may "
        "depend on another file having run before."
    )
    files = agent.one("The list.", "list_files", path="tests/test_")
    names = [line.split()[-1] for line in files.splitlines()]
    notes = [_test_file(agent, name) for name in names]
    alone = sum("pass" in note for note in notes)
    agent.say(f"PRT-134: {alone} of {len(names)} files pass alone.\n" + "\n".join(notes))


def _test_file(agent: Agent, name: str) -> str:
    text, out = agent.act(
        f"{name}.",
        tool("read_file", path=name),
        tool("run_tests", target=name.removesuffix(".py").replace("/", ".")),
    )
    used = [
        name.strip() for line in re.findall(r"portage\.\w+ import (.*)", text) for name in line.split(",")
    ]
    return f"- {name}: {verdict(out)}; uses {listed(used)}"
