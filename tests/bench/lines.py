"""A line of the table: two measurements of one run, side by side, and their ratio."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One comparison.

    Attributes:
        what: Was measured.
        unit: Of the numbers.
        ours: Our number.
        theirs: The other's.
        other: What that is.
        jax: JAX's number, where there is one.
    """

    what: str
    unit: str
    ours: float
    theirs: float
    other: str
    jax: float | None = None

    def __str__(self) -> str:
        """The line; "times" is the other's number in ours."""
        cells = f"{self.what:<40}{_short(self.ours):>9}{_short(self.theirs):>9}"
        cells += f"{self.theirs / self.ours:7.2f}"
        cells += (
            f"{_short(self.jax):>9}{self.jax / self.ours:7.2f}" if self.jax else f"{'-':>9}{'-':>7}"
        )
        return f"{cells}  {self.unit}; other: {self.other}"


HEAD = f"{'':<40}{'ours':>9}{'other':>9}{'times':>7}{'JAX':>9}{'times':>7}"


def _short(number: float) -> str:
    return f"{number:.3f}" if number < 10 else f"{number:.0f}"
