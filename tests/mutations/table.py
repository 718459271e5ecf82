"""The guards, as data: what each is there for, how it is taken away, and what notices."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    """One guard that is taken away."""

    guard: str
    # dotted name under `domain`
    module: str
    stands: str
    becomes: str
    # what notices: "story / step / fault", "history of STORY", "straight / story", or the name of a check
    killer: str
