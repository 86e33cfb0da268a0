"""When a failed job is tried again."""

MAX_ATTEMPTS = 6
MAX_DELAY = 30


def delay(attempt):
    """Seconds before attempt number `attempt`, which starts at 1."""
    return 2 ** (attempt - 1)


def delays():
    """All waiting times of a job that keeps failing."""
    return [delay(attempt) for attempt in range(1, MAX_ATTEMPTS + 1)]
