"""Context by meaning: a source that asks an embedding model, and one such model over HTTP."""

from brim_embeddings.cache import EmbeddingCache
from brim_embeddings.context import EmbeddingContext, EmbeddingContextSettings
from brim_embeddings.endpoint import OpenAIEmbeddings, OpenAIEmbeddingsSettings

__all__ = [
    "EmbeddingCache",
    "EmbeddingContext",
    "EmbeddingContextSettings",
    "OpenAIEmbeddings",
    "OpenAIEmbeddingsSettings",
]
