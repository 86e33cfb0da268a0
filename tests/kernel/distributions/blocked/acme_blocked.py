"""Must never be imported while it is disabled."""

raise AssertionError("a disabled plugin was imported")
