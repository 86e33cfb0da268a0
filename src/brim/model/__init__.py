"""Pure data. Nothing in here does anything."""
