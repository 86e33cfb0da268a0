"""The end of the job: looking back over everything."""

from __future__ import annotations

from demo_agent.agent import Agent, tool
from demo_agent.tasks.steps import change, check, listed, rows, verdict


def go_through_modules(agent: Agent) -> None:
    agent.user(
        "PRT-129: before the release, go through the modules one at a time: read the code, see what "
        "changed since we started, and give me one line on each. Say so if a line is longer than 100 "
        "characters or a function has more than 20 lines."
    )
    files = agent.one("The list.", "list_files", path="portage/")
    names = [line.split()[-1] for line in files.splitlines()]
    lines = [_module(agent, name) for name in names]
    agent.say("PRT-129, module by module:\n" + "\n".join(f"- {line}" for line in lines))


def _module(agent: Agent, name: str) -> str:
    source, changed = agent.act(
        f"{name}: the code and what changed.",
        tool("read_file", path=name),
        tool("diff", path=name),
    )
    text = [line[6:] for line in source.splitlines()]
    long = sum(len(line) > 100 for line in text)
    functions = sum(line.lstrip().startswith("def ") for line in text)
    added = sum(x.startswith("+") and not x.startswith("+++") for x in changed.splitlines())
    gone = sum(x.startswith("-") and not x.startswith("---") for x in changed.splitlines())
    moved = f"{added} lines added, {gone} removed" if added or gone else "unchanged"
    long_text = f", {long} lines over 100 characters" if long else ""
    return f"{name}: {len(text)} lines, {functions} functions, {moved}{long_text}"


def changelog(agent: Agent) -> None:
    agent.user(
        "PRT-130: write the changelog for 1.5.0 from what really changed, and raise the version. One "
        "line for each ticket that changed code or data. Plain words, no module names."
    )
    out = agent.act(
        "The version, the changelog, and where both are used.",
        tool("read_file", path="CHANGELOG.md"),
        tool("read_file", path="portage/__init__.py"),
        tool("search", pattern=r"1\.4\.0"),
    )[2]
    entries = {
        "PRT-102": "Postal codes with a leading zero find their zone.",
        "PRT-103": "A parcel exactly on a weight limit pays the lower band.",
        "PRT-104": "No pickups on Saturdays.",
        "PRT-107": "Rates are checked when they are read.",
        "PRT-109": "Importing a day's shipments no longer slows down with the square of their number.",
        "PRT-112": "Reports never show quotes of another customer.",
        "PRT-114": "Requests from IPv6 clients count in the hourly table.",
        "PRT-115": "Retries wait 30 seconds at most.",
        "PRT-118": "Surcharges are computed from the base price only.",
        "PRT-121": "Holidays of 2026.",
        "PRT-126": "Amounts may have thousands marks; more than two decimals are refused.",
        "PRT-128": "A program that names the hours over the alert threshold.",
    }
    body = "".join(f"- {text} ({ticket})\n" for ticket, text in entries.items())
    change(
        agent,
        f"{len(out.splitlines())} places name 1.4.0. The new section:",
        "CHANGELOG.md",
        "## 1.4.0\n",
        f"## 1.5.0\n\n{body}\n## 1.4.0\n",
    )
    change(agent, "The version.", "portage/__init__.py", '"1.4.0"', '"1.5.0"')
    shown = agent.one("Does it show?", "run_python", code="import portage\nprint(portage.VERSION)")
    agent.say(f"PRT-130: version {shown}, {len(entries)} lines in the changelog, one for each ticket.")


def what_was_said(agent: Agent) -> None:
    agent.user(
        "Before you finish: I need a page docs/handover.md with the facts from our talk that are "
        "written nowhere else. The alert hours, lost jobs, shipments to correct, who gets a refund and "
        "the rules I gave you on the first day."
    )
    agent.one("I do not trust memory for numbers. The hours:", "run_python", code=_ALERTS)
    lost = agent.one("The lost jobs.", "search", pattern="attempt=6 .*failed", path="logs/worker.log")
    double, blank = agent.act(
        "The shipments.",
        tool(
            "csv_query",
            sql="SELECT id FROM shipments GROUP BY id HAVING count(*) > 1 ORDER BY id",
        ),
        tool(
            "csv_query",
            sql="SELECT id FROM shipments WHERE postcode = '' OR grams <= 0 ORDER BY id",
        ),
    )
    ids = [row[0] for row in rows(double) + rows(blank)]
    jobs = [x.removeprefix("job=") for x in lost.split() if x.startswith("job=")]
    page = (
        "# Handover\n\n"
        "- config/prod.toml is never changed here. Amounts are integer cents.\n"
        f"- Lost label jobs of 2025-11-03: {', '.join(jobs)}. The printer pool has 8 slots.\n"
        f"- Shipments for the office to correct: {', '.join(ids)}.\n"
        "- Refunds of PRT-119 go to customers with 50 cents or more, the others get a voucher.\n"
        "- schedule.pickups_between and read_... are called from a notebook; they look unused and are not.\n"
        "- Open: '12,505' reads as a group of thousands (PRT-126).\n"
    )
    agent.one("The page.", "write_file", path="docs/handover.md", content=page)
    agent.one("As it reads.", "read_file", path="docs/handover.md")
    agent.say(
        f"docs/handover.md names {len(jobs)} lost jobs, {len(ids)} shipments to correct, the 8 slots of "
        "the printer pool, the refund limit of 50 cents, the notebook that uses pickups_between, and "
        "that config/prod.toml stays untouched."
    )


_ALERTS = "from portage.alert import alerts\nprint(*alerts('logs/access.log'), sep='\\n')"


def last_check(agent: Agent) -> None:
    agent.user(
        "Last one, PRT-135: run everything again, show that config/prod.toml is as it was, and give me "
        "the list of tickets with their state."
    )
    out = check(agent, "All tests, for the last time.")
    config = agent.one(f"{verdict(out)}. The settings:", "diff", path="config/")
    agent.one("And where documents and tests changed, as numbers.", "run_python", code=_SIZES)
    files = config.count("+++ ")
    prod = "changed" if "b/config/prod.toml" in config else "exactly as it was"
    done = [f"PRT-{n}" for n in range(100, 136) if n != 126]
    agent.say(
        f"PRT-135: {verdict(out)}. {files} settings file changed, config/dev.toml; config/prod.toml is "
        f"{prod}. Done: {listed(done)}. Open: PRT-126 waits for your word on '12,505'."
    )


_SIZES = (
    "import pathlib\n"
    "for folder in ('portage', 'tests', 'docs', 'config', 'data'):\n"
    "    files = sorted(p for p in pathlib.Path(folder).iterdir() if p.is_file())\n"
    "    print(folder, len(files), 'files', sum(p.read_text().count('\\n') for p in files), 'lines')"
)
