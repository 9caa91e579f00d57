"""Points of a user's own: tables as people have them, and data of any size, shown in their own units."""

from __future__ import annotations

import gzip
import io
import math
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from games import SMALL, small_toml
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from toylab.base.errors import ToylabError
from toylab.cli import commands
from toylab.film.style import coordinate
from toylab.metrics import METRICS, nearest_modes
from toylab.scenario.scenario import Scenario, check, load
from toylab.show.cinema import Film
from toylab.targets import TARGETS
from toylab.targets.empirical import Empirical
from toylab.targets.frame import framed
from toylab.targets.reading import read_points
from toylab.targets.text_table import Notes, Told, Unreadable, read_table
from toylab.trace import Trace
from toylab.training.run import record

Read = Callable[..., Empirical]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write a file and read it as points."""

    def reader(content: bytes | str, name: str = "x.csv", **told: Any) -> Empirical:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        target = TARGETS["points"](file=str(path), **told)
        assert isinstance(target, Empirical)
        return target

    return reader


# --- tables ---

XY = [[1.5, 2.0], [-3.0, 4.25], [0.5, -1.0]]
PLAINLY = "1.5,2\n-3,4.25\n.5,-1\n"
SAME = {
    "decimal commas and semicolons": "1,5;2\n-3;4,25\n,5;-1\n",
    "decimal commas and tabs": "1,5\t2,0\n-3,0\t4,25\n0,5\t-1,0\n",
    "decimal commas and blanks": "x y\n1,5 2,0\n-3,0 4,25\n0,5 -1,0\n",
    "typographic minuses": "x;y\n1,5;2\n−3;4,25\n0,5;–1\n",
    "quoted numbers": '"1.5","2"\n"-3","4.25"\n"0.5","-1"\n',
    "quoted decimal commas": '"1,5","2"\n"-3","4,25"\n"0,5","-1"\n',
    "empty columns behind": "1,5;2;;\n-3;4,25;;\n0,5;-1;;\n",
    "empty columns before": ";1,5;2\n;-3;4,25\n;0,5;-1\n",
    "empty rows of separators": "1,5;2\n;\n-3;4,25\n;;;\n\n0,5;-1\n;;\n",
    "semicolons behind commas": "1.5,2;;\n;;\n-3,4.25;;\n0.5,-1;;\n",
    "what savetxt writes": "1.500000000000000000e+00 2.0e+00\n-3e0 4.25e+00\n5.0e-01 -1e+00\n",
    "what savetxt writes above": "# x y\n1.5 2\n-3 4.25\n.5 -1\n",
    "columns set with blanks": "  1.5   2 \n -3     4.25\n  0.5  -1\n",
    "bars": "x|y\n1.5|2\n-3|4.25\n.5|-1\n",
    "a named separator": "sep=;\nx;y\n1,5;2\n-3;4,25\n0,5;-1\n",
    "full-width marks": "x，y\n1.5，2\n－3，4.25\n0.5，-1\n",
    "blanks that do not break": "1.5\u00a02\n-3\u00a04.25\n.5\u00a0-1\n",
    "a header and its units": "length;height\nmm;mm\n\n1,5;2\n-3;4,25\n0,5;-1\n",
    "a title above": "Measured on a Sunday\n\nx,y\n1.5,2\n-3,4.25\n.5,-1\n",
    "a header of quoted years": '"2023","2024"\n1.5,2\n-3,4.25\n.5,-1\n',
    "a header of years": "2023;2024\n1,5;2\n-3;4,25\n0,5;-1\n",
    "a header of a name and a year": "x,2023\n1.5,2\n-3,4.25\n.5,-1\n",
    "numbers of the rows, as pandas writes them": ",x,y\n0,1.5,2\n1,-3,4.25\n2,.5,-1\n",
    "a column of words": "town,x,y\nUlm,1.5,2\nBonn,-3,4.25\nJena,.5,-1\n",
    "remarks": "1.5,2 # first\n% all\n// of it\n-3,4.25\n.5,-1\n",
    "old line ends": "x,y\r1.5,2\r-3,4.25\r.5,-1",
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_a_table_is_read_as_people_have_it(text: str, read: Read) -> None:
    np.testing.assert_array_equal(read(text, scale="none").data, XY)


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "gbk"]
)
def test_a_table_is_read_in_any_usual_encoding(encoding: str, read: Read) -> None:
    name = {"gbk": "长度", "cp1252": "Größe €"}.get(encoding, "Größe")
    target = read(f"x;{name}\n1,5;2\n-3;4,25\n0,5;-1\n".encode(encoding), scale="none")
    np.testing.assert_array_equal(target.data, XY)
    assert "header" in target.reading.words


def test_arrays_of_numpy_are_read(read: Read, tmp_path: Path) -> None:
    def saved(write: Callable[..., Any], *arrays: Any, **named: Any) -> bytes:
        kept = io.BytesIO()
        write(kept, *arrays, **named)
        return kept.getvalue()

    xy, (x, y) = np.array(XY), np.array(XY).T
    rows = np.array([tuple(row) for row in XY], dtype=[("a", "f4"), ("b", "f8")])
    for name, content in {
        "a.npy": saved(np.save, xy),
        "b.npy": saved(np.save, xy.astype(np.float32)),
        "rows.npy": saved(np.save, rows),
        "c.npz": saved(np.savez, xy),
        "d.npz": saved(np.savez, notes=np.arange(3), xy=xy),
        "e.npz": saved(np.savez, x=x, y=y),
        "f.csv.gz": gzip.compress(PLAINLY.encode()),
        "g.npy.gz": gzip.compress(saved(np.save, xy)),
        "no ending": saved(np.save, xy),
    }.items():
        np.testing.assert_array_equal(read(content, name, scale="none").data, XY, err_msg=name)
    for name, array, words in (
        ("turned.npy", np.zeros((2, 5)), "numpy.transpose"),
        ("wide.npy", np.zeros((5, 3)), r"say which two hold the points: columns = \[0, 1\]"),
        ("complex.npy", np.zeros((5, 2), complex), "complex128"),
        ("words.npy", np.array([["a", "b"]]), "<U1"),
    ):
        with pytest.raises(ToylabError, match=words):
            read(saved(np.save, array), name)
    wide = read(saved(np.save, np.insert(xy, 1, 9, axis=1)), "w.npy", columns=(0, 2), scale="none")
    np.testing.assert_array_equal(wide.data, XY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "x;y\n1,5;2,5\n3,5;1,5\n",
            "x.csv: 2 points, header x, y left out, decimal commas, semicolons between columns",
        ),
        ("2023,2024\n1.5,2.5\n", "x.csv: 1 point, header 2023, 2024 left out"),
        ("1.5,2\n", "x.csv: 1 point, no header"),
        (
            "60 000;70 000\n",
            "x.csv: 1 point, no header, marks between thousands, semicolons between columns",
        ),
        (
            "town,x,y\nUlm,1.5,2\n",
            "x.csv: 1 point, header town, x, y left out, x and y read, town left out",
        ),
        ("# by hand\n1.5 2\n", "x.csv: 1 point, 1 comment left out, no header"),
    ],
)
def test_one_line_says_what_was_read(text: str, said: str, read: Read) -> None:
    assert read(text).reading.words.startswith(said)


THOUSANDS = [
    "60\u00a0000;70\u202f000,5",
    "60 000;70 000,5",
    "60'000;70'000.5",
    "60’000\t70’000.5",
    "60.000;70.000,5",
    '"60,000","70,000.5"',
    "60,000;70,000.5",
    "60\u00a0000 70\u00a0000.5",
]


@pytest.mark.parametrize("line", THOUSANDS)
def test_marks_between_thousands_part_no_number(line: str, read: Read) -> None:
    np.testing.assert_array_equal(
        read(f"{line}\n1;2\n" if ";" in line else line).data[0], [60000, 70000.5]
    )


@pytest.mark.parametrize(
    ("text", "doubt", "told", "then"),
    [
        ("2023,2024\n1.5,2.5\n1.6,2.4\n", "2023, 2024 above", {"header": False}, (3, 2023.0)),
        ("2023,2024\n1523,1788\n1500,1700\n", "2023, 2024 above", {"header": False}, (3, 2023.0)),
        ("10,20\n.1,.2\n.3,.1\n.2,.2\n", "10, 20 above", {"header": False}, (4, 10.0)),
        ("0,1\n.5,.9\n.7,.7\n", "was taken for a point", {"header": True}, (2, 0.5)),
        ("1,5\n2,25\n", '"1,5" was read as two numbers', {"header": False}, (2, 1.0)),
        (
            "60.000;70.000\n61.000;71.500\n",
            '"60.000" was read as 60. If it is 60000',
            {"decimal": "comma"},
            (2, 60000.0),
        ),
        (
            '"60,000","70,000"\n',
            '"60,000" was read as 60000. If it is 60',
            {"decimal": "comma"},
            (1, 60.0),
        ),
    ],
)
def test_what_is_doubtful_is_said_and_can_be_decided(
    text: str, doubt: str, told: dict[str, Any], then: tuple[int, float], read: Read
) -> None:
    (said,) = read(text).reading.doubts
    assert doubt in said and said.startswith("x.csv: ")
    # A word of the cure stands in the doubt.
    assert [*told][0] in said
    decided = read(text, **told)
    assert not decided.reading.doubts
    assert (len(decided.data), decided.data[0, 0]) == then


@pytest.mark.parametrize(
    "text",
    [
        PLAINLY,
        "x,y\n1,5\n2,6\n",
        "1.234 2.345\n",
        "13.405,52.515\n",
        "2021;2020\n2022;2001\n2020;1999\n",
        "1,-5\n2,3\n",
    ],
)
def test_what_is_plain_leaves_no_doubt(text: str, read: Read) -> None:
    assert not read(text).reading.doubts


REFUSED = {
    "three columns": ("x,y,z\n1,2,3\n", r'line 2 has 3 columns \(x, y, z\); say .* columns = \["x", "y"\]'),
    "a value that is missing": ("1.5,2\n,3\n", 'line 2 is ",3", where a number is missing'),
    "first row without values": ("NA,NA\n1.5,2\n", 'line 1 is "NA,NA", where a number is missing'),
    "a longer line": ("1,2\n3,4,5\n", "line 2 has 3 columns"),
    "one column": ("1.5\n2.5\n", "line 1 has 1 columns"),
    "decimal commas between commas": ("1,5,2,5\n3,5,4,5\n", "line 1 has 4 columns"),
    "a unit": ("x,y\n1.5 m,2 m\n2 m,3 m\n", 'line 2 is "1.5 m,2 m", and no two numbers'),
    "both decimals": ("1.5;2,5\n2.5;3.5\n", 'line 1 is "1.5;2,5"'),
    "names alone": ("a,b\n", "holds no points"),
    "a line of a megabyte": ("1,2\n" + "1," * 500_000, "line 2 has 1,000,000 characters"),
    "JSON": ("[[1, 2], [3, 4]]", "is JSON; save it as CSV"),
    "a web page": ("<!doctype html><table>", "is HTML or XML; save it as CSV"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED)
def test_a_table_of_no_points_is_refused_with_its_line(text: str, words: str, read: Read) -> None:
    with pytest.raises(ToylabError, match=words):
        read(text)


def test_formats_that_are_not_read_are_named_with_what_to_do(read: Read, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as book:
        book.writestr("[Content_Types].xml", "")
        book.writestr("xl/workbook.xml", "")
    with zipfile.ZipFile(tmp_path / "book.ods", "w") as book:
        book.writestr("content.xml", "")
    for name, start, words in (
        ("book.xlsx", (tmp_path / "book.xlsx").read_bytes(), "is an Excel workbook; save it as CSV first"),
        ("x.csv", (tmp_path / "book.xlsx").read_bytes(), "is an Excel workbook; save it as CSV first"),
        ("book.ods", (tmp_path / "book.ods").read_bytes(), "a table of LibreOffice; save it as CSV first"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook"),
        ("x.parquet", b"PAR1\x15", "a Parquet table"),
        ("x.pkl", b"\x80\x04\x95", "a pickle, which may run code"),
        ("x.csv", b"\x89PNG\r\n", 'a picture; write kind = "image"'),
    ):  # fmt: skip
        with pytest.raises(ToylabError, match=words) as refused:
            read(start, name)
        assert len(str(refused.value).splitlines()) == 1 and ".npz" in str(refused.value)


def test_two_of_many_columns_are_chosen_by_name_or_place(read: Read) -> None:
    text = "x,y,z\n1.5,9,2\n-3,9,4.25\n.5,8,-1\n"
    for columns in (("x", "z"), (0, 2)):
        np.testing.assert_array_equal(read(text, columns=columns, scale="none").data, XY)
    with pytest.raises(ToylabError, match="has no column 'q'; it has x, y, z"):
        read(text, columns=("x", "q"))


def test_a_line_far_below_is_read_by_the_same_rule(read: Read) -> None:
    body = "".join(f"{i % 7 - 3},5;{i % 5 - 2},25\n" for i in range(3000))
    assert len(read("x;y\n" + body).data) == 3000
    with pytest.raises(ToylabError, match='line 3002 is "1,5;n/a", where a number is missing'):
        read("x;y\n" + body + "1,5;n/a\n")


NUMBERS = st.floats(-1e6, 1e6).map(lambda x: round(x, 4))


@given(rows=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=6), data=st.data())
def test_every_spelling_of_numbers_is_read_as_they_are(
    rows: list[tuple[float, float]], data: st.DataObject
) -> None:
    """Against the numbers themselves: whatever parts columns, decimals and thousands."""
    delimiter, mark = data.draw(
        st.sampled_from([(";", ","), (";", "."), ("\t", ","), (",", "."), (" ", ","), ("|", ",")])
    )
    group = data.draw(st.sampled_from(["", "\u202f", "\u00a0"]))
    minus = data.draw(st.sampled_from("-−–"))

    def spelt(x: float) -> str:
        whole = f"{abs(x):,.4f}".replace(",", "g").replace(".", mark).replace("g", group)
        return minus * (x < 0) + whole

    text = "".join(delimiter.join(map(spelt, row)) + "\n" for row in rows)
    found = read_table("x" + delimiter + "y\n" + text, Told(), Notes())
    np.testing.assert_array_equal(found, np.array(rows) + 0.0)


@given(st.text(alphabet="01529.,;- \t\n\"'#xé−\u00a0", max_size=60))
def test_any_text_is_points_or_a_line(text: str) -> None:
    try:
        found = read_table(text, Told(), Notes())
    except Unreadable as error:
        assert str(error)
    else:
        assert found.shape[1:] == (2,) and len(found) and np.isfinite(found).all()


def test_a_first_row_with_a_typographic_minus_is_a_point(read: Read) -> None:
    np.testing.assert_array_equal(read("−1.5,2.0\n0.5,−1.0\n").data, [[-1.5, 2], [0.5, -1]])


# --- said at the command line ---


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a scenario of points, which is the present one."""
    monkeypatch.chdir(tmp_path)
    Path("years.csv").write_text("2023;2024\n1,5;2,5\n1,6;2,4\n")
    target = {"kind": "points", "file": "years.csv"}
    claim = '[[claims]]\ntext = "t"\nmetric = "c2st"\nrelation = "<"\nthreshold = 2.0\n'
    Path("own.toml").write_text(f'title = "S"\nlesson = "L"\n{small_toml(target=target)}\n{claim}')
    return tmp_path


