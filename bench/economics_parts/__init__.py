"""Streams of requests, what they cost, and the policies that are compared."""
