"""What a person brings to the lab's page and takes from it: data, scenario files, links, pictures, recordings."""

from __future__ import annotations

import base64
import io
import json
import math
import random
import tomllib
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from games import SMALL
from live import chromium
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from playwright.sync_api import Page

import toylab
from toylab.base.settings import OWN_KEYS, merged, sections
from toylab.cli.unwritten import unwritten
from toylab.film.style import THEMES
from toylab.metrics import METRICS
from toylab.scenario import catalogue, scenario
from toylab.scenario.rules import setting_of
from toylab.show.bundle import SCRIPTS, bundled
from toylab.show.lab.keeping_words import KEEPING_WORDS
from toylab.targets import TARGETS
from toylab.targets.text_table import Notes, Told, Unreadable, read_table

PAGE = SCRIPTS / "lab" / "page"
MODULES = [
    PAGE / f"{name}.js" for name in ("draw", "reading", "tables", "toml", "filling", "link", "keep")
]
STAGE = """<body style="margin: 0"><figure style="position: relative; margin: 20px; width: 400px">
<canvas id="under" width="400" height="400" style="display: block; width: 400px; height: 400px"></canvas></figure>
<div id="tools"></div></body>"""
# As the page says a line.
SAID = """const word = (key, values = {}) => (words[key] ?? `[${key}]`).replace(/\\{(\\w+)\\}/g, (_, name) => values[name]);
const caught = async (does) => { try { return { value: await does() }; } catch (error) {
  if (!(error instanceof Unreadable)) throw error;
  return { key: error.key, line: word(error.key, error.values), values: error.values }; } };"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page with nothing but the modules in it."""
    faults: list[str] = []
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 900, "height": 700}, has_touch=True)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text))
        page.set_content(STAGE)
        page.add_script_tag(content=f"const words = {json.dumps(KEEPING_WORDS['en'])};")
        page.add_script_tag(content=bundled(MODULES) + SAID)
        yield page
    assert faults == []


# --- tables ---

TABLES = {
    "commas": "1.5,2\n-3,4.25\n.5,-1\n",
    "decimal commas and semicolons": "1,5;2\n-3;4,25\n,5;-1\n",
    "decimal commas and tabs": "1,5\t2,0\n-3,0\t4,25\n0,5\t-1,0\n",
    "decimal commas and blanks": "x y\n1,5 2,0\n-3,0 4,25\n0,5 -1,0\n",
    "typographic minuses": "x;y\n1,5;2\n−3;4,25\n0,5;–1\n",
    "quoted decimal commas": '"1,5","2"\n"-3","4,25"\n"0,5","-1"\n',
    "a quoted name": 'name,x,y\n"Ulm, ""old""",1.5,2\n"Bonn",-3,4.25\n"Jena",.5,-1\n',
    "a byte order mark": "\ufeffx;y\n1,5;2\n-3;4,25\n0,5;-1\n",
    "empty columns before and behind": ";1,5;2;\n;-3;4,25;\n;0,5;-1;\n",
    "empty rows of separators": "1,5;2\n;\n-3;4,25\n;;;\n\n0,5;-1\n;;\n",
    "what savetxt writes": "# x y\n1.500000000000000000e+00 2.0e+00\n-3e0 4.25e+00\n5.0e-01 -1e+00\n",
    "columns set with blanks": "  1.5   2 \n -3     4.25\n  0.5  -1\n",
    "bars": "x|y\n1.5|2\n-3|4.25\n.5|-1\n",
    "a named separator": "sep=;\nx;y\n1,5;2\n-3;4,25\n0,5;-1\n",
    "full-width marks": "x，y\n1.5，2\n－3，4.25\n0.5，-1\n",
    "blanks that do not break": "1.5\u00a02\n-3\u00a04.25\n.5\u00a0-1\n",
    "a header and its units": "length;height\nmm;mm\n\n1,5;2\n-3;4,25\n0,5;-1\n",
    "a title above": "Measured on a Sunday\n\nx,y\n1.5,2\n-3,4.25\n.5,-1\n",
    "a header of years": "2023;2024\n1,5;2\n-3;4,25\n0,5;-1\n",
    "a header of a name and a year": "x,2023\n1.5,2\n-3,4.25\n.5,-1\n",
    "a header of large numbers": "100,200\n1,2\n2,3\n1,3\n",
    "numbers of the rows, as pandas writes them": ",x,y\n0,1.5,2\n1,-3,4.25\n2,.5,-1\n",
    "a column of words": "town,x,y\nUlm,1.5,2\nBonn,-3,4.25\nJena,.5,-1\n",
    "remarks": "1.5,2 # first\n% all\n// of it\n-3,4.25\n.5,-1\n",
    "old line ends": "x,y\r1.5,2\r-3,4.25\r.5,-1",
    "thousands": "60 000;70 000\n1 234 567;-1 000\n",
    "Swiss thousands": "60'000;70'000.5\n1'000;2\n",
    "either thousands or decimals": "1.234;5.678\n2.345;6.789\n",
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_a_table_is_read_as_python_reads_it(text: str, page: Page) -> None:
    notes = Notes()
    expected = read_table(text.removeprefix("\ufeff"), Told(), notes)
    read = page.evaluate("text => readTable(text)", text)
    assert_array_equal(read["points"], expected)
    header = any(one.startswith("header") for one in notes.words)
    assert header == any(key == "table_header" for key, _ in read["words"])
    assert any("decimal commas" in one for one in notes.words) == (
        ["table_commas", {}] in read["words"]
    )


def test_random_tables_are_read_as_python_reads_them(page: Page) -> None:
    rng = random.Random(5)
    texts, expected = [], []
    for _ in range(200):
        points = [
            [round(rng.uniform(-50, 50), rng.choice([1, 2, 4])) for _ in "xy"] for _ in range(9)
        ]
        between, mark = rng.choice(
            [(";", ","), (";", "."), ("\t", ","), (",", "."), (" ", "."), ("|", ".")]
        )
        lines = [between.join(f"{x}".replace(".", mark) for x in point) for point in points]
        if rng.random() < 0.5:
            lines.insert(0, between.join(rng.choice([["x", "y"], ["Länge", "高"], ["a1", "b2"]])))
        if rng.random() < 0.3:
            lines.insert(rng.randrange(len(lines)), "")
        texts.append("\n".join(lines))
        expected.append(read_table(texts[-1], Told(), Notes()).tolist())
        assert expected[-1] == points
    assert page.evaluate("texts => texts.map(text => readTable(text).points)", texts) == expected


def test_of_many_columns_two_are_taken_and_named(page: Page) -> None:
    text = "t,x,y,note\n10,1,2,a\n20,3,4,b\n35,5,6,c\n"
    read = page.evaluate("text => readTable(text)", text)
    assert_array_equal(read["points"], read_table(text, Told(columns=("t", "x")), Notes()))
    taken = {"x": "t", "y": "x", "others": "y, note"}
    assert dict(map(tuple, read["words"]))["table_columns"] == taken
    bare = page.evaluate("text => readTable(text)", "1 2 3\n4 5 6\n")
    assert bare["points"] == [[1, 2], [4, 5]]
    assert bare["words"] == [["table_columns", {"x": "1", "y": "2", "others": "3"}]]


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("", "table_empty", "two numbers"),
        ("x,y\n", "table_empty", "two numbers"),
        ("<b>no</b>\n<script>alert(1)</script>\n", "table_no_pair", "<script>alert(1)</script>"),
        ("1\n2\n", "table_one_column", "Line 1 has one column"),
        ("x,y\n1,2\n3,four\n", "table_words", 'Line 3 is "3,four"'),
        ("x,y\n1,2\n\n3,\n5,6\n", "table_columns_of_line", 'Line 4 is "3,"'),
        ("x;y\n1;2\n3;n/a\n", "table_missing", 'Line 3 is "3;n/a"'),
        ("1,2\n3,4\n5,6,7\n", "table_columns_of_line", "of 3 columns"),
        ("1,2\n" * 60_000, "table_many", "at most 50,000"),
        ("1,2\n" * 600_000, "table_large", "2 MB"),
        ("1," + "2" * 20_000, "table_line_long", "Line 1"),
    ],
)
def test_an_unreadable_table_is_told_by_its_line(
    text: str, key: str, said: str, page: Page
) -> None:
    found = page.evaluate("text => caught(() => readTable(text))", text)
    assert found["key"] == key
    assert said in found["line"]
    if key not in ("table_many", "table_large"):
        # What Python takes the page takes too, within its bounds.
        with pytest.raises(Unreadable):
            read_table(text, Told(), Notes())


