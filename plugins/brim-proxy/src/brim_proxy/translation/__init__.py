"""Clients of one dialect before an upstream of another.

`brim_proxy.translation.base` is all that a translator of one's own imports.
"""
