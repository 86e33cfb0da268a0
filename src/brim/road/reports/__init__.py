"""What a fit did and why, for people and for programs."""
