"""How many small faults, planted one by one into a module, do its tests notice?

    python bench/mutation.py                 # the two modules that decide what may go out
    python bench/mutation.py --list          # the faults, without running anything

A fault is a flipped comparison, a negated condition, `and` for `or`, a number that is one off, a
`return` of None, or a statement left out. Each is tried in a process of its own (POSIX only), which
ends at the first test that fails. Functions of the module get the changed code in place, so that
nothing has to be imported again. What survives is either a gap in the tests or a fault that changes
nothing; each is shown with its line.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
COVERED_BY = {
    "brim.road.condensing.verify": ("tests/road/test_verify.py",),
    "brim.road.plans.edits": (
        "tests/road/test_edits_parts.py",
        "tests/road/test_edits.py",
        "tests/road/test_thinking.py",
    ),
}
FLIPPED = {
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
NEAR = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
DELETED = (ast.Expr, ast.AugAssign, ast.Raise, ast.Continue)
LONGEST = 60
"""Seconds of processor time for the tests of one fault. A fault that makes them run on for ever is
noticed, too; on a busy machine that must not be told from the clock on the wall."""

# What is imported here already cannot be rewritten by pytest, which is no fault of the tests.
QUIETLY = ("-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")

Fault = tuple[str, ast.Module]


def _variants(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Each way to break this one node."""
    changed = copy.deepcopy(node)
    match changed:
        case ast.Compare(ops=ops):
            for at, op in enumerate(ops):
                for table in (FLIPPED, NEAR):
                    if type(op) in table:
                        other = copy.deepcopy(changed)
                        other.ops[at] = table[type(op)]()
                        yield f"{type(op).__name__} -> {type(other.ops[at]).__name__}", other
        case ast.BoolOp():
            changed.op = ast.Or() if isinstance(changed.op, ast.And) else ast.And()
            yield "and <-> or", changed
        case ast.If() | ast.IfExp():
            changed.test = ast.UnaryOp(ast.Not(), changed.test)
            yield "condition negated", changed
        case ast.UnaryOp(op=ast.Not()):
            yield "not removed", changed.operand
        case ast.Constant(value=bool(value)):
            yield f"{value} -> {not value}", ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield f"{value} -> {value + 1}", ast.Constant(value + 1)
        case ast.Return(value=value) if value is not None:
            yield "returns None", ast.Return(ast.Constant(None))
        case _ if isinstance(changed, DELETED) and not _is_docstring(changed):
            yield f"{type(changed).__name__} left out", ast.Pass()


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def faults(source: str) -> Iterator[Fault]:
    """(what and where, the module with it), for every fault."""
    tree = ast.parse(source)
    count = sum(1 for _ in ast.walk(tree))
    for place in range(count):
        node = next(n for at, n in enumerate(ast.walk(tree)) if at == place)
        for what, variant in _variants(node):
            broken = copy.deepcopy(tree)
            target = next(n for at, n in enumerate(ast.walk(broken)) if at == place)
            _Swap(target, variant).visit(broken)
            line = getattr(node, "lineno", 0)
            yield f"line {line}: {what}", ast.fix_missing_locations(broken)


class _Swap(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self.old:
            return ast.copy_location(self.new, node)
        return super().generic_visit(node)


def plant(module: ModuleType, tree: ast.Module) -> None:
    """Let the functions of the module run the code of `tree`, and take its constants."""
    fresh: dict[str, object] = {"__name__": module.__name__}
    exec(compile(tree, str(module.__file__), "exec"), fresh)
    for name, old in vars(module).copy().items():
        new = fresh.get(name)
        if isinstance(old, FunctionType) and isinstance(new, FunctionType):
            if old.__module__ == module.__name__:
                old.__code__ = new.__code__
        elif isinstance(new, int | str) and not name.startswith("__"):
            setattr(module, name, new)


def noticed(module: ModuleType, tree: ast.Module | None, tests: list[str]) -> bool:
    """Whether a test fails with this fault, in a child process."""
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST))
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        try:
            if tree is not None:
                plant(module, tree)
            code = pytest.main([*QUIETLY, *tests])
        except BaseException:
            code = 1
        os._exit(int(code))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) != 0


def judge(name: str, listed: bool, seconds: float) -> bool:
    """Try every fault of a module. Whether all were noticed."""
    module = importlib.import_module(name)
    found = list(faults(Path(str(module.__file__)).read_text(encoding="utf-8")))
    tests = [str(ROOT / path) for path in COVERED_BY[name]]
    if listed:
        print(name, *(what for what, _ in found), sep="\n  ")
        return True
    if noticed(module, None, tests):
        sys.exit(f"{name}: its tests fail without any fault")
    survivors, tried, started = [], 0, time.monotonic()
    for what, tree in found:
        if time.monotonic() - started > seconds:
            break
        tried += 1
        if not noticed(module, tree, tests):
            survivors.append(what)
            print(f"  {name} {what}: not noticed", flush=True)
    killed = tried - len(survivors)
    left = f", {len(found) - tried} not tried" if tried < len(found) else ""
    print(f"{name}: {killed} of {tried} faults noticed, {killed / tried:.1%}{left}", flush=True)
    return not survivors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", default=[*COVERED_BY], help="dotted names")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seconds", type=float, default=1_200.0, help="for each module")
    given = parser.parse_args()
    os.chdir(ROOT)
    import_heavy()
    results = [judge(name, given.list, given.seconds) for name in given.modules]
    sys.exit(not all(results))


def import_heavy() -> None:
    """What every child would otherwise load anew: pytest's world and a vocabulary."""
    import hypothesis  # noqa: F401

    import brim

    with brim.Brim({"archive": {"where": "off"}}) as app:
        app.count([{"role": "user", "content": "warm"}], model="gpt-4o")


if __name__ == "__main__":
    main()
