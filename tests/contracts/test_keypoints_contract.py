"""Key-point extraction keeps every law of a strategy, in both styles."""

from __future__ import annotations

from typing import ClassVar

from brim.defaults.keypoints import KeyPoints
from brim.testing.contracts import CondenseContract


class TestKeyPoints(CondenseContract):
    plugin = KeyPoints


class TestKeyPointsInSentences(CondenseContract):
    plugin = KeyPoints
    settings: ClassVar = {"style": "sentences", "ratio": 0.6}
    examples = 10