SAID = "years.csv: 2 points, header 2023, 2024 left out, decimal commas"


@pytest.mark.parametrize(
    "words",
    [
        "show own.toml",
        "train own.toml -o t.npz",
        "run own.toml -o a.png --frame 0",
        "compare own.toml own.toml -o a.png --frame 0",
        "check own.toml --seeds 2 --jobs 1",
        "sweep own.toml --over game.generator_steps=1,2 --metric c2st --seeds 1 --jobs 1 -o a.csv",
        "slides own.toml -o a.md",
    ],
)
def test_each_command_says_once_what_was_read_and_what_is_doubtful(
    words: str, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["toylab", *words.split()])
    with pytest.raises(SystemExit) as end:
        commands.main()
    out, err = capsys.readouterr()
    assert not end.value.code, err
    assert out.count(SAID) == 1 and err.count("header = false") == 1


def test_python_tells_what_was_read(here: Path) -> None:
    reading = load("own.toml").reading
    assert reading.words.startswith(SAID) and len(reading.doubts) == 1
    assert load("mode-collapse").reading.words == ""


# --- modes ---


def sampled(kind: str, n: int = 1000, **options: Any) -> np.ndarray:
    return TARGETS[kind](**options).sample(np.random.default_rng(3), n)


RNG = np.random.default_rng(0)
FEW = np.concatenate([RNG.normal(at, 0.1, (10, 2)) for at in ((0, 0), (2, 0), (0, 2))])
STRAYS = np.concatenate([sampled("ring"), RNG.uniform(-3, 3, (100, 2))])
GROUPED = {
    "a ring of eight": (sampled("ring"), "ring", {}),
    "a ring of fifty thousand points": (sampled("ring", 50_000), "ring", {}),
    "a ring among strays": (STRAYS, "ring", {}),
    "a grid of 25": (sampled("grid"), "grid", {}),
    "shares that differ": (sampled("ring", weights=(5, 3, 1, 1), modes=4), "ring", {"weights": (5, 3, 1, 1), "modes": 4}),
    "30 points": (FEW, "mixture", {"means": ((0, 0), (2, 0), (0, 2)), "spreads": (0.1,)}),
}  # fmt: skip


