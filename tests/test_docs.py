"""Documents: what they say to type works, and what they link to is there."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
from commands import ran
from documents import DOCUMENTS, HOUSE, ROOT, is_name, is_synopsis, read

from docs.make import gallery
from toylab.cli import commands as cli
from toylab.scenario import catalogue

GUIDE = ROOT / "docs" / "guide"
# Pages whose block goes to the foot of a file of ours.
ROWS = [
    path for path in DOCUMENTS if path.is_relative_to(GUIDE) and path.stem.startswith("adding-")
]
each_document = pytest.mark.parametrize(
    "path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)
# The gallery's films before they are made for the first time; then all of them are (test_gallery).
TO_COME = {
    (ROOT / gallery.HOME / film).resolve()
    for name in catalogue.names()
    for film in gallery.films(name)
    if not (ROOT / gallery.HOME / "gallery").is_dir()
}

# Other people's programs, which a document may name.
NOT_OURS = ("apt-get", "git", "cd", "quarto", "marp", "lualatex", "python3 -m venv")
_TOYLAB = re.compile(r"^(?:\.venv/bin/)?(?:toylab|python -m toylab)(?: |$)")
_MODULE = re.compile(r"^\S*python3? -m (docs\.make\.\w+)")


def arguments(command: str) -> str | None:
    """What follows `toylab`; None for other commands."""
    found = _TOYLAB.match(command)
    return command[found.end() :] if found else None


def options(command: Any) -> set[str]:
    return {name for option in command.params for name in (*option.opts, *option.secondary_opts)}


@each_document
def test_commands_name_what_there_is(path: Path) -> None:
    app: Any = typer.main.get_command(cli.app)
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tests = "".join(test.read_text(encoding="utf-8") for test in (ROOT / "tests").glob("test_*.py"))
    for command in read(path).commands:
        said, module = arguments(command), _MODULE.match(command)
        if said is not None:
            # Patterns too: their subcommand and their options.
            name, *rest = said.split() or ["--help"]
            if not name.startswith("-"):
                assert name in app.commands, command
                given = [word.split("=")[0] for word in rest if re.match(r"-{1,2}[a-z]", word)]
                assert {*given} <= options(app.commands[name]) | {"--help"}, command
        elif module:
            # These write our own documents; each has tests of what it writes.
            spec = importlib.util.find_spec(module[1])
            assert spec and module[1].removeprefix("docs.make.") in tests, command
        elif command.startswith("make "):
            assert {*command.split()[1:]} <= targets, command
        elif re.search(r"\bpip install ", command):
            extras = {
                extra
                for found in re.findall(r"\[([\w,]+)\]", command)
                for extra in found.split(",")
            }
            assert extras <= {*about["optional-dependencies"]}, command
            for file in re.findall(r"-[cr] (\S+)", command):
                assert (ROOT / file).is_file(), command
        elif command.endswith("-m pytest"):
            assert "pytest" in "".join(about["optional-dependencies"]["dev"])
        else:
            assert command.startswith(NOT_OURS), f"{path}: whose command is {command}?"


@each_document
def test_every_link_and_picture_of_a_document_is_there(path: Path) -> None:
    for target in read(path).links:
        if re.match(r"https?:|mailto:", target):
            continue
        file, _, anchor = target.partition("#")
        other = path.parent / file if file else path
        assert other.exists() or other.resolve() in TO_COME, f"{path}: {target}"
        if anchor and other.suffix == ".md":
            assert anchor in read(other.resolve()).anchors, f"{path}: {target}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [path for path in ROWS if path.parent == GUIDE], ids=lambda path: path.stem
)
def test_a_page_of_the_guide_is_short_and_its_row_works(path: Path, tmp_path: Path) -> None:
    # Forty lines, and the way to the other language, where the code is the same.
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 42
    page, chinese = read(path), read(GUIDE / "zh" / path.name)
    told, said = (
        [b for b in one.blocks if b.language in ("python", "console")] for one in (page, chinese)
    )
    assert told == said
    blocks = [block.text for block in page.blocks if block.language == "python"]
    assert blocks
    shutil.copytree(HOUSE, tmp_path / "toylab", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    for text in blocks:
        file = tmp_path / text.splitlines()[0].removeprefix("# ")
        # A file of its own, or the end of one that is there.
        with file.open("a", encoding="utf-8") as part:
            part.write(f"\n\n{text}")
    given = [command for one in page.blocks if not is_name(one) for command in one.commands]
    commands = [said for said in map(arguments, given) if said]
    assert commands
    for said in commands:
        done = ran(["-m", "toylab", *shlex.split(said)], tmp_path, PYTHONPATH=str(tmp_path))
        assert done.returncode == 0, done.stderr
        assert not done.stderr


def test_documents_are_read_as_a_reader_reads_them(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        '# One `two`\n\n![a](b.png) <img src="c.png"> [d](e.md#f)\n\n'
        "    toylab list      the scenarios\n    make demo     # a film\n    not a command\n\n"
        "```console\ntoylab run k-one \\\n  -o x.gif\n```\n\n`toylab show NAME` and `k-one`\n\n# One two\n",
        encoding="utf-8",
    )
    found = read(page)
    assert found.links == ("b.png", "c.png", "e.md#f")
    assert found.anchors == {"one-two", "one-two-1"}
    assert found.commands == [
        "toylab list",
        "make demo",
        "toylab run k-one -o x.gif",
        "toylab show NAME",
    ]
    assert [is_synopsis(command) for command in found.commands] == [False, False, False, True]
    for pattern in (
        "toylab run NAME|FILE.toml ...",
        "toylab render T.npz -o X.gif",
        "toylab compare A B",
    ):
        assert is_synopsis(pattern)
    for command in (
        "toylab run GAN-2.toml",
        "toylab sweep k-one --over game.update=unrolled -o x.csv",
    ):
        assert not is_synopsis(command)


def test_there_are_documents_with_commands() -> None:
    assert len(DOCUMENTS) >= 12
    assert sum(len(read(path).commands) for path in DOCUMENTS) > 50


# In Chinese, one word for each thing; beside it words that others use, or that say it in English bones.
ONE_WORD = {
    "轮": r"第 ?[\d{][^ ]* ?步|训练步",
    "判别器": "辨别器|判断网络|判别网络",
    "模式崩溃": "模式坍塌|模式坍缩|模式塌缩",
    "好样本": "高质量样本|优质样本|良好样本|合格样本",
    "存活的模式": "活着的模式|活模式",
    "权重裁剪": "权重剪裁|权重截断",
    "回放": "经验池|重放",
    "随机猜测": "瞎猜|乱猜",
    "值函数": "价值函数",
    "交替更新": "轮流更新|交替训练",
    "推力": "推动力",
    "生成器停住": "饿死|饥饿",
    "对策": "解法",
    "更新规则": "更新方式",
    "外推梯度": "外梯度",
    "应有份额": "应得份额|占比(?!例)",
    "打包": "成对判别",
}
# Where such a word is told as what others say: lecture 0's table, and a parenthesis of "also called".
_TOLD = re.compile(r"^\|.*|也译作[^）。]*|也叫[^）。]*|原文[^）。]*", re.M)


@pytest.mark.parametrize("word", ONE_WORD)
def test_one_thing_has_one_word_in_chinese(word: str) -> None:
    texts = [
        *ROOT.glob("docs/**/zh/*.md"),
        *ROOT.glob("notebooks/zh/*.ipynb"),
        *ROOT.glob("scenarios/**/*.toml"),
        ROOT / "README.zh-CN.md",
        *HOUSE.rglob("*words.py"),
        HOUSE / "metrics" / "__init__.py",
    ]
    assert len(texts) > 80
    found = [
        f"{path.relative_to(ROOT)}: {said.group()}"
        for path in texts
        for said in re.finditer(ONE_WORD[word], _TOLD.sub("", path.read_text(encoding="utf-8")))
    ]
    assert not found, f"say {word}"
