"""What a text holds that can be lost, and how much of it is still there."""