@pytest.mark.parametrize(("points", "kind", "options"), GROUPED.values(), ids=GROUPED)
def test_groups_that_stand_apart_are_modes(
    points: np.ndarray, kind: str, options: dict[str, Any], tmp_path: Path
) -> None:
    """The oracle: the modes that the points were drawn from."""
    np.save(tmp_path / "p.npy", points)
    truth = TARGETS[kind](**options)
    for told in (None, len(truth.modes)):
        found = TARGETS["points"](file=str(tmp_path / "p.npy"), modes=told)
        assert len(found.modes) == len(truth.modes)
        gaps = np.linalg.norm(found.modes[:, None] - truth.modes, axis=-1)
        nearest = gaps.argmin(axis=1)
        assert sorted(nearest) == [*range(len(truth.modes))]
        # Of ten points a mean is off by a third of their spread; strays told to be in groups widen them.
        assert gaps.min(axis=1).max() < 1.5 * truth.spread[0]
        if told is None:
            # Four times what a median of so many distances errs by.
            close = 2.9 / math.sqrt(min(len(points), 3000) * truth.weights.min())
            np.testing.assert_allclose(found.spread, truth.spread[nearest], rtol=close)
            np.testing.assert_allclose(found.weights, truth.weights[nearest], atol=0.05)


