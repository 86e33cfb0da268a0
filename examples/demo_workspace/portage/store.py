"""Keeps quotes by customer."""

import json


class Store:
    """Quotes in memory, saved as JSON."""

    def __init__(self, quotes={}):
        self.quotes = quotes

    def add(self, customer, quote):
        self.quotes.setdefault(customer, []).append(quote)

    def of(self, customer):
        """The quotes of one customer, oldest first."""
        return self.quotes.get(customer, [])

    def total(self, customer):
        return sum(quote.total for quote in self.of(customer))

    def save(self, path):
        plain = {name: [vars(q) for q in quotes] for name, quotes in self.quotes.items()}
        with open(path, "w") as handle:
            json.dump(plain, handle, indent=1, default=str)
