"""LangChain and LangGraph, with every model call inside of the context window.

agent = create_agent(model, tools, middleware=[BrimMiddleware()])
"""

from __future__ import annotations

from brim_langchain.fitting import afit_messages, fit_messages
from brim_langchain.middleware import BrimMiddleware
from brim_langchain.trimming import trim_messages

__all__ = ["BrimMiddleware", "afit_messages", "fit_messages", "trim_messages"]