PLACED = np.repeat([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]], 100, axis=0)
UNGROUPED = {
    "two moons": sampled("two_moons"),
    "circles in one another": sampled("circles"),
    "a line": sampled("line"),
    "a square": sampled("square"),
    "one cloud": RNG.normal(size=(1000, 2)),
    "long tails": RNG.standard_t(2, (1000, 2)),
    "a few points": RNG.normal(size=(30, 2)),
    "one point": np.ones((1, 2)),
    "one place": np.ones((300, 2)),
    "three places": PLACED,
    "whole numbers": RNG.integers(0, 5, (500, 2)),
}


@pytest.mark.parametrize("points", UNGROUPED.values(), ids=UNGROUPED)
def test_where_no_groups_stand_apart_there_are_no_modes(points: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "p.npy", points)
    found = TARGETS["points"](file=str(tmp_path / "p.npy"))
    assert found.modes.shape == (0, 2) and found.spread.shape == found.weights.shape == (0,)
    assert found.reading.words.endswith(", no modes told apart")


def test_noise_makes_a_mode_of_a_place(tmp_path: Path) -> None:
    np.save(tmp_path / "p.npy", PLACED)
    found = TARGETS["points"](file=str(tmp_path / "p.npy"), noise=0.1)
    np.testing.assert_allclose(found.modes, PLACED[::100], atol=1e-12)
    np.testing.assert_allclose(found.spread, 0.1)
    assert found.reading.words.endswith(", 3 modes told apart")
    # As wide as the places are apart they are one cloud.
    assert not len(TARGETS["points"](file=str(tmp_path / "p.npy"), noise=1.0).modes)


