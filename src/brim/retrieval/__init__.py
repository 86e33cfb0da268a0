"""Finding the pieces of text that a question is about: plain data and functions, no plugin."""
