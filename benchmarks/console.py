"""What a run says while it runs: on standard error, so that standard output holds the result alone."""

import sys


def tell(text: str) -> None:
    """Say one line at once."""
    print(text, file=sys.stderr, flush=True)


def give(text: str) -> None:
    """Write the result."""
    print(text)
