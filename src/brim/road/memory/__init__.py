"""What was done to which conversation, and the originals of it."""
