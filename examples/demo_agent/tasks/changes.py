"""Changes that were asked for."""

from __future__ import annotations

from demo_agent.agent import Agent, tool
from demo_agent.tasks.numbers import PROFILE
from demo_agent.tasks.steps import change, check, compare, cover, listed, verdict


def faster_manifest(agent: Agent) -> None:
    agent.user(
        "PRT-109: make `unique` linear. The first row of an id must stay the one that is kept, and "
        "the order too. I want at least 100 times fewer ids looked at for 2,000 rows."
    )
    compare(agent, "Code and tests.", "portage/manifest.py", "tests/test_manifest.py")
    change(
        agent,
        "A dict keeps the first row of each id and the order; setdefault does just that.",
        "portage/manifest.py",
        '    kept = []\n    for row in rows:\n        seen = [other["id"] for other in kept]\n'
        '        if row["id"] not in seen:\n            kept.append(row)\n    return kept',
        '    kept = {}\n    for row in rows:\n        kept.setdefault(row["id"], row)\n'
        "    return list(kept.values())",
    )
    out = cover(
        agent,
        "A test for the order.",
        "tests/test_manifest.py",
        "class Problems(unittest.TestCase):\n",
        "class Order(unittest.TestCase):\n"
        "    def test_order_stays(self):\n"
        '        rows = [{"id": key} for key in "CABAC"]\n'
        '        self.assertEqual([row["id"] for row in unique(rows)], ["C", "A", "B"])\n\n\n',
    )
    table = agent.one("The same trace as before.", "run_python", code=PROFILE)
    agent.say(
        f"PRT-109: {verdict(out)}. 2,000 rows cost 2,000 look-ups instead of 1,999,000 copied ids. "
        f"In the trace the first place is now: {' '.join(table.splitlines()[0].split())}."
    )


def rename_calc(agent: Agent) -> None:
    agent.user(
        "PRT-111: rename calc to price_shipment and calc_all to price_shipments, everywhere, tests "
        "and documents too. No alias for the old names; nobody outside uses them."
    )
    places = agent.one("Every place.", "search", pattern=r"\bcalc(_all)?\b")
    files = sorted({line.split(":")[0] for line in places.splitlines()})
    agent.act(
        f"{len(places.splitlines())} lines in {len(files)} files: {listed(files)}. quote.py first.",
        tool(
            "edit_file",
            path="portage/quote.py",
            old="def calc(shipment, day):",
            new="def price_shipment(shipment, day):",
        ),
        tool(
            "edit_file",
            path="portage/quote.py",
            old="def calc_all(shipments, day):\n    return [calc(",
            new="def price_shipments(shipments, day):\n    return [price_shipment(",
        ),
    )
    agent.act(
        "The report.",
        tool(
            "edit_file",
            path="portage/report.py",
            old="import calc_all",
            new="import price_shipments",
        ),
        tool(
            "edit_file",
            path="portage/report.py",
            old="by_zone(calc_all(",
            new="by_zone(price_shipments(",
        ),
    )
    agent.one(
        "The tests use both names many times; a small program is safer than ten edits.",
        "run_python",
        code="import pathlib, re\npath = pathlib.Path('tests/test_quote.py')\n"
        "text = re.sub(r'\\bcalc_all\\b', 'price_shipments', path.read_text())\n"
        "text = re.sub(r'\\bcalc\\b', 'price_shipment', text)\npath.write_text(text)\n"
        "print(text.count('price_shipment'), 'uses')",
    )
    left = agent.one("Anything left?", "search", pattern=r"\bcalc(_all)?\b")
    out = check(agent, "All tests.")
    change_ = agent.one("The whole change of quote.py and its tests.", "diff", path="tests/test_quote.py")
    added = sum(line.startswith(("+ ", "+f")) for line in change_.splitlines())
    agent.say(
        f"PRT-111: renamed in {listed(files)}; left over: {left}. tests/test_quote.py changed in {added} "
        f"lines. {verdict(out)}."
    )


