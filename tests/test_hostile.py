"""What somebody who means harm, or an odd machine, does to the command line; found by trying."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from commands import ends_well, ran, toylab
from games import small_toml
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from toylab import toml, trace
from toylab.errors import ToylabError
from toylab.film.style import THEMES, styled
from toylab.targets import empirical
from toylab.terminal import plain
from toylab.trace import Trace

SMALL = small_toml()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a trace and a scenario, in which commands run."""
    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text('title = "S"\nlesson = "L"\n' + SMALL)
    return tmp_path


@pytest.fixture
def kept(here: Path, small_trace: Trace) -> str:
    """The name of a trace there."""
    small_trace.save("t.npz")
    return "t.npz"


# --- what is read ---


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        # tomllib takes hours for this one: the square of 100,000.
        ("a." * 100_000 + "b = 1", "more than 32 parts"),
        ("x = {" + "'a' . " * 40_000 + "b = 1}", "more than 32 parts"),
        ("[" + '"a b".' * 40_000 + "c]", "more than 32 parts"),
        ("x = " + "[" * 5000, "nested too deeply"),
        # Python reads no integer of more than 4,300 digits.
        ("x = " + "9" * 5000, "4300 digits"),
        ("x = 1\nx = 2", "overwrite"),
    ],
)
def test_toml_made_to_hurt_is_refused_for_one_reason(text: str, reason: str, here: Path) -> None:
    Path("own.toml").write_text(text)
    code, said = toylab("show", "own.toml")
    assert code == 2 and reason in said and said.startswith("own.toml:")
    assert len(said.splitlines()) == 1


def test_ordinary_toml_is_read_as_ever() -> None:
    text = 'a.b."c d" = 1\nnotes = "' + "see e.g. sec. 3.4. " * 40 + '"\nx = [1.5, 2.5]\n'
    assert toml.read(text)["a"]["b"]["c d"] == 1


@pytest.mark.parametrize(
    "change",
    [
        "a." * 2000 + "b=1",
        "game.penalties[" + "9" * 5000 + "]=1",
        "training.steps=" + "9" * 5000,
        "training.steps=" + "[" * 5000,
        "title=" + "x" * 100_000,
    ],
    ids=["deep", "far", "large", "nested", "long"],
)
def test_a_change_made_to_hurt_is_a_line_or_two(change: str) -> None:
    assert ends_well("show", "k-one", "--set", change, names="--set") == 2


def test_a_start_beyond_every_float_is_refused() -> None:
    change = "generator.start=[1e39,0]"
    words = ("run", "dirac-cycle", "--set", change, "-o", "x.gif")
    assert ends_well(*words, names="generator.start[0]: must be less than or equal to 10000") == 2


def test_a_hundred_thousand_mistakes_are_told_in_a_few(here: Path) -> None:
    Path("own.toml").write_text("\n".join(f"k{i} = 1" for i in range(30_000)))
    code, said = toylab("show", "own.toml")
    assert code == 2 and "further mistakes" in said
    assert len(said) < 4000


def test_a_setting_of_a_trace_is_read_as_carefully(here: Path, small_trace: Trace) -> None:
    from dataclasses import replace

    replace(small_trace, settings_text="a." * 100_000 + "b = 1").save("deep.npz")
    assert ends_well("inspect", "deep.npz", names="does not parse") == 2


