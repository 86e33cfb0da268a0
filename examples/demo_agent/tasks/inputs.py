"""Checks of what comes in: rates and amounts."""

from __future__ import annotations

from demo_agent.agent import Agent
from demo_agent.tasks.steps import change, check, compare, cover, failures, verdict


def check_rates(agent: Agent) -> None:
    agent.user(
        "PRT-107: add input checks to parse_rate. Only EUR, only kg or parcel as the unit, amount "
        "above 0 and at most 500.00, at most two decimals. Everything else raises ValueError with "
        "the text that was given. cents must be an int afterwards."
    )
    probe = agent.one(
        "First what it does today with bad input.",
        "run_python",
        code="from portage.rates import parse_rate\n"
        "for text in ('0.42 EUR/kg', '-1 EUR/kg', '5 USD/kg', '1.005 EUR/kg', '9 EUR/mile', 'x'):\n"
        "    try:\n        print(repr(text), parse_rate(text))\n"
        "    except Exception as error:\n        print(repr(text), type(error).__name__, error)",
    )
    passed = sum("Rate(" in line for line in probe.splitlines())
    _checks(agent, passed)
    broken = check(agent, "The module's tests.", "tests.test_rates")
    change(
        agent,
        f"{'The import of re is missing' if 'NameError' in broken or failures(broken) else 'Fine'}; "
        "I forgot it. Added.",
        "portage/rates.py",
        "from decimal import Decimal\n",
        "import re\nfrom decimal import Decimal\n",
    )
    out = cover(
        agent,
        "Tests for every rule you gave.",
        "tests/test_rates.py",
        "class ParseRate(unittest.TestCase):\n",
        "class BadRates(unittest.TestCase):\n"
        "    def test_refused(self):\n"
        '        bad = ["-1 EUR/kg", "0 EUR/kg", "500.01 EUR/kg", "1.005 EUR/kg", "5 USD/kg", "9 EUR/mile"]\n'
        "        for text in bad:\n"
        "            with self.subTest(text), self.assertRaisesRegex(ValueError, text):\n"
        "                parse_rate(text)\n\n"
        "    def test_largest(self):\n"
        '        self.assertEqual(parse_rate("500.00 EUR/parcel").cents, 50_000)\n\n\n',
    )
    callers = agent.one("Who else calls it?", "search", pattern=r"parse_rate\(", path="portage/")
    agent.say(
        f"PRT-107: parse_rate accepts EUR per kg or parcel, above 0 up to 500.00, two decimals; "
        f"{passed} of 6 probes passed before. {verdict(out)}. Calls in the service: "
        f"{len(callers.splitlines()) - 1} besides the definition, so nobody relies on the old laxness."
    )


def _checks(agent: Agent, passed: int) -> None:
    change(
        agent,
        f"{passed} of 6 are accepted, and cents is a Decimal. One pattern can say all of the form; the "
        "amount is checked after it.",
        "portage/rates.py",
        '    amount, rest = text.split(" ")\n    currency, unit = rest.split("/")\n'
        "    return Rate(Decimal(amount) * 100, unit)",
        "    match = RATE.fullmatch(text)\n"
        "    cents = int(Decimal(match[1]) * 100) if match else 0\n"
        "    if not 0 < cents <= MOST_CENTS:\n"
        '        raise ValueError(f"not a rate: {text!r}")\n'
        "    return Rate(cents, match[2])",
    )
    change(
        agent,
        "The pattern and the largest amount become constants beside the bands.",
        "portage/rates.py",
        "BANDS = [",
        'RATE = re.compile(r"(\\d+(?:\\.\\d{1,2})?) EUR/(kg|parcel)")\nMOST_CENTS = 50_000\nBANDS = [',
    )


def money_input(agent: Agent) -> None:
    agent.user(
        "PRT-126: to_cents('12,505') silently loses half a cent. It must refuse more than two "
        "decimals, and accept '1.250,00' and '1,250.00' as 125000. Empty text is a ValueError too."
    )
    compare(agent, "What is there.", "portage/money.py", "tests/test_money.py")
    probe = agent.one(
        "Today's answers.",
        "run_python",
        code="from portage.money import to_cents\n"
        "for text in ('12,505', '1.250,00', '1,250.00', '', '7', '7.5'):\n"
        "    try:\n        print(repr(text), to_cents(text))\n"
        "    except Exception as error:\n        print(repr(text), type(error).__name__)",
    )
    change(
        agent,
        "The last comma or point followed by one or two digits is the decimal mark; others group "
        f"thousands. Before: {probe.splitlines()[0]}.",
        "portage/money.py",
        '    return int(Decimal(text.replace(",", ".")) * 100)',
        "    match = AMOUNT.fullmatch(text)\n    if not match:\n"
        '        raise ValueError(f"not an amount: {text!r}")\n'
        '    whole_part = re.sub(r"[.,]", "", match[1])\n'
        '    return int(whole_part) * 100 + int((match[2] or "").ljust(2, "0"))',
    )
    change(
        agent,
        "The pattern, and the import this time at once.",
        "portage/money.py",
        "from decimal import ROUND_HALF_UP, Decimal\n",
        "import re\nfrom decimal import ROUND_HALF_UP, Decimal\n\n"
        'AMOUNT = re.compile(r"(\\d+|\\d{1,3}(?:[.,]\\d{3})+)(?:[.,](\\d{1,2}))?")\n',
    )
    out = cover(
        agent,
        "Tests: two groupings, refusals, short forms.",
        "tests/test_money.py",
        "    def test_half_up(self):\n",
        "    def test_groups(self):\n"
        '        self.assertEqual([to_cents("1.250,00"), to_cents("1,250.00")], [125_000] * 2)\n\n'
        "    def test_short(self):\n"
        '        self.assertEqual([to_cents("7"), to_cents("7.5")], [700, 750])\n\n'
        "    def test_refused(self):\n"
        '        for text in ("", "12,5055", "1.2.3", "x", "-1"):\n'
        "            with self.subTest(text), self.assertRaises(ValueError):\n"
        "                to_cents(text)\n\n",
    )
    after = agent.one(
        "And your example, 12,505.",
        "run_python",
        code="from portage.money import to_cents\nprint(to_cents('12,505'))",
    )
    agent.say(
        f"PRT-126: {verdict(out)}. One thing to decide: '12,505' now reads as twelve thousand five hundred "
        f"and five ({after} cents), because ',505' looks like a group of three. If it must be refused, "
        "groups would have to be forbidden without decimals. I left it and put it on the list."
    )
