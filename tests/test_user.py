"""In a user's hands: documents, notebooks and commands, where nothing is installed but toylab.

Environments: `make user`. Where an extra is needed, the plain one must say so in a line, and then all is done
once more where the extras are.
"""

from __future__ import annotations

import importlib.util
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from documents import DOCUMENTS, ROOT, is_name, is_synopsis, read
from games import small_toml
from test_docs import ROWS, arguments
from users import BRIEF, FULL, OTHER, PLAIN, Hands, hands, is_a_line, typed

from toylab.scenario import catalogue

pytestmark = pytest.mark.slow

# What documents say is done as it stands but for this.
TRIED_OTHERWISE = [
    # `check` has no such option: what it loads is made short. A trace has been trained already.
    (r"^(run|train|compare|slides|sweep)\b(?!.*\.npz).*", rf"\g<0> --set {' --set '.join(BRIEF)}"),
    # Of three frames.
    (r"--frame \d+", "--frame 2"),
    # And of three rounds.
    (r"--branch \d+", "--branch 2"),
    # All scenarios would take minutes; test_scenarios has them all.
    (r"^check(?=$| -)", "check k-one dirac-r1"),
    # In one process, where what `check` loads is short. EXTRAS and test_workers have the others.
    (r" --(jobs|backend|device) \S+", ""),
    (r"^(check|sweep)\b.*", r"\g<0> --jobs 1"),
]
_EXTRA = re.compile(r'pip install "toylab\[(\w+)\]"')
ABOUT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SCENARIO = f"""title = "Small"
lesson = "A game that ends in a moment."
{small_toml()}
[[claims]]
text = "The cloud is somewhere"
metric = "sliced_wasserstein"
relation = ">="
threshold = 0.0
"""
SWEEP = "sweep small.toml --over game.generator_steps=1,2 --metric c2st --seeds 4"
# By extra: a command that needs it, and one of whose files comes by it.
EXTRAS = {
    "video": ("run small.toml -o small.mp4", "small.mp4"),
    "slides": ("slides small.toml -o talk.pptx", "talk.pptx"),
    "cluster": (f"{SWEEP} --backend dask -o x.csv", "x.csv"),
    "parquet": (f"{SWEEP} -o x.parquet", "x.parquet"),
    "zh": ("run mode-collapse --lang zh --set training.steps=3 -o zh.gif", "zh.gif"),
}
# Every command that a plain install has, by what it leaves.
COMMANDS = {
    "list": ("list", ()),
    "show": ("show small.toml", ()),
    "run": ("run small.toml", ("renders/small.gif", "renders/small.npz")),
    "train": ("train small.toml --seeds 3 -o t.npz", ("t.npz",)),
    "render": ("render t.npz -o x.gif -o x.html -o x.png -o x.pdf -o x.svg", ("x.gif", "x.html")),
    "compare": ("compare small.toml t.npz -o both.webp", ("both.webp",)),
    "check": ("check small.toml --seeds 8 --jobs 2 -o c.md -o c.json", ("c.md", "c.json")),
    "sweep": (f"{SWEEP} -o x.csv -o map.png -o map.gif", ("x.csv", "map.png", "map.gif")),
    "slides": ("slides small.toml -o a.qmd -o b.tex -o d.md", ("a.qmd", "b.tex", "d.md")),
    "lab": ("lab small.toml -o lab.html", ("lab.html",)),
    "inspect": ("inspect x.gif", ()),
}


# Their commands are written by a program, one for each scenario, and test_scenarios plays and films those.
WRITTEN_FOR_EACH = (ROOT / "renders" / "README.md", ROOT / "renders" / "claims.md")
_A_SCENARIO = re.compile(rf"\b({'|'.join(sorted(catalogue.names(), key=len, reverse=True))})\b")


def _english(path: Path) -> Path | None:
    """The English twin of a Chinese document."""
    if path.parent.name == "zh":
        return path.parents[1] / path.name
    return path.with_name(path.name.replace(".zh-CN", "")) if ".zh-CN" in path.name else None


def _in_english(command: str) -> str:
    """A command as its English twin says it."""
    return command.replace(" --lang zh", "").replace(".zh.", ".")


def steps(path: Path, folder: Path) -> list[dict[str, Any]]:
    """What a document says to do, with the files that it shows."""
    blocks = read(path).blocks
    found, seen = [], set()
    twin = _english(path)
    # What stands in both is tried with the English one: its words apart it is the same command, and words in Chinese
    # are tried by test_without_an_extra here and by tests of each command.
    tried = {_in_english(one) for one in read(twin).commands} if twin in DOCUMENTS else set()
    for block in blocks:
        if block.language == "csv":
            (folder / "points.csv").write_text(block.text, encoding="utf-8")
        if block.language == "toml":
            # A scenario without a name of its own is mine.toml.
            name = re.search(r"^# (\S+\.toml)$", block.text, re.M)
            (folder / (name[1] if name else "mine.toml")).write_text(block.text, encoding="utf-8")
        # Ray stands in none of our extras.
        if block.language == "python" and "import ray" not in block.text:
            found.append({"python": block.text})
        for command in block.commands:
            said = arguments(command)
            alike = _A_SCENARIO.sub("NAME", command) if path in WRITTEN_FOR_EACH else command
            # The table of claims films hundreds of seeds: but for their number, one command.
            alike = re.sub(r"--seed \d+", "--seed N", alike)
            if said is None or is_synopsis(command) or is_name(block) or alike in seen:
                continue
            if _in_english(command) in tried:
                continue
            seen.add(alike)
            words = shlex.split(_otherwise(said))
            for word in words:
                # What `toylab run NAME` left, in a chapter that goes on from there.
                left = Path(word)
                if (
                    words[0] in ("render", "inspect")
                    and left.parts[:1] == ("renders",)
                    and left.stem in catalogue.names()
                    and f"run {left.stem}" not in seen
                ):
                    seen.add(f"run {left.stem}")
                    found.append(
                        {"words": shlex.split(_otherwise(f"run {left.stem}")), "files": []}
                    )
            files = [after for word, after in zip(words, words[1:], strict=False) if word == "-o"]
            found.append({"words": words, "files": files})
    return found


