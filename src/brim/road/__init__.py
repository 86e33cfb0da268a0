"""The one road a request takes, from wire to wire."""