def settings_from_file(agent: Agent) -> None:
    agent.user(
        "PRT-116: the surcharge rates stand in the code and in the settings. Add a function to "
        "settings.py that says where they disagree, with a test. Do not load settings at import."
    )
    agent.act(
        "Both sides.",
        tool("read_file", path="portage/settings.py"),
        tool("search", pattern="fuel|bulky|remote|FUEL|BULKY|REMOTE", path=""),
    )
    change(
        agent,
        "One function that compares a settings file with the constants.",
        "portage/settings.py",
        "def differences(",
        'def against_code(path):\n    """(key, code, file) for each surcharge that differs."""\n'
        '    code = {"fuel": FUEL, "bulky": BULKY, "remote_cents": REMOTE}\n'
        '    return differences(code, load(path)["surcharge"])\n\n\ndef differences(',
    )
    change(
        agent,
        "Its imports.",
        "portage/settings.py",
        "import tomllib\n",
        "import tomllib\n\nfrom portage.surcharge import BULKY, FUEL, REMOTE\n",
    )
    agent.one(
        "And a test for both files; reading prod is fine, writing is not.",
        "write_file",
        path="tests/test_settings.py",
        content="import unittest\n\nfrom portage.settings import against_code, differences\n\n\n"
        "class Settings(unittest.TestCase):\n"
        "    def test_files_agree_with_the_code(self):\n"
        '        for name in ("dev", "prod"):\n'
        '            self.assertEqual(against_code(f"config/{name}.toml"), [])\n\n'
        "    def test_differences_go_into_tables(self):\n"
        '        self.assertEqual(differences({"a": {"b": 1}}, {"a": {"b": 2}}), [("a.b", 1, 2)])\n\n'
        "    def test_missing_key(self):\n"
        '        self.assertEqual(differences({"a": 1}, {}), [("a", 1, None)])\n',
    )
    out = check(agent, "Run it.", "tests.test_settings")
    agent.say(
        f"PRT-116: settings.against_code(path) lists surcharges that differ from the code; both files "
        f"agree today. {verdict(out)}. Nothing is loaded at import, config/prod.toml was only read."
    )


def holidays(agent: Agent) -> None:
    agent.user(
        "PRT-121: add the holidays of 2026 to data/holidays.csv: 2026-04-03, 2026-04-06, 2026-05-01, "
        "2026-05-14, 2026-05-25, 2026-10-03, 2026-12-25, 2026-12-26. Then tell me how many pickup "
        "days each month of 2026 has."
    )
    now = agent.one("The file as it is.", "read_file", path="data/holidays.csv")
    days = ["04-03", "04-06", "05-01", "05-14", "05-25", "10-03", "12-25", "12-26"]
    agent.one(
        f"{len(now.splitlines()) - 1} days so far. I append yours, in order.",
        "edit_file",
        path="data/holidays.csv",
        old="2026-01-01\n",
        new="2026-01-01\n" + "".join(f"2026-{day}\n" for day in days),
    )
    table = agent.one(
        "Pickup days by month, with the mended schedule.",
        "run_python",
        code="import calendar, datetime\nfrom portage.schedule import pickups_between, read_holidays\n"
        "free = read_holidays('data/holidays.csv')\n"
        "for month in range(1, 13):\n"
        "    last = calendar.monthrange(2026, month)[1]\n"
        "    first, end = datetime.date(2026, month, 1), datetime.date(2026, month, last)\n"
        "    print(f'2026-{month:02d}', len(pickups_between(first, end, free)))",
    )
    weekend = agent.one(
        "Do some of the new ones fall on a weekend anyway?",
        "run_python",
        code="import datetime\nfrom portage.schedule import read_holidays\n"
        "print([d.isoformat() for d in sorted(read_holidays('data/holidays.csv')) if d.weekday() > 4])",
    )
    out = check(agent, "And the tests that read holidays.", "tests.test_schedule")
    total = sum(int(line.split()[1]) for line in table.splitlines())
    agent.say(
        f"PRT-121: {len(days)} holidays added. Pickup days in 2026: "
        + ", ".join(line.replace(" ", ": ") for line in table.splitlines())
        + f"; {total} in all. On a weekend anyway: {weekend}. {verdict(out)}."
    )


USES = """\
import ast, pathlib
files = {p: p.read_text() for p in sorted(pathlib.Path('.').rglob('*.py'))}
for path, text in files.items():
    if path.parts[0] != 'portage':
        continue
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            code = sum(t.count(node.name) for p, t in files.items() if p.parts[0] == 'portage') - 1
            tests = sum(t.count(node.name) for p, t in files.items() if p.parts[0] == 'tests')
            if code == 0:
                print(path, node.name, 'tests:', tests)"""


