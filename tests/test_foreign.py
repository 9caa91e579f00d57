"""Files as Windows, macOS, editors, notebooks, containers and network disks make them."""

from __future__ import annotations

import codecs
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from commands import ran, toylab
from games import small_toml

from toylab.base import memory
from toylab.base.errors import ToylabError
from toylab.base.foreign import is_litter
from toylab.film.style import THEMES, styled
from toylab.film.writers import folder as frames
from toylab.scenario import catalogue, lecture
from toylab.scenario.scenario import load
from toylab.show import assets
from toylab.show.cinema import Film
from toylab.trace import Trace

HEAD = 'title = "Ä title"\nlesson = "A lesson"\n'
RING = HEAD + '[target]\nkind = "ring"\n'
MARKS = {
    "utf-8-sig": b"",
    "utf-16": b"",
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32": b"",
}


def written(path: Path, text: str, coding: str = "utf-8", ends: str = "\n") -> Path:
    path.write_bytes(MARKS.get(coding, b"") + text.replace("\n", ends).encode(coding))
    return path


# --- text ---


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"], ids=repr)
@pytest.mark.parametrize("coding", ["utf-8", *MARKS])
def test_a_byte_order_mark_and_any_line_ends_are_no_mistake(
    coding: str, ends: str, tmp_path: Path
) -> None:
    scenario = load(written(tmp_path / "x.toml", RING, coding, ends))
    assert scenario.title == "Ä title" and scenario.target.kind == "ring"
    talk = 'title = "Ä talk"\n[[slides]]\nscenario = "x"\n'
    assert lecture.load(str(written(tmp_path / "l.toml", talk, coding, ends))).title == "Ä talk"
    # The first line of a style is a setting as well as the last.
    style = "figure.facecolor: 112233\ntext.color: 445566\n"
    theme, _ = styled(THEMES["light"], written(tmp_path / "x.mplstyle", style, coding, ends))
    assert (theme.paper, theme.ink) == ("#112233", "#445566")


@pytest.mark.parametrize("data", [RING.encode("cp1252"), RING.encode("utf-16-be"), b"PK\3\4\0\xff"])
def test_what_is_no_text_in_utf_8_says_what_to_do(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(data)
    with pytest.raises(ToylabError, match=r"x\.toml: .*UTF-8, see line 1\..*save it as UTF-8"):
        load(path)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('kind = “ring”', 'there is “, a curly quote: write "'),
        ('kind = "ring”', 'there is ”, a curly quote: write "'),
        ("kind = ‘ring’", "there is ‘, a curly quote: write '"),
        ("«kind» = 'ring'", 'there is «, a curly quote: write "'),
        ("kind ＝ 'ring'", "there is ＝, a wide character: write ="),
        ("kind = 'ring'\nmodes = –8", "there is –, a typeset dash: write -"),
        ("kind =\N{NO-BREAK SPACE}'ring'", r"there is U\+00A0, .*take it out"),
        ("kind = 'ring'\N{ZERO WIDTH SPACE}", r"there is U\+200B, .*take it out"),
        ("kind = 'points'\nfile = \"data\\points.csv\"", "write / in paths, or 'single quotes'"),
        ("kind = 'points'\nfile = \"C:\\Users\\me.csv\"", "write / in paths, or 'single quotes'"),
        ("kind = 'points'\nfile = \"data\\new.csv\"", r'"data\\new.csv": .*write / in paths'),
        ("kind = 'points'\nfile = \"data\\tab.csv\"", r'"data\\tab.csv": .*write / in paths'),
    ],
)  # fmt: skip
def test_what_a_word_processor_or_windows_writes_is_named(
    line: str, words: str, tmp_path: Path
) -> None:
    path = written(tmp_path / "x.toml", f"{HEAD}[target]\n{line}\n")
    with pytest.raises(ToylabError, match=words) as told:
        load(path)
    assert str(told.value).startswith(str(path)) and "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{\\rtf1\\ansi\n" + RING + "}", "this is rich text"),
        ("\n<!DOCTYPE html>\n<html>" + RING, "this is a web page"),
        (f"```toml\n{RING}```\n", "this is Markdown"),
    ],
)
def test_what_another_program_saved_around_the_text_is_named(
    text: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ToylabError, match=f"{words}: save the text alone, as plain text"):
        load(written(tmp_path / "x.toml", text))


