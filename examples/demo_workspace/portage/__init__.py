"""Prices parcels and keeps a record of the quotes."""

VERSION = "1.4.0"
