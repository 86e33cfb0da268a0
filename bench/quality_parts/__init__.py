"""The parts of `bench/quality.py`: data, what is asked of an output, and who answers."""
