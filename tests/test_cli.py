from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import run
from documents import ROOT
from games import small_toml
from PIL import Image

from toylab.base.errors import ToylabError
from toylab.cli.arguments import LOOK, parse_seeds
from toylab.cli.look import Look
from toylab.film.writers import provenance_of
from toylab.scenario import catalogue
from toylab.scenario.scenario import load
from toylab.trace import Trace

Write = Callable[..., Path]
SMALL = small_toml()


def toylab(*words: str | Path, cwd: Path, **options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "toylab", *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, **options},
    )


def refused(result: subprocess.CompletedProcess[str]) -> str:
    """The message of a refused command: exit code 2, one to three lines, no traceback."""
    assert result.returncode == 2, result.stderr
    assert 1 <= len(result.stderr.strip().splitlines()) <= 3 and "Traceback" not in result.stderr
    assert not result.stdout
    return result.stderr


def test_run_leaves_a_film_and_a_trace_and_says_one_line(
    scenario_file: Write, tmp_path: Path
) -> None:
    path = scenario_file("mine", SMALL)
    result = toylab("run", path, "--seed", "3", cwd=tmp_path)
    assert result.returncode == 0 and not result.stderr
    assert len(result.stdout.splitlines()) == 1 and "renders/mine.gif" in result.stdout
    assert sorted(os.listdir(tmp_path / "renders")) == ["mine.gif", "mine.npz"]
    with Image.open(tmp_path / "renders/mine.gif") as film:
        assert film.size == (1280, 720)
    told = toylab("inspect", "renders/mine.gif", cwd=tmp_path).stdout
    for words in ("mine", "toylab run", "torch", 'kind = "ring"'):
        assert words in told
    assert "seeds" in toylab("inspect", "renders/mine.npz", cwd=tmp_path).stdout


def test_the_options_of_a_look_are_its_fields() -> None:
    fields = {field.name: field.default for field in dataclasses.fields(Look)}
    assert fields == {option: default for option, (_, default) in LOOK.items()}


def test_run_films_the_seed_that_the_scenario_asks_for(
    scenario_file: Write, tmp_path: Path
) -> None:
    path = scenario_file("mine", SMALL)
    result = toylab("run", path, "--set", "film.seed=2", "-o", "x.gif", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert provenance_of(tmp_path / "x.gif")["seed"] == "2"
    assert Trace.load(tmp_path / "renders/mine.npz").seeds.tolist() == [2]


def test_the_same_command_twice_gives_the_same_bytes(scenario_file: Write, tmp_path: Path) -> None:
    path, files = scenario_file("mine", SMALL), ("mine.gif", "mine.npz")
    made = []
    for _ in range(2):
        assert toylab("run", path, cwd=tmp_path).returncode == 0
        made.append([(tmp_path / "renders" / name).read_bytes() for name in files])
    assert made[0] == made[1]


def test_train_then_render_each_seed(scenario_file: Write, tmp_path: Path) -> None:
    path = scenario_file("mine", SMALL)
    trained = toylab("train", path, "-o", "t.npz", "--seeds", "5:7", cwd=tmp_path)
    assert trained.returncode == 0, trained.stderr
    assert Trace.load(tmp_path / "t.npz").seeds.tolist() == [5, 6]
    for seed in ("5", "6"):
        drawn = toylab("render", "t.npz", "-o", f"{seed}.gif", "--seed", seed, cwd=tmp_path)
        assert drawn.returncode == 0 and (tmp_path / f"{seed}.gif").exists()
    assert "Seed 4 is not" in refused(
        toylab("render", "t.npz", "-o", "x.gif", "--seed", "4", cwd=tmp_path)
    )


def test_render_needs_no_torch(scenario_file: Write, tmp_path: Path) -> None:
    path = scenario_file("mine", SMALL)
    assert toylab("train", path, "-o", "t.npz", cwd=tmp_path).returncode == 0
    # A torch that cannot be imported, found before the real one.
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "torch.py").write_text("raise ImportError('no torch here')")
    result = toylab(
        "render", "t.npz", "-o", "x.gif", cwd=tmp_path, PYTHONPATH=str(tmp_path / "fake")
    )
    assert result.returncode == 0, result.stderr


