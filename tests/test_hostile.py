"""What somebody who means harm, or an odd machine, does to the command line; found by trying."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from commands import ends_well, ran, toylab
from games import small_toml
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from toylab.base import toml
from toylab.base.errors import ToylabError
from toylab.cli.terminal import plain
from toylab.film.style import THEMES, styled
from toylab.film.writers import provenance_of
from toylab.targets.text_table import Notes, Told, Unreadable, read_table
from toylab.trace import Trace, trace

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


FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(rows=st.lists(st.tuples(FINITE, FINITE), min_size=1, max_size=5))
def test_points_read_at_once_are_those_read_line_by_line(rows: list[tuple[float, float]]) -> None:
    told = Told(header=False)
    text = "".join(f"{a!r},{b!r}\n" for a, b in rows)
    # Empty columns behind it send the same lines through the slow reader.
    slow = read_table(text.replace("\n", ",,\n"), told, Notes())
    np.testing.assert_array_equal(read_table(text, told, Notes()), slow)
    np.testing.assert_array_equal(slow, np.array(rows))


def test_a_picture_is_never_given_to_another_program(here: Path) -> None:
    # Pillow would hand it to Ghostscript, where there is one; there it runs for ever.
    Path("x.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n{} loop\n")
    target = {"kind": "image", "file": "x.png"}
    Path("eps.toml").write_text('title = "S"\nlesson = "L"\n' + small_toml(target=target))
    assert ends_well("show", "eps.toml", names="x.png: not a picture") == 2


@pytest.mark.parametrize(
    "cycle",
    [
        "cycler('color', ['r']) * 999999999",
        "cycler('color', ['r', 'g']) * cycler('lw', [1, 2])",
        "cycler(color=[x for x in 'rgb'])",
        "cycler(color=[().__class__])",
        "list(map(print, 'rgb'))",
        "cycler(color=['r'])\x0c if print(1) else 2",
        "'rgb'",
        "cycler(",
    ],
)
def test_a_styles_cycle_is_lists_and_nothing_that_runs(cycle: str, tmp_path: Path) -> None:
    path = tmp_path / "x.mplstyle"
    path.write_text(f"axes.prop_cycle : {cycle}\n")
    with pytest.raises(ToylabError, match="not a matplotlib style file"):
        styled(THEMES["light"], path)


def test_a_styles_sum_of_lists_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.mplstyle"
    path.write_text(
        "axes.prop_cycle: cycler('color', ['ff0000', '00ff00']) + cycler('lw', [1, 2])  # two\n"
        "figure.facecolor: none\n"
    )
    theme, _ = styled(THEMES["light"], path)
    assert theme.curves[:2] == ("#ff0000", "#00ff00") and theme.paper == THEMES["light"].paper
    path.write_text("#" * 300_000)
    with pytest.raises(ToylabError, match="longer than"):
        styled(THEMES["light"], path)


def test_a_table_of_too_many_lines_is_refused_before_it_is_read() -> None:
    with pytest.raises(Unreadable, match="3,000,001 lines"):
        read_table("x,y\n" + "1,2\n" * 3_000_000, Told(), Notes())


def test_seeds_that_no_machine_holds_at_once_are_refused(here: Path) -> None:
    small = "--set recording.snapshots=2 --set recording.samples=10 --set recording.grid=8"
    words = f"train k-one --seeds 100000 {small} -o x.npz"
    assert ends_well(*words.split(), names="Training 100000 seeds at once") == 2


@pytest.mark.parametrize("option", ["--fps", "--seconds"])
def test_no_number_is_no_pace(option: str, kept: str) -> None:
    assert ends_well("render", kept, option, "nan", "-o", "x.gif", names=option) == 2


@pytest.mark.parametrize("title", ["\u2800", "\u034f", "x" * 400, "$" * 400])
def test_words_without_an_outline_are_blank(title: str, here: Path) -> None:
    Path("odd.toml").write_text(f'title = "{title}"\nlesson = "L"\n' + SMALL)
    assert ends_well("run", "odd.toml", "-o", "x.png", names="font") in (0, 2)


def test_a_megabyte_of_a_name_is_cut_before_it_is_laid_out(small_trace: Trace, here: Path) -> None:
    told = {**small_trace.provenance, "scenario": "x" * 3_000_000}
    replace(small_trace, provenance=told).save("long.npz")
    assert ends_well("render", "long.npz", "-o", "x.png") == 0


def test_a_target_between_the_places_of_the_players_grid_is_played(here: Path) -> None:
    target = {"kind": "square", "side": 0.02}
    Path("tiny.toml").write_text('title = "S"\nlesson = "L"\n' + small_toml(target=target))
    assert ends_well("run", "tiny.toml", "-o", "x.html") == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"logits": np.zeros((3, 1, 1, 1), np.float32)}, "has no area"),
        ({"steps": np.array([0, 2**64 - 4, 2**64 - 8], np.uint64)}, "steps do not increase"),
        ({"steps": np.array([0, 1, 2**60])}, "steps do not increase"),
        ({"real": None}, "real points are not finite"),
        ({"field": np.zeros((2, 2, 2), np.float32)}, "plane is not of two players"),
    ],
)
def test_a_trace_that_no_film_can_show_is_refused(
    wrong: dict[str, np.ndarray], said: str, small_trace: Trace, here: Path
) -> None:
    nan = np.full_like(small_trace.real, np.nan)
    laid = {key: nan if value is None else value for key, value in wrong.items()}
    n = len(small_trace.filmed)
    if "logits" in laid:
        laid["logits"] = np.zeros((len(small_trace.steps), n, 1, 1), np.float32)
    if "steps" in laid:
        laid["steps"] = np.resize(laid["steps"], len(small_trace.steps))
        laid["steps"][-1] = wrong["steps"][-1]
    replace(small_trace, **laid).save("odd.npz")
    assert ends_well("render", "odd.npz", "-o", "x.png", names=said) == 2


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        ('metric = "modes_covered"\nrelation = ">="\nthreshold = 1' + "0" * 400, 2),
        ('metric = "parameter_norm"\nrelation = ">="\nthreshold = 1', 0),
        ('metric = "held_out_gap"\nrelation = ">="\nthreshold = 1', 0),
    ],
)
def test_a_foreign_traces_claim_is_bounded_and_may_mean_nothing(
    claim: str, code: int, small_trace: Trace, here: Path
) -> None:
    bare = small_trace.settings_text.replace("claims = []\n", "")
    told = f'{bare}\n[[claims]]\ntext = "C"\n{claim}\n'
    replace(small_trace, settings_text=told).save("odd.npz")
    for output in ("x.png", "x.html", "x.gif"):
        assert ends_well("render", "odd.npz", "-o", output) == code


@pytest.mark.parametrize("name", ["[/x]", "[red]x", "\x1b]0;title\x07"])
def test_what_progress_is_told_commands_nothing(name: str, here: Path) -> None:
    import pty

    script = f"from toylab.cli.terminal import progress\nlist(progress(range(3), 3, 'Filming ' + {name!r}))"
    # A bar is shown on a terminal only.
    first, second = pty.openpty()
    done = subprocess.run([sys.executable, "-c", script], stderr=second, timeout=60)
    os.close(second)
    said = os.read(first, 100_000)
    os.close(first)
    assert done.returncode == 0 and b"\x1b]0;" not in said and b"Traceback" not in said


def test_a_lectures_mistakes_are_the_first_eight(here: Path) -> None:
    keys = "".join(f"k{i} = 1\n" for i in range(3000))
    Path("long.toml").write_text('title = "L"\n' + keys + '[[slides]]\nscenario = "convergence"\n')
    code, said = toylab("slides", "--lecture", "long.toml", "-o", "x.md")
    assert code == 2 and "further mistakes" in said and len(said.splitlines()) < 30


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "--over training.batch=8 --over training.batch=9 --metric c2st",
            "names training.batch twice",
        ),
        ("--over training.batch=8,9 --metric c2st --metric c2st", "names c2st twice"),
    ],
)
def test_a_sweeps_setting_and_metric_are_named_once(words: str, said: str, here: Path) -> None:
    assert ends_well("sweep", "small.toml", *words.split(), "-o", "x.csv", names=said) == 2


def test_a_sweeps_film_has_the_words_of_today(here: Path) -> None:
    words = "sweep small.toml --over training.batch=8,9 --metric c2st --seeds 1 --jobs 1 -o"
    assert ends_well(*words.split(), "a.gif") == 0
    told = Path("small.toml").read_text().replace('title = "S"', 'title = "Another"')
    Path("small.toml").write_text(told)
    assert ends_well(*words.split(), "b.gif") == 0
    # Trained once: the games are the same.
    assert len(list(Path(".toylab").rglob("*.npz"))) == 2
    assert 'title = "S"' in provenance_of(Path("a.gif"))["settings"]
    assert 'title = "Another"' in provenance_of(Path("b.gif"))["settings"]


def test_values_that_no_font_has_are_told_before_a_sweep_is_filmed(here: Path) -> None:
    for name in ("\U00013000.csv", "\U00013001.csv"):
        Path(name).write_text("".join(f"{x},{x * x % 7}\n" for x in range(20)))
    over = "--over target.file=\U00013000.csv,\U00013001.csv --set target.kind=points"
    words = f"sweep small.toml {over} --metric c2st --seeds 1 --jobs 1 -o x.gif"
    assert ends_well(*words.split(), names="No font here has") == 2


def test_an_output_in_the_folder_of_another_is_refused(kept: str) -> None:
    words = ["-o", "frames/", "-o", "frames/x.gif"]
    assert ends_well("render", kept, *words, names="lies in a folder") == 2
    assert ends_well("run", "small.toml", "-o", "renders/", names="lies in a folder") == 2
    assert not Path("renders").exists()


def test_a_picture_of_more_values_than_it_can_show_is_refused(here: Path) -> None:
    many = ",".join(map(str, range(8, 68)))
    over = "--over training.points=0 --over training.steps=2 --over training.batch="
    words = f"sweep small.toml {over}{many} --metric c2st -o x.png"
    assert ends_well(*words.split(), names="12 values of training.batch") == 2


def test_a_command_of_bytes_that_are_no_characters_makes_a_readable_trace(here: Path) -> None:
    from toylab.cli.terminal import command

    argv, sys.argv = sys.argv, ["toylab", "run", "--to", "caf\udce9"]
    try:
        assert command().encode() and "udce9" in command()
    finally:
        sys.argv = argv


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

    monkeypatch.setattr("toylab.training.run.train", trained)
    with open("small.toml", "a") as file:
        file.write(CLAIM)
    Path("file").write_text("")
    before = sorted(os.listdir())
    # A file where a folder should be; a name that leaves no room for the part's; a folder of nobody's.
    long = "x" * (245 if "{}." in command else 256)
    for place in ("file/x", long, "/proc/nowhere/x"):
        assert ends_well(*command.format(place).split(), names="Cannot write") == 2
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize("command", [COMMANDS[i] for i in (0, 1, 3, 5, 6)])
def test_the_file_of_the_data_is_not_written_over(command: str, here: Path) -> None:
    ending = command[command.rindex("}") + 1 :]
    data = Path(f"data{ending}")
    points = "".join(f"{x},{x * x % 7}\n" for x in range(20))
    if ending == ".csv":
        data.write_text(points)
    elif ending == ".npz":
        np.savez(data, np.arange(20.0).reshape(10, 2))
    else:
        Image.fromarray(np.tri(8, dtype=np.uint8) * 255).save(data)
    kind = "points" if ending in (".csv", ".npz") else "image"
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