def test_a_trace_larger_than_the_machine_is_refused(
    kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sysconf", lambda name: {"SC_PHYS_PAGES": 16}.get(name, 4096))
    with pytest.raises(ToylabError, match="too much for this machine"):
        Trace.load(kept)
    monkeypatch.delattr(os, "sysconf")  # as on Windows
    assert trace._most_bytes() == 16 << 30 and Trace.load(kept).name == "small"


@pytest.mark.parametrize("words", [["inspect", "pipe.gif"], ["render", "t.npz", "-o", "pipe.gif"]])
def test_a_pipe_is_neither_waited_for_nor_replaced(words: list[str], kept: str) -> None:
    os.mkfifo("pipe.gif")
    assert ends_well(*words, names="pipe.gif") == 2
    assert Path("pipe.gif").is_fifo() and not list(Path().glob(".*"))


@given(rows=st.lists(st.tuples(st.floats(), st.floats()), min_size=1, max_size=5))
def test_points_read_at_once_are_those_read_line_by_line(rows: list[tuple[float, float]]) -> None:
    text = "".join(f"{a!r},{b!r}\n" for a, b in rows)
    # A header sends the same lines through the slow reader.
    slow = empirical._table("x,y\n" + text)
    np.testing.assert_array_equal(empirical._table(text), slow)
    np.testing.assert_array_equal(slow, np.array(rows))


# --- what is written ---


def test_a_link_is_followed_and_stays(kept: str) -> None:
    Path("far").mkdir()
    Path("x.gif").symlink_to("far/real.gif")
    assert ends_well("render", kept, "-o", "x.gif") == 0
    assert Path("x.gif").is_symlink() and Path("far/real.gif").read_bytes()[:3] == b"GIF"
    assert os.listdir("far") == ["real.gif"]
    Path("frames").symlink_to("far/frames")
    for _ in range(2):
        assert ends_well("render", kept, "-o", "frames/") == 0
    assert Path("frames").is_symlink() and Path("far/frames/frame-0000.png").is_file()
    assert sorted(os.listdir("far")) == ["frames", "real.gif"]


CLAIM = '[[claims]]\ntext = "C"\nmetric = "c2st"\nrelation = ">="\nthreshold = 0.0\n'
COMMANDS = [
    "train small.toml -o {}.npz",
    "run small.toml -o {}.gif",
    "run small.toml --to {}",
    "compare small.toml small.toml -o {}.webp",
    "check small.toml --jobs 1 --seeds 1 -o {}.md",
    "sweep small.toml --over training.batch=8,9 --metric c2st --jobs 1 -o {}.csv",
    "sweep small.toml --over training.batch=8,9 --metric c2st --jobs 1 -o {}.png",
    "slides small.toml -o {}.pptx",
    "slides small.toml -o {}.qmd",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_what_cannot_be_written_is_said_before_any_training(
    command: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trained(*_: object) -> None:
        raise AssertionError("trained for nothing")

    monkeypatch.setattr("toylab.training.train", trained)
    with open("small.toml", "a") as file:
        file.write(CLAIM)
    Path("file").write_text("")
    before = sorted(os.listdir())
    # A file where a folder should be; a name that leaves no room for the part's; a folder of nobody's.
    long = "x" * (245 if "{}." in command else 256)
    for place in ("file/x", long, "/proc/nowhere/x"):
        assert ends_well(*command.format(place).split(), names="Cannot write") == 2
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize("command", [COMMANDS[1], COMMANDS[3], COMMANDS[5], COMMANDS[6]])
def test_the_file_of_the_data_is_not_written_over(command: str, here: Path) -> None:
    ending = command[command.rindex("}") + 1 :]
    data = Path(f"data{ending}")
    points = "".join(f"{x},{x * x % 7}\n" for x in range(20))
    if ending == ".csv":
        data.write_text(points)
    else:
        Image.fromarray(np.tri(8, dtype=np.uint8) * 255).save(data)
    kind = "points" if ending == ".csv" else "image"
    target = {"kind": kind, "file": str(data)}
    Path("small.toml").write_text('title = "S"\nlesson = "L"\n' + small_toml(target=target))
    before = data.read_bytes()
    assert ends_well(*command.format("./data").split(), names="the data are read from") == 2
    assert data.read_bytes() == before


def test_thousands_of_folders_are_a_name_too_long(kept: str) -> None:
    assert ends_well("render", kept, "-o", "d/" * 1900 + "x.gif", names="File name too long") == 2
    assert not Path("d").exists()


# --- what is said ---


@given(st.text())
def test_nothing_said_commands_the_terminal(words: str) -> None:
    said = plain(words)
    assert not [c for c in said if unicodedata.category(c) == "Cc" and c not in "\n\t"]
    assert not set(said) & set("\u2028\u2029\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069")
    if words.isprintable():
        assert said == words


@pytest.mark.parametrize("where", ["title", "lesson"])
def test_words_that_nobody_can_see_are_refused_before_training(where: str, here: Path) -> None:
    code, said = toylab("run", "small.toml", "--set", f"{where}='a\x00b'")
    assert code == 2 or "U+0000" in said
    code, said = toylab("run", "small.toml", "--set", f'{where}="a\\u0000b"')
    assert code == 2 and "U+0000" in said and len(said.splitlines()) == 1
    assert sorted(os.listdir()) == ["small.toml"], "nothing was trained"


def test_a_title_that_no_font_has_is_refused_before_training(here: Path) -> None:
    # A character of a script that died two thousand years ago.
    assert ends_well("run", "small.toml", "--set", "title='\U00012000'", names="No font") == 2
    assert sorted(os.listdir()) == ["small.toml"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"no.such: 1\n", "Bad key no.such"),
        (b"axes.facecolor: nocolour\n", "nocolour"),
        (b"axes.prop_cycle: __import__('os').system('touch sprung')\n", "cycler"),
        (b"\xff\xfe\x00", "decode"),
        (b"", "no setting"),
    ],
)
def test_a_hostile_style_is_one_line_and_no_log(
    body: bytes, said: str, here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Path("x.mplstyle").write_bytes(body)
    with pytest.raises(ToylabError, match=said) as told:
        styled(THEMES["light"], "x.mplstyle")
    assert len(str(told.value).splitlines()) == 1
    assert not caplog.records and not Path("sprung").exists()


def test_a_command_line_without_a_command_is_its_help() -> None:
    # An older click calls help that was not asked for done.
    assert toylab() in ((2, "See `toylab --help`.\n"), (0, ""))


def test_a_scenario_without_a_name_is_unknown() -> None:
    assert ends_well("run", "", names='Scenario "" is unknown') == 2


SHELL = {
    # Nobody reads on; the disk is full; nobody listens at all.
    f'"{sys.executable}" -m toylab list | head -1': (0, 1, ""),
    f'"{sys.executable}" -m toylab list > /dev/full': (2, 0, "Standard output: No space left"),
    f'"{sys.executable}" -m toylab list >&- 2>&-': (0, 0, ""),
    f'"{sys.executable}" -m toylab show nothing 2> /dev/full': (2, 0, ""),
}


@pytest.mark.parametrize("line", SHELL, ids=["head", "full", "closed", "full errors"])
def test_an_odd_output_ends_without_a_traceback(line: str, tmp_path: Path) -> None:
    code, lines, said = SHELL[line]
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, len(done.stdout.splitlines())) == (code, lines), done.stderr
    assert done.stderr.startswith(said) and len(done.stderr.splitlines()) <= 1


@pytest.mark.parametrize(
    "odd",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"COLUMNS": "1", "NO_COLOR": "1", "TERM": "dumb"},
        {"HOME": "/nonexistent", "TMPDIR": "/nonexistent"},
    ],
    ids=lambda odd: next(iter(odd)),
)
def test_an_odd_machine_is_no_matter(odd: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "é.toml").write_text('title = "é → 中"\nlesson = "L"\n' + SMALL, encoding="utf-8")
    done = ran(["-m", "toylab", "show", "é.toml"], tmp_path, 120, **odd)
    assert done.returncode == 0 and not done.stderr
    assert len(done.stdout.splitlines()) > 20
