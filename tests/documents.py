"""What documents hold, for the tests: blocks, commands, links, headings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

import toylab

HOUSE = Path(toylab.__file__).parent
ROOT = HOUSE.parent
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "renders/**/*.md", "notebooks/*.ipynb")
    for path in ROOT.glob(pattern)
    # What the lab writes into renders/ is nobody's document; the site's own texts link within the site.
    if (path.parts[len(ROOT.parts)] != "renders" or path.name in ("README.md", "claims.md"))
    and path.parent != ROOT / "docs" / "make" / "site"
)
# In a block of another language these begin a command.
_HEAD = re.compile(
    r"^(\.venv\S*/bin/)?(toylab|pip|python3?) |^(make|git|cd|apt-get|quarto|marp|lualatex) "
)
# A word of capitals stands for what the reader puts there: NAME, FILE.toml, T.npz, PATH=A,B.
_STAND_IN = re.compile(r"(?<![\w.\"'-])[A-Z]+(?![\w'-])|\.\.\.")


@dataclass(frozen=True)
class Block:
    """A piece of code: fenced, indented (language "") or within a line (language "words")."""

    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        """One a line, without what is said about it."""
        if self.language not in ("console", "", "words"):
            return []
        lines = re.sub(r"\s*\\\n\s*", " ", self.text).splitlines()
        said = [re.split(r"\s{2,}|\s#\s", line.strip())[0] for line in lines]
        everything = self.language == "console"
        return [line for line in said if line and (everything or _HEAD.match(f"{line} "))]


@dataclass(frozen=True)
class Document:
    """A page in Markdown, or what a notebook says between its cells."""

    path: Path
    blocks: tuple[Block, ...]
    links: tuple[str, ...]
    anchors: frozenset[str]

    @property
    def commands(self) -> list[str]:
        return [command for block in self.blocks for command in block.commands]


def is_synopsis(command: str) -> bool:
    """Whether a command is a pattern and no command: it has words for the reader to replace."""
    return bool(_STAND_IN.search(command))


def is_name(block: Block) -> bool:
    """Whether a piece of a sentence only names a command, as in "what `toylab sweep` writes"."""
    return block.language == "words" and len(block.text.split()) < 3


@cache
def read(path: Path) -> Document:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    blocks, links = [], []
    for token in _flat(tokens):
        if token.type in ("fence", "code_block"):
            blocks.append(Block(token.info.strip() if token.type == "fence" else "", token.content))
        elif token.type == "code_inline":
            blocks.append(Block("words", token.content))
        elif token.type in ("link_open", "image"):
            # As it was written: the reader of Markdown has put Chinese into percents.
            links.append(unquote(str(token.attrGet("href") or token.attrGet("src"))))
        elif token.type.startswith("html"):
            links += re.findall(r'\b(?:src|href)="([^"]+)"', token.content)
    return Document(path, tuple(blocks), tuple(links), frozenset(_anchors(tokens, text)))


def _flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flat(token.children or [])


def _anchors(tokens: list[Token], text: str) -> Iterator[str]:
    """Headings as hosts of Markdown link to them; a second one of the same words is numbered."""
    seen: dict[str, int] = {}
    for token, inline in zip(tokens, tokens[1:], strict=False):
        if token.type != "heading_open":
            continue
        words = "".join(child.content for child in inline.children or [])
        anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        n = seen[anchor] = seen.get(anchor, -1) + 1
        yield f"{anchor}-{n}" if n else anchor
    yield from re.findall(r'\b(?:id|name)="([^"]+)"', text)
