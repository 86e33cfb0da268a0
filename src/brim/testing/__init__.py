"""The plugin author's test kit."""
