"""The plugin host. It knows no strategy."""