def test_points_are_laid_on_the_stage(page: Page) -> None:
    rng = np.random.default_rng(0)
    points = rng.normal([500, -30], [80, 20], (20_000, 2))
    laid = np.array(page.evaluate("points => scaled(points, [-4, 4, -4, 4])", points.tolist()))
    assert len(laid) == 5000
    chosen = points[np.arange(5000) * 4]
    low, high = points.min(0), points.max(0)
    expected = (chosen - (low + high) / 2) * 6.4 / (high - low).max()
    assert_allclose(laid, expected, atol=5.1e-4)
    assert_array_equal(laid, laid.round(3))
    same = page.evaluate("scaled([[7, 7], [7, 7]], [0, 2, 0, 2])")
    assert same == [[1, 1], [1, 1]]


# --- pictures ---


def picture(
    draw: Callable[[np.ndarray], None], mode: str = "L", size: tuple[int, int] = (64, 96)
) -> bytes:
    """A white picture on which something is drawn, as PNG."""
    grey = np.full(size, 255, np.uint8)
    draw(grey)
    kept = io.BytesIO()
    Image.fromarray(grey).convert(mode).save(kept, "PNG")
    return kept.getvalue()


def read_as_blob(page: Page, content: bytes, kind: str, name: str = "x") -> dict[str, Any]:
    return page.evaluate(
        """([data, type, name]) => caught(() => readFileOf(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))],
        name, { type })))""",
        [base64.b64encode(content).decode(), kind, name],
    )


def test_a_picture_gives_points_where_python_lays_its_density(page: Page, tmp_path: Path) -> None:
    def draw(grey: np.ndarray) -> None:
        grey[8:24, 10:40] = 0
        grey[40:60, 50:90] = 128

    path = tmp_path / "x.png"
    path.write_bytes(picture(draw))
    target: Any = TARGETS["image"](file=str(path))
    points = np.array(read_as_blob(page, path.read_bytes(), "image/png")["value"]["points"])
    assert len(points) == 4000
    low = target.corners.min(0)
    boxes = ((target.corners - low) / target.size).round().astype(int)
    seen, counts = np.unique(
        np.floor((points - low) / target.size).astype(int), axis=0, return_counts=True
    )
    found = dict(zip(map(tuple, seen.tolist()), counts, strict=True))
    assert found.keys() == set(map(tuple, boxes.tolist()))  # nowhere else, and everywhere there
    for place, share in zip(map(tuple, boxes.tolist()), target.weights_of, strict=True):
        # To within the one point that begins in a pixel, and the one that ends there.
        assert abs(found[place] - 4000 * share) <= 1


def test_a_picture_that_is_none_is_told(page: Page) -> None:
    assert read_as_blob(page, picture(lambda grey: None), "image/png")["key"] == "picture_white"
    clear = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(clear, "PNG")
    assert read_as_blob(page, clear.getvalue(), "image/png")["key"] == "picture_white"
    cut = read_as_blob(page, picture(lambda grey: None)[:50], "image/png", "<i>cut</i>.png")
    assert cut["key"] == "picture_unknown"
    assert "<i>cut</i>.png" in cut["line"]
    large = io.BytesIO()
    Image.new("L", (900, 300), 0).save(large, "PNG")
    found = read_as_blob(page, large.getvalue(), "image/png")["value"]
    assert found["words"] == [["picture_read", {"width": 128, "height": 43}]]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_dropped_table_is_read_in_usual_encodings(encoding: str, page: Page) -> None:
    text = "Größe;y\n1,5;2\n-3;4,25\n"
    found = read_as_blob(page, text.encode(encoding), "text/csv", "x.csv")
    assert found["value"]["points"] == [[1.5, 2], [-3, 4.25]]
    assert read_as_blob(page, b"PK\x03\x04\0\0\xff", "", "x.zip")["key"] == "file_unknown"


# --- TOML ---

DOCUMENTS = sorted(catalogue.folder().rglob("*.toml"))


def alike(one: Any, other: Any) -> bool:
    """Equal values of equal kinds; a page has one kind of number."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def both_read(page: Page, texts: list[str]) -> list[tuple[Any, Any]]:
    """What tomllib and the page make of documents; None where they refuse them."""
    found = page.evaluate(
        "texts => Promise.all(texts.map(text => caught(() => fromToml(text))))", texts
    )

    def python(text: str) -> Any:
        try:
            return tomllib.loads(text)
        except ValueError:
            return None

    return [(python(text), one.get("value")) for text, one in zip(texts, found, strict=True)]


def test_every_scenario_file_is_read_as_python_reads_it(page: Page) -> None:
    assert len(DOCUMENTS) > 50
    blocks = [
        block.partition("```")[0]
        for path in Path("docs").rglob("*.md")
        for block in path.read_text(encoding="utf-8").split("```toml\n")[1:]
    ]
    texts = [path.read_text(encoding="utf-8") for path in DOCUMENTS] + blocks
    for python, read in both_read(page, texts):
        assert python is not None
        assert alike(python, read)


WRITTEN = r'''
bare-key_1 = 1
"quoted key" = +1_000
'literal.key' = 0xDEAD_beef
oct = 0o755
bin = 0b1101
"" = -0
constructor = 1
toString.valueOf = 2
float = [ 1.0, -2.5e-3, 6.626e-34, 1e1_0, +0.0, -inf, inf, nan, 0e0 ]
yes = true # remark
no=false
basic = "tab\t \"q\" \\ \u00e9 \U0001F600 # none"
literal = 'C:\no\escape "here"'
many = """
first
 second \
     joined \

   again ""two"" \""" done"""
ends = """with quotes"""""
raw = \'\'\'
it's 'raw' \n\'\'\'
rows = [ [1, 2], [ "a", "b" ], # remark
  [ { x = 1, y.z = 2 }, {} ] , ]
dotted . "in a" . row = 1
dotted.other = 2
[table]
a.b.c = 1
[table.a.d]
e = 1
[ deep . 'er' ]
x = 1
[deep]
y = 2
[[list]]
n = 1
[list.inner]
k = 1
[[list.rows]]
[[list.rows]]
m = 1
[[list]]
'''.replace("\\'\\'\\'", "'''")