def dead_code(agent: Agent) -> None:
    agent.user(
        "PRT-123: which functions does nobody use, neither the service nor a test? Remove those. "
        "Keep what only tests use, but list it. Exception: keep schedule.pickups_between and everything "
        "called read_..., the office calls them from a notebook."
    )
    table = agent.one("Each function's name, counted over all files.", "run_python", code=USES)
    unused = [line.split()[:2] for line in table.splitlines() if line.endswith("tests: 0")]
    tested = [line.split()[1] for line in table.splitlines() if not line.endswith("tests: 0")]
    for path, name in unused:
        _remove(agent, path, name)
    again = agent.one("The count again.", "run_python", code=USES)
    out = check(agent, "All tests.")
    gone = [name for _, name in unused if f" {name} " not in again]
    agent.say(
        f"PRT-123: removed {listed(gone)}. Used by tests only, kept: {listed(tested)}. "
        f"pickups_between and read_... stay for the notebook. {verdict(out)}."
    )


def _remove(agent: Agent, path: str, name: str) -> None:
    if name == "pickups_between" or name.startswith("read_"):
        return
    agent.one(
        f"{name} in {path} has no use. I remove it.",
        "run_python",
        code=f"import ast, pathlib\npath = pathlib.Path({path!r})\nlines = path.read_text().splitlines()\n"
        f"node = next(n for n in ast.parse(path.read_text()).body if getattr(n, 'name', '') == {name!r})\n"
        "print(*lines[node.lineno - 1:node.end_lineno], sep='\\n')\n"
        "kept = lines[:node.lineno - 1] + lines[node.end_lineno:]\n"
        "path.write_text('\\n'.join(kept).rstrip().replace('\\n\\n\\n\\n', '\\n\\n') + '\\n')",
    )


ALERT = '''\
"""Says which hours of an access log are over the alert threshold."""

import sys

from portage.access import by_hour, read_log

THRESHOLD = 0.02


def alerts(path):
    """(hour, requests, failed) for each hour over the threshold."""
    hours = sorted(by_hour(read_log(path)).items())
    return [(hour, n, bad) for hour, (n, bad) in hours if bad / n > THRESHOLD]


def main(paths):
    found = [alert for path in paths for alert in alerts(path)]
    for hour, requests, failed in found:
        print(f"{hour} {failed} of {requests}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
'''


def alert_program(agent: Agent) -> None:
    agent.user(
        "PRT-128: make the alert of PRT-105 a program, `python -m portage.alert logs/access.log`. It "
        "prints the hours over the threshold and ends with status 1 if there are any. With a test."
    )
    agent.one(
        "The threshold is the 2 % of the runbook; by_hour exists.",
        "write_file",
        path="portage/alert.py",
        content=ALERT,
    )
    out = agent.one(
        "Tried on the real log.",
        "run_python",
        code="import subprocess, sys\n"
        "done = subprocess.run([sys.executable, '-m', 'portage.alert', 'logs/access.log'], "
        "capture_output=True, text=True)\nprint(done.stdout + f'status {done.returncode}')",
    )
    agent.one(
        "A test with a small log of its own.",
        "write_file",
        path="tests/test_alert.py",
        content="import os\nimport tempfile\nimport unittest\n\nfrom portage.alert import alerts\n\n"
        'LINE = "10.0.0.9 2025-11-03T{hour:02d}:00:00 POST /label {status} 5ms\\n"\n\n\n'
        "class Alerts(unittest.TestCase):\n"
        "    def test_only_hours_over_two_percent(self):\n"
        "        lines = [LINE.format(hour=9, status=201)] * 49 + [LINE.format(hour=9, status=503)]\n"
        "        lines += [LINE.format(hour=10, status=201)] * 48 + [LINE.format(hour=10, status=503)]\n"
        "        with tempfile.TemporaryDirectory() as folder:\n"
        '            path = os.path.join(folder, "access.log")\n'
        '            with open(path, "w") as handle:\n'
        "                handle.writelines(lines)\n"
        '            self.assertEqual(alerts(path), [("2025-11-03T10", 49, 1)])\n',
    )
    tests = check(agent, "1 of 50 is exactly 2 % and must not count; 1 of 49 must.", "tests.test_alert")
    agent.say(
        f"PRT-128: portage/alert.py prints {'; '.join(out.splitlines()[:-1])} and ends with "
        f"{out.splitlines()[-1]}. Exactly 2 % is no alert. {verdict(tests)}."
    )
