"""`brim plugins new`: every distribution that it writes passes its own tests at once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from brim.authoring.kinds import KINDS
from brim.authoring.names import LONGEST, names_of
from brim.cli.main import cli
from brim.errors import PluginError
from brim.testing import contracts
from brim.testing.contracts import Contract
from brim.testing.pytest_plugin import MakeBrim

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = re.compile(r"^\$ brim (.*)$", re.MULTILINE)
TALK = [{"role": "user", "content": "Read the log."}]


def new(*words: str) -> Result:
    return CliRunner().invoke(cli, ["plugins", "new", *words], catch_exceptions=False)


def called(hook: str) -> str:
    return f"demo-{hook.replace('_', '-')}"


def lengthened(hook: str) -> str:
    """A name of the greatest length, which makes the longest lines."""
    return f"zz-{hook.replace('_', '-')}-{'w' * LONGEST}"[:LONGEST]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One distribution for each hook, short of name."""
    folder = tmp_path_factory.mktemp("made")
    for hook in KINDS:
        answer = new(called(hook), "--hook", hook, "--dir", str(folder / called(hook)))
        assert answer.exit_code == 0, answer.output
    return folder


def run(*words: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", *words]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environ}
    return subprocess.run(
        program, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def sources(folder: Path) -> str:
    return os.pathsep.join(str(path) for path in sorted(folder.glob("*/src")))


def test_their_tests_pass(made: Path) -> None:
    words = ("pytest", "-v", "--import-mode=importlib", "-p", "no:cacheprovider", "-W", "error")
    answer = run(*words, *map(str, made.glob("*/tests")), cwd=made, PYTHONPATH=sources(made))
    assert answer.returncode == 0, answer.stdout[-4_000:]
    for hook in KINDS:
        assert f"Test{names_of(called(hook)).kind}::test_is_accepted PASSED" in answer.stdout
    assert "SKIPPED" not in answer.stdout


def test_their_tests_fail_when_the_plugin_is_wrong(tmp_path: Path) -> None:
    new("careless", "--hook", "model", "--dir", str(tmp_path))
    module = tmp_path / "src" / "brim_careless" / "__init__.py"
    source = module.read_text()
    module.write_text(source.replace("MODELS.get(name)", "MODELS[name]"))
    assert module.read_text() != source
    answer = run("pytest", "-q", "-k", "raises or accepted", cwd=tmp_path, PYTHONPATH="src")
    assert answer.returncode == 1
    assert "No task makes it raise." in answer.stdout
    assert "1 failed, 1 passed" in answer.stdout


def test_style(made: Path, tmp_path: Path) -> None:
    if find_spec("ruff") is None:
        pytest.skip("ruff is not here: the style of what is written is not checked")
    for hook in KINDS:
        new(lengthened(hook), "--hook", hook, "--dir", str(tmp_path / hook))
    for folder in (made, tmp_path):
        for words in (("check",), ("format", "--check", "--diff")):
            answer = run("ruff", *words, "--no-cache", ".", cwd=folder)
            assert answer.returncode == 0, answer.stdout + answer.stderr


def test_types(made: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if find_spec("mypy") is None:
        pytest.skip("mypy is not here: the types of what is written are not checked")
    for folder in made.glob(called("*")):
        (tests,) = (folder / "tests").glob("test_*.py")
        (tmp_path / f"test_{folder.name.replace('-', '_')}.py").write_text(tests.read_text())
    cache = request.config.cache
    kept = str(cache.mkdir("scaffold-mypy")) if cache else os.devnull
    words = ("mypy", "--strict", "--python-version", "3.11", "--cache-dir", kept)
    packages = [str(path) for path in made.glob("*/src/*")]
    answer = run(*words, *packages, str(tmp_path), cwd=tmp_path, MYPYPATH=sources(made))
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_every_contract_has_a_template() -> None:
    kinds = [getattr(contracts, name) for name in contracts.__all__]
    with_laws = [kind for kind in kinds if issubclass(kind, Contract) and hasattr(kind, "hook")]
    assert {kind.hook: kind.__name__ for kind in with_laws} == {
        hook: kind.contract for hook, kind in KINDS.items()
    }


def test_nothing_is_left_to_fill_in(made: Path) -> None:
    for path in made.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            assert not re.search(rb"@\w+@", path.read_bytes()), path


def commands(text: str) -> Iterator[list[str]]:
    for found in CONSOLE.finditer(text):
        yield found[1].split()


def follow(command: click.Command, words: list[str]) -> None:
    """Raise unless the words lead to a command, and each option belongs to it."""
    with click.Context(command) as context:
        _, rest, _ = command.make_parser(context).parse_args(words)
        if isinstance(command, click.Group) and rest:
            child = command.get_command(context, rest[0])
            assert child is not None, f"there is no command {rest[0]!r}"
            follow(child, rest[1:])


def test_the_commands_of_the_readme_are_there(made: Path) -> None:
    for readme in made.glob("*/README.md"):
        found = list(commands(readme.read_text()))
        assert found
        for words in found:
            follow(cli, words)


def test_metadata(tmp_path: Path) -> None:
    author = "Ada O'Hara <ada@example.org>"
    answer = new("Brim_Old.Notes", "--hook", "cache", "--dir", str(tmp_path), "--author", author)
    assert "called 'old-notes'" in answer.output
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]
    assert project["name"] == "brim-old-notes"
    assert project["license"] == "MIT"
    assert project["authors"] == [{"name": "Ada O'Hara", "email": "ada@example.org"}]
    assert project["entry-points"] == {"brim": {"old-notes": "brim_old_notes:OldNotes"}}
    assert "brim>=0.1" in project["dependencies"]
    assert "Ada O'Hara" in (tmp_path / "LICENSE").read_text()
    assert (tmp_path / "src" / "brim_old_notes" / "py.typed").read_text() == ""
    for path in ("README.md", "tox.ini", ".gitignore", ".github/workflows/tests.yml"):
        assert (tmp_path / path).is_file()


def test_the_laws_take_few_lines(made: Path) -> None:
    for path in made.glob("*/tests/*.py"):
        code = [line for line in path.read_text().splitlines() if line.strip()]
        assert len(code) <= 10, path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("2fast", "--hook", "cache"), "'fast' would do"),
        (("fün!", "--hook", "cache"), "'f-n' would do"),
        (("brim", "--hook", "cache"), "keep-recent"),
        (("brim-", "--hook", "cache"), "keep-recent"),
        (("x" * 33, "--hook", "cache"), "at most 32"),
        (("disk-cache", "--hook", "cache"), "taken by brim 0.1"),
        (("auto", "--hook", "should_trim"), "built-in"),
        (("settings", "--hook", "condense"), "'my-settings'"),
        (("tier", "--hook", "cache"), "'my-tier'"),
        (("none", "--hook", "cache"), "'my-none'"),
        (("mine", "--hook", "condens"), "did you mean 'condense'?"),
        (("mine", "--hook", "close"), "no new plugin can be made for the hook 'close'"),
    ],
)
def test_refuses(
    words: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = new(*words)
    assert answer.exit_code == 2
    assert said in answer.output
    assert not list(tmp_path.iterdir())


def test_never_overwrites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("brim-mine").mkdir()
    Path("brim-mine", "README.md").write_text("my own")
    Path("file").write_text("mine too")
    for words in ((), ("--dir", "file")):
        answer = new("mine", "--hook", "cache", *words)
        assert answer.exit_code == 2
        assert "--dir" in answer.output
    assert [path.name for path in Path("brim-mine").iterdir()] == ["README.md"]
    assert Path("brim-mine", "README.md").read_text() == "my own"
    assert Path("file").read_text() == "mine too"


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    assert new("mine", "--hook", "provide-cache", "--dir", str(tmp_path)).exit_code == 0
    assert (tmp_path / "pyproject.toml").is_file()


def test_names_are_normalized() -> None:
    for text in ("keep-recent", "brim-keep-recent", "Keep_Recent", " brim.keep..recent "):
        names = names_of(text)
        assert (names.distribution, names.package) == ("brim-keep-recent", "brim_keep_recent")
        assert (names.plugin, names.kind) == ("keep-recent", "KeepRecent")
    with pytest.raises(PluginError):
        names_of("")


def test_the_strategy_acts(made: Path, brim: MakeBrim, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(made / called("condense") / "src")
    import brim_demo_condense  # type: ignore[import-not-found]

    talk: list[dict[str, object]] = [*TALK]
    for number in range(8):
        call = {"name": "read", "arguments": f'{{"part": {number}}}'}
        calls = [{"id": f"c{number}", "type": "function", "function": call}]
        talk.append({"role": "assistant", "content": None, "tool_calls": calls})
        text = f"Part {number} is long. " * 300
        talk.append({"role": "tool", "tool_call_id": f"c{number}", "content": text})
    app = brim(
        brim_demo_condense.DemoCondense,
        strategies=["demo-condense"],
        plugin={"demo-condense": {"newest": 1}},
    )
    fitted = app.fit(talk, model="gpt-4o", budget=9_000)
    assert fitted.report.strategies == ("demo-condense",)
    assert len(fitted.messages) == len(talk)
    assert fitted.messages[-1] is talk[-1]


def test_the_cache_is_opened(made: Path, brim: MakeBrim, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(made / called("provide_cache") / "src")
    import brim_demo_provide_cache  # type: ignore[import-not-found]

    opened: list[object] = []
    tier = brim_demo_provide_cache.Tier
    monkeypatch.setattr(
        brim_demo_provide_cache, "Tier", lambda given: opened.append(given) or tier(given)
    )
    app = brim(brim_demo_provide_cache.DemoProvideCache, caches=["demo-provide-cache"])
    app.fit(TALK, model="gpt-4o")
    assert len(opened) == 1