def random_document(rng: random.Random) -> str:
    """A document in many ways of writing; sometimes one that says something twice."""
    names = ["a", "b", "c-1", '"q k"', "'l'", '"\\u00e9"', "10"]

    def value(deep: int = 0) -> str:
        kinds = ["int", "float", "bool", "basic", "literal", "block", "list", "inline"]
        kind = rng.choice(kinds[: 6 if deep > 2 else 8])
        if kind == "int":
            return rng.choice(
                ["0", "-7", "+12", "1_2_3", "0x1f", "0o17", "0b10", "-0", f"{rng.getrandbits(40)}"]
            )
        if kind == "float":
            return rng.choice(
                ["1.5", "-0.0", "3e-9", "1_0.0_1E+3", "inf", "-nan", f"{rng.gauss(0, 1)!r}"]
            )
        if kind == "bool":
            return rng.choice(["true", "false"])
        if kind == "basic":
            return rng.choice(['""', '"a # b"', '"\\"\\\\"', '"\\u4e2d文"', '"\t"', '"]}"'])
        if kind == "literal":
            return rng.choice(["''", "'\\n'", "'\"'", "'中'"])
        if kind == "block":
            return rng.choice(
                ['"""\nx\n y"""', '"""a\\\n   b"""', "'''\nx'''", "'''a''b'''", '"""""a"""""']
            )
        inner = [value(deep + 1) for _ in range(rng.randrange(4))]
        if kind == "inline":
            pairs = [f"{key()} = {one}" for one in inner]
            return "{ " + ", ".join(pairs) + " }" if pairs else "{}"
        between = rng.choice([", ", ",\n  ", " , # remark\n"])
        return (
            "["
            + rng.choice(["", "\n", " # no ] \n"])
            + between.join(inner)
            + rng.choice(["", ",", "\n"] if inner else [""])
            + "]"
        )

    def key() -> str:
        return rng.choice([".", " . "]).join(
            rng.choice(names) for _ in range(rng.choice([1, 1, 1, 2, 3]))
        )

    lines = []
    for _ in range(rng.randrange(1, 12)):
        kind = rng.random()
        if kind < 0.15:
            lines.append(f"[{key()}]{rng.choice(['', ' # x'])}")
        elif kind < 0.3:
            lines.append(f"[[{key()}]]")
        elif kind < 0.4:
            lines.append(rng.choice(["", "  # remark", "\t"]))
        else:
            lines.append(
                f"{rng.choice(['', '  '])}{key()} {rng.choice(['=', '= '])}{value()}{rng.choice(['', ' #'])}"
            )
    text = rng.choice(["\n", "\r\n"]).join(lines)
    if rng.random() < 0.3:
        # A letter lost, or one too many.
        at = rng.randrange(len(text) + 1)
        text = (
            text[:at]
            + rng.choice(["", '"', "'", "]", "=", ".", "\n", "[", "}", ",", "\\", "_", "\r"])
            + text[at + rng.randrange(2) :]
        )
    return text


def test_documents_are_read_as_tomllib_reads_them(page: Page) -> None:
    rng = random.Random(1)
    texts = [WRITTEN] + [random_document(rng) for _ in range(1500)]
    read = both_read(page, texts)
    assert read[0][0] is not None
    for text, (python, own) in zip(texts, read, strict=True):
        assert (python is None) == (own is None), text
        assert alike(python, own), text
    refused = sum(python is None for python, _ in read)
    assert 200 < refused < 1200  # so that both ways are tried


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1\nb = \n", 'Line 2 is "b ="'),
        ("a = 1\na = 2\n", "a stands above already"),
        ("[game]\n[game]\n", "game stands above"),
        ("a = 'x\n", "a quote is missing"),
        ('f = "C:\\new"\ng = "\\x"', 'Line 2 is "g ='),
        ("a = [1, 2", "a comma or ]"),
        ("a = { b = 1\n}", "on the same line"),
        ("a 1", "Expected ="),
        ("day = 2024-05-01\n", "a date"),
        ("a = 99999999999999999999\n", "15 digits"),
        ("a = 1 2", "the end of the line"),
        ("<html>", "Expected a key"),
        ("[a", "Expected ]"),
        ("a = " + "[" * 100, "32 deep"),
        ("a." * 100 + "b = 1", "32 deep"),
        ("__proto__ = 1", "Expected a key"),
        ("#" * 1_000_001, "larger than"),
    ],
)
def test_what_is_no_toml_is_told_by_its_line(text: str, said: str, page: Page) -> None:
    assert said in page.evaluate("text => caught(() => fromToml(text))", text)["line"]


def offer_of(name: str) -> dict[str, Any]:
    told = toylab.load(name)
    changes = [change.at for change in told.changes]
    claims = [{"window": list(claim.span(changes, told.training.steps))} for claim in told.claims]
    return {"name": name, "settings": told.settings, "claims": claims}


def saved(page: Page, session: dict[str, Any], tmp_path: Path) -> tuple[str, dict[str, Any]]:
    """What the page writes, and the settings that Python takes from it."""
    text = page.evaluate("session => toToml(session)", session)
    path = tmp_path / "saved.toml"
    path.write_text(text, encoding="utf-8")
    assert alike(tomllib.loads(text), page.evaluate("text => fromToml(text)", text))
    return text, toylab.load(path).settings


@pytest.mark.parametrize("name", catalogue.names())
def test_every_scenario_is_saved_as_it_is(name: str, page: Page, tmp_path: Path) -> None:
    offer = offer_of(name)
    text, settings = saved(
        page, {"base": offer, "settings": offer["settings"], "seed": 3, "round": 80}, tmp_path
    )
    assert settings == offer["settings"]
    assert tomllib.loads(text)["extends"] == name
    assert not {"generator", "optimizer", "target", "game", "changes"} & tomllib.loads(text).keys()
    assert "seed 3 of the page" in text
    whole, settings = saved(
        page, {"base": {**offer, "named": False}, "settings": offer["settings"]}, tmp_path
    )
    assert settings == offer["settings"]
    assert "extends" not in tomllib.loads(whole)


# Laid over a scenario as a person would; and how many lines beside what it says of itself are written for it.
TURNED: dict[str, tuple[str, dict[str, Any]]] = {
    "a number": ("mode-collapse", {"game": {"generator_steps": 1}}),
    "an option of the kind that is left out": (
        "hinge",
        {"generator": {"hidden": [32, 32], "activation": "tanh"}},
    ),
    "another kind of optimiser": (
        "mode-collapse",
        {
            "optimizer": {
                "generator": {"kind": "sgd", "lr": 0.05, "momentum": 0.5, "schedule": "constant"}
            }
        },
    ),
    "an option of a kind that is written": (
        "bilinear-extragradient",
        {"optimizer": {"generator": {"lr": 0.03}}},
    ),
    "an objective": (
        "mode-collapse",
        {"game": {"objective": "hinge", "penalties": [{"kind": "r1", "weight": 0.3}]}},
    ),
    "no penalty": ("wgan-gp", {"game": {"penalties": []}}),
    "a mixture": (
        "mode-collapse",
        {
            "target": {
                "kind": "mixture",
                "means": [[0.5, 1], [-1, -1.25]],
                "spreads": [0.1, 0.2],
                "covariances": [],
                "weights": [1, 2],
            }
        },
    ),
    "a mixture that is not round": (
        "grid-25",
        {
            "target": {
                "kind": "mixture",
                "means": [[0.5, 1], [1, 1]],
                "spreads": [],
                "covariances": [[[1, 0.5], [0.5, 1]], [[1, 0], [0, 2]]],
                "weights": [],
            }
        },
    ),
    "a drawing": (
        "hinge",
        {
            "target": {
                "kind": "drawn",
                "points": [[k / 8, -k / 4] for k in range(90)],
                "noise": 0.05,
            },
            "claims": [],
        },
    ),
    "a drawing on the way": (
        "hinge",
        {
            "changes": [
                {"at": 90, "target": {"kind": "drawn", "points": [[0, 0.5], [1, 1]], "noise": 0.1}}
            ],
            "claims": [],
        },
    ),
    "an option of the target": (
        "mode-collapse",
        {"target": {"spread": 0.05, "weights": [1, 1, 1, 1, 1, 1, 1, 0.5]}},
    ),
    "an update": ("mode-collapse", {"game": {"update": {"generator_first": True}}}),
    "words with quotes": (
        "mode-collapse",
        {"title": 'A "new" \\ lesson\n中 é', "title_zh": None, "film": {"seed": 4}},
    ),
    "a change on the way": (
        "mode-collapse",
        {
            "changes": [
                {
                    "at": 80,
                    "game": {"generator_steps": 1},
                    "optimizer": {"generator": {"lr": 0.0005}},
                }
            ]
        },
    ),
    "another change on the way": (
        "collapse-then-fair",
        {
            "changes": [
                {"at": 300, "game": {"generator_steps": 2}},
                {
                    "at": 500,
                    "target": {
                        "kind": "mixture",
                        "means": [[0, 0], [1, 1]],
                        "spreads": [0.1],
                        "covariances": [],
                        "weights": [],
                    },
                },
            ]
        },
    ),
}


