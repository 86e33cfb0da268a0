"""The agent's tools. Each one really works on the files of the workspace."""

from __future__ import annotations

import csv
import difflib
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

SCRUB = [
    (re.compile(r"Ran (\d+) tests? in [\d.]+s"), r"Ran \1 tests"),
    (re.compile(r" *[\^~]{2,}\n"), ""),
]


def schema(name: str, description: str, **parameters: str) -> dict[str, object]:
    """A tool definition. Parameter types are strings unless the text starts with 'int: '."""
    properties = {
        key: {"type": "integer" if text.startswith("int: ") else "string"}
        | {"description": text.removeprefix("int: ").removeprefix("optional: ")}
        for key, text in parameters.items()
    }
    required = [key for key, text in parameters.items() if "optional" not in text]
    body = {"type": "object", "properties": properties, "required": required}
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": body},
    }


TOOLS = [
    schema("list_files", "List files with their number of lines.", path="optional: a folder"),
    schema(
        "read_file",
        "Read a file with line numbers.",
        path="the file",
        first="int: optional first line",
        last="int: optional last line",
    ),
    schema(
        "search",
        "Find a regular expression in the files.",
        pattern="regular expression",
        path="optional: file or folder",
    ),
    schema("run_tests", "Run the tests.", target="optional: one test module"),
    schema("run_python", "Run a Python program in the workspace.", code="the program"),
    schema("write_file", "Create or replace a file.", path="the file", content="its text"),
    schema(
        "edit_file",
        "Replace one passage of a file.",
        path="the file",
        old="the passage, which occurs once",
        new="what stands there afterwards",
    ),
    schema("csv_query", "Ask SQL of the tables in data/ (one per CSV file).", sql="one SELECT"),
    schema("diff", "Show what changed since the start.", path="optional: file or folder"),
]


class Workspace:
    """A folder, and the tools that work in it. Every tool takes and gives text."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.before = {name: self._read(name) for name in self._names("")}

    def list_files(self, path: str = "") -> str:
        return "\n".join(f"{self._read(n).count(chr(10)):>5}  {n}" for n in self._names(path))

    def read_file(self, path: str, first: int = 1, last: int = 10_000) -> str:
        lines = self._read(path).splitlines()
        shown = enumerate(lines[first - 1 : last], first)
        return "\n".join(f"{number:>4}  {line}" for number, line in shown)

    def search(self, pattern: str, path: str = "") -> str:
        found = [
            f"{name}:{number}: {line.strip()}"
            for name in self._names(path)
            for number, line in enumerate(self._read(name).splitlines(), 1)
            if re.search(pattern, line)
        ]
        return "\n".join(found[:60]) or "nothing found"

    def run_tests(self, target: str = "") -> str:
        command = ["-m", "unittest", "-v", *([target] if target else [])]
        return self._python(command)

    def run_python(self, code: str) -> str:
        return self._python(["-c", code])

    def write_file(self, path: str, content: str) -> str:
        (self.root / path).write_text(content)
        return f"wrote {path}, {content.count(chr(10))} lines"

    def edit_file(self, path: str, old: str, new: str) -> str:
        text = self._read(path)
        if text.count(old) != 1:
            raise ValueError(f"{path}: the passage occurs {text.count(old)} times")
        (self.root / path).write_text(text.replace(old, new))
        return _diff(path, text, text.replace(old, new))

    def csv_query(self, sql: str) -> str:
        database = sqlite3.connect(":memory:")
        for table in sorted((self.root / "data").glob("*.csv")):
            _load(database, table)
        cursor = database.execute(sql)
        header = " | ".join(column[0] for column in cursor.description)
        rows = [" | ".join(str(value) for value in row) for row in cursor]
        database.close()
        return "\n".join([header, *rows, f"({len(rows)} rows)"])

    def diff(self, path: str = "") -> str:
        names = sorted({*self._names(path), *(n for n in self.before if n.startswith(path))})
        pieces = [_diff(n, self.before.get(n, ""), self._read(n)) for n in names]
        return "\n".join(piece for piece in pieces if piece) or "no changes"

    def _names(self, path: str) -> list[str]:
        every = sorted(p for p in self.root.rglob("*") if p.is_file() and p.suffix != ".pyc")
        names = [str(p.relative_to(self.root)) for p in every]
        return [name for name in names if name.startswith(path)]

    def _read(self, path: str) -> str:
        file = self.root / path
        return file.read_text() if file.exists() else ""

    def _python(self, arguments: list[str]) -> str:
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return self._scrub(done.stdout + done.stderr) or "(no output)"

    def _scrub(self, text: str) -> str:
        """Nothing of this machine: no folders, no interpreter, no times."""
        text = text.replace(str(self.root.resolve()) + "/", "").replace(str(self.root) + "/", "")
        for prefix in {sys.base_prefix, sys.prefix}:
            text = text.replace(prefix, "python")
        for pattern, plain in SCRUB:
            text = pattern.sub(plain, text)
        return text.strip()


def _diff(name: str, before: str, after: str) -> str:
    old, new = before.splitlines(), after.splitlines()
    return "\n".join(difflib.unified_diff(old, new, f"a/{name}", f"b/{name}", "", "", 2, ""))


def _load(database: sqlite3.Connection, table: Path) -> None:
    with table.open(newline="") as handle:
        header, *rows = list(csv.reader(handle))
    columns = ", ".join(f'"{column}" NUMERIC' for column in header)
    database.execute(f'CREATE TABLE "{table.stem}" ({columns})')
    marks = ", ".join("?" for _ in header)
    database.executemany(f'INSERT INTO "{table.stem}" VALUES ({marks})', rows)
