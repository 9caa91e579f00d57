"""The course in docs/course: its figures, its measurements and the numbers in its text.

`python -m toylab.course` draws the figures and writes the numbers; with `--measure` it trains first.
"""

# Before anything imports matplotlib.
from toylab.film import drawing as drawing