@pytest.mark.parametrize(("name", "change"), TURNED.values(), ids=TURNED)
def test_what_was_turned_comes_back_to_python(
    name: str, change: dict[str, Any], page: Page, tmp_path: Path
) -> None:
    offer = offer_of(name)
    settings = {
        key: value for key, value in merged(offer["settings"], change).items() if value is not None
    }
    text, read = saved(page, {"base": offer, "settings": settings, "seed": 1}, tmp_path)
    assert read == scenario.check(settings).settings
    told = tomllib.loads(text)
    assert told["extends"] == name
    own = {"extends", *OWN_KEYS}
    assert told.keys() - own == change.keys() - own
    assert saved(page, {"base": None, "settings": settings}, tmp_path)[1] == read


def test_what_no_base_can_take_back_is_written_whole(page: Page, tmp_path: Path) -> None:
    offer = offer_of("your-logo")
    offer["settings"]["film"]["seed"] = 3
    settings = deepcopy(offer["settings"])
    del settings["film"]["seed"]
    text, read = saved(page, {"base": offer, "settings": settings}, tmp_path)
    assert "extends" not in tomllib.loads(text)
    assert read == settings


def test_changes_are_taken_as_pairs_too_and_none_undo_those_of_the_base(
    page: Page, tmp_path: Path
) -> None:
    offer = offer_of("collapse-then-fair")
    patch = {"game": {"generator_steps": 3}}
    _, read = saved(
        page, {"base": offer, "settings": offer["settings"], "changes": [[200, patch]]}, tmp_path
    )
    assert read["changes"] == [{"at": 200, **patch}]
    text, read = saved(
        page, {"base": offer, "settings": offer["settings"], "changes": []}, tmp_path
    )
    assert tomllib.loads(text)["changes"] == []
    assert "changes" not in read
    # A claim that spoke of the change speaks of the same rounds.
    windows = [claim["window"] for claim in read["claims"]]
    assert windows == [claim["window"] for claim in offer["claims"]]
    assert offer["settings"]["claims"][0]["window"][1] == "change"


def test_claims_and_curves_that_the_target_cannot_give_are_left_out(
    page: Page, tmp_path: Path
) -> None:
    offer = offer_of("mode-collapse")
    settings = {
        **offer["settings"],
        "target": {"kind": "drawn", "points": [[0, 0], [1, 0.5]], "noise": 0.0},
    }
    lacking = [name for name, metric in METRICS.items() if "modes" in metric.needs]
    _, read = saved(page, {"base": offer, "settings": settings, "lacking": lacking}, tmp_path)
    assert read["target"] == settings["target"]
    assert read["claims"] == []
    # Of any data there is this distance.
    assert read["film"]["curves"] == [{"metrics": ["sliced_wasserstein"], "scale": "linear"}]


SHORT = {
    "nothing but a target": 'title = "t"\nlesson = "l"\ntarget = "ring"\n',
    "bare names": """
        title = "t"
        lesson = "l"
        source = "s"
        target = { kind = "mixture", means = [[1, 0], [0, 1]], spreads = [0.1] }
        generator = { hidden = [8] }
        optimizer.generator = "sgd"
        optimizer.discriminator = { kind = "adam", lr = 1e-4 }
        game = { objective = "hinge", update = "simultaneous", penalties = [{ kind = "gradient_penalty" }] }
        film.curves = ["modes_covered", { metrics = ["c2st"] }]
        [[claims]]
        text = "c"
        metric = "c2st"
        relation = "<="
        threshold = 0.5
        """,
    "another kind over a base": """
        extends = "mode-collapse"
        title = "t"
        lesson = "l"
        target = { kind = "grid", side = 3 }
        optimizer.generator = { kind = "rmsprop", lr = 0.001 }
        game.penalties = [{ kind = "r1" }]
        discriminator.activation = "tanh"
        """,
    "changes of the base": """
        extends = "collapse-then-fair"
        title = "t"
        lesson = "l"
        training.batch = 64
        """,
    "changes that name kinds": """
        extends = "mode-collapse"
        title = "t"
        lesson = "l"
        changes = [
            { at = 10, target = { kind = "grid", side = 2 } },
            { at = 20, target.spacing = 1.5, optimizer.generator = { kind = "sgd", lr = 0.1 } },
            { at = 30, game = { generator_steps = 1, update = "simultaneous", penalties = [{ kind = "r2" }] } },
        ]
        """,
}


@pytest.mark.parametrize("text", SHORT.values(), ids=SHORT)
def test_what_a_file_leaves_out_is_filled_in_as_python_does(
    text: str, page: Page, tmp_path: Path
) -> None:
    path = tmp_path / "short.toml"
    path.write_text(text)
    told = toylab.load(path)
    base = tomllib.loads(text).get("extends")
    read = page.evaluate(
        "([text, base, unwritten]) => { const { extends: _, ...told } = fromToml(text); return filled(told, base, unwritten); }",
        [text, base and toylab.load(base).settings, unwritten()],
    )
    later = read.pop("changes", [])
    assert [change["at"] for change in later] == [change.at for change in told.changes]
    # What holds is alike; a change may say more of it.
    for (at, own), (when, section) in zip(
        sections({**read, "changes": later}), told.sections, strict=True
    ):
        assert at == when
        expected = section.settings
        expected.pop("changes", None)
        assert own == expected


def test_what_is_no_scenario_is_handed_on_to_be_refused(page: Page) -> None:
    text = "target = 3\ngame = [1]\noptimizer = { generator = { kind = 'constructor' } }\nfilm.curves = 2\n"
    read = page.evaluate(
        "([text, unwritten]) => filled(fromToml(text), null, unwritten)", [text, unwritten()]
    )
    assert read["target"] == 3
    assert read["game"] == [1]
    assert read["optimizer"]["generator"] == {"kind": "constructor"}


def test_what_a_plan_does_not_give_is_known_from_its_parts(page: Page) -> None:
    needs = {name: {"needs": list(metric.needs)} for name, metric in METRICS.items()}
    for name, change in {
        "mode-collapse": {},
        "hinge": {},
        "dirac-r1": {},
        "convergence": {"target": {"kind": "square", "side": 4.0, "noise": 0.0}},
    }.items():
        settings = merged(toylab.load(name).settings, change) | {"claims": []}
        told = scenario.check(settings)
        setting = setting_of(told)
        target: dict[str, Any] = {
            "kind": "points",
            "modes": setting.target.modes.tolist(),
            "noise": [0, 0],
        }
        if hasattr(setting.target, "covariances"):
            target["kind"] = "mixture"
        setups = [{"settings": told.settings, "target": target, "output": setting.output}]
        lacking = page.evaluate(
            "([metrics, setups]) => lackingOf(metrics, setups)", [needs, setups]
        )
        # Where Python knows a density that the page does not, a claim on it is left out; never the other way.
        missing = {name for name, metric in METRICS.items() if metric.missing(setting)}
        assert missing <= set(lacking)
        assert all("density" in METRICS[name].needs for name in set(lacking) - missing)


# --- links ---


def session_of(name: str, **more: Any) -> dict[str, Any]:
    branch = {"name": "A", "parent": "", "from": 0, "head": 80, "base": {}, "changes": []}
    return {
        "name": name,
        "seed": 7,
        "theme": "dark",
        "lang": "zh",
        "cursor": 80,
        "chosen": "A",
        "branches": [branch],
        **more,
    }


def test_a_link_brings_the_session_back(page: Page) -> None:
    sessions = [
        session_of("mode-collapse"),
        session_of("模式崩溃 & <b>", note='"é\u2028'),
        {
            **session_of("hinge"),
            "branches": [
                {"name": n, "changes": [{"at": 80, "game": {"generator_steps": 1}}]} for n in "ABCD"
            ],
        },
        {"data": [[k / 1000, -k / 999] for k in range(300)]},
        {
            "places": [[k / 100 - 1, round(math.sin(k), 3)] for k in range(100)],
            "large": [[2e6, 1.5]] * 9,
            "nothing": [[None, 1]] * 9,
            "zero": [[-0.0, 1e-4]] * 9,
        },
    ]
    links = page.evaluate("sessions => Promise.all(sessions.map(toLink))", sessions)
    assert all(
        link.startswith("#1z") and link[1:].replace("-", "").replace("_", "").isalnum()
        for link in links
    )
    assert len(links[0]) < 250
    assert page.evaluate("links => Promise.all(links.map(fromLink))", links) == sessions
    assert page.evaluate("Promise.all([fromLink(''), fromLink('#')])") == [None, None]
    # Where nothing is compressed the same comes back.
    bare = page.evaluate(
        """async (session) => { const kept = window.CompressionStream; window.CompressionStream = undefined;
        try { return await toLink(session); } finally { window.CompressionStream = kept; } }""",
        sessions[1],
    )
    assert bare.startswith("#1j")
    assert page.evaluate("link => fromLink(link)", bare) == sessions[1]


