"""Which documents become which pages, and where what they link to lies in the site."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from docs.make.gallery import IN_CHINESE, chinese_film
from toylab.base.errors import ToylabError

LANGS = ("en", "zh")
# Of a language's pages within the site.
ROOTS = {"en": "", "zh": "zh/"}
# Documents by pattern of their path in the repository, in each language; the place names a page.
_PAGES: dict[str, list[tuple[str, str]]] = {
    "en": [
        (r"README\.md", "install.md"),
        (r"docs/course/README\.md", "course/index.md"),
        (r"docs/course/(\d\d-[\w-]+\.md)", r"course/\1"),
        (r"docs/teaching/README\.md", "teaching.md"),
        (r"docs/guide/README\.md", "guide/index.md"),
        (r"docs/guide/([\w-]+\.md)", r"guide/\1"),
        (r"docs/(films|slides|sweeps|reference|papers|trust|live-counts)\.md", r"\1.md"),
        (r"renders/claims\.md", "claims.md"),
    ],
    "zh": [
        (r"README\.zh-CN\.md", "install.md"),
        (r"docs/course/zh/README\.md", "course/index.md"),
        (r"docs/course/zh/(\d\d-[\w-]+\.md)", r"course/\1"),
        (r"docs/teaching/zh/README\.md", "teaching.md"),
        (r"docs/guide/zh/README\.md", "guide/index.md"),
        (r"docs/guide/zh/([\w-]+\.md)", r"guide/\1"),
        (r"docs/zh/(films|slides)\.md", r"\1.md"),
        (r"renders/claims\.zh\.md", "claims.md"),
    ],
}
# What other documents call the gallery's page is made anew, as cards.
_GALLERY = {"renders/README.md": "en", "renders/README.zh-CN.md": "zh"}
_LINK = re.compile(r"(!?\[(?:[^\[\]]|\[[^\]]*\])*\]\()([^)\s]+)(\))")
_ATTRIBUTE = re.compile(r'(\b(?:src|href)=")([^"]+)(")')
# Code is not to be read as links, though a link's own words may be code.
_CODE = re.compile(r"^ {0,3}```.*?^ {0,3}```[^\n]*$|(`+)[^`\n]+\1", re.M | re.S)
_LAID_BY = re.compile("\x00(\\d+)\x00")


@dataclass(frozen=True)
class Page:
    """A page of the site.

    Attributes:
        lang: Its language.
        place: Within that language's pages, ending in .md.
        source: The document in the repository, a path with slashes; "" for one of the site's own.
    """

    lang: str
    place: str
    source: str

    @property
    def url(self) -> str:
        """Within the site, a path with slashes."""
        return ROOTS[self.lang] + re.sub(r"\.md$", ".html", self.place)


def pages(root: Path) -> list[Page]:
    """Every document that becomes a page, in the order of their paths.

    Args:
        root: Of the repository.
    """
    found = []
    for path in sorted(
        [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("renders/*.md")]
    ):
        source = path.relative_to(root).as_posix()
        for lang in LANGS:
            for pattern, place in _PAGES[lang]:
                if re.fullmatch(pattern, source):
                    found.append(Page(lang, re.sub(pattern, place, source), source))
                    # The first that fits: a README is a folder's page.
                    break
    return found


class Links:
    """Where links of documents lead within the site; what they need besides pages is asked for.

    Args:
        root: Of the repository.
        found: The pages there are.
        chinese: Whether Chinese films count that the repository does not keep.
    """

    def __init__(self, root: Path, found: list[Page], chinese: bool = True) -> None:
        self._root, self._chinese = root, chinese
        self._urls = {page.source: page.url for page in found}
        self._urls |= {source: f"{ROOTS[lang]}gallery.html" for source, lang in _GALLERY.items()}
        #: Files that pages link to, by their path in the repository.
        self.wanted: set[str] = set()

    def rewritten(self, text: str, page: Page) -> str:
        """A document's text with links as they are within the site.

        Args:
            text: Markdown.
            page: Which it becomes.

        Raises:
            ToylabError: If one leads nowhere in the repository.
        """

        def led(match: re.Match[str]) -> str:
            return match[1] + self.to(match[2], page) + match[3]

        code: list[str] = []

        def lay_by(match: re.Match[str]) -> str:
            code.append(match[0])
            return f"\x00{len(code) - 1}\x00"

        prose = _ATTRIBUTE.sub(led, _LINK.sub(led, _CODE.sub(lay_by, text)))
        return _LAID_BY.sub(lambda mark: code[int(mark[1])], prose)

    def to(self, link: str, page: Page) -> str:
        """One link, as seen from a page.

        Raises:
            ToylabError: If it leads nowhere in the repository.
        """
        if re.match(r"[a-z]+:|#|//", link):
            return link
        path, _, anchor = link.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page.source), unquote(path)))
        target = self._in_chinese(target) if page.lang == "zh" else target
        if target not in self._urls and (self._root / target).is_dir():
            target = f"{target}/README.md"
        # The site's own texts name its own pages, of their language.
        own = posixpath.dirname(target) == "docs/make/site" and target.endswith(".md")
        url = ROOTS[page.lang] + re.sub(r"\.md$", ".html", path) if own else self._urls.get(target)
        if url is None:
            if not (self._root / target).is_file():
                raise ToylabError(f"{page.source}: {link} leads to no file.")
            self.wanted.add(target)
            url = placed(target)
        seen = posixpath.relpath(url, posixpath.dirname(page.url) or ".")
        return f"{seen}#{anchor}" if anchor else seen

    def _in_chinese(self, target: str) -> str:
        """The Chinese film in the place of an English one, if it has been made."""
        english = re.fullmatch(r"renders/gallery/([\w-]+)\.gif", target)
        if not english or not (self._chinese or english[1] in IN_CHINESE):
            return target
        film = f"renders/{chinese_film(english[1]).as_posix()}"
        return film if (self._root / film).is_file() else target


def placed(target: str) -> str:
    """Where a file of the repository lies in the site, a path with slashes; films lie there as videos."""
    if target.endswith(".gif"):
        return "films/" + re.sub(r"^renders/(gallery/)?|\.gif$", "", target) + ".mp4"
    return f"files/{target}"
