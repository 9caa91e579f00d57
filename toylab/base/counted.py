"""Numbers that agree with what they count."""

from __future__ import annotations


class Counted(int):
    """A number whose format is the noun that it counts; without one it is just the number.

    `f"{Counted(1):film}"` is "1 film", and of 2 "2 films". What takes no "s" is written out:
    `f"{Counted(2):entry|entries}"`. A language without plurals leaves the noun out: "{n} 部影片".
    """

    def __format__(self, noun: str) -> str:
        """Write the number, and the noun after it in the form that it needs."""
        if not noun:
            return str(int(self))
        one, _, many = noun.partition("|")
        return f"{int(self)} {one if self == 1 else many or f'{one}s'}"
