"""The sides, bodies and clients of `bench/proxy.py`."""
