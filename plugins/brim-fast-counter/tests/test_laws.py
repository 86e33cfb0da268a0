"""Every law of a counter."""

from __future__ import annotations

from typing import ClassVar

from brim.api import ModelProfile
from brim.testing.contracts import CountTokensContract
from brim_fast_counter import SplintrCounter, ToktokCounter


class TestO200k(CountTokensContract):
    plugin = ToktokCounter


class TestCl100k(CountTokensContract):
    plugin = ToktokCounter
    profile: ClassVar = ModelProfile("gpt-4", encoding="cl100k_base", scale=1.3, margin=0.1)


class TestLlama(CountTokensContract):
    plugin = SplintrCounter
    profile: ClassVar = ModelProfile("llama-3.1", scale=1.03)


class TestQwen(CountTokensContract):
    plugin = SplintrCounter
    profile: ClassVar = ModelProfile("qwen3", scale=1.07)
