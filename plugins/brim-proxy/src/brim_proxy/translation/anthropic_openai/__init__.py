"""Clients that speak Anthropic Messages before an upstream that speaks OpenAI Chat Completions.

Written from the API references of both; what one has and the other has not is told in
docs/how-to/translate.md.
"""
