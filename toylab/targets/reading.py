"""Files of points: text in any of the usual encodings, and numpy's arrays; what is neither is named."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from pathlib import Path

import numpy as np

from toylab.base.axes import Float
from toylab.base.errors import ToylabError
from toylab.base.foreign import lookalike, marked
from toylab.targets.target import Reading
from toylab.targets.text_table import MOST_POINTS, Notes, Told, Unreadable, read_table

EXPECTED = (
    "Expected two columns of finite numbers: text (.csv, .tsv, .txt, .gz) or numpy's .npy, .npz."
)
_MOST_BYTES = 200_000_000
# Bytes of an archive, unpacked: so many pairs of numpy's widest numbers, and room for headers.
_MOST_UNPACKED = MOST_POINTS * 2 * 16 + 100_000

_CSV = "save it as CSV first"
# What a file begins with, what it is, and what to do with it.
_FOREIGN = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", _CSV),
    (b"PAR1", "a Parquet table", _CSV),
    (b"ARROW1", "a Feather table", _CSV),
    (b"SQLite format 3", "a database", _CSV),
    (b"\x89HDF", "an HDF5 file", "save its array with numpy.save"),
    (b"MATLAB 5.0", "a MATLAB file", "save its array as text first"),
    (b"%PDF", "a PDF", _CSV),
    (b"BZh", "compressed", "unpack it first"),
    (b"\xfd7zXZ", "compressed", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "compressed", "unpack it first"),
    (b"\x89PNG", "a picture", 'write kind = "image"'),
    (b"\xff\xd8\xff", "a picture", 'write kind = "image"'),
    (b"\x80\x03", "a pickle, which may run code", "save its array with numpy.save"),
    (b"\x80\x04", "a pickle, which may run code", "save its array with numpy.save"),
    (b"\x80\x05", "a pickle, which may run code", "save its array with numpy.save"),
)
# What an archive holds, by the beginning of a name in it.
_ARCHIVES = (
    ("xl/", "an Excel workbook"),
    ("content.xml", "a table of LibreOffice"),
    ("Index/", "a table of Numbers"),
)


def refused(file: str | Path, reason: str) -> ToylabError:
    """What is said of a file that holds no points."""
    return ToylabError(f"{file}: {reason}. {EXPECTED}")


def read_points(path: Path, told: Told) -> Reading:
    """Read points, float64, [M, 2].

    Raises:
        ToylabError: If the file cannot be read as pairs of numbers.
    """
    if not path.is_file():
        raise ToylabError(f"{refused(path, 'no such file')}{lookalike(path)}")
    if path.stat().st_size > _MOST_BYTES:
        raise refused(path, "larger than 200 MB")
    notes = Notes()
    try:
        points = _read(path, told, notes)
    except Unreadable as error:
        raise refused(path, str(error)) from None
    # numpy raises many kinds for a damaged archive.
    except Exception as error:
        raise refused(path, f"cannot be read ({type(error).__name__})") from error
    n = len(points)
    said = [f"{n:,} point{'s' * (n != 1)}", *notes.words]
    doubts = tuple(f"{path.name}: {doubt}" for doubt in notes.doubts)
    return Reading(points, f"{path.name}: {', '.join(said)}", doubts)


def _read(path: Path, told: Told, notes: Notes) -> Float:
    data = path.read_bytes()
    if data.startswith(b"\x1f\x8b"):
        data = _unpacked(data)
    for start, what, cure in _FOREIGN:
        if data.startswith(start):
            raise Unreadable(f"is {what}; {cure}")
    if path.suffix.lower() == ".npz" or data.startswith(b"PK\x03\x04"):
        return _of_archive(data, told, notes)
    if path.suffix.lower() == ".npy" or data.startswith(b"\x93NUMPY"):
        array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
        return _pairs_of(array, told, notes)
    text = _decoded(data, notes)
    if re.match(r"\s*(<[!?a-zA-Z]|\{|\[\s*[\[{])", text):
        what = "HTML or XML" if text.lstrip().startswith("<") else "JSON"
        raise Unreadable(f"is {what}; {_CSV}")
    return read_table(text, told, notes)


def _unpacked(data: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        plain = file.read(_MOST_BYTES + 1)
    if len(plain) > _MOST_BYTES:
        raise Unreadable("unpacks to more than 200 MB")
    return plain


def _decoded(data: bytes, notes: Notes) -> str:
    """The text that bytes stand for: by their mark, or as UTF-8, or as Windows writes in Europe."""
    # A mark of UTF-8 is no news.
    encoding = marked(data).replace("utf-8-sig", "")
    if not encoding and b"\0" in data[:1000]:
        # Every second byte of numbers in UTF-16 is 0, whether or not a mark says so.
        even, odd = data[:1000:2].count(0), data[1:1000:2].count(0)
        encoding = "utf-16-be" if even > odd else "utf-16-le"
    if encoding:
        notes.words.append(encoding[:6].upper())
        return data.decode(encoding)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        notes.words.append("not UTF-8, read as Windows-1252")
        # Whatever cp1252 lacks stands in a header: digits are the same in all of its kin.
        return data.decode("cp1252", errors="replace")


def _of_archive(data: bytes, told: Told, notes: Notes) -> Float:
    """The points of an archive; a few kilobytes may unpack to all of a machine's memory."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        n_bytes = sum(entry.file_size for entry in archive.infolist())
        names = archive.namelist()
    if not any(name.endswith(".npy") for name in names):
        what = next((w for start, w in _ARCHIVES if any(n.startswith(start) for n in names)), None)
        raise Unreadable(f"is {what}; {_CSV}" if what else "is an archive; unpack it first")
    if n_bytes > _MOST_UNPACKED:
        raise Unreadable(f"unpacks to {n_bytes:,} bytes, more than {MOST_POINTS:,} points need")
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    flat = [name for name, array in found.items() if array.ndim == 1]
    if len(found) == 2 and len(flat) == 2 and len({len(a) for a in found.values()}) == 1:
        pair = [*(told.columns or flat)]
        if not {*pair} <= {*flat}:
            raise Unreadable(f"has arrays {' and '.join(flat)}, and columns names others")
        notes.words.append(f"arrays {pair[0]} and {pair[1]}")
        return _pairs_of(np.stack([found[str(name)] for name in pair], axis=1), Told(), notes)
    fitting = [name for name, array in found.items() if array.ndim == 2 and array.shape[1] == 2]
    chosen = (fitting or [*found])[0]
    if len(found) > 1:
        notes.words.append(f"array {chosen} of {', '.join(found)[:80]}")
    if len(fitting) > 1:
        notes.doubts.append(
            f"{', '.join(fitting)[:80]} are pairs of numbers, and {chosen} was read. "
            "Save the array that is meant alone."
        )
    return _pairs_of(found[chosen], told, notes)


