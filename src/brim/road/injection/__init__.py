"""Context behind the user's messages."""
