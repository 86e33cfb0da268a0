"""What the gateway's and the worker's logs tell."""

from __future__ import annotations

from demo_agent.agent import Agent, tool
from demo_agent.tasks.steps import change, cover

HOURS = """\
from portage.access import by_hour, read_log
for hour, (total, failed) in sorted(by_hour(read_log('logs/access.log')).items()):
    print(hour, total, failed, f'{100 * failed / total:.1f}%')"""


def errors_by_hour(agent: Agent) -> None:
    agent.user(
        "PRT-105: summarize the access log errors by hour for 2025-11-03. The alert threshold stands "
        "in the runbook. Tell me which hours would have set it off."
    )
    agent.act(
        "The rule, the parser and the first lines of the log.",
        tool("search", pattern="5xx", path="docs/"),
        tool("read_file", path="portage/access.py"),
        tool("read_file", path="logs/access.log", first=1, last=25),
    )
    table = agent.one("by_hour does the counting.", "run_python", code=HOURS)
    hours = [line.split() for line in table.splitlines()]
    bad = [h for h in hours if float(h[3].rstrip("%")) > 2]
    first = int(bad[0][0][-2:])
    agent.one(
        f"{len(bad)} hours are over 2 %. I read the log around the start of the first one.",
        "read_file",
        path="logs/access.log",
        first=(first - 6) * 60 - 5,
        last=(first - 6) * 60 + 30,
    )
    kinds = agent.one(
        "All statuses of that day, to see what is not a 5xx.",
        "run_python",
        code="from collections import Counter\nfrom portage.access import read_log\n"
        "for status, n in Counter(e['status'] for e in read_log('logs/access.log')).most_common():\n"
        "    print(status, n)",
    )
    named = "\n".join(f"- {h[0][-2:]}:00: {h[2]} of {h[1]} requests, {h[3]}" for h in bad)
    agent.say(
        f"PRT-105: threshold 2 % of an hour's requests with 5xx. Over it:\n{named}\n"
        f"All other hours have none. Most frequent status: {kinds.splitlines()[0].split()[0]}. "
        "4xx answers are spread evenly and belong to clients."
    )


def who_gets_the_errors(agent: Agent) -> None:
    agent.user(
        "Go on with PRT-105: which paths and which clients get the 5xx answers? I suspect client "
        "10.0.2.17, please confirm or clear it."
    )
    paths = agent.one(
        "By path first.",
        "run_python",
        code="from collections import Counter\nfrom portage.access import read_log\n"
        "bad = [e for e in read_log('logs/access.log') if e['status'] >= '500']\n"
        "print('paths', dict(Counter(e['path'] for e in bad)))\n"
        "print('clients', len({e['client'] for e in bad}))\n"
        "print('first', bad[0]['time'], 'last', bad[-1]['time'])",
    )
    suspect = agent.one(
        "One path only. Now the client you named.",
        "search",
        pattern=r"^10\.0\.2\.17 ",
        path="logs/access.log",
    )
    slow = agent.one(
        "And every 503, with how long it took.",
        "search",
        pattern=r" 503 ",
        path="logs/access.log",
    )
    times = [int(line.rsplit(" ", 1)[1].removesuffix("ms")) for line in slow.splitlines()]
    own = sum(" 503 " in line for line in suspect.splitlines())
    agent.say(
        f"PRT-105: {paths.splitlines()[0]}. The 5xx answers went to "
        f"{paths.splitlines()[1].split()[1]} different clients, so it is not one client; 10.0.2.17 has "
        f"{own} of them in {len(suspect.splitlines())} requests and is cleared. Each 503 took "
        f"{min(times)} to {max(times)} ms, which looks like a time limit of 5,000 ms behind /label."
    )


def worker_beside_gateway(agent: Agent) -> None:
    agent.user(
        "PRT-106: put worker.log beside it. Did the worker fail in the same time? If yes, with "
        "which message, and did jobs get lost? The printer pool has 8 slots, remember that number."
    )
    agent.one("How does the worker write?", "read_file", path="logs/worker.log", first=1, last=15)
    failed = agent.one("Everything that failed.", "search", pattern=" failed ", path="logs/worker.log")
    lines = failed.splitlines()
    again = agent.one(
        f"{len(lines)} failed jobs, all in one queue it seems. Counted by hour and message:",
        "run_python",
        code="from collections import Counter\nseen = Counter()\n"
        "for line in open('logs/worker.log'):\n"
        "    stamp, job, queue, attempt, ms, result = line.rstrip().split(' ', 5)\n"
        "    if result.startswith('failed'):\n"
        "        seen[stamp[:13], queue, result] += 1\n"
        "for key, n in sorted(seen.items()):\n    print(n, *key)",
    )
    last = agent.one(
        "Lost means: the last attempt, number 6, failed.",
        "search",
        pattern="attempt=6 .*failed",
        path="logs/worker.log",
    )
    lost = [part for line in last.splitlines() for part in line.split() if part.startswith("job=")]
    agent.say(
        f"PRT-106: yes. {len(lines)} jobs of the label queue failed, by hour: "
        f"{'; '.join(again.splitlines())}. The message is 'printer-pool exhausted'; the pool has 8 slots "
        f"as you say. {len(lost)} jobs failed at attempt 6 and are lost: "
        f"{', '.join(job.removeprefix('job=') for job in lost)}. The gateway's 503 answers on /label "
        "fall into the same two hours."
    )