def test_who_knows_better_says_how_many_modes_there_are(tmp_path: Path) -> None:
    np.save(tmp_path / "p.npy", sampled("ring"))
    none = TARGETS["points"](file=str(tmp_path / "p.npy"), modes=0)
    assert not len(none.modes) and "modes" not in none.reading.words
    (one,) = TARGETS["points"](file=str(tmp_path / "p.npy"), modes=1).modes
    np.testing.assert_allclose(one, np.load(tmp_path / "p.npy").mean(axis=0), atol=1e-6)
    np.save(tmp_path / "p.npy", FEW[:1])
    assert len(TARGETS["points"](file=str(tmp_path / "p.npy"), modes=1).modes) == 1
    np.save(tmp_path / "p.npy", FEW[:3])
    with pytest.raises(ToylabError, match="modes is 4, and there are only 3 points"):
        TARGETS["points"](file=str(tmp_path / "p.npy"), modes=4)


def test_modes_of_years_and_incomes_are_near_in_the_players_units(tmp_path: Path) -> None:
    units = np.array([2.0, 20_000.0])
    points = [2000, 50_000] + units * sampled("ring")
    np.save(tmp_path / "p.npy", points)
    found = TARGETS["points"](file=str(tmp_path / "p.npy"))
    assert len(found.modes) == 8 and not found.frame.shared
    np.testing.assert_allclose(found.frame.inward(found.modes).std(), math.sqrt(2), rtol=0.05)
    index, good = nearest_modes(points, found)
    # Of round modes that a perfect sampler hits .989 lie within 3 spreads.
    assert len({*index}) == 8 and good.mean() > 0.97


