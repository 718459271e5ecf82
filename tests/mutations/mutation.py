"""What one row of the table of guards says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    """One guard that is taken away."""

    guard: str
    # dotted name under `domain`
    module: str
    stands: str
    becomes: str
    # what notices: "story / step / fault", "straight / story", "history / seed", or "test module / test"
    killer: str