def unread_lines(agent: Agent) -> None:
    agent.user(
        "PRT-114: the numbers of requests in your table are below what the gateway reports. Does "
        "the parser skip lines? If it does, mend it and give me the table again."
    )
    skipped = agent.one(
        "I list what parse_line cannot read.",
        "run_python",
        code="from portage.access import parse_line\n"
        "lines = open('logs/access.log').read().splitlines()\n"
        "unread = [line for line in lines if not parse_line(line)]\n"
        "print(len(lines), 'lines,', len(unread), 'unread')\nprint(*unread[:12], sep='\\n')",
    )
    head = skipped.splitlines()[0]
    change(
        agent,
        f"{head}: all of them have an IPv6 client, which [\\d.]+ does not match.",
        "portage/access.py",
        r"(?P<client>[\d.]+)",
        r"(?P<client>[\da-f.:]+)",
    )
    cover(
        agent,
        "A test with such a client.",
        "tests/test_access.py",
        "    def test_hours(self):\n",
        "    def test_ipv6_client(self):\n"
        '        entry = parse_line("fd00::1f 2025-11-03T09:12:44 GET /track 200 9ms")\n'
        '        self.assertEqual(entry["client"], "fd00::1f")\n\n',
    )
    table = agent.one("The table again.", "run_python", code=HOURS)
    bad = [x for x in map(str.split, table.splitlines()) if float(x[3].rstrip("%")) > 2]
    agent.say(
        f"PRT-114: {head}; IPv6 clients were skipped. Mended and tested. Over the threshold are still "
        + " and ".join(f"{x[0][-2:]}:00 ({x[2]} of {x[1]}, {x[3]})" for x in bad)
        + ". The answer to PRT-105 stands, with these corrected numbers."
    )


def slow_jobs(agent: Agent) -> None:
    agent.user(
        "PRT-122: besides the two bad hours, which queue is slow? Give me number, median and 95th "
        "percentile of the milliseconds by queue, without failed jobs. Our limit for the 95th "
        "percentile is 1,000 ms."
    )
    code = (
        "import statistics\nqueues = {}\n"
        "for line in open('logs/worker.log'):\n"
        "    stamp, job, queue, attempt, ms, result = line.rstrip().split(' ', 5)\n"
        "    if result == 'done':\n"
        "        queues.setdefault(queue[6:], []).append(int(ms[3:]))\n"
        "for name, times in sorted(queues.items()):\n"
        "    p95 = statistics.quantiles(times, n=20)[-1]\n"
        "    print(name, len(times), statistics.median(times), round(p95))"
    )
    table = agent.one("I compute it from the log.", "run_python", code=code)
    over = [line.split() for line in table.splitlines() if int(line.split()[3]) > 1000]
    slow = agent.one(
        f"Over the limit: {', '.join(x[0] for x in over)}. The slow lines themselves:",
        "search",
        pattern=r"queue=invoice .* ms=[6-9]\d{3} ",
        path="logs/worker.log",
    )
    hours = agent.one(
        f"{len(slow.splitlines())} jobs over 6,000 ms. Do they share an hour?",
        "run_python",
        code="import re\nfrom collections import Counter\n"
        "text = open('logs/worker.log').read()\n"
        "hits = re.findall(r'T(\\d\\d).*queue=invoice .* ms=[6-9]\\d{3} ', text)\n"
        "print(sorted(Counter(hits).items()))",
    )
    agent.say(
        "PRT-122, queue, jobs, median and 95th percentile in ms:\n"
        + "\n".join(f"- {line}" for line in table.splitlines())
        + f"\nOver 1,000 ms: {', '.join(x[0] for x in over)}. Its {len(slow.splitlines())} slow jobs are "
        f"spread over the day ({hours}), so it is not the printer pool; I would look at what these "
        "invoices have in common next."
    )
