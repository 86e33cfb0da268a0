"""The first look, and settings."""

from __future__ import annotations

from demo_agent.agent import Agent, tool
from demo_agent.tasks.steps import check, failures, listed, verdict


def look_around(agent: Agent) -> None:
    agent.user(
        "Hello! You take over portage from today. Look around and tell me how it is built. Three "
        "things that hold for everything that follows: never touch config/prod.toml (it is rolled "
        "out from another repository and any change sets off an alarm), amounts stay integer cents, "
        "and name the ticket in your answer whenever I give you one. This one is PRT-100."
    )
    files = agent.one("I start with the list of files.", "list_files")
    names = [line.split()[-1] for line in files.splitlines()]
    modules = [name for name in names if name.startswith("portage/")]
    agent.act(
        f"{len(names)} files, {len(modules)} of them modules. The documents first.",
        tool("read_file", path="README.md"),
        tool("read_file", path="docs/rates.md"),
        tool("read_file", path="docs/runbook.md"),
    )
    agent.act(
        "The price rules name zones, bands and surcharges. I read how a quote is put together.",
        tool("read_file", path="portage/quote.py"),
        tool("read_file", path="portage/rates.py"),
        tool("read_file", path="portage/surcharge.py"),
    )
    imports = agent.one("Which module needs which?", "search", pattern="^from portage", path="portage/")
    tests = agent.one("And what is covered by tests?", "list_files", path="tests/")
    covered = {n.split("test_")[-1] for n in tests.splitlines() if "test_" in n}
    bare = [m.split("/")[1] for m in modules if m.split("/")[1] not in covered and "__" not in m]
    agent.say(
        f"PRT-100: portage has {len(modules)} modules and {len(imports.splitlines())} imports between "
        "them. quote.py is the middle: it asks zones.py for the zone, rates.py for the base price "
        "and surcharge.py for what comes on top; report.py builds on it. manifest.py reads "
        f"shipments, access.py the gateway's log. No tests exist for {listed(bare)}. I will not touch "
        "config/prod.toml, amounts stay integer cents, and I name tickets."
    )


def why_does_the_suite_fail(agent: Agent) -> None:
    agent.user(
        "PRT-101: the test suite is red since last week. Find out why, but do not change anything "
        "yet. I want one line for each failure: what the test expects, what the code does."
    )
    out = check(agent, "I run everything once.")
    names = failures(out)
    agent.act(
        f"{verdict(out)}: {listed(names)}. I read the tests behind them.",
        tool("read_file", path="tests/test_zones.py"),
        tool("read_file", path="tests/test_rates.py"),
        tool("read_file", path="tests/test_schedule.py"),
    )
    agent.act(
        "Now the code that they call.",
        tool("read_file", path="portage/zones.py"),
        tool("read_file", path="portage/schedule.py"),
    )
    probe = agent.one(
        "I check each suspicion with a small program before I claim anything.",
        "run_python",
        code=(
            "import datetime\n"
            "from portage.schedule import is_pickup_day\n"
            "from portage.rates import band_of\n"
            "print('prefix of 01067:', str(int('01067'))[:2])\n"
            "print('band of 29999 g:', band_of(29_999), 'of 30000 g:', band_of(30_000))\n"
            "print('Saturday is a pickup day:', is_pickup_day(datetime.date(2025, 12, 6), set()))"
        ),
    )
    prefix, band, saturday = (line.rsplit(": ", 1)[-1] for line in probe.splitlines())
    agent.say(
        f"PRT-101: {verdict(out)}, with three causes.\n"
        f"- zones.py: 01067 must be east; int() removes the leading zero, the prefix becomes {prefix}.\n"
        f"- rates.py: 30,000 g must be in band l; `grams < limit` puts it into {band}.\n"
        "- schedule.py: Friday after 15:00 must wait for Monday; `weekday() <= 5` lets Saturday "
        f"through (is_pickup_day says {saturday}). test_christmas fails for the same reason.\n"
        "Nothing is changed yet."
    )


def settings_differ(agent: Agent) -> None:
    agent.user(
        "PRT-113: somebody says that dev and prod do not behave the same. Compare the settings and "
        "bring dev in line with prod where docs say so. Port and log level may differ. You know "
        "which file is off limits."
    )
    agent.act(
        "I read both; prod only to compare.",
        tool("read_file", path="config/dev.toml"),
        tool("read_file", path="config/prod.toml"),
    )
    code = (
        "from portage.settings import differences, load\n"
        "for key, dev, prod in differences(load('config/dev.toml'), load('config/prod.toml')):\n"
        "    print(f'{key}: dev {dev!r}, prod {prod!r}')"
    )
    found = agent.one("settings.py can tell the differences itself.", "run_python", code=code)
    keys = [line.split(":")[0] for line in found.splitlines()]
    agent.one(
        f"{len(keys)} keys differ: {listed(keys)}. What do the documents say of valid_days?",
        "search",
        pattern="valid|days",
        path="docs/",
    )
    agent.one(
        "docs/rates.md says 14 days, so dev is wrong with 30. I change dev only.",
        "edit_file",
        path="config/dev.toml",
        old="valid_days = 30",
        new="valid_days = 14",
    )
    left = agent.one("Once more.", "run_python", code=code)
    untouched = agent.one("And prod is as it was?", "diff", path="config/")
    agent.say(
        f"PRT-113: dev had quote.valid_days = 30 where docs/rates.md and prod say 14; dev is now 14. "
        f"Still different, as allowed: {listed([x.split(':')[0] for x in left.splitlines()])}. "
        f"config/prod.toml is {'changed' if 'b/config/prod.toml' in untouched else 'untouched'}."
    )
