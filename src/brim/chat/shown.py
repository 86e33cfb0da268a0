"""What a loop logs of itself where the settings want to see it. Never what anyone said."""

from __future__ import annotations

from brim.chat.replies import Reply, ToolRun
from brim.road.brim import Brim

__all__ = ["show_reply", "show_tool"]


def show_reply(brim: Brim, reply: Reply) -> None:
    """The tokens of an iteration, with `chat.show_token_usage`."""
    if brim.settings.chat.show_token_usage:
        from loguru import logger

        usage = reply.report.after
        logger.info(
            f"tokens: {reply.input_tokens:,} read ({reply.cached_tokens:,} cached), "
            f"{reply.output_tokens:,} written; the context holds {usage.tokens:,} of "
            f"{usage.budget:,} ({usage.utilization:.0%})"
        )


def show_tool(brim: Brim, run: ToolRun) -> None:
    """The outcome of a tool's call, with `chat.show_tool_details`."""
    if brim.settings.chat.show_tool_details:
        from loguru import logger

        outcome = "kept from before" if run.cached else run.error or "done"
        logger.info(
            f"tool {run.name}: {outcome} in {run.seconds:.3f} s, {len(run.text):,} characters"
        )
