"""The `brim` command."""
