"""Counters in Rust: one for the public vocabularies of OpenAI, one for those of open models."""

from __future__ import annotations

from brim_fast_counter.open_models import SplintrCounter, SplintrSettings
from brim_fast_counter.public import ToktokCounter

__all__ = ["SplintrCounter", "SplintrSettings", "ToktokCounter"]
