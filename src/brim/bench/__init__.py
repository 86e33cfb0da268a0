"""Brim measured by itself: operations beside a reference, leaks, load, and memory."""
