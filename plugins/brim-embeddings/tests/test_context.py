"""Context by meaning, from the whole road down to the server that embeds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from server import Embedder

from brim.testing.pytest_plugin import MakeBrim
from brim_embeddings import EmbeddingContext, OpenAIEmbeddings

FACTS = (
    "My feline is called Turing.",
    "We moved the ledger to PostgreSQL.",
    "The automobile is red.",
)


def chat(question: str) -> list[dict[str, Any]]:
    texts = [f"{fact} " + "Nothing else of note was said here. " * 8 for fact in FACTS]
    texts += [
        f"Let us speak of topic {i}. " + "Nothing else of note was said. " * 8 for i in range(30)
    ]
    found: list[dict[str, Any]] = []
    for text in texts:
        found += [{"role": "user", "content": text}, {"role": "assistant", "content": "I see."}]
    return [*found, {"role": "user", "content": question}]


def settings(embedder: Embedder, path: Path, **own: object) -> dict[str, Any]:
    return {
        "inject": ["embedding-context"],
        "injection": {"mode": "on", "timeout": 20, "share": 0.2},
        "strategies": ["smart-truncation"],
        "plugin": {
            "embedding-context": {"path": str(path / "e.sqlite"), **own},
            "openai-embeddings": {"url": embedder.url, "key_variable": ""},
        },
    }


def injected(app: Any, question: str, tenant: str = "") -> str:
    fitted = app.fit(chat(question), model="gpt-4o", budget=1_200, tenant=tenant)
    content = fitted.messages[-1]["content"]
    return str(content[-1]["text"]) if isinstance(content, list) else ""


def test_meaning_finds_what_keywords_do_not(
    brim: MakeBrim, embedder: Embedder, tmp_path: Path
) -> None:
    app = brim(EmbeddingContext, OpenAIEmbeddings, **settings(embedder, tmp_path))
    assert "My feline is called Turing." in injected(app, "cat?")
    embedder.status = 500
    other = brim(EmbeddingContext, OpenAIEmbeddings, **settings(embedder, tmp_path / "new"))
    assert "Turing" not in injected(other, "cat?")


def test_without_a_model_keywords_do_alone(
    brim: MakeBrim, embedder: Embedder, tmp_path: Path
) -> None:
    embedder.status = 500
    app = brim(EmbeddingContext, OpenAIEmbeddings, **settings(embedder, tmp_path))
    assert "PostgreSQL" in injected(app, "Where did we put the ledger?")


def test_nothing_is_embedded_twice_also_after_a_restart(
    brim: MakeBrim, embedder: Embedder, tmp_path: Path
) -> None:
    app = brim(EmbeddingContext, OpenAIEmbeddings, **settings(embedder, tmp_path))
    injected(app, "cat?")
    first = embedder.texts()
    assert len(first) == len(set(first)) > 20
    injected(app, "car?", tenant="other")
    assert embedder.texts()[len(first) :] == ["car?"]
    app.close()
    app = brim(EmbeddingContext, OpenAIEmbeddings, **settings(embedder, tmp_path))
    injected(app, "car?")
    assert len(embedder.texts()) == len(first) + 1


def test_another_model_has_its_own_vectors(
    brim: MakeBrim, embedder: Embedder, tmp_path: Path
) -> None:
    chosen = settings(embedder, tmp_path)
    with brim(EmbeddingContext, OpenAIEmbeddings, **chosen) as app:
        injected(app, "cat?")
    before = len(embedder.texts())
    chosen["plugin"]["openai-embeddings"]["model"] = "another"
    with brim(EmbeddingContext, OpenAIEmbeddings, **chosen) as app:
        injected(app, "cat?")
    assert len(embedder.texts()) == 2 * before


def test_only_so_many_are_embedded_for_one_message_and_the_promising_first(
    brim: MakeBrim, embedder: Embedder, tmp_path: Path
) -> None:
    app = brim(EmbeddingContext, OpenAIEmbeddings, **settings(embedder, tmp_path, batch=2))
    injected(app, "Where is the ledger?")
    question, best, _ = embedder.texts()
    assert question == "Where is the ledger?"
    assert "ledger" in best


def test_documents_are_found_too(brim: MakeBrim, embedder: Embedder, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "pets.md").write_text("# Pets\n\nA feline may stay in the office.\n")
    folders = [str(tmp_path / "docs")]
    app = brim(EmbeddingContext, OpenAIEmbeddings, **settings(embedder, tmp_path, folders=folders))
    assert "docs/pets.md line 1" in injected(app, "cat office")


def test_what_was_embedded_before_the_time_was_over_is_kept(
    brim: MakeBrim, embedder: Embedder, tmp_path: Path
) -> None:
    app = brim(EmbeddingContext, OpenAIEmbeddings, **settings(embedder, tmp_path))
    embedder.fails_after = 1
    injected(app, "cat?")
    first = set(embedder.texts()[:16])
    assert len(embedder.bodies) == 2
    embedder.fails_after = None
    before = len(embedder.texts())
    injected(app, "car?", tenant="b")
    assert first.isdisjoint(embedder.texts()[before:])
