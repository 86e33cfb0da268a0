"""The laws of `embed` and `inject_context`, on a server of letters."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from server import Embedder

from brim.testing.contracts import EmbedContract, InjectContextContract
from brim_embeddings import EmbeddingContext, OpenAIEmbeddings


class TestOpenAIEmbeddings(EmbedContract):
    plugin = OpenAIEmbeddings
    settings: ClassVar = {}

    @pytest.fixture(autouse=True)
    def _served(self, shared_embedder: Embedder) -> None:
        type(self).settings = {"url": shared_embedder.url, "key_variable": ""}


class TestEmbeddingContext(InjectContextContract):
    plugin = EmbeddingContext
    settings: ClassVar = {}

    @pytest.fixture(autouse=True)
    def _written(self, tmp_path: Path) -> None:
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs" / "a.md").write_text("the file config.yaml\n\nand an error\n" * 40)
        folders = (str(tmp_path / "docs"),)
        type(self).settings = {"path": str(tmp_path / "e.sqlite"), "folders": folders}
