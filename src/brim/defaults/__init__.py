"""The default plugins. Each imports `brim.api` and nothing else of Brim."""