def test_training_waits_for_no_matplotlib(scenario_file: Write, tmp_path: Path) -> None:
    path = scenario_file("mine", SMALL)
    code = (
        f"import sys; sys.argv = ['toylab', 'train', {str(path)!r}, '-o', 't.npz']\n"
        "from toylab.cli.commands import main\n"
        "try: main()\n"
        "finally: print('matplotlib' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "False" and (tmp_path / "t.npz").is_file()


def test_list_names_every_scenario_on_a_line(tmp_path: Path) -> None:
    lines = toylab("list", cwd=tmp_path).stdout.splitlines()
    assert [line.split()[0] for line in lines] == catalogue.names()


def test_show_prints_settings_and_what_differs(scenario_file: Write, tmp_path: Path) -> None:
    scenario_file("failure", SMALL)
    fix = scenario_file("fix", 'extends = "failure"\n[game]\ngenerator_steps = 3\n')
    shown = toylab("show", fix, cwd=tmp_path).stdout
    assert "Differs from failure in:\n  game.generator_steps: 1 -> 3\n" in shown
    assert "[training]" in shown and "A lesson" in shown
    changed = toylab("show", fix, "--set", "training.batch=9", cwd=tmp_path).stdout
    assert "Differs from its file in:\n  training.batch: 16 -> 9\n" in changed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "mode-colapse"], 'did you mean "mode-collapse"'),
        (["run", "nowhere.toml"], "no such scenario file"),
        (["run", "a" * 5000], "is unknown"),
        (["run", "a" * 5000 + ".toml"], "no such scenario file"),
        (["run", "./"], "a folder"),
        (["show", "convergence", "--set", 'film.layers=["x"]'], 'film.layers "x" is unknown'),
        (["run", "convergence", "--seed", "9" * 20], "--seed"),
        (["run", "convergence", "--set", "training.stepz=1"], 'did you mean "steps"'),
        (["run", "convergence", "--set", 'film.layers=["x"]'], 'film.layers "x" is unknown'),
        (["run", "convergence", "--seed", "-1"], "--seed"),
        (["run", "convergence", "--theme", "drak"], 'did you mean "dark"'),
        (["train", "convergence", "-o", "x.gif"], "ends in .npz"),
        (["train", "convergence", "-o", "x.npz", "--seeds", "x"], "names no seeds"),
        (["render", "none.npz", "-o", "x.gif"], "none.npz: no such file"),
        (["render", "none.npz", "-o", "x.gfi"], "ending"),
        (["render", "none.npz", "-o", "./"], "names no file"),
        (["render", "none.npz", "-o", "x.gif", "-o", "./x.gif"], "twice"),
        (["run", "convergence", "--seed", "1", "--seeds", "4"], "one of the two"),
        (["run", "convergence", "--seeds", "10"], "a grid shows 9"),
        (["slides", "", "-o", "x.pptx"], "at least 1 character, got ''"),
        (["slides", *["convergence"] * 101, "-o", "x.pptx"], "slides"),
        (["check", "convergence", "--backend", "dask=localhost"], "dask=tcp://HOST:PORT"),
        (["inspect", "nothing"], "no such file"),
        (["dance"], "No such command"),
        (["run"], "Missing argument"),
        (["run", "convergence", "--fast"], "No such option"),
    ],
)
def test_bad_input_is_a_few_lines_and_exit_code_2(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # Here, and not in a process of its own, whose imports would take seconds for each.
    code, told, out = run(words)
    assert said in refused(subprocess.CompletedProcess(words, code, out, told))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_run_leaves_no_half_file(
    kind: signal.Signals, scenario_file: Write, tmp_path: Path
) -> None:
    path = scenario_file("mine", SMALL.replace("steps = 4", "steps = 1000000"))
    process = subprocess.Popen(
        [sys.executable, "-m", "toylab", "run", str(path)],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(4)  # past the imports and into the training
    process.send_signal(kind)
    try:
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode != 0 and "Traceback" not in said
    left = [file.name for file in tmp_path.glob("renders/**/*")]
    # Of a process that could not clear up, the files of its locks, which the system has let go.
    assert not [name for name in left if kind != signal.SIGKILL or not name.endswith(".lock")]


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("3", [0, 1, 2]), ("8:11", [8, 9, 10]), ("3,5", [3, 5]), ("7,", [7])],
)
def test_seeds_are_a_number_a_range_or_a_list(text: str, seeds: list[int]) -> None:
    assert parse_seeds(text) == seeds


