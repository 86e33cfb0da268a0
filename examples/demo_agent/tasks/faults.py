"""Faults in the code, mended one by one."""

from __future__ import annotations

from demo_agent.agent import Agent, tool
from demo_agent.tasks.steps import change, check, compare, cover, listed, verdict


def zones(agent: Agent) -> None:
    agent.user(
        "PRT-102: mend the zone of postal codes with a leading zero. Customer A-2207 got a refusal "
        "for 01067 Dresden. A postal code is text; spaces around it may be ignored, nothing else."
    )
    agent.one("Who calls zone_of?", "search", pattern=r"zone_of\(", path="")
    change(
        agent,
        "Only quote.py and the tests call it, always with text. I drop the int() and strip spaces.",
        "portage/zones.py",
        "prefix = str(int(postcode))[:2]",
        "prefix = postcode.strip()[:2]",
    )
    cover(
        agent,
        "A test for the spaces, as you said they may be ignored.",
        "tests/test_zones.py",
        "    def test_unknown(self):\n",
        '    def test_spaces_around(self):\n        self.assertEqual(zone_of(" 04109 "), "east")\n\n',
    )
    probe = agent.one(
        "How many shipments were refused because of this? I count codes that start with 0.",
        "csv_query",
        sql="SELECT customer, count(*) AS parcels FROM shipments WHERE CAST(postcode AS TEXT) != '' "
        "AND postcode < 10000 GROUP BY customer ORDER BY parcels DESC, customer LIMIT 8",
    )
    out = check(agent, "The whole suite once.")
    top = probe.splitlines()[1].split(" | ")
    agent.say(
        f"PRT-102: zone_of reads the prefix from the text. 01067 is east now. Hit hardest was {top[0]} "
        f"with {top[1]} parcels to codes that start with 0. Suite: {verdict(out)}; "
        "what is left belongs to bands and pickup days."
    )


def bands(agent: Agent) -> None:
    agent.user(
        "PRT-103: a band reaches up to and including its limit (docs/rates.md, rule 2). Mend "
        "band_of. Customer A-2219 complained about a parcel of exactly 30,000 g. Add a test for "
        "each limit, 2,000, 10,000, 30,000 and 70,000 g."
    )
    compare(agent, "I read both sides before I change them.", "portage/rates.py", "tests/test_rates.py")
    change(
        agent,
        "The comparison must include the limit.",
        "portage/rates.py",
        "if grams < limit:",
        "if grams <= limit:",
    )
    out = cover(
        agent,
        "One test that walks all four limits and the gram after each.",
        "tests/test_rates.py",
        "    def test_too_heavy(self):\n",
        "    def test_every_limit(self):\n"
        "        limits = [2_000, 10_000, 30_000, 70_000]\n"
        '        self.assertEqual([band_of(grams) for grams in limits], ["s", "m", "l", "xl"])\n'
        '        self.assertEqual([band_of(g + 1) for g in limits[:3]], ["m", "l", "xl"])\n\n',
    )
    price = agent.one(
        f"{verdict(out)}. What did A-2219 pay too much for such a parcel?",
        "run_python",
        code="from portage.rates import base_price\n"
        "for grams in (30_000, 30_001):\n    print(grams, base_price(grams, 'central'))",
    )
    right, wrong = (int(line.split()[1]) for line in price.splitlines())
    agent.say(
        f"PRT-103: band_of includes the limit, with a test for each of the four. In zone central a "
        f"parcel of 30,000 g costs {right} cents before surcharges; it was priced like 30,001 g, "
        f"{wrong} cents: {wrong - right} too much."
    )


