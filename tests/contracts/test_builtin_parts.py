"""The other built-in plugins keep every law of their hooks."""

from __future__ import annotations

from typing import ClassVar

from brim.defaults import estimate_counter
from brim.defaults.cache_economics import CacheEconomics
from brim.defaults.history_pairs import HistoryPairs
from brim.defaults.models import BuiltinModels
from brim.defaults.operation_log import OperationLog
from brim.defaults.operation_metrics import OperationMetrics
from brim.defaults.rate_limit import RateLimit
from brim.defaults.tiktoken_counter import TiktokenCounter
from brim.defaults.token_budget import TokenBudget
from brim.dialects.anthropic import Anthropic
from brim.dialects.openai_chat import OpenAIChat
from brim.dialects.openai_responses import OpenAIResponses
from brim.testing.contracts import (
    AdmitContract,
    CountTokensContract,
    DialectContract,
    ModelContract,
    MonitorContract,
    ShouldTrimContract,
)


class TestEstimateCounter(CountTokensContract):
    plugin = estimate_counter


class TestTiktokenCounter(CountTokensContract):
    plugin = TiktokenCounter


class TestTokenBudget(ShouldTrimContract):
    plugin = TokenBudget


class TestTokenBudgetWithLessRoom(ShouldTrimContract):
    plugin = TokenBudget
    settings: ClassVar = {"trigger": 0.6, "target": 0.2}


class TestHistoryPairs(ShouldTrimContract):
    plugin = HistoryPairs
    settings: ClassVar = {"max_history_pairs": 2}


class TestCacheEconomics(ShouldTrimContract):
    plugin = CacheEconomics


class TestBuiltinModels(ModelContract):
    plugin = BuiltinModels
    models = BuiltinModels().names()


class TestOpenAIChat(DialectContract):
    plugin = OpenAIChat


class TestOpenAIResponses(DialectContract):
    plugin = OpenAIResponses


class TestAnthropic(DialectContract):
    plugin = Anthropic


class TestOperationLog(MonitorContract):
    plugin = OperationLog


class TestOperationMetrics(MonitorContract):
    plugin = OperationMetrics


class TestRateLimit(AdmitContract):
    plugin = RateLimit
    settings: ClassVar = {"requests": 3, "tokens": 100, "models": {"gpt-4o": {"requests": 1}}}


class TestRateLimitInWindows(AdmitContract):
    plugin = RateLimit
    settings: ClassVar = {"requests": 3, "tokens": 100, "algorithm": "sliding-window"}
