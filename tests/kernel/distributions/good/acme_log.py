"""An observer that is a stateless module."""

from brim.api import Operation, hookimpl


@hookimpl
def monitor_operation(operation: Operation) -> None:
    """Watch, and say nothing."""
