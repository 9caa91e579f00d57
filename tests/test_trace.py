from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toylab.base.errors import ToylabError
from toylab.scenario import catalogue
from toylab.trace import Snapshot, Trace, trace


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


def snapshots(n: int, **shapes: tuple[int, ...]) -> Iterator[Snapshot]:
    """Snapshots of one seed, each array full of the step; those that are not named are empty."""
    names = [f.name for f in fields(Snapshot) if f.name not in ("step", "diverged_at")]
    for step in range(n):
        arrays = {name: np.full(shapes.get(name, (1, 0)), step, np.float32) for name in names}
        yield Snapshot(step=step, diverged_at=np.array([-1]), **arrays)


def stacked(n: int, most: int, **shapes: tuple[int, ...]) -> Trace:
    none: Any = np.zeros(0)
    names = ("seeds", "filmed", "real", "extent", "field", "field_extent", "target_data")
    constants: dict[str, Any] = {
        **dict.fromkeys(names, none),
        "settings_text": "",
        "provenance": {},
    }
    return Trace.stack(snapshots(n, **shapes), most, **constants)


@pytest.mark.parametrize("most", [7, 9])
def test_a_trace_is_its_snapshots_one_after_the_other(most: int) -> None:
    found = stacked(7, most, samples=(1, 5, 2), losses=(1, 2))
    shots = list(snapshots(7, samples=(1, 5, 2), losses=(1, 2)))
    assert found.steps.tolist() == list(range(7)) and found.diverged_at.tolist() == [-1]
    for name in ("samples", "losses", "logits"):
        array = getattr(found, name)
        assert np.array_equal(array, np.stack([getattr(shot, name) for shot in shots]))
        assert array.dtype == np.float32


def test_no_snapshot_is_held_beside_its_copy() -> None:
    tracemalloc.start()
    try:
        found = stacked(50, 50, train_logits=(1, 20_000))
        # The trace itself and two snapshots of 80 kB: the next one is there before the last is let go.
        assert tracemalloc.get_traced_memory()[1] < found.train_logits.nbytes + 4 * 80_000
    finally:
        tracemalloc.stop()


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


def retold(trace: Trace, path: Path, old: str, new: str) -> Path:
    """A trace's file whose settings say something else."""
    assert old in trace.settings_text
    replace(trace, settings_text=trace.settings_text.replace(old, new)).save(path)
    return path


RING = 'kind = "ring"\nmodes = 8\nradius = 2.0\nspread = 0.1\nweights = []'


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ('kind = "ring"\nmodes = 400000000', "target.modes cannot be 400000000"),
        ('kind = "grid"\nside = 20000', "target.side cannot be 20000"),
        ('kind = "random_gaussians"\nmodes = 1000000000', "target.modes cannot be 1000000000"),
        ('kind = "ring"\nmodes = 8.0', "target.modes cannot be 8.0"),
        ('kind = "ring"\nradius = nan', "target.radius cannot be nan"),
        ('kind = "ring"\nradius = 1' + "0" * 400, "target.radius cannot be 1000"),
        ('kind = "dirac"\nnoise = 1e-200', "target.noise cannot be 1e-200"),
        ('kind = "rong"', 'target "rong" is unknown'),
        ('kind = ["ring"]', "does not parse"),
        # What was read belongs to the trace; nothing is read for it.
        ('kind = "points"\nfile = "/etc/passwd"', "/etc/passwd: holds an array of shape"),
        ('kind = "image"\nfile = "/etc/passwd"', "/etc/passwd: holds no grey picture"),
    ],
)
def test_a_foreign_target_is_refused_before_it_is_made(
    target: str, words: str, small_trace: Trace, tmp_path: Path
) -> None:
    path = retold(small_trace, tmp_path / "t.npz", RING, target)
    tracemalloc.start()
    try:
        with pytest.raises(ToylabError) as told:
            Trace.load(path)
        # The arrays of the trace itself are some 100 kB.
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()
    assert words in str(told.value) and len(str(told.value).splitlines()) == 2


FILM = "\n[film]\n"


@pytest.mark.parametrize(
    ("film", "words"),
    [
        ("curves = [{ metrics = [] }]", r"film.curves\[0\].metrics has 0 entries, expected 1 to 4"),
        (f"curves = [{{ metrics = {['c2st'] * 9} }}]", r"has 9 entries, expected 1 to 4"),
        ("curves = [" + "{ metrics = ['c2st'] }," * 3 + "]", "film.curves has 3 entries"),
        (f"layers = {['real'] * 33}", "film.layers has 33 entries, expected 0 to 32"),
        ("made = 2026-01-01", "it holds a date or a time"),
        ("made = [{ at = 07:32:00 }]", "it holds a date or a time"),
    ],
)
def test_a_foreign_film_is_refused_in_a_line(
    film: str, words: str, small_trace: Trace, tmp_path: Path
) -> None:
    own = small_trace.settings_text.partition(FILM)[2]
    path = retold(small_trace, tmp_path / "t.npz", FILM + own, f"{FILM}{film}\n")
    with pytest.raises(ToylabError, match=words):
        Trace.load(path)


@pytest.mark.parametrize("key", ["title", "lesson"])
def test_words_longer_than_a_scenario_has_are_refused(
    key: str, small_trace: Trace, tmp_path: Path
) -> None:
    own = small_trace.settings[key]
    for n in (400, 401):
        old, new = f'{key} = "{own}"', f'{key} = "{"x" * n}"'
        path = retold(small_trace, tmp_path / "t.npz", old, new)
        if n == 400:
            assert len(Trace.load(path).settings[key]) == 400
        else:
            with pytest.raises(ToylabError, match=f"{key} is longer than 400 characters"):
                Trace.load(path)


def test_a_description_longer_than_any_is_refused(small_trace: Trace, tmp_path: Path) -> None:
    assert trace._MOST_TEXT == catalogue._MOST_BYTES, "no longer than a file of a scenario"
    path = tmp_path / "t.npz"
    text = small_trace.settings_text + "#" * 1_000_000
    replace(small_trace, settings_text=text).save(path)
    with pytest.raises(ToylabError, match="its scenario is longer than 1 MB"):
        Trace.load(path)
    replace(small_trace, provenance={"command": "x" * 20_000_000}).save(path)
    tracemalloc.start()
    try:
        with pytest.raises(ToylabError, match="its description is longer than any"):
            Trace.load(path)
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()


def test_half_a_character_is_refused(small_trace: Trace, tmp_path: Path) -> None:
    for own in (
        {"settings_text": small_trace.settings_text + "#\ud800"},
        {"provenance": {"a": "\udfff"}},
    ):
        replace(small_trace, **own).save(tmp_path / "t.npz")
        with pytest.raises(ToylabError, match="UnicodeEncodeError"):
            Trace.load(tmp_path / "t.npz")


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
