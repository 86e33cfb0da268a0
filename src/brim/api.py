"""All that a plugin imports."""

from __future__ import annotations

from brim.deprecations import resolve
from brim.errors import (
    BrimError,
    BudgetInfeasible,
    CompletionError,
    InputRefused,
    InvalidConversation,
    MalformedRequest,
    PluginError,
    RequestRefused,
    SettingsError,
    StoreCorrupt,
    StoreError,
    StoreUnsafe,
)
from brim.hookspecs import HOOK_API, hookimpl
from brim.kinds import ContentKind, content_kind
from brim.model.conversation import Conversation, Exchange, Tool
from brim.model.decisions import (
    Condensation,
    CondenseTask,
    Counts,
    Drop,
    Edit,
    LastRequest,
    Level,
    PastCondensation,
    Replace,
    Rewrite,
    Shape,
    TrimDecision,
    TrimTask,
    Usage,
)
from brim.model.messages import (
    Document,
    Image,
    Message,
    Opaque,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from brim.model.operations import (
    Ask,
    Completion,
    Delta,
    InjectTask,
    Operation,
    Request,
    Snippet,
)
from brim.model.profiles import ImageLimits, ImageRule, ModelProfile, Overheads, Prices
from brim.model.stats import (
    Band,
    CacheStats,
    CondensationStats,
    OperationStats,
    Stats,
    TrafficStats,
)
from brim.overflow import Overflow, overflow_of
from brim.retrieval.index import Index
from brim.retrieval.library import Library
from brim.retrieval.passages import Found, Passage, chosen, fused, pieces, spread
from brim.retrieval.relevance import relevance
from brim.retrieval.talk import Talk
from brim.statements import Statement, statements
from brim.store.files import owned_directory
from brim.store.home import cache_home
from brim.store.sqlite import Store, StoreStats, Table, open_store
from brim.texts import cut, is_marked, is_note, left_out, note_body

__all__ = [
    "HOOK_API",
    "Ask",
    "Band",
    "BrimError",
    "BudgetInfeasible",
    "CacheStats",
    "Completion",
    "CompletionError",
    "Condensation",
    "CondensationStats",
    "CondenseTask",
    "ContentKind",
    "Conversation",
    "Counts",
    "Delta",
    "Document",
    "Drop",
    "Edit",
    "Exchange",
    "Found",
    "Image",
    "ImageLimits",
    "ImageRule",
    "Index",
    "InjectTask",
    "InputRefused",
    "InvalidConversation",
    "LastRequest",
    "Level",
    "Library",
    "MalformedRequest",
    "Message",
    "ModelProfile",
    "Opaque",
    "Operation",
    "OperationStats",
    "Overflow",
    "Overheads",
    "Part",
    "Passage",
    "PastCondensation",
    "PluginError",
    "Prices",
    "Replace",
    "Request",
    "RequestRefused",
    "Rewrite",
    "SettingsError",
    "Shape",
    "Snippet",
    "Statement",
    "Stats",
    "Store",
    "StoreCorrupt",
    "StoreError",
    "StoreStats",
    "StoreUnsafe",
    "Table",
    "Talk",
    "Text",
    "Thinking",
    "Tool",
    "ToolCall",
    "ToolResult",
    "TrafficStats",
    "TrimDecision",
    "TrimTask",
    "Usage",
    "cache_home",
    "chosen",
    "content_kind",
    "cut",
    "fused",
    "hookimpl",
    "is_marked",
    "is_note",
    "left_out",
    "note_body",
    "open_store",
    "overflow_of",
    "owned_directory",
    "pieces",
    "relevance",
    "spread",
    "statements",
]


def __getattr__(name: str) -> object:
    return resolve("brim.api", name)
