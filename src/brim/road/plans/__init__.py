"""A request on the road, what becomes of each exchange, and the messages that come of it."""
