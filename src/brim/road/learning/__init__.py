"""What providers report, and what follows from it."""
