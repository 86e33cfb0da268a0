"""Shorter ways to write tool output down without leaving out what it says."""
