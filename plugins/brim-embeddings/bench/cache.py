"""What a hit of the embedding cache costs: in memory, on disk, and what writing costs."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from brim_embeddings import EmbeddingCache
from brim_embeddings.cache import key_of, packed

SIZE, VECTORS, ROUNDS = 384, 5_000, 2_000


def microseconds(step: Callable[[int], object], rounds: int = ROUNDS) -> float:
    """The median of single calls."""
    times = []
    for number in range(rounds):
        began = perf_counter()
        step(number)
        times.append(perf_counter() - began)
    return 1e6 * median(times)


def main() -> None:
    random.seed(1)
    texts = [f"passage {i} " + "word " * 40 for i in range(VECTORS)]
    vectors = [packed([random.gauss(0, 1) for _ in range(SIZE)]) for _ in range(100)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "e.sqlite"
        cache = EmbeddingCache(path)
        keys = [key_of("model", text) for text in texts]
        cache.set_many({key: vectors[i % 100] for i, key in enumerate(keys)})
        cache.save()
        near = microseconds(lambda i: cache.get_many([key_of("model", texts[i])]))
        cold = EmbeddingCache(path, entries=0)
        cold.get_many(keys[:1])
        far = microseconds(lambda i: cold.get_many([key_of("model", texts[i])]))
        new = [{key_of("new", f"{i} {j}"): vectors[j] for j in range(100)} for i in range(50)]
        write = microseconds(lambda i: cache.set_many(new[i]), 50)
        cache.close()
        cold.close()
    print(f"hit in memory, key included     {near:8.1f} us")
    print(f"hit on disk, key included       {far:8.1f} us")
    print(f"100 new vectors, written        {write:8.1f} us")


if __name__ == "__main__":
    main()