def _pairs_of(array: np.ndarray, told: Told, notes: Notes) -> Float:
    """The points of an array, float64, [M, 2]."""
    if array.dtype.names and len(array.dtype.names) >= 2 and array.ndim == 1:
        fields = told.columns or array.dtype.names
        if len(fields) != 2 or not {*fields} <= {*array.dtype.names}:
            raise Unreadable(
                f"has fields {', '.join(array.dtype.names)}; say which: columns = [...]"
            )
        notes.words.append(f"fields {fields[0]} and {fields[1]}")
        array = np.stack([array[str(name)] for name in fields], axis=1)
    if array.dtype.kind not in "iufb":
        raise Unreadable(f"holds an array of {array.dtype}")
    if array.ndim == 2 and array.shape[1] >= 2 and told.columns:
        places = [c for c in told.columns if isinstance(c, int) and c < array.shape[1]]
        if len(places) < 2:
            raise Unreadable(f"has columns 0 to {array.shape[1] - 1}, and no names")
        notes.words.append(f"columns {places[0]} and {places[1]}")
        array = array[:, places]
    if array.ndim != 2 or array.shape[1] != 2:
        cure = "; say which two hold the points: columns = [0, 1]"
        turned = "; turn it with numpy.transpose"
        wide = array.ndim == 2 and 2 < array.shape[1] <= 64 and array.shape[0] != 2
        flat = array.ndim == 2 and array.shape[0] == 2
        raise Unreadable(f"holds an array of shape {array.shape}{cure * wide}{turned * flat}")
    return array.astype(np.float64)
