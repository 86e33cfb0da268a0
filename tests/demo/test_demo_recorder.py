"""The recorder really works on files, and the recording is its work."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from brim.demo.recording import Recording

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def recorder() -> Iterator[ModuleType]:
    """`examples/record_demo.py`, imported as its users run it."""
    sys.path.insert(0, str(EXAMPLES))
    import record_demo

    yield record_demo
    sys.path.remove(str(EXAMPLES))


def test_the_first_task_gives_the_first_messages(
    recorder: ModuleType, recording: Recording, tmp_path: Path
) -> None:
    recorder.make_workspace(tmp_path)
    agent = recorder.Agent(recorder.Workspace(tmp_path))
    recorder.TASKS[0](agent)
    request = agent.request()
    assert len(request["messages"]) > 10
    assert request["messages"] == recording.messages[: len(request["messages"])]
    assert request["tools"] == recording.tools


def test_workspaces_are_equal(recorder: ModuleType, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    recorder.make_workspace(one)
    recorder.make_workspace(other)
    names = [path.relative_to(one) for path in sorted(one.rglob("*")) if path.is_file()]
    assert len(names) > 30
    assert all((one / name).read_bytes() == (other / name).read_bytes() for name in names)


def test_tools_work_on_real_files(recorder: ModuleType, tmp_path: Path) -> None:
    recorder.make_workspace(tmp_path)
    workspace = recorder.Workspace(tmp_path)
    before = workspace.run_python("from portage.retry import delays\nprint(max(delays()))")
    changed = workspace.edit_file("portage/retry.py", "2 ** (attempt - 1)", "7")
    after = workspace.run_python("from portage.retry import delays\nprint(max(delays()))")
    assert (before, after) == ("32", "7")
    assert "+    return 7" in changed
    assert workspace.diff() == changed
    assert workspace.csv_query("SELECT count(*) AS n FROM carriers").splitlines()[1] == "4"


def test_results_name_no_folder_of_the_machine(recorder: ModuleType, tmp_path: Path) -> None:
    recorder.make_workspace(tmp_path)
    workspace = recorder.Workspace(tmp_path)
    out = workspace.run_python("from portage.zones import zone_of\nzone_of('77000')")
    assert "UnknownZone" in out
    assert str(tmp_path) not in out
    assert sys.prefix not in out


def test_writing_is_repeatable(recorder: ModuleType, tmp_path: Path) -> None:
    recorder.write({"messages": []}, tmp_path / "a.gz")
    recorder.write({"messages": []}, tmp_path / "b.gz")
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
