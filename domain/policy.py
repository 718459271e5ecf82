"""Where the product can be read in two ways: the way that an installation chose."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """The choices of an installation."""

    # True: the reversal of an unbilled sale that was edited on its draft crosses to finance, which takes its accrual
    # back. False: no negative unbilled sale of a confirmation crosses, as the documentation says literally
    adjustments_cross: bool = True


RECOMMENDED = Policy()
