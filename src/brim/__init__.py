"""Brim keeps every LLM conversation just under the brim of its context window."""

from __future__ import annotations

__version__ = "0.1.0"