def test_a_number_of_seeds_counts_from_the_commands_first() -> None:
    assert parse_seeds("2", first=1000) == [1000, 1001]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        *((text, "names no seeds") for text in ("", "x", "0", "-1", "5:5", "9:3", "1:2:3", "1e3")),
        ("3,3", "names a seed twice"),
        ("9999999999", "more than 100,000 seeds"),
        (f"{2**63},1", "from 0 to 2"),
        ("-3,1", "from 0 to 2"),
    ],
)
def test_words_that_name_no_seeds_are_refused(text: str, words: str) -> None:
    with pytest.raises(ToylabError, match=words):
        parse_seeds(text)


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m toylab list | head -c 1"
    result = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0 and not result.stderr


def test_one_command_writes_films_stills_and_a_folder(scenario_file: Write, tmp_path: Path) -> None:
    path = scenario_file("mine", SMALL)
    outputs = ["x.gif", "x.mp4", "frames/"]
    words = [word for output in outputs for word in ("-o", output)]
    result = toylab("run", path, *words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert [line.split()[0] for line in result.stdout.splitlines()] == outputs
    still = toylab("render", "renders/mine.npz", "-o", "x.svg", "--frame", "1", cwd=tmp_path)
    assert still.returncode == 0, still.stderr
    for name in ("x.gif", "x.mp4", "frames", "x.svg"):
        assert 'kind = "ring"' in toylab("inspect", name, cwd=tmp_path).stdout


def test_a_film_of_one_frame_is_refused_before_training(
    scenario_file: Write, tmp_path: Path
) -> None:
    path = scenario_file("mine", SMALL)
    assert "is a still" in refused(toylab("run", path, "--frame", "1", cwd=tmp_path))
    assert "film of one scenario" in refused(toylab("run", path, path, "-o", "x.gif", cwd=tmp_path))
    assert "called mine" in refused(toylab("run", path, path, cwd=tmp_path))
    assert not (tmp_path / "renders").exists()


def test_show_tells_what_a_claim_compares_with(tmp_path: Path) -> None:
    told = toylab("show", "fair-steps", cwd=tmp_path).stdout
    assert "of training, less that of mode-collapse on the same seed, >=" in told
    assert "Partner: mode-collapse, for which" in told


def test_the_list_speaks_chinese(tmp_path: Path) -> None:
    lines = toylab("list", "--lang", "zh", cwd=tmp_path).stdout.splitlines()
    for name, line in zip(catalogue.names(), lines, strict=True):
        scenario = load(name)
        assert line.split(maxsplit=1) == [name, f"{scenario.title_zh}：{scenario.lesson_zh}"]
    assert "Known: en, zh" in refused(toylab("list", "--lang", "fr", cwd=tmp_path))


def test_show_tells_all_of_it_in_chinese(tmp_path: Path) -> None:
    scenario = load("collapse-then-fair")
    told = toylab("show", "collapse-then-fair", "--lang", "zh", cwd=tmp_path).stdout
    assert told.startswith(f"{scenario.title_zh}\n  {scenario.lesson_zh}\n  出处：")
    assert f"对照：{scenario.partner}；" in told and "第 400 轮起改变：" in told
    assert all(f"论断：{claim.text_zh}\n" in told for claim in scenario.claims)
    # What is no word of ours is the same: the settings.
    english = toylab("show", "collapse-then-fair", cwd=tmp_path).stdout
    assert told.split("设置：")[1] == english.split("Settings:")[1]
    assert "Known: en, zh" in refused(toylab("show", "hinge", "--lang", "fr", cwd=tmp_path))


@pytest.mark.parametrize("page", ["papers", "course", "gallery", "reference"])
def test_pages_are_made_in_a_checkout_and_say_so_elsewhere(page: str, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", f"docs.make.{page}"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert "Run this in a checkout" in refused(result)
    assert not list(tmp_path.iterdir())
