"""A chat loop to build applications on: checked input, tools, and a transcript that lasts."""

from brim.chat.loop import ChatLoop
from brim.chat.replies import Piece, Reply, ToolRun
from brim.chat.tools import ChatTool, tool
from brim.chat.transcript import Transcript, TranscriptInfo, Transcripts

__all__ = [
    "ChatLoop",
    "ChatTool",
    "Piece",
    "Reply",
    "ToolRun",
    "Transcript",
    "TranscriptInfo",
    "Transcripts",
    "tool",
]
