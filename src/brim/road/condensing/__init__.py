"""Decide, replay or condense, grade, verify, record."""
