"""The course in docs/course: its figures, its measurements and the numbers in its text.

`make docs` draws the figures and writes the numbers; `make measure` trains first.
"""

# Before anything imports matplotlib.
from toylab.film import drawing as drawing