def _otherwise(said: str) -> str:
    for pattern, instead in TRIED_OTHERWISE:
        said = re.sub(pattern, instead, said)
    return said


def went_well(step: dict[str, Any], done: dict[str, Any]) -> bool:
    """Whether a step ended well, and left what it should; its words are then for standard output."""
    # Three rounds keep no claim.
    fine = (0, 1) if step.get("words", [""])[0] == "check" else (0,)
    left = all(size > 0 for size in done["sizes"].values()) and not done["nan"]
    return done["code"] in fine and not done["said"] and left


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hands]:
    with hands(PLAIN, tmp_path_factory.mktemp("home")) as opened:
        yield opened


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hands]:
    with hands(FULL, tmp_path_factory.mktemp("home")) as opened:
        yield opened


@pytest.mark.parametrize(
    "path",
    [path for path in DOCUMENTS if path not in ROWS],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_what_a_document_says_to_do_works_for_its_reader(
    path: Path, plain: Hands, full: Hands, tmp_path: Path
) -> None:
    wanted = steps(path, tmp_path)
    if not wanted:
        return
    missing, again = set(), []
    for step, done in zip(wanted, plain.do(wanted, tmp_path), strict=True):
        extra = _EXTRA.search(done["said"])
        # Without a font for Chinese a film is made in English, and says so.
        if extra and done["code"] in (0, 2) and is_a_line(done["said"]):
            missing.add(extra[1])
            again.append(step)
        else:
            assert went_well(step, done), (step, done)
            # Lines go on from those before.
            again += [step] if "python" in step else []
    # There, or in the README by which its reader installed.
    pages = (path, ROOT / "README.md", ROOT / "README.zh-CN.md")
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    for extra in missing:
        assert re.search(rf"\[\W*{extra}\W*\]|`{extra}`", text), f"{path} does not name {extra}"
    if missing:
        # Beside what was made before: they go on from it.
        for step, done in zip(again, full.do(again, tmp_path), strict=True):
            assert went_well(step, done), (step, done)


def test_every_command_works_in_a_plain_install(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SCENARIO, encoding="utf-8")
    for name, (said, files) in COMMANDS.items():
        done = typed(PLAIN, ["-m", "toylab", *shlex.split(said)], tmp_path)
        assert done.returncode == 0 and not done.stderr, (name, done.stdout, done.stderr)
        for file in files:
            assert (tmp_path / file).stat().st_size > 100, (name, file)
    assert "nan" not in (tmp_path / "x.csv").read_text(encoding="utf-8")
    assert "8 of 8" in (tmp_path / "c.md").read_text(encoding="utf-8")


def test_the_commands_that_are_tried_are_all_there_are() -> None:
    help_ = typed(PLAIN, ["-m", "toylab", "--help"], ROOT).stdout
    listed = re.findall(r"^\W*(\w+) +[A-Z]", help_.split("Commands")[1], re.M)
    assert sorted(listed) == sorted(COMMANDS)
    assert sorted(EXTRAS) == sorted(e for e in ABOUT["optional-dependencies"] if e != "dev")


@pytest.mark.parametrize("extra", EXTRAS)
def test_without_an_extra_a_line_names_it_and_with_it_all_is_well(
    extra: str, tmp_path: Path
) -> None:
    said, file = EXTRAS[extra]
    (tmp_path / "small.toml").write_text(SCENARIO, encoding="utf-8")
    words = ["-m", "toylab", *shlex.split(said)]
    done = typed(PLAIN, words, tmp_path)
    assert is_a_line(done.stderr) and f'pip install "toylab[{extra}]"' in done.stderr
    if extra == "zh":
        # The film is made all the same, in English, and says so.
        assert done.returncode == 0 and "Filming in English" in done.stderr
    else:
        assert done.returncode == 2 and not done.stdout
        assert not (tmp_path / file).exists()
    done = typed(FULL, words, tmp_path)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert (tmp_path / file).stat().st_size > 100


def test_another_python_without_torch_shows_traces_and_names_what_is_missing(
    tmp_path: Path,
) -> None:
    if not OTHER.is_dir():
        pytest.skip("no other Python is at hand")
    (tmp_path / "small.toml").write_text(SCENARIO, encoding="utf-8")
    made = typed(PLAIN, ["-m", "toylab", *COMMANDS["train"][0].split()], tmp_path)
    assert made.returncode == 0, made.stderr
    for said in ("list", COMMANDS["render"][0], COMMANDS["inspect"][0]):
        done = typed(OTHER, ["-m", "toylab", *said.split()], tmp_path)
        assert done.returncode == 0 and not done.stderr, (said, done.stderr)
    for said in ("run small.toml", "check small.toml", f"{SWEEP} -o x.csv", "show small.toml"):
        done = typed(OTHER, ["-m", "toylab", *said.split()], tmp_path)
        assert done.returncode == 2 and is_a_line(done.stderr), (said, done.stderr)
        assert "torch is missing" in done.stderr


def test_a_plain_install_has_nothing_of_the_developers() -> None:
    for package in ("hypothesis", "pytest", "av", "pptx", "zhplot", "pyarrow", "distributed"):
        assert importlib.util.find_spec(package), f"{package} is no package of ours any more"
        done = typed(PLAIN, ["-c", f"import {package}"], ROOT)
        assert "ModuleNotFoundError" in done.stderr, package
