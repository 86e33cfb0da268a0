"""The plugin as Brim finds it once it is installed, and the application's providers as it finds
them, before and after."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BEFORE = """
import brim
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

reader = InMemoryMetricReader()
def provide():
    metrics.set_meter_provider(MeterProvider([reader], shutdown_on_exit=False))

{first}
app = brim.Brim()
{second}
app.fit([{{"role": "user", "content": "Hello"}}], model="gpt-4o")
app.close()
data = reader.get_metrics_data()
scope = data.resource_metrics[0].scope_metrics[0]
print(scope.scope.name, sorted(metric.name for metric in scope.metrics)[-1])
"""


def python(code: str, cwd: Path) -> str:
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True).stdout


def test_acts_once_it_is_installed(tmp_path: Path) -> None:
    code = "import sys; sys.argv = ['brim', 'plugins', 'list', '--json'];"
    listed = python(code + "from brim.cli.main import main; main()", tmp_path)
    (found,) = [one for one in json.loads(listed) if one["name"] == "opentelemetry"]
    assert found["active"]
    assert found["distribution"] == "brim-opentelemetry"
    assert found["hooks"] == ["monitor_operation"]


@pytest.mark.parametrize("order", [("provide()", ""), ("", "provide()")])
def test_finds_the_global_providers_whenever_they_are_set(
    tmp_path: Path, order: tuple[str, str]
) -> None:
    told = python(BEFORE.format(first=order[0], second=order[1]), tmp_path)
    assert told == "brim brim.operation.duration\n"


def test_importing_brim_does_not_import_opentelemetry(tmp_path: Path) -> None:
    code = "import brim, sys; print(any(m.startswith('opentelemetry') for m in sys.modules))"
    assert python(code, tmp_path) == "False\n"