def test_a_link_that_was_cut_or_changed_is_told(page: Page) -> None:
    session = session_of("mode-collapse")
    link = page.evaluate("session => toLink(session)", session)
    wrong = [link[:n] for n in range(12, len(link))]
    wrong += [
        link[:n] + ("A" if link[n] != "A" else "B") + link[n + 1 :] for n in range(3, len(link))
    ]
    found = page.evaluate(
        "links => Promise.all(links.map(link => caught(() => fromLink(link))))", wrong
    )
    assert {one.get("key") for one in found} <= {"link_cut", "link_foreign"}
    keys = page.evaluate(
        "links => Promise.all(links.map(async link => (await caught(() => fromLink(link))).key))",
        ["#top", "#1z", "#9" + link[2:], "#1z00000000AAAA", link + "é", "#<script>"],
    )
    assert keys == [
        "link_foreign",
        "link_foreign",
        "link_version",
        "link_cut",
        "link_foreign",
        "link_foreign",
    ]


def test_a_link_with_a_bomb_or_a_trap_is_refused(page: Page) -> None:
    made = page.evaluate(
        """async () => [await toLink("x".repeat(2000000)), await toLink(JSON.parse('{"__proto__": {"name": 1}}')), await toLink([1]), await toLink(1)]"""
    )
    keys = page.evaluate(
        "links => Promise.all(links.map(async link => (await caught(() => fromLink(link))).key))",
        made,
    )
    assert keys == ["link_cut", "link_cut", "link_foreign", "link_foreign"]


def test_a_link_holds_a_drawing_of_many_strokes(hand: Hand) -> None:
    hand.use("draw")
    rng = np.random.default_rng(6)
    for _ in range(12):
        hand.drag(*map(tuple, rng.uniform(-3, 3, (3, 2))))
    target = hand.sets[-1]
    assert len(target["points"]) > 800
    link = hand.page.evaluate("target => toLink({ target })", target)
    assert len(link) < 8000
    assert hand.page.evaluate("link => fromLink(link)", link) == {"target": target}


def test_a_large_drawing_is_told_to_go_into_a_file(page: Page) -> None:
    rng = np.random.default_rng(1)
    points = rng.normal(size=(5000, 2)).round(3).tolist()
    found = page.evaluate("data => caught(() => toLink({ data }))", points)
    assert found["key"] == "link_long"
    assert "Save the scenario file" in found["line"]


# --- GIF ---


def gif(page: Page, frames: np.ndarray, hundredths: list[int]) -> Image.Image:
    """Frames [F, H, W, 3] as the page writes them, opened by Pillow."""
    rgba = np.concatenate([frames, np.full((*frames.shape[:3], 1), 255, np.uint8)], axis=3)
    sent = [base64.b64encode(frame.tobytes()).decode() for frame in rgba]
    written = page.evaluate(
        """async ([frames, w, h, times]) => {
        const rgba = frames.map((text) => Uint8ClampedArray.from(atob(text), (c) => c.charCodeAt(0)));
        const bytes = new Uint8Array(await (await gifOf(rgba, w, h, times)).arrayBuffer());
        let text = ""; for (const byte of bytes) text += String.fromCharCode(byte); return btoa(text); }""",
        [sent, frames.shape[2], frames.shape[1], hundredths],
    )
    return Image.open(io.BytesIO(base64.b64decode(written)))


def frames_of(image: Image.Image) -> tuple[np.ndarray, list[float]]:
    frames, times = [], []
    for k in range(getattr(image, "n_frames", 1)):
        image.seek(k)
        times.append(image.info["duration"])
        frames.append(np.asarray(image.convert("RGB")))
    return np.stack(frames), times


def test_a_gif_of_few_colours_is_exact(page: Page) -> None:
    rng = np.random.default_rng(2)
    colours = rng.integers(0, 256, (255, 3)).astype(np.uint8)
    frames = np.tile(colours[rng.integers(0, 255, (1, 120, 160))], (5, 1, 1, 1))
    frames[1, 30:60, 40:90] = colours[7]
    frames[3:, 119, 159] = colours[9]  # the third is as the second was
    image = gif(page, frames, [4, 8, 100, 3, 250])
    read, times = frames_of(image)
    assert image.info["loop"] == 0
    assert_array_equal(read, frames)
    assert times == [40, 80, 1000, 30, 2500]


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (17, 257), (64, 64)])
@pytest.mark.parametrize("n_colours", [1, 2, 200])
def test_lzw_holds_for_any_length(shape: tuple[int, int], n_colours: int, page: Page) -> None:
    # 64 x 64 of 200 colours fills the table of codes; 17 x 257 ends in the middle of a block.
    rng = np.random.default_rng(3)
    colours = rng.integers(0, 256, (n_colours, 3)).astype(np.uint8)
    frames = colours[rng.integers(0, n_colours, (2, *shape))]
    assert_array_equal(frames_of(gif(page, frames, [5, 5]))[0][-1], frames[-1])