def test_the_same_points_have_the_same_modes_in_a_trace(tmp_path: Path) -> None:
    trace = recorded(sampled("ring", 300), tmp_path)
    trace.save(tmp_path / "t.npz")
    fresh = TARGETS["points"](file=str(tmp_path / "own.npy"))
    for target in (trace.target, Trace.load(tmp_path / "t.npz").target):
        for name in ("modes", "spread", "weights"):
            assert getattr(target, name).tobytes() == getattr(fresh, name).tobytes()
    covered = METRICS["modes_covered"](trace)
    assert np.isfinite(covered).all() and covered.max() <= 8
    Film(trace, layers=["real", "generated", "modes"]).draw(0)


def test_what_finds_modes_is_loaded_where_it_is_needed() -> None:
    asked = "import sys, toylab.targets, toylab.film.script; print('sklearn' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"


# --- data of any size ---

# Sums and means of such numbers are exact, and so is every scaling by a power of two.
BASE = (
    np.round(
        np.random.default_rng(0).normal(np.repeat([[98.5, 100], [101.5, 100.75]], 32, 0), 0.15)
        * 1024
    )
    / 1024
)
PLACES = {
    "kilometres": (0.0, 0.0, 1024.0),
    "longitude and latitude": (13.0, 52.0, 2.0**-10),
    "nanometres": (0.0, 0.0, 1e-9),
    "prices": (6e4, 6e4, 50.0),
    "populations": (0.0, 0.0, 1e7),
    "northings": (5.8e6, 4.4e5, 37.0),
}


def recorded(points: np.ndarray, folder: Path, **told: Any) -> Trace:
    file = folder / "own.npy"
    np.save(file, points)
    target = {"kind": "points", "file": str(file), **told}
    training = {"steps": 8, "batch": 32, "points": 64}
    return record(check({**SMALL, "target": target, "training": training}, name="own"), [0, 1], [0])


@pytest.fixture(scope="module")
def base_trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    return recorded(BASE, tmp_path_factory.mktemp("base"), noise=0.125)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_data_that_are_moved_and_scaled_are_the_same_game(
    place: tuple[float, float, float], base_trace: Trace, tmp_path: Path
) -> None:
    """The oracle: x -> a + b x changes units and nothing else."""
    a, b = np.array(place[:2]), place[2]
    trace = recorded(a + b * BASE, tmp_path, noise=0.125 * b)
    # A millionth of the points' digits: what float64 leaves of them so far from 0.
    close = 1e-14 * (np.abs(a).max() / b + 100)
    for name in ("samples", "real", "lattice"):
        found = getattr(trace, name)
        assert found.dtype == np.float64
        np.testing.assert_allclose((found - a) / b, getattr(base_trace, name), atol=close)
    np.testing.assert_allclose((trace.extent - np.repeat(a, 2)) / b, base_trace.extent, atol=close)
    for name in ("modes_covered", "high_quality", "mode_tv"):
        np.testing.assert_array_equal(METRICS[name](trace), METRICS[name](base_trace))
    assert len(base_trace.target.modes) == 2
    for name in (
        "logits",
        "real_logits",
        "fake_logits",
        "train_logits",
        "pushes",
        "critic",
        "losses",
    ):
        np.testing.assert_allclose(
            getattr(trace, name), getattr(base_trace, name), rtol=1e-4, atol=1e-5
        )
    for name, metric in METRICS.items():
        if not any(need in ("modes", "equilibrium") for need in metric.needs):
            unit = b if name in ("sliced_wasserstein", "energy_distance") else 1.0
            np.testing.assert_allclose(
                metric(trace) / unit, metric(base_trace), rtol=1e-4, atol=1e-6, err_msg=name
            )


def test_the_film_of_scaled_data_is_the_same_but_for_its_numbers(
    base_trace: Trace, tmp_path: Path
) -> None:
    layers = [
        "surface",
        "optimal_gap",
        "density",
        "kde",
        "lattice",
        "real",
        "trails",
        "generated",
        "arrows_even",
    ]
    wide = recorded(1024 * BASE, tmp_path, noise=128.0)

    def pixels(trace: Trace) -> np.ndarray:
        film = Film(trace, layers=layers, layout="bare")
        frame = film.redraw(2)
        assert np.array_equal(film.draw(2), frame)
        stage = film.figure(2).axes[0].get_window_extent()
        # Without the words in its corners.
        rows = slice(len(frame) - int(stage.y1) + 40, len(frame) - int(stage.y0) - 40)
        return frame[rows, int(stage.x0) + 2 : int(stage.x1) - 2].astype(int)

    one, other = pixels(base_trace), pixels(wide)
    # Edges of lines may fall on another side of a pixel: a thousandth of them.
    assert (np.abs(one - other).max(axis=-1) > 8).mean() < 1e-3
    assert one.std() > 5