def test_curly_quotes_inside_straight_ones_are_only_words(tmp_path: Path) -> None:
    text = RING.replace("Ä title", "It’s “fine” – ＝")
    assert load(written(tmp_path / "x.toml", text)).title == "It’s “fine” – ＝"
    # Nor are they what is wrong with a line that has them there.
    with pytest.raises(ToylabError) as told:
        load(written(tmp_path / "y.toml", text.replace("fine”", "fine” \\d")))
    assert "a curly quote" not in str(told.value) and "single quotes" in str(told.value)


# --- paths and names ---


def test_paths_of_windows_are_found_elsewhere_too(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "points.csv").write_text("1.0,2.0\n3.0,4.0\n")
    points = HEAD + "[target]\nkind = 'points'\nfile = 'sub\\points.csv'\n"
    read = load(written(tmp_path / "x.toml", points)).settings["target"]["file"]
    assert Path(read) == tmp_path / "sub" / "points.csv"
    written(tmp_path / "sub" / "base.toml", RING)
    extending = load(written(tmp_path / "y.toml", HEAD + "extends = 'sub\\base.toml'\n"))
    assert extending.target.kind == "ring"
    assert load(f"{tmp_path}/sub\\base.toml").name == "base"
    with pytest.raises(ToylabError, match="sub/nope.csv: no such file"):
        load(written(tmp_path / "z.toml", points.replace("points.csv", "nope.csv")))


@pytest.mark.parametrize("lying", ["mine.toml.txt", "MINE.TOML", "mine.toml ", "Mine.toml"])
def test_what_looks_like_the_file_that_was_meant_is_named(
    lying: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / lying, RING)
    if (tmp_path / "mine.toml").exists():
        pytest.skip("this disk takes both for one")
    for asked in ("mine.toml", "mine", str(tmp_path / "mine.toml")):
        with pytest.raises(ToylabError, match=f'"{lying}" lies there: rename it to mine.toml'):
            load(asked)
    with pytest.raises(ToylabError) as told:
        load("other.toml")
    assert "lies there" not in str(told.value)


def test_traces_and_styles_with_a_hidden_ending_are_named_too(tmp_path: Path) -> None:
    for name, read in (
        ("x.npz", Trace.load),
        ("x.mplstyle", lambda path: styled(THEMES["light"], path)),
    ):
        (tmp_path / f"{name}.txt").write_text("")
        with pytest.raises(ToylabError, match=f'"{name}.txt" lies there: rename it to {name}'):
            read(tmp_path / name)


def test_an_ending_in_capitals_is_an_ending(tmp_path: Path) -> None:
    assert load(str(written(tmp_path / "X.TOML", RING))).name == "X"


