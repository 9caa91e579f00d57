from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from toylab.errors import ToylabError
from toylab.trace import Trace


def test_a_trace_comes_back_as_it_was(small_trace: Trace, tmp_path: Path) -> None:
    path = tmp_path / "t.npz"
    small_trace.save(path)
    back = Trace.load(path)
    for name, value in vars(small_trace).items():
        if isinstance(value, np.ndarray):
            assert np.array_equal(value, getattr(back, name)), name
    assert back.settings_text == small_trace.settings_text
    assert back.provenance == small_trace.provenance
    assert np.array_equal(back.target.modes, small_trace.target.modes)


def test_numpy_reads_a_trace_without_us(small_trace: Trace, tmp_path: Path) -> None:
    path = tmp_path / "t.npz"
    small_trace.save(path)
    with np.load(path, allow_pickle=False) as arrays:
        assert np.array_equal(arrays["samples"], small_trace.samples)
        assert "settings" in json.loads(arrays["meta"].tobytes())


def test_saving_twice_gives_the_same_bytes(small_trace: Trace, tmp_path: Path) -> None:
    small_trace.save(tmp_path / "a.npz")
    small_trace.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, 0.99])
def test_a_truncated_file_is_refused(keep: float, small_trace: Trace, tmp_path: Path) -> None:
    path = tmp_path / "t.npz"
    small_trace.save(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data)) if keep < 1 else int(keep)])
    with pytest.raises(ToylabError, match="not a readable trace"):
        Trace.load(path)


def rewritten(trace: Trace, path: Path, **arrays: np.ndarray) -> Path:
    """The trace's file with some arrays replaced."""
    trace.save(path)
    with np.load(path) as old:
        np.savez(path, allow_pickle=True, **({name: old[name] for name in old} | arrays))
    return path


def test_a_pickle_inside_is_refused_and_not_run(small_trace: Trace, tmp_path: Path) -> None:
    marker = tmp_path / "ran"

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (marker,)  # type: ignore[return-value]

    bomb = np.array([Bomb()], dtype=object)
    path = rewritten(small_trace, tmp_path / "t.npz", samples=bomb)
    with pytest.raises(ToylabError, match="not a readable trace"):
        Trace.load(path)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("name", "array", "words"),
    [
        ("samples", np.zeros((3, 3, 64), np.float32), "axes TSN2"),
        ("samples", np.zeros((3, 3, 64, 3), np.float32), "TSN2 need 2"),
        ("fake_logits", np.zeros((3, 3, 60), np.float32), "need N = 64"),
        ("losses", np.zeros((3, 3, 2), np.int64), "type int64"),
        ("steps", np.array([0, 5, 4]), "do not increase"),
        ("filmed", np.array([0, 7]), "filmed seeds"),
        ("extent", np.array([0.0, 0, 1, 2]), "rectangle"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    name: str, array: np.ndarray, words: str, small_trace: Trace, tmp_path: Path
) -> None:
    path = rewritten(small_trace, tmp_path / "t.npz", **{name: array})
    with pytest.raises(ToylabError, match=words):
        Trace.load(path)


def test_foreign_files_are_refused_with_what_is_missing(tmp_path: Path) -> None:
    np.savez(tmp_path / "foreign.npz", x=np.zeros(3))
    with pytest.raises(ToylabError, match="it lacks critic, diverged_at"):
        Trace.load(tmp_path / "foreign.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(ToylabError, match="truncated, damaged or foreign"):
        Trace.load(tmp_path / "text.npz")
    with pytest.raises(ToylabError, match="no such file"):
        Trace.load(tmp_path / "none.npz")


def test_a_bomb_is_refused_before_it_is_unpacked(small_trace: Trace, tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    small_trace.save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.npy", b"")
    data = bytearray(path.read_bytes())
    # The size that the central directory claims for the last entry: offset 24 of its record.
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = (2**32 - 2).to_bytes(4, "little")
    # One entry cannot claim more than 4 GiB without more records; five can.
    for _ in range(5):
        data = _with_record_again(data)
    path.write_bytes(data)
    with pytest.raises(ToylabError, match="unpacks to 24 GiB, too much"):
        Trace.load(path)


def _with_record_again(data: bytearray) -> bytearray:
    """Repeat the last record of a zip's central directory."""
    first, end = data.rfind(b"PK\x01\x02"), data.rfind(b"PK\x05\x06")
    record, tail = data[first:end], bytearray(data[end:])
    for at, size in ((8, 2), (10, 2)):
        count = int.from_bytes(tail[at : at + size], "little") + 1
        tail[at : at + size] = count.to_bytes(size, "little")
    length = int.from_bytes(tail[12:16], "little") + len(record)
    tail[12:16] = length.to_bytes(4, "little")
    return data[:end] + record + tail


def test_a_seed_that_is_absent_or_unfilmed_is_said_so(small_trace: Trace) -> None:
    assert small_trace.row(2) == 2 and small_trace.filmed_row(2) == 1
    with pytest.raises(ToylabError, match="Seed 9 is not in this trace; it has 0, 1, 2"):
        small_trace.row(9)
    with pytest.raises(ToylabError, match="filmed seeds: 0, 2"):
        small_trace.filmed_row(1)


def test_the_file_holds_no_object_arrays(small_trace: Trace, tmp_path: Path) -> None:
    small_trace.save(tmp_path / "t.npz")
    with zipfile.ZipFile(tmp_path / "t.npz") as archive:
        for name in archive.namelist():
            np.lib.format.read_array(io.BytesIO(archive.read(name)), allow_pickle=False)