def test_a_gif_of_many_colours_is_close(page: Page) -> None:
    y, x = np.mgrid[0:100, 0:140] / 100
    surface = np.stack([200 * x / 1.4, 255 * y, 128 + 100 * np.sin(6 * x)], axis=-1)
    frames = np.stack([surface, np.roll(surface, 20, axis=1)]).astype(np.uint8)
    frames[:, :30] = (252, 251, 248)
    read, _ = frames_of(gif(page, frames, [5, 5]))
    far = np.abs(read.astype(int) - frames).max(-1)
    # 255 colours share a cube of some 200 x 180 x 200: cells of 30 a side, of which the middle is at most 15 away;
    # Pillow's own median cut on these frames is not better than half of this.
    assert far.mean() < 15
    assert_array_equal(read[:, :30], frames[:, :30])
    own = np.asarray(
        Image.fromarray(np.concatenate(frames))
        .quantize(255, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        .convert("RGB")
    )
    assert far.mean() < 1.5 * np.abs(own.astype(int) - np.concatenate(frames)).max(-1).mean()


def test_durations_are_whole_hundredths_that_do_not_drift(page: Page) -> None:
    times = [1000 + 83.33 * k for k in range(60)]
    told = page.evaluate("times => hundredthsBetween(times)", times)
    assert told[-1] == 100
    starts = np.concatenate([[0], np.cumsum(told[:-1])])
    assert np.abs(starts - (np.array(times) - 1000) / 10).max() <= 0.5


TOLD = (
    "{ title: 'Mode collapse', lesson: 'All the mass. '.repeat(20), foot: 'round 80, seed 7', colours: "
    + json.dumps(
        {"paper": THEMES["light"].paper, "ink": THEMES["light"].ink, "soft": THEMES["light"].soft}
    )
    + " }"
)
CANVASES = """const canvases = ["#ff0000", "#00ff00", "#0000ff"].map((colour, i) => {
  const canvas = document.createElement("canvas"); canvas.width = 300; canvas.height = i ? 150 : 300;
  const brush = canvas.getContext("2d"); brush.fillStyle = colour; brush.fillRect(0, 0, 300, 300); return canvas; });"""
AS_TEXT = """const asText = async (blob) => { let text = ""; for (const byte of new Uint8Array(await blob.arrayBuffer())) text += String.fromCharCode(byte);
  return [blob.type, btoa(text)]; };"""


def test_a_picture_shows_stage_and_curves(page: Page) -> None:
    kind, data = page.evaluate(
        f"async () => {{ {CANVASES} {AS_TEXT} return asText(await pngOf(canvases, {TOLD})); }}"
    )
    image = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
    assert (kind, image.width) == ("image/png", 1600)
    pixels = np.asarray(image)

    def box(colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
        rows, columns = np.nonzero((pixels == colour).all(-1))
        assert len(rows) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)  # one whole rectangle
        return columns.min(), columns.max(), rows.min(), rows.max()

    red, green, blue = box((255, 0, 0)), box((0, 255, 0)), box((0, 0, 255))
    assert abs((red[1] - red[0]) - 0.46 * 1600) <= 2
    assert abs((red[1] - red[0]) - (red[3] - red[2])) <= 1
    assert red[1] < green[0] and red[1] < blue[0] and green[3] < blue[2] <= red[3]
    # Where each stands under its name and value, these are in the picture too.
    headed = page.evaluate(
        f"""async () => {{ {CANVASES} {AS_TEXT} document.body.append(canvases[0]);
        const panel = document.createElement("div"); panel.className = "panel";
        panel.innerHTML = '<div class="head"><span style="color: #123456">Modes covered</span><span style="color: #fedcba">6 of 8</span></div>';
        panel.append(canvases[1]); document.body.append(panel);
        const told = await asText(await pngOf(canvases, {TOLD})); panel.remove(); canvases[0].remove(); return told; }}"""
    )
    named = np.asarray(Image.open(io.BytesIO(base64.b64decode(headed[1]))).convert("RGB"))
    rows, columns = np.nonzero((named == (0x12, 0x34, 0x56)).all(-1))
    assert (
        columns.min() > red[1] and rows.max() < np.nonzero((named == (0, 255, 0)).all(-1))[0].min()
    )
    assert np.nonzero((named == (0xFE, 0xDC, 0xBA)).all(-1))[1].min() > columns.max()
    # Words above, beginning with the title, on paper.
    above = pixels[: red[2]]
    assert (above == (0x1D, 0x21, 0x29)).all(-1).any()
    assert tuple(pixels[0, 0]) == (0xFC, 0xFB, 0xF8)


def test_a_picture_shows_every_future(page: Page) -> None:
    data = page.evaluate(
        f"""async () => {{ {CANVASES} {AS_TEXT}
        const figures = canvases.slice(0, 2).map((canvas) => {{ const figure = document.createElement("figure"); figure.className = "stage";
          figure.append(canvas); document.body.append(figure); return figure; }});
        const told = await asText(await pngOf(canvases, {TOLD})); for (const figure of figures) figure.remove(); return told[1]; }}"""
    )
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))
    red, green, blue = (
        np.nonzero((pixels == colour).all(-1)) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255))
    )
    assert red[1].max() < green[1].min() < green[1].max() < blue[1].min()
    assert red[0].min() == green[0].min()
    assert np.ptp(red[1]) == pytest.approx(np.ptp(green[1]), abs=2)


