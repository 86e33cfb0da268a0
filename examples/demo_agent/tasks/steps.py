"""Steps that many tasks share, and how they read results."""

from __future__ import annotations

import re

from demo_agent.agent import Agent, tool


def failures(output: str) -> list[str]:
    """The names of tests that failed, as the runner printed them."""
    return sorted(re.findall(r"^(?:FAIL|ERROR): (\w+)", output, re.MULTILINE))


def verdict(output: str) -> str:
    """'29 tests, 4 of them fail'."""
    ran = re.search(r"Ran (\d+) test", output)
    number = int(ran.group(1)) if ran else 0
    wrong = len(failures(output))
    if number == 1:
        return "1 test, it fails" if wrong else "1 test, it passes"
    return f"{number} tests, " + (f"{wrong} of them fail" if wrong else "all pass")


def listed(names: list[str]) -> str:
    """'a, b and c'."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else "none"


def rows(output: str) -> list[list[str]]:
    """The rows of a query's answer, without header and count."""
    return [line.split(" | ") for line in output.splitlines()[1:-1]]


def change(agent: Agent, why: str, path: str, old: str, new: str) -> str:
    """One edit, announced by its reason."""
    return agent.one(why, "edit_file", path=path, old=old, new=new)


def check(agent: Agent, why: str, target: str = "") -> str:
    """Run tests and give the runner's output; without a target all of them."""
    return agent.one(why, "run_tests", **({"target": target} if target else {}))


def cover(agent: Agent, why: str, path: str, passage: str, test: str) -> str:
    """Put a new test before `passage` of a test file and run that file."""
    change(agent, why, path, passage, test + passage)
    module = path.removesuffix(".py").replace("/", ".")
    return check(agent, f"The new test stands in {path}. I run this module.", module)


def compare(agent: Agent, why: str, source: str, test: str) -> tuple[str, str]:
    """Read a module and its tests in parallel."""
    first, second = agent.act(why, tool("read_file", path=source), tool("read_file", path=test))
    return first, second