def schedule(agent: Agent) -> None:
    agent.user(
        "PRT-104: pickups on Saturdays. Mend it, and make sure that the cut-off hour of 15:00 stays "
        "as it is: an order at 15:00 sharp waits for the next pickup day."
    )
    compare(agent, "Code and tests side by side.", "portage/schedule.py", "tests/test_schedule.py")
    change(
        agent,
        "weekday() gives 0 for Monday and 5 for Saturday, so the bound is 4.",
        "portage/schedule.py",
        "day.weekday() <= 5",
        "day.weekday() <= 4",
    )
    cover(
        agent,
        "The cut-off deserves its own test: 14:59 and 15:00.",
        "tests/test_schedule.py",
        "    def test_christmas(self):\n",
        "    def test_three_sharp_waits(self):\n"
        "        early = datetime.datetime(2025, 12, 1, 14, 59)\n"
        "        sharp = datetime.datetime(2025, 12, 1, 15, 0)\n"
        "        self.assertEqual(next_pickup(early, HOLIDAYS), datetime.date(2025, 12, 1))\n"
        "        self.assertEqual(next_pickup(sharp, HOLIDAYS), datetime.date(2025, 12, 2))\n\n",
    )
    out = check(agent, "Now everything.")
    days = agent.one(
        "A look at real days: December, with the holidays of the data folder.",
        "run_python",
        code="import datetime\nfrom portage.schedule import pickups_between, read_holidays\n"
        "free = read_holidays('data/holidays.csv')\n"
        "days = pickups_between(datetime.date(2025, 12, 1), datetime.date(2025, 12, 31), free)\n"
        "print(len(days), 'pickup days')\n"
        "for day in days:\n    print(day.isoformat(), day.strftime('%a'))",
    )
    agent.say(
        f"PRT-104: pickups are Monday to Friday again; December 2025 has {days.split()[0]} pickup days "
        f"with the two holidays. 15:00 sharp waits, tested. Suite: {verdict(out)}."
    )


def store_leak(agent: Agent) -> None:
    agent.user(
        "PRT-112: the office saw quotes of another customer in a fresh report. That must not "
        "happen again, so I want a test that fails before your change. Show me that it fails."
    )
    compare(
        agent,
        "Reports are built on the store; I read it with its tests.",
        "portage/store.py",
        "tests/test_report.py",
    )
    probe = agent.one(
        "`quotes={}` as a default is one dict for all stores. Two stores should show it.",
        "run_python",
        code="from portage.store import Store\nStore().add('A-2203', 'theirs')\n"
        "print('a new store knows:', Store().quotes)",
    )
    before = cover(
        agent,
        f"It does ({probe}). The existing test runs first by its name and so never saw it. Mine adds "
        "a quote to one store and looks into a second.",
        "tests/test_report.py",
        "    def test_top(self):\n",
        "    def test_stores_do_not_share(self):\n"
        '        Store().add("A-2", "theirs")\n'
        '        self.assertEqual(Store().of("A-2"), [])\n\n',
    )
    change(
        agent,
        f"Before the change: {verdict(before)}, as it should be. Now each store gets its own dict.",
        "portage/store.py",
        "    def __init__(self, quotes={}):\n        self.quotes = quotes",
        "    def __init__(self, quotes=None):\n        self.quotes = {} if quotes is None else quotes",
    )
    after = check(agent, "The same module again.", "tests.test_report")
    other = agent.one(
        "The same fault elsewhere? Defaults that are a list, dict or set:",
        "search",
        pattern=r"def .*=(\[|\{|set\()",
        path="portage/",
    )
    agent.say(
        f"PRT-112: Store used one default dict for all instances. The new test test_stores_do_not_share "
        f"failed before ({verdict(before)}) and passes now ({verdict(after)}). "
        f"Search for the same fault in other modules: {other}."
    )


