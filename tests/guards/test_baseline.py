"""Baselines: their file, what they refuse to be compared with, and when something is slower."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from brim.bench.baseline import baseline_of, compared, read_baseline
from brim.bench.paired import Measured, measure
from brim.errors import BrimError
from brim.testing.fakes import FakeClock


def noisy(middle: float, seed: int, count: int = 25, noise: float = 0.03) -> list[float]:
    dice = Random(seed)
    return [middle * dice.lognormvariate(0, noise) for _ in range(count)]


def measured(ratios: Sequence[float]) -> dict[str, Measured]:
    return {"trim": Measured("trim", tuple(ratios), tuple(ratios))}


def verdict(before: Sequence[float], now: Sequence[float], threshold: float = 0.1) -> str:
    (change,) = compared(measured(now), baseline_of(measured(before), "s"), threshold)
    return change.verdict


@pytest.mark.parametrize(
    ("factor", "expected"),
    [(1.0, "same"), (1.05, "same"), (1.25, "slower"), (3.0, "slower"), (0.7, "faster")],
)
@pytest.mark.parametrize("seed", range(5))
def test_verdicts(factor: float, expected: str, seed: int):
    assert verdict(noisy(8.0, seed), noisy(8.0 * factor, seed + 100)) == expected


def test_noise_alone_is_no_regression():
    verdicts = [verdict(noisy(8, n, noise=0.2), noisy(8, n + 999, noise=0.2)) for n in range(300)]
    assert verdicts.count("slower") == 0


def test_what_noise_may_explain_is_unclear():
    assert verdict(noisy(8, 1, noise=0.5), noisy(9.5, 2, noise=0.5)) == "unclear"


def test_the_threshold_is_the_callers():
    before, now = noisy(8.0, 1), noisy(8.0 * 1.25, 2)
    assert verdict(before, now, threshold=0.5) == "same"
    assert verdict(before, now, threshold=0.0) == "slower"


def test_an_operation_that_was_slowed_on_purpose_is_found():
    """From the timing on, with a clock that moves as the work says."""

    def taken(milliseconds: float) -> dict[str, Measured]:
        clock, dice = FakeClock(), Random(4)

        def spend(much: float) -> None:
            clock.advance(much * dice.uniform(0.97, 1.03))

        works = {"trim": lambda number: lambda: spend(milliseconds)}
        return dict(measure(works, 15, clock=clock, beside=lambda: spend(1.0)))

    before = baseline_of(taken(4.0), "s")
    assert [one.verdict for one in compared(taken(4.0), before, 0.1)] == ["same"]
    (change,) = compared(taken(5.0), before, 0.1)
    assert change.verdict == "slower"
    assert change.change is not None
    assert change.change.low <= 0.25 <= change.change.high
    assert change.milliseconds == pytest.approx(5_000, rel=0.03)


def test_what_the_baseline_does_not_have_is_new():
    before = baseline_of({"other": Measured("other", (1.0,), (1.0,))}, "s")
    (change,) = compared(measured([1.0, 2.0]), before, 0.1)
    assert (change.verdict, change.before, change.change) == ("new", None, None)


def written(folder: Path, **changes: Any) -> Path:
    made = msgspec.to_builtins(baseline_of(measured([1.0, 2.0, 3.0]), "subject"))
    path = folder / "base.json"
    path.write_text(json.dumps({**made, **changes}))
    return path


def test_what_is_read_is_what_was_written(tmp_path: Path):
    found = read_baseline(written(tmp_path), "subject")
    assert found == baseline_of(measured([1.0, 2.0, 3.0]), "subject")
    assert set(json.loads(written(tmp_path).read_text())) == {
        *("format", "brim", "python", "machine", "reference", "subject", "ratios")
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 99}, "another version of the benchmarks"),
        ({"reference": 99}, "another version of the benchmarks"),
        ({"subject": "other"}, "another conversation or model"),
        ({"python": "CPython 2.7"}, "made with CPython 2.7"),
        ({"machine": "abacus"}, "on abacus"),
        ({"ratios": {"trim": []}}, "the ratios of 'trim' are not all above 0"),
        ({"ratios": {"trim": [1.0, 0.0]}}, "the ratios of 'trim' are not all above 0"),
        ({"ratios": {"trim": ["fast"]}}, "is no baseline"),
        ({"ratios": 7}, "is no baseline"),
        ({"more": 7}, "is no baseline"),
    ],
)
def test_baselines_that_cannot_be_compared(tmp_path: Path, changes: dict[str, Any], said: str):
    with pytest.raises(BrimError, match=said) as caught:
        read_baseline(written(tmp_path, **changes), "subject")
    assert "--save" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff\xfe", b"[]", b"{}", b"null"])
def test_files_that_are_no_baselines(tmp_path: Path, content: bytes):
    path = tmp_path / "b.json"
    path.write_bytes(content)
    with pytest.raises(BrimError, match=r"b\.json is no baseline"):
        read_baseline(path, "subject")


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(BrimError, match="No such file"):
        read_baseline(tmp_path / "none.json", "subject")