def test_a_trace_of_scaled_data_is_read_again_whole(tmp_path: Path) -> None:
    trace = recorded(np.array([13.4, 52.5]) + 0.002 * BASE, tmp_path, noise=0.0003)
    trace.save(tmp_path / "t.npz")
    (tmp_path / "own.npy").unlink()
    again = Trace.load(tmp_path / "t.npz")
    for name in ("samples", "real", "extent", "target_data"):
        np.testing.assert_array_equal(getattr(again, name), getattr(trace, name))
    assert again.target.frame.unit.tolist() == trace.target.frame.unit.tolist()
    # Eight digits of a degree, a millimetre, of which float32 keeps seven.
    assert len(np.unique(again.target_data[:, 0])) == len(np.unique(BASE[:, 0]))
    assert METRICS["js_divergence"](again).tolist() == METRICS["js_divergence"](trace).tolist()


def test_data_of_the_players_size_are_left_as_they_are(
    tmp_path: Path, small: Callable[..., Scenario]
) -> None:
    five = np.array([[-1.0, 0.0], [-0.5, 0.8], [0.5, 0.8], [1.0, 0.0], [0.0, -0.6]])
    trace = recorded(five, tmp_path, noise=0.1)
    assert trace.samples.dtype == trace.real.dtype == trace.target_data.dtype == np.float32
    # As it was drawn before there were frames.
    rng, again = np.random.default_rng(3), np.random.default_rng(3)
    x = five.astype(np.float32)[again.integers(0, 5, 9)]
    expected = x + 0.1 * again.standard_normal((9, 2), dtype=np.float32)
    assert trace.target.sample(rng, 9).tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    ("points", "plain"),
    [
        ([[-1, 0], [1, 0.5]], True),
        ([[0, 0], [1, 1]], True),
        ([[-5, 0], [5, 5]], True),
        ([[3, 2]], True),
        ([[2, 1], [2, 1]], True),
        ([[-0.4, 0], [0.4, 0]], False),
        ([[-6, 0], [6, 5]], False),
        ([[2, 0], [3, 1]], False),
        ([[300, -2]], False),
        ([[1, 1], [1 + 1e-9, 1]], False),
    ],
)
def test_points_are_left_alone_whose_square_holds_0_and_is_of_size_1_to_10(
    points: list[list[float]], plain: bool
) -> None:
    frame = framed(np.array(points, float), "auto")
    assert frame.plain == plain
    # As a trace keeps them.
    kept = np.array(points, np.float32 if plain else np.float64)
    assert framed(kept, "auto").unit.tolist() == frame.unit.tolist()


def test_columns_of_unlike_units_are_scaled_each_by_itself(
    tmp_path: Path, base_trace: Trace
) -> None:
    """Square metres and euros: the picture of the same points in one unit."""
    own = recorded(BASE * [1, 4096], tmp_path, noise=[0.125, 512.0])
    spread = own.target.frame.inward(own.target_data).std(axis=0)
    np.testing.assert_allclose(spread, math.sqrt(2))
    alone = recorded(BASE, tmp_path, noise=0.125, scale="own")
    np.testing.assert_allclose(own.samples, alone.samples * [1, 4096], rtol=1e-9)
    for name in ("sliced_wasserstein", "c2st", "js_divergence"):
        np.testing.assert_allclose(
            METRICS[name](own), METRICS[name](alone), rtol=1e-6, err_msg=name
        )


def test_the_density_of_scaled_points_is_scipys() -> None:
    knots = np.array([[2020.0, 3e6], [2021.0, 4e6], [2024.0, 9e6]])
    x = knots[:2] + [[0.3, 1e5], [0.0, -1e5]]
    for scale, noise in (("shared", 5e4), ("own", (0.5, 2e5))):
        target = TARGETS["points"](file="x", noise=noise, data=knots, scale=scale)
        parts = [norm.pdf(x, knot, noise).prod(axis=1) for knot in knots]
        np.testing.assert_allclose(target.log_density(x), np.log(np.mean(parts, axis=0)), rtol=1e-9)


