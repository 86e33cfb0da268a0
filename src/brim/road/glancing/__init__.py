"""Requests that fit as they are, told from their bytes."""
