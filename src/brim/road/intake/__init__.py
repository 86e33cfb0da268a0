"""From what a caller gives to a trip, and the way back to the same shape."""