def test_noise_is_judged_beside_the_points() -> None:
    data = np.array([13.4, 52.5]) + 0.002 * BASE
    for noise in (1.0e-9, 100.0):
        with pytest.raises(ToylabError, match="noise must be 0, or for these points from"):
            TARGETS["points"](file="x", noise=noise, data=data)
    assert TARGETS["points"](file="x", noise=1e-4, data=data).log_density(data[:1]).item() > 0
    with pytest.raises(ToylabError, match="differ in their last digits only"):
        TARGETS["points"](file="x", data=1e9 + np.array([[0.0, 0], [1e-5, 0]]))
    with pytest.raises(ToylabError, match='scale = "none" does not take'):
        TARGETS["points"](file="x", data=BASE * 1e3, scale="none")


def test_one_place_far_away_is_as_wide_as_its_noise(tmp_path: Path) -> None:
    trace = recorded(np.array([[13.4, 52.5]]), tmp_path, noise=0.001)
    assert 0.004 < trace.extent[1] - trace.extent[0] < 0.02
    plain = recorded(np.array([[13.4, 52.5]]), tmp_path)
    assert (plain.real == [13.4, 52.5]).all() and np.isfinite(
        METRICS["sliced_wasserstein"](plain)
    ).all()


def test_the_stage_says_where_it_lies_only_where_nobody_can_guess(
    base_trace: Trace, small_trace: Trace
) -> None:
    def corners(trace: Trace) -> list[str]:
        texts = Film(trace).figure(0).axes[0].texts
        return [text.get_text() for text in texts if ";" in text.get_text()]

    assert not corners(small_trace)
    x0, x1, y0, y1 = base_trace.extent
    assert corners(base_trace) == [f"{x0:.2f}; {y1:.2f}", f"{x1:.2f}; {y0:.2f}"]


@pytest.mark.parametrize(
    ("value", "side", "said"),
    [
        (13.40512, 0.0156, "13.4051"),
        (52.5, 30.0, "52.5"),
        (-3.27e-9, 6e-9, "-3.27·10⁻⁹"),
        (6904042.4, 2.5e7, "6\u202f904\u202f042"),
        (3.2e12, 1e12, "3.20·10¹²"),
    ],
)
def test_a_coordinate_has_the_digits_that_tell_places_apart(
    value: float, side: float, said: str
) -> None:
    assert coordinate(value, side) == said


@pytest.mark.parametrize("columns", [("x", "y"), ("y", "x"), (0, 1), (1, 0)])
def test_two_columns_are_taken_in_the_order_that_is_asked_for(
    columns: tuple[str | int, str | int], tmp_path: Path
) -> None:
    wanted = np.array([[1, 5.5], [2, 6.5]])
    turned = columns in (("y", "x"), (1, 0))
    expected = wanted[:, ::-1] if turned else wanted
    # At once, line by line, and with blanks between.
    texts = ("x,y\n1,5.5\n2,6.5\n", 'x,y\n"1",5.5\n2,6.5\n', "x y\n1 5.5\n2 6.5\n")
    for text in texts:
        path = tmp_path / "p.csv"
        path.write_text(text)
        reading = read_points(path, Told(columns=columns))
        np.testing.assert_array_equal(reading.data, expected, text)
    np.save(tmp_path / "p.npy", wanted)
    if isinstance(columns[0], int):
        read = read_points(tmp_path / "p.npy", Told(columns=columns)).data
        np.testing.assert_array_equal(read, expected)
    else:
        with pytest.raises(ToylabError, match="no names"):
            read_points(tmp_path / "p.npy", Told(columns=columns))
        np.savez(tmp_path / "p.npz", x=wanted[:, 0], y=wanted[:, 1])
        read = read_points(tmp_path / "p.npz", Told(columns=columns)).data
        np.testing.assert_array_equal(read, expected)


def test_lines_of_an_old_mac_are_counted_as_any_other(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(b"1,2\r" * 2_000_002)
    with pytest.raises(ToylabError, match="lines, at most"):
        read_points(path, Told())


@pytest.mark.parametrize("lying", ["points.csv.txt", "Points.CSV"])
def test_data_with_a_hidden_ending_are_named(lying: str, tmp_path: Path) -> None:
    (tmp_path / lying).write_text("1.0,2.0\n")
    with pytest.raises(ToylabError, match=f'no such file.*"{lying}" lies there: rename it'):
        read_points(tmp_path / "points.csv", Told())
