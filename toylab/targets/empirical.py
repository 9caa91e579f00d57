"""Points of the user's own."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toylab.axes import Float, Points
from toylab.errors import ToylabError
from toylab.targets.base import File, Modeless, Noise, blurred_log_density, read_once


@dataclass(frozen=True, eq=False)
class Empirical(Modeless):
    """Points of the user's own, drawn with replacement, with Gaussian noise.

    Attributes:
        points_read: Data units, float32, [M, 2].
        noise: Standard deviation of the noise, data units; with none there is no density.
    """

    points_read: Float
    noise: float

    @property
    def data(self) -> Float:
        """The points, [M, 2]."""
        return self.points_read

    def sample(self, rng: np.random.Generator, n: int) -> Points:
        """Draw n points, float32, [n, 2]."""
        x = self.points_read[rng.integers(0, len(self.points_read), n)]
        if self.noise:
            x = x + self.noise * rng.standard_normal((n, 2), dtype=np.float32)
        return x.astype(np.float32)

    def log_density(self, x: Points) -> Float:
        """Log density at points [..., 2], nats, [...]."""
        if not self.noise:
            raise NotImplementedError
        return blurred_log_density(x, self.points_read.astype(np.float64), self.noise)


# Points of a CSV: the largest that a film of minutes still draws from without a pause.
_MOST_POINTS = 1_000_000


def points(file: File, noise: Noise = 0.0, *, data: Float | None = None) -> Empirical:
    """Draw from points of a file: CSV of two columns (a header may stand above) or npz of one array.

    Args:
        file: A CSV or npz file; beside the scenario's, if the path is not absolute.
        noise: Standard deviation of Gaussian noise, data units, or 0; without noise no density is known.
        data: The points, if they were read before, as a trace keeps them, [M, 2].

    Raises:
        ToylabError: If the file cannot be read as finite pairs of numbers.
    """
    read = read_once(_read_points, Path(file)) if data is None else data
    wrong = _misfit(read)
    if wrong:
        raise _refused(file, wrong)
    return Empirical(read.astype(np.float32), noise)


def _refused(file: str | Path, reason: str) -> ToylabError:
    return ToylabError(f"{file}: {reason}. Expected two columns of finite numbers (CSV or npz).")


def _misfit(read: Float) -> str:
    """Say what is wrong with an array of points; empty if nothing is."""
    if read.ndim != 2 or read.shape[1] != 2 or not len(read):
        return f"holds an array of shape {read.shape}"
    if len(read) > _MOST_POINTS:
        return f"holds {len(read)} points, at most {_MOST_POINTS} are allowed"
    if not np.isfinite(read).all() or np.abs(read).max() > 1e4:
        return "holds numbers that are not finite or lie beyond 10,000"
    return ""


def _read_points(path: Path) -> Float:
    def refuse(reason: str) -> ToylabError:
        return _refused(path, reason)

    if not path.is_file():
        raise refuse("no such file")
    if path.stat().st_size > 200_000_000:
        raise refuse("larger than 200 MB")
    try:
        if path.suffix.lower() == ".npz":
            return _first_array(path)
        return _table(path.read_text(encoding="utf-8-sig"))
    except _Unreadable as error:
        raise refuse(str(error)) from None
    # numpy raises many kinds for a damaged archive.
    except Exception as error:
        raise refuse(f"cannot be read ({type(error).__name__})") from error


# Bytes of an archive, unpacked: so many pairs of numpy's widest numbers, and room for headers.
_MOST_BYTES = _MOST_POINTS * 2 * 16 + 100_000


def _first_array(path: Path) -> Float:
    """The first array of an archive; a few kilobytes may unpack to all of a machine's memory."""
    with zipfile.ZipFile(path) as archive:
        n_bytes = sum(entry.file_size for entry in archive.infolist())
    if n_bytes > _MOST_BYTES:
        raise _Unreadable(f"unpacks to {n_bytes:,} bytes, more than {_MOST_POINTS:,} points need")
    with np.load(path, allow_pickle=False) as arrays:
        return np.asarray(arrays[arrays.files[0]], dtype=np.float64)


class _Unreadable(Exception):
    """What is wrong with the text, without the file's name."""


def _table(text: str) -> Float:
    """Pairs of numbers, one a line, from text that may have one header, [M, 2]."""
    n = text.count("\n")
    if n > 2 * _MOST_POINTS:
        raise _Unreadable(f"holds {n:,} lines, at most {_MOST_POINTS:,} points are allowed")
    try:
        # What is nothing but numbers is read at once: a million lines took 2.9 s one by one, now .5.
        found = np.loadtxt(
            io.StringIO(text if text.strip() else "-"), delimiter=",", comments=None, ndmin=2
        )
        if found.shape[1] == 2:
            return found
    except ValueError:
        pass  # told below, with its line
    lines = [(i, line) for i, line in enumerate(text.splitlines(), 1) if line.strip()]
    # A header has no number in it at all: a first line such as "1.0,x2.0" is a mistake.
    if lines and not any(map(_is_number, _cells(lines[0][1]))):
        lines = lines[1:]
    if not lines:
        raise _Unreadable("holds no points")
    pairs = []
    for i, line in lines:
        cells = _cells(line)
        if len(cells) != 2:
            raise _Unreadable(f"line {i} has {len(cells)} columns")
        if not all(map(_is_number, cells)):
            raise _Unreadable(f'line {i} is "{line[:40]}"')
        pairs.append([float(cell) for cell in cells])
    return np.asarray(pairs, dtype=np.float64)


def _cells(line: str) -> list[str]:
    return line.replace(";", ",").replace("\t", ",").split(",")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
