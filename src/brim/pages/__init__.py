"""What pages are made of: HTML documents that need no other file, and the figures in them."""
