"""For authors of plugins: new distributions, and checks of those that there are."""