def retry_cap(agent: Agent) -> None:
    agent.user(
        "PRT-115: the worker waited longer than the runbook allows before a retry. Look at "
        "retry.py, cap it, and write tests. There is no test file for it yet."
    )
    agent.act(
        "The code and the rule.",
        tool("read_file", path="portage/retry.py"),
        tool("search", pattern="retries|seconds|attempts", path="docs/"),
    )
    before = agent.one(
        "The rule: never later than 30 s, at most 6 times. What does the code wait?",
        "run_python",
        code="from portage.retry import delays\nprint(delays())",
    )
    change(
        agent,
        f"{before}: the last one is over 30 and MAX_DELAY is never used.",
        "portage/retry.py",
        "return 2 ** (attempt - 1)",
        "return min(2 ** (attempt - 1), MAX_DELAY)",
    )
    agent.one(
        "A new test file.",
        "write_file",
        path="tests/test_retry.py",
        content="import unittest\n\nfrom portage.retry import MAX_ATTEMPTS, delay, delays\n\n\n"
        "class Delays(unittest.TestCase):\n"
        "    def test_doubles(self):\n"
        "        self.assertEqual(delays()[:5], [1, 2, 4, 8, 16])\n\n"
        "    def test_never_over_thirty(self):\n"
        "        self.assertEqual(max(delay(n) for n in range(1, 40)), 30)\n\n"
        "    def test_number(self):\n"
        "        self.assertEqual(len(delays()), MAX_ATTEMPTS)\n",
    )
    out = check(agent, "Run it.", "tests.test_retry")
    used = agent.one("Do the settings agree?", "search", pattern="max_delay|max_attempts", path="config/")
    agent.say(
        f"PRT-115: delays were {before}; the sixth was over the 30 s of the runbook. Capped with "
        f"MAX_DELAY, {verdict(out)} in tests/test_retry.py. The settings name the same numbers in "
        f"{len(used.splitlines())} places."
    )


def surcharges(agent: Agent) -> None:
    agent.user(
        "PRT-118: finance says that long parcels cost more than the price rules give. Write tests "
        "for surcharge.py from docs/rates.md, not from the code, then see which fail."
    )
    agent.one("Rule 3 again, to the letter.", "read_file", path="docs/rates.md")
    agent.one(
        "Each surcharge comes from the base price only. I write the tests from that sentence.",
        "write_file",
        path="tests/test_surcharge.py",
        content="import unittest\n\nfrom portage.money import whole\n"
        "from portage.surcharge import bulky, fuel, remote, surcharges\n\n\n"
        "class Single(unittest.TestCase):\n"
        "    def test_fuel(self):\n"
        "        self.assertEqual(whole(fuel(1_000)), 75)\n\n"
        "    def test_bulky_over_120_only(self):\n"
        "        self.assertEqual([whole(bulky(1_000, cm)) for cm in (120, 121)], [0, 120])\n\n"
        "    def test_remote(self):\n"
        '        self.assertEqual([remote("islands"), remote("north")], [450, 0])\n\n\n'
        "class Together(unittest.TestCase):\n"
        "    def test_each_from_the_base_price(self):\n"
        '        self.assertEqual(whole(surcharges(1_000, "islands", 130)), 75 + 120 + 450)\n',
    )
    before = check(agent, "Now against the code as it is.", "tests.test_surcharge")
    agent.one(
        f"{verdict(before)}: together they come to more. The code:",
        "read_file",
        path="portage/surcharge.py",
        first=25,
        last=40,
    )
    change(
        agent,
        "fuel() is applied to base + long, so long parcels pay fuel on the bulky surcharge too.",
        "portage/surcharge.py",
        "    long = bulky(base, longest_cm)\n    return long + fuel(base + long) + remote(zone)",
        "    return fuel(base) + bulky(base, longest_cm) + remote(zone)",
    )
    after = check(agent, "All tests; prices of short parcels must not move.")
    wrong = listed([name for name in ("test_each_from_the_base_price",) if name in before])
    agent.say(
        f"PRT-118: finance is right. {wrong} failed before the change; after it {verdict(after)}. "
        "A long parcel paid 7.5 % fuel on its 12 % bulky surcharge, 0.9 % of the base price too much."
    )