def test_hidden_doubles_of_macos_are_no_scenarios(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("mine.toml", "._mine.toml"):
        written(tmp_path / name, RING)
    monkeypatch.setattr(catalogue, "folder", lambda: tmp_path)
    assert catalogue.names() == ["mine"]


# What systems leave in a folder, and what people put into one.
LITTER = [".DS_Store", "Thumbs.db", "desktop.ini", "._frame-0000.png", ".~lock.talk.odp#", "~$talk.pptx",
          ".nfs000000000001", ".directory", "Icon\r", ".localized", "@eaDir"]  # fmt: skip
OWN = ["notes.txt", ".hidden", "frame-0000 copy.png", "db", ".env", "thumbs.dbx", "~notes"]


@pytest.mark.parametrize("ours", [frames.is_ours, assets.is_ours])
def test_what_a_system_leaves_in_a_folder_of_ours_makes_it_nobody_elses(
    ours: Callable[[Path], bool], tmp_path: Path
) -> None:
    (tmp_path / frames.RECORD).write_text('{"files": "[]"}')
    for name in LITTER:
        (tmp_path / name).write_text("")
    assert ours(tmp_path)
    for name in OWN:
        (tmp_path / name).write_text("mine")
        assert not is_litter(name) and not ours(tmp_path)
        (tmp_path / name).unlink()


def test_a_folder_of_frames_that_finder_has_seen_is_replaced(
    small_trace: Trace, tmp_path: Path
) -> None:
    film, to = Film(small_trace), tmp_path / "frames"
    film.save(f"{to}/")
    before = sorted(os.listdir(to))
    (to / ".DS_Store").write_bytes(b"\0Bud1")
    film.save(f"{to}/")
    assert sorted(os.listdir(to)) == before


def test_a_tilde_is_the_home_folder_wherever_a_path_enters(
    small_trace: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    (home / "points.csv").write_text("1.0,2.0\n3.0,4.0\n")
    written(home / "x.mplstyle", "text.color: 445566\n")
    small = small_toml(target={"kind": "points", "file": "~/points.csv"})
    written(home / "small.toml", f"{HEAD}{small}")
    small_trace.save("~/t.npz")
    assert Trace.load("~/t.npz").seeds.tolist() == small_trace.seeds.tolist()
    Film(Trace.load("~/t.npz"), style="~/x.mplstyle").save("~/new/x.png", "~/frames/")
    assert load("~/small.toml").settings["target"]["file"] == str(home / "points.csv")
    for words in (
        ["run", "~/small.toml", "--to", "~/r", "--style", "~/x.mplstyle"],
        ["train", "~/small.toml", "-o", "~/q.npz", "--set", "target.file=~/points.csv"],
        ["compare", "~/t.npz", "~/t.npz", "-o", "~/c.png"],
        ["slides", "~/t.npz", "-o", "~/talk.md"],
        ["inspect", "~/t.npz"],
        ["inspect", "~/talk.md"],
        [*("sweep", "~/small.toml", "--over", "training.batch=8", "--seeds", "1", "--jobs", "1"),
         *("--metric", "sliced_wasserstein", "-o", "~/s.csv", "-o", "~/s.png")],
    ):  # fmt: skip
        assert toylab(*words) == (0, ""), words
    made = {"t.npz", "new", "frames", "r", "q.npz", "c.png", "talk.md", "s.csv", "s.png"}
    assert made <= set(os.listdir(home)) and set(os.listdir(home / "r")) == {
        "small.gif",
        "small.npz",
    }
    assert os.listdir(here) == [".toylab"]


def test_a_tilde_of_nobody_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as where no home is known
    with pytest.raises(ToylabError, match="~/x.npz: ~ is your home folder, and none is known here"):
        Trace.load("~/x.npz")
    assert not os.listdir(tmp_path)


# --- matplotlib ---


@pytest.mark.parametrize("asked", ["module://of_a_notebook.not_here", "svg"])
def test_the_backend_of_a_notebook_or_an_old_shell_is_its_own_affair(
    asked: str, tmp_path: Path
) -> None:
    said = "import os, toylab.film, matplotlib as m\nprint(os.environ['MPLBACKEND'])"
    said += "\nprint(dict.get(m.rcParams, 'backend'))"
    done = ran(["-c", said], tmp_path, MPLBACKEND=asked)
    assert done.returncode == 0, done.stderr
    left, chosen = done.stdout.splitlines()
    # What a notebook's own figures are drawn by stays as it was asked for, if it is there.
    assert left == asked and (chosen == "svg") == (asked == "svg")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (b"no colon\nfigure.facecolor: none of them\n", ""),
        ("# größer\n".encode("cp1252"), "matplotlib cannot read its settings: a matplotlibrc"),
    ],
)
def test_a_broken_matplotlibrc_is_no_traceback(settings: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_bytes(settings)
    words = (
        "from toylab.cli.stopping import guarded\ndef app(**_):\n import toylab.film\nguarded(app)"
    )
    done = ran(["-c", words], tmp_path, MPLCONFIGDIR=str(tmp_path / "none"))
    assert (done.returncode, len(done.stderr.splitlines())) == ((2, 1) if said else (0, 0))
    assert said in done.stderr


# --- folders that take no files, and machines that have less than they say ---


@pytest.fixture
def closed(scenario_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small scenario in which no folder of ours can be made, whoever tries: files stand there."""
    folder = scenario_file("small", small_toml()).parent / "work"
    folder.mkdir()
    shutil.move(folder.parent / "small.toml", folder)
    for name in (".toylab", "renders"):
        (folder / name).write_text("")
    monkeypatch.chdir(folder)
    return folder


SWEEP = ["sweep", "small.toml", "--over", "training.batch=8", "--seeds", "1", "--jobs", "1"]
SWEEP += ["--metric", "sliced_wasserstein", "-o", "../s.csv"]


def test_where_the_working_folder_takes_no_files_the_users_cache_serves(
    closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(os.listdir(closed))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    code, said = toylab(*SWEEP)
    assert code == 0 and len(said.splitlines()) == 1
    assert said.rstrip().endswith(f"What is measured is kept in {tmp_path}/cache/toylab/claims.")
    assert [*(tmp_path / "cache" / "toylab" / "claims").glob("*.json")]
    # Nor is a home that can be written needed.
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code, said = toylab(*SWEEP)
    assert code == 0 and re.search(rf"kept in {tmp_path}/toylab-\w+/claims\.$", said)
    assert sorted(os.listdir(closed)) == before


def test_where_nothing_can_be_written_one_line_says_so(
    closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    code, said = toylab(*SWEEP)
    assert code == 2 and said.startswith("Cannot write .toylab/claims/numbers")
    assert len(said.splitlines()) == 1


def test_a_film_elsewhere_takes_its_trace_along(closed: Path, tmp_path: Path) -> None:
    code, said = toylab("run", "small.toml", "-o", "../films/x.gif")
    assert code == 0 and said.rstrip().endswith("The trace goes to ../films/small.npz.")
    assert sorted(os.listdir(tmp_path / "films")) == ["small.npz", "x.gif"]
    # The same command once more replaces its own, and no other's.
    assert toylab("run", "small.toml", "-o", "../films/x.gif")[0] == 0
    before = Path("../films/small.npz").read_bytes()
    code, said = toylab("run", "small.toml", "--seed", "1", "-o", "../films/x.gif")
    assert code == 2 and "Beside the film lies another small.npz" in said
    assert len(said.splitlines()) == 1 and Path("../films/small.npz").read_bytes() == before
    assert toylab("run", "small.toml", "--to", "../r") == (0, "")
    # What was asked for is not given elsewhere.
    for words in (["-o", "../x.gif", "--to", "renders"], []):
        code, said = toylab("run", "small.toml", *words)
        assert code == 2 and said.startswith("Cannot write renders/small.")


GIB = 1 << 30


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ({}, 64),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": f"{2 * GIB}\n"}, 2),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, 64),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": f"{128 * GIB}\n"}, 64),
        (
            {
                "proc/self/cgroup": "0::/user/me\n",
                "sys/fs/cgroup/user/me/memory.max": "max\n",
                "sys/fs/cgroup/user/memory.max": f"{3 * GIB}\n",
            },
            3,
        ),
        (
            # Inside a container the path is the host's, and its own group is the root.
            {
                "proc/self/cgroup": "9:cpu:/x\n4:memory:/docker/0a1b\n0::/\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{GIB}\n",
            },
            1,
        ),
        (
            {
                "proc/self/cgroup": "4:memory:/\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            },
            64,
        ),
    ],
)
@pytest.mark.parametrize("limit", [-1, 5 * GIB])
def test_a_container_has_the_memory_that_it_is_given(
    groups: dict[str, str],
    expected: int,
    limit: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, text in groups.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    here = {"SC_PHYS_PAGES": 64 * GIB // 4096, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", here.__getitem__)
    limits = SimpleNamespace(RLIMIT_AS=9, getrlimit={9: (limit, -1)}.__getitem__)
    monkeypatch.setattr(memory, "resource", limits)
    least = min(expected * GIB, limit if limit > 0 else 64 * GIB)
    assert memory.machine_bytes(tmp_path) == least