@pytest.mark.parametrize("form", ["gif", "webm"])
def test_what_is_seen_is_recorded(form: str, page: Page) -> None:
    kind, data, frames = page.evaluate(
        f"""async () => {{ {CANVASES} {AS_TEXT}
        const recorder = new Recorder({{ canvases: () => canvases, told: () => ({TOLD}), format: "{form}" }});
        recorder.start();
        await new Promise((done) => setTimeout(done, 500));
        canvases[0].getContext("2d").fillStyle = "#000000"; canvases[0].getContext("2d").fillRect(0, 0, 300, 300);
        await new Promise((done) => setTimeout(done, 500));
        return [...await asText(await recorder.stop()), recorder.frames]; }}"""
    )
    content = base64.b64decode(data)
    assert frames >= 4
    if form == "webm":
        assert kind.startswith("video/webm")
        assert content[:4] == b"\x1aE\xdf\xa3"  # EBML
        assert len(content) > 1000
        return
    assert kind == "image/gif"
    image = Image.open(io.BytesIO(content))
    read, times = frames_of(image)
    assert image.width == 640
    assert len(read) == frames or len(times) > 2
    middle = read[:, image.height // 2, 100]
    assert tuple(middle[0]) == (255, 0, 0)
    assert tuple(middle[-1]) == (0, 0, 0)
    assert 600 < sum(times[:-1]) < 3000  # the time that passed, on a machine that may be busy


def test_long_recordings_are_thinned_and_not_cut(page: Page) -> None:
    held, apart, first, last = page.evaluate(
        f"""() => {{ {CANVASES}
        const recorder = new Recorder({{ canvases: () => canvases, told: () => ({TOLD}), format: "gif" }});
        for (let k = 0; k < 200; k++) recorder.grab(80 * k);
        return [recorder.held.length * recorder.held[0].rgba.length, recorder.apart, recorder.held[0].at, recorder.held[recorder.held.length - 1].at]; }}"""
    )
    assert held <= 96_000_000
    assert apart > 80
    assert (first, last) == (0, 80 * 199) or last >= 80 * 190


def test_a_file_is_handed_over(page: Page) -> None:
    with page.expect_download() as found:
        assert page.evaluate("download('mode-collapse.toml', new Blob(['a = 1']))") == ""
    assert found.value.suggested_filename == "mode-collapse.toml"
    assert Path(found.value.path()).read_text() == "a = 1"


def test_a_frame_that_may_forbid_files_says_so(page: Page) -> None:
    browser = page.context.browser
    assert browser
    framed = browser.new_page()
    try:
        framed.set_content('<iframe sandbox="allow-scripts" srcdoc="<p>x</p>"></iframe>')
        frame = framed.frames[1]
        frame.wait_for_selector("p")
        frame.add_script_tag(content=bundled(MODULES))
        assert frame.evaluate("download('a.toml', new Blob(['a = 1']))") == "download_perhaps"
    finally:
        framed.close()


def test_text_is_copied(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.bring_to_front()
    # Of pages without an origin the clipboard is none: then by a selection.
    assert page.evaluate("copyText('a = 1 <b>')") is True
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<textarea id=paste></textarea>')")
    page.focus("#paste")
    page.keyboard.press("Control+V")
    assert page.input_value("#paste") == "a = 1 <b>"


# --- drawing ---

RING = {"kind": "ring", "modes": 4, "radius": 2.0, "spread": 0.1, "weights": []}
RING_TOLD = {
    "kind": "mixture",
    "modes": [[2, 0], [0, 2], [-2, 0], [0, -2]],
    "covariances": [[0.01, 0, 0.01]] * 4,
    "spread": [0.1] * 4,
    "weights": [0.25] * 4,
}
EXTENT = [-4, 4, -4, 4]


class Hand:
    """A drawing on a page of its own, and a hand over it."""

    def __init__(
        self, page: Page, target: dict[str, Any], told: dict[str, Any], tool: str = ""
    ) -> None:
        self.page = page
        page.evaluate(
            """([target, told, extent, themes, tool]) => { window.hand?.close(); document.getElementById("tools").dataset.held = tool; window.state = { target, told, sets: [], refused: [] };
            window.hand = new Drawing({ canvas: document.getElementById("under") }, document.getElementById("tools"), { themes }, {
              target: () => state.target, toldTarget: () => state.told, extent: () => extent, word,
              set: (target) => { state.target = target; state.sets.push(target); }, refuse: (line) => state.refused.push(line) }); }""",
            [target, told, EXTENT, {"light": {"ink": "#1D2129", "paper": "#FCFBF8"}}, tool],
        )
        self.paint()

    def paint(self) -> None:
        self.page.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def use(self, tool: str) -> None:
        self.page.click(f"[data-tool={tool}]")
        self.paint()

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The pixel of a place: the stage is 400 wide and stands 20 from the corner."""
        return 20 + (x + 4) * 50, 20 + (4 - y) * 50

    def tap(self, x: float, y: float) -> None:
        self.page.mouse.click(*self.at(x, y))

    def drag(self, *places: tuple[float, float]) -> None:
        mouse = self.page.mouse
        mouse.move(*self.at(*places[0]))
        mouse.down()
        for place in places[1:]:
            mouse.move(*self.at(*place), steps=10)
        mouse.up()

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def sets(self) -> list[Any]:
        return self.page.evaluate("state.sets")

    @property
    def refused(self) -> list[str]:
        return self.page.evaluate("state.refused")

    @property
    def points(self) -> np.ndarray:
        return np.array(self.page.evaluate("hand.sketch.points"))


@pytest.fixture
def hand(page: Page) -> Hand:
    return Hand(page, RING, RING_TOLD)


def test_a_stroke_lays_points_along_its_way(hand: Hand) -> None:
    hand.use("draw")
    hand.drag((-2, -1), (2, -1), (2, 2))
    assert len(hand.sets) == 1
    target = hand.sets[0]
    assert target["kind"] == "drawn"
    assert 0 < target["noise"] < 0.2
    points = np.array(target["points"])
    on_first = np.maximum(np.abs(points[:, 0]) - 2, 0)
    far = np.minimum(
        np.hypot(on_first, points[:, 1] + 1),
        np.hypot(points[:, 0] - 2, np.maximum(np.abs(points[:, 1] - 0.5) - 1.5, 0)),
    )
    brush = 0.02 * 8
    assert far.max() <= brush + 0.02  # a pixel is .02 wide
    # A point every half of the brush, on a way of 7.
    assert abs(len(points) - 7 / (brush / 2)) <= 3
    assert_array_equal(points, points.round(3))
    # Everywhere along it.
    assert np.diff(np.sort(points[np.abs(points[:, 1] + 1) < 0.2][:, 0])).max() < 0.5
    hand.drag((-3, 3), (-2, 3))
    assert len(hand.sets) == 2
    assert hand.sets[1]["points"][: len(points)] == target["points"]
    assert hand.refused == []


def test_one_dot_or_nothing_is_told_and_nothing_is_lost(hand: Hand) -> None:
    hand.use("draw")
    hand.tap(1, 1)
    assert hand.sets == []
    assert ["One dot" in line for line in hand.refused] == [True]
    hand.tap(1, 1)  # the same place is no second dot
    assert hand.sets == []
    hand.tap(-1, 0.5)
    assert [one["points"] for one in hand.sets] == [[[1, 1], [1, 1], [-1, 0.5]]]
    hand.use("clear")
    assert "Nothing is drawn" in hand.refused[-1]
    assert len(hand.sets) == 1
    hand.use("undo")
    assert_array_equal(hand.points, [[1, 1], [1, 1], [-1, 0.5]])


def test_undo_goes_back_to_the_scenarios_own_target_and_forth_again(hand: Hand) -> None:
    hand.use("draw")
    hand.drag((-2, 0), (0, 0))
    hand.drag((0, 0), (0, 2))
    hand.use("undo")
    hand.page.focus("canvas.drawing")
    hand.keys("Control+z")
    hand.keys("Control+Shift+z")
    one, two, back, ring, again = hand.sets
    assert (back, ring, again) == (one, RING, one)
    hand.use("redo")
    assert hand.sets[-1] == two
    assert hand.page.is_disabled("[data-tool=redo]")


def test_an_eraser_takes_points_and_modes(hand: Hand) -> None:
    hand.use("erase")
    hand.drag((2, 0.1), (2, -0.1))
    assert hand.sets[-1]["means"] == [[0, 2], [-2, 0], [0, -2]]
    hand.use("draw")
    hand.drag((-3, 0), (3, 0))
    before = len(hand.points)
    hand.use("erase")
    hand.drag((-1, 0), (1, 0))
    points = np.array(hand.sets[-1]["points"])
    assert len(points) < before
    # Twice the brush about the way is empty, all else is as it was.
    assert np.abs(points[:, 0]).min() > 1 and (np.abs(points[:, 0]) < 1.7).any()


def test_a_mode_is_dragged_spread_and_weighed(hand: Hand) -> None:
    hand.use("move")
    hand.drag((2, 0), (3, 1))
    target = hand.sets[-1]
    assert target == {
        "kind": "mixture",
        "means": [[3, 1], [0, 2], [-2, 0], [0, -2]],
        "spreads": [0.1] * 4,
        "covariances": [],
        "weights": [],
    }
    assert scenario.check(
        {
            **SMALL,
            "target": {**target, "means": [list(map(float, mean)) for mean in target["means"]]},
        }
    )
    hand.page.mouse.move(*hand.at(3, 1))
    hand.page.mouse.wheel(0, -100)
    hand.page.wait_for_function("state.sets.length === 2")
    assert hand.sets[-1]["spreads"] == [0.115, 0.1, 0.1, 0.1]
    hand.use("weight_more")
    assert hand.sets[-1]["weights"] == [1.32, 1, 1, 1]
    assert "weight 1.32" in hand.page.inner_text(".tool-said")
    hand.use("remove")
    assert hand.sets[-1]["means"] == [[0, 2], [-2, 0], [0, -2]]
    hand.use("add")
    hand.tap(1, 1)
    assert hand.sets[-1]["means"][-1] == [1, 1]
    assert scenario.check({**SMALL, "target": hand.sets[-1]}).settings["target"] == hand.sets[-1]


def test_beside_the_modes_everything_moves_as_far_as_the_stage(hand: Hand) -> None:
    hand.use("move")
    hand.drag((1, 1), (1.5, 0.5))
    assert hand.sets[-1]["means"] == [[2.5, -0.5], [0.5, 1.5], [-1.5, -0.5], [0.5, -2.5]]
    hand.drag((3, 3), (-3.9, 3))
    means = np.array(hand.sets[-1]["means"])
    assert means[:, 0].min() == -4
    assert_allclose(means - means[0], np.array(RING_TOLD["modes"]) - [2, 0])


def test_a_mode_that_is_not_round_keeps_its_shape(page: Page) -> None:
    told = {**RING_TOLD, "covariances": [[0.04, 0.01, 0.01], *RING_TOLD["covariances"][1:]]}
    hand = Hand(
        page,
        {
            "kind": "mixture",
            "means": told["modes"],
            "spreads": [],
            "covariances": [],
            "weights": [1, 2, 3, 4],
        },
        told,
    )
    hand.use("move")
    hand.drag((0, 2), (0, 3))
    target = hand.sets[-1]
    assert target["weights"] == [1, 2, 3, 4]
    assert target["spreads"] == []
    assert target["covariances"][0] == [[0.04, 0.01], [0.01, 0.01]]
    assert_allclose(target["covariances"][1], [[0.01, 0], [0, 0.01]])
    made: Any = TARGETS["mixture"](
        means=target["means"], covariances=target["covariances"], weights=tuple(target["weights"])
    )
    assert_allclose(made.covariances[0], [[0.04, 0.01], [0.01, 0.01]])


def test_a_drawing_goes_on_where_it_was(page: Page) -> None:
    drawn = {"kind": "drawn", "points": [[0, 0], [1, 1]], "noise": 0.03}
    hand = Hand(
        page,
        drawn,
        {
            "kind": "points",
            "points": drawn["points"],
            "noise": [0.03, 0.03],
            "modes": [],
            "spread": [],
            "weights": [],
        },
    )
    hand.use("draw")
    hand.tap(-1, -1)
    assert hand.sets == [{**drawn, "points": [[0, 0], [1, 1], [-1, -1]]}]
    hand.use("move")
    hand.drag((0, 0), (1, 0))
    assert hand.sets[-1]["points"] == [[1, 0], [2, 1], [0, -1]]
    hand.use("add")
    hand.tap(3, -3)
    heap = np.array(hand.sets[-1]["points"][3:])
    assert len(heap) == 60
    assert np.hypot(*(heap - [3, -3]).T).max() < 0.5


def test_the_keyboard_alone_draws(hand: Hand) -> None:
    hand.page.focus("[data-tool=draw]")
    hand.keys("Enter")
    hand.page.focus("canvas.drawing")
    hand.keys("ArrowRight", "ArrowRight", "Enter", "ArrowUp", "ArrowUp", " ")
    # The first arrow shows the cross in the middle; a step is a fiftieth of the stage.
    assert hand.sets[-1]["points"] == [[0.16, 0], [0.16, 0.32]]
    hand.keys(*["Shift+ArrowLeft"] * 10)
    hand.page.wait_for_function("state.sets.length === 2")
    points = np.array(hand.sets[-1]["points"])
    assert abs(len(points) - 2 - 1.6 / 0.08) <= 1
    assert points[:, 0].min() < -1.2
    hand.keys("Delete")
    assert len(hand.sets[-1]["points"]) < len(points)
    hand.keys("Escape")
    assert hand.page.evaluate("hand.tool") == ""


def test_the_keyboard_alone_moves_a_mode(hand: Hand) -> None:
    hand.use("move")
    hand.page.focus("canvas.drawing")
    hand.keys("ArrowRight", *["ArrowRight"] * 12, "Enter", "ArrowUp", "ArrowUp", "Enter", "ArrowUp")
    assert hand.sets[-1]["means"][0] == [2, 0.32]
    assert hand.page.evaluate("hand.sketch.chosen") == -1
    hand.keys("ArrowDown", "Enter", "+")
    hand.page.wait_for_function("state.sets.some(one => one.spreads[0] === 0.115)")


def test_keys_of_the_page_are_not_its_keys_while_a_tool_is_on(hand: Hand) -> None:
    hand.page.evaluate(
        "window.heard = []; document.addEventListener('keydown', (event) => heard.push(event.key))"
    )
    hand.use("draw")
    hand.page.focus("canvas.drawing")
    hand.keys(" ", "ArrowLeft", "k", "Escape")
    assert hand.page.evaluate("heard") == ["k"]


def test_a_finger_draws_and_a_page_scrolls_only_without_a_tool(hand: Hand) -> None:
    def style(name: str) -> str:
        return hand.page.evaluate(
            f"getComputedStyle(document.querySelector('canvas.drawing')).{name}"
        )

    assert (style("pointerEvents"), style("touchAction")) == ("none", "auto")
    hand.use("draw")
    assert (style("pointerEvents"), style("touchAction")) == ("auto", "none")
    session = hand.page.context.new_cdp_session(hand.page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [
            dict(zip("xy", hand.at(*place), strict=True), id=k) for k, place in enumerate(places)
        ]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (-1, 0))
    touch("touchMove", (0, 0))
    # A second finger draws nothing.
    touch("touchStart", (0, 0), (3, 3))
    touch("touchMove", (1, 0), (3, -3))
    touch("touchEnd")
    hand.page.wait_for_function("state.sets.length === 1")
    points = np.array(hand.sets[0]["points"])
    assert np.abs(points[:, 1]).max() < 0.2
    assert points[:, 0].min() < -0.8 and points[:, 0].max() > 0.8


def test_a_drawing_has_so_many_points_and_no_more(hand: Hand) -> None:
    rng = np.random.default_rng(4)
    hand.page.evaluate(
        "points => hand.put(scaled(points, [-4, 4, -4, 4]))", rng.normal(size=(9000, 2)).tolist()
    )
    assert len(hand.sets[-1]["points"]) == 5000
    hand.use("draw")
    hand.drag((-1, 0), (1, 0))
    assert len(hand.points) == 5000
    assert "5,000 points" in hand.refused[-1]
    assert len(hand.sets) == 1
    hand.use("undo")
    assert hand.sets[-1] == RING


def test_a_page_that_takes_over_later_or_not_at_all_loses_nothing(hand: Hand) -> None:
    hand.page.evaluate(
        "() => { hand.host.set = (target) => { state.sets.push(target); setTimeout(() => { state.target = target; hand.refresh(); }, 50); }; }"
    )
    hand.use("draw")
    hand.drag((-2, 0), (0, 0))
    hand.page.wait_for_function("state.target.kind === 'drawn'")
    hand.drag((0, 0), (0, 2))
    assert hand.sets[1]["points"][: len(hand.sets[0]["points"])] == hand.sets[0]["points"]
    assert not hand.page.is_disabled("[data-tool=undo]")
    hand.page.wait_for_function("state.target.points.length === state.sets[1].points.length")
    # A page that takes a step back by itself.
    hand.page.evaluate("state.target = state.sets[0]; hand.refresh()")
    assert hand.points.tolist() == hand.sets[0]["points"]
    assert not hand.page.is_disabled("[data-tool=redo]")
    # A page that refuses.
    hand.page.evaluate("() => { hand.host.set = (target) => { state.sets.push(target); }; }")
    hand.drag((2, 0), (2, 2))
    hand.drag((-2, 0), (-2, 2))
    assert hand.sets[-1]["points"][: len(hand.sets[-2]["points"])] == hand.sets[-2]["points"]


def test_a_tool_stays_in_the_hand_where_another_stage_opens(hand: Hand) -> None:
    hand.use("erase")
    held = hand.page.evaluate("document.getElementById('tools').dataset.held")
    Hand(hand.page, RING, RING_TOLD, held)
    assert hand.page.get_attribute("[data-tool=erase]", "aria-pressed") == "true"
    hand.use("erase")


def test_another_scenario_is_taken_over(hand: Hand) -> None:
    hand.use("draw")
    hand.drag((-1, 0), (1, 0))
    hand.page.evaluate(
        "target => { state.target = { ...target, radius: 1 }; hand.refresh(); }", RING
    )
    assert hand.page.evaluate("hand.sketch.modes.length") == 4
    assert hand.page.evaluate("hand.sketch.undoable") is False


def test_what_is_under_the_hand_is_shown(hand: Hand) -> None:
    def ink() -> int:
        return hand.page.evaluate(
            """() => { const seen = document.querySelector("canvas.drawing"), c = document.createElement("canvas");
            [c.width, c.height] = [seen.width, seen.height];
            c.getContext("2d").drawImage(seen, 0, 0);
            const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
            let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; }"""
        )

    assert ink() == 0
    hand.use("move")
    modes = ink()
    assert modes > 100
    hand.use("move")
    assert ink() == 0
    box = hand.page.evaluate(
        "(({x, y, width, height}) => [x, y, width, height])(document.querySelector('canvas.drawing').getBoundingClientRect())"
    )
    assert box == [20, 20, 400, 400]


def test_every_line_stands_in_both_languages(page: Page) -> None:
    used = set()
    for path in PAGE.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        used |= {part.split('"')[0] for part in text.split('new Unreadable("')[1:]}
        used |= {part.split('"')[0] for part in text.split('this.fail("')[1:]}
    assert len(used) > 30
    english, chinese = KEEPING_WORDS["en"], KEEPING_WORDS["zh"]
    assert used <= english.keys() == chinese.keys()
    for key, line in english.items():
        fields = [
            sorted(part.split("}")[0] for part in one.split("{")[1:])
            for one in (line, chinese[key])
        ]
        assert fields[0] == fields[1], key
        assert any("\u4e00" <= c <= "\u9fff" for c in chinese[key]), key


def test_keys_are_not_lost_with_a_button_that_goes(hand: Hand) -> None:
    hand.use("move")
    hand.tap(2, 0)
    hand.page.focus("[data-tool=remove]")
    hand.keys("Enter")
    assert len(hand.sets[-1]["means"]) == 3
    assert hand.page.evaluate("document.activeElement.className") == "drawing"
    hand.page.focus("[data-tool=undo]")
    hand.keys("Enter")
    assert hand.sets[-1] == RING
    assert hand.page.evaluate("document.activeElement.className") == "drawing"


def test_words_are_set_as_text(hand: Hand) -> None:
    shown = hand.page.evaluate(
        """() => { const kept = words.draw_draw; words.draw_draw = "<i>draw</i>"; hand.dress(); words.draw_draw = kept;
        const button = document.querySelector("[data-tool=draw]"); return [button.childElementCount, button.textContent]; }"""
    )
    assert shown == [0, "✎ <i>draw</i>"]
