"""Build the site: Markdown laid out, MkDocs run once a language, films and labs put beside."""

from __future__ import annotations

import logging
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jieba
from mkdocs.commands import build as mkdocs
from mkdocs.config import load_config
from pymdownx.slugs import slugify

import toylab
from docs.make.site import cards
from docs.make.site.films import as_video
from docs.make.site.formulas import drawn
from docs.make.site.labs import FILES, with_lab
from docs.make.site.sources import LANGS, ROOTS, Links, Page, pages, placed
from docs.make.site.words import SITE

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[2]
# Files of the site's own, by which it is known.
OWN = ("site.css", "site.js", "iframe-worker.js")
# As GitHub reads formulas.
_DOLLARS = {"inline_syntax": ["dollar"], "block_syntax": ["dollar"]}
# Of the theme.
_FEATURES = [
    *("navigation.tabs", "navigation.indexes", "toc.follow", "toc.integrate"),
    # Without its way back to the top, which lies over a lab's stage.
    "content.code.copy",
]
# What stands in the theme's bar, and whose pages it lists at the side.
_NAV: dict[str, list[str]] = {
    "start": ["index.md", "install.md"],
    "course": ["course/index.md", *(f"course/{n:02d}-*.md" for n in range(13))],
    "gallery": ["gallery.md"],
    "lab": ["lab.md"],
    "guide": ["guide/index.md", "guide/*.md", "films.md", "slides.md", "sweeps.md"],
    "teaching": ["teaching.md"],
    "reference": ["reference.md", "claims.md", "papers.md", "live-counts.md", "trust.md"],
}


# Pages that have every word.
_TABLES = ("claims.md", "reference.md", "papers.md", "live-counts.md")


def build(site: Path, work: Path, api: bool = True, chinese: bool = True) -> None:
    """Write the site.

    Args:
        site: Its folder, which is not there yet.
        work: Another, for what lies between.
        api: Whether the pages of the public names are made too.
        chinese: Whether Chinese films are shown that the repository does not keep, if they have been made.

    Raises:
        ToylabError: If a link leads nowhere, or a chapter has no place for its lab.
        CalledProcessError: If the pages of the public names cannot be made.
    """
    for folder in (site, work):
        folder.mkdir(parents=True)
    # It would talk of its dictionary, and leave it among everybody's temporary files.
    jieba.setLogLevel(logging.ERROR)
    setattr(jieba.dt, "tmp_dir", str(work))  # noqa: B010, its type is what it holds at first
    # By itself it takes them apart where nobody would.
    for word in (_HERE / "terms.zh.txt").read_text(encoding="utf-8").split():
        jieba.add_word(word)
    found = pages(_ROOT)
    labs = {lang: toylab.Lab(lang=lang) for lang in LANGS}
    played = frozenset(one["name"] for one in labs["en"].offers) - frozenset(labs["en"].left_out)
    links = Links(_ROOT, found, chinese)
    for lang in LANGS:
        source = work / lang
        for page in (page for page in found if page.lang == lang):
            text = (_ROOT / page.source).read_text(encoding="utf-8")
            text = with_lab(links.rewritten(text, page), page)
            _write(source / page.place, _found_late(page.place) + _as_read(text))
        _own_pages(source, lang, links, played)
        _mkdocs(source, site / ROOTS[lang], lang, api)
    for target in sorted(links.wanted):
        _put(target, site)
    for name in OWN:
        shutil.copy(_HERE / name, site / name)
    # Where nobody serves them they lead nowhere, and a debugger's maps are for the theme's authors.
    for pattern in ("**/404.html", "**/sitemap.xml*", "**/*.map"):
        for path in site.glob(pattern):
            path.unlink()
    for path in html_pages(site):
        _finish(path, site)
    for lang, lab in labs.items():
        (site / FILES[lang]).parent.mkdir(exist_ok=True)
        lab.save(site / FILES[lang])
    if api:
        command = [sys.executable, "-m", "docs.make.api", str(site / "api"), "--no-search"]
        subprocess.run(command, cwd=_ROOT, check=True)


def _own_pages(source: Path, lang: str, links: Links, played: frozenset[str]) -> None:
    """The pages that no document is: where one begins, the gallery, the lab."""
    words = SITE[lang]
    start = Page(lang, "index.md", f"docs/make/site/start.{lang}.md")
    text = (_ROOT / start.source).read_text(encoding="utf-8")
    _write(source / "index.md", links.rewritten(text, start))
    gallery = Page(lang, "gallery.md", f"renders/{'README.zh-CN' if lang == 'zh' else 'README'}.md")
    _write(source / "gallery.md", cards.page(gallery, played, links))
    up = posixpath.relpath(FILES[lang], ROOTS[lang] or ".")
    _write(
        source / "lab.md",
        f"---\nhide: [toc, navigation]\n---\n\n# {words['nav']['lab']}\n\n{words['lab']} "
        f'<a href="{up}">{words["alone"]}</a>\n\n'
        f'<div class="lab-alone"><iframe src="{up}" title="{words["nav"]["lab"]}" loading="lazy" '
        'sandbox="allow-scripts allow-downloads"></iframe></div>\n',
    )


def _as_read(text: str) -> str:
    """A document without comments, which are for those who write, and with Markdown in what unfolds."""
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S).lstrip("\n")
    return text.replace("<details>", '<details markdown="1">')


def _mkdocs(source: Path, site: Path, lang: str, api: bool) -> None:
    words = SITE[lang]
    nav: list[Any] = []
    for key, patterns in _NAV.items():
        listed = [
            path.relative_to(source).as_posix()
            for one in patterns
            for path in sorted(source.glob(one))
        ]
        # A README is called by what a reader wants of it.
        named = [
            {words["install"]: one} if one == "install.md" else one for one in dict.fromkeys(listed)
        ]
        if named:
            nav.append({words["nav"][key]: named if len(named) > 1 else named[0]})
    up = "../" if ROOTS[lang] else ""
    if api:
        nav.append({words["nav"]["api"]: f"{up}api/index.html"})
    config: dict[str, Any] = {
        "site_name": words["name"],
        "site_description": words["about"],
        "docs_dir": str(source),
        "site_dir": str(site),
        "use_directory_urls": False,
        "nav": nav,
        "theme": {
            "name": "material",
            "language": "zh" if lang == "zh" else "en",
            "font": False,
            "icon": {"logo": "material/chart-bell-curve"},
            "features": _FEATURES,
            "palette": [
                {
                    "media": f"(prefers-color-scheme: {scheme})",
                    "scheme": name,
                    "primary": "white" if scheme == "light" else "black",
                    "accent": "deep purple",
                    "toggle": {"icon": icon, "name": word},
                }
                for scheme, name, icon, word in (
                    (
                        "light",
                        "default",
                        "material/weather-night",
                        "深色" if lang == "zh" else "Dark",
                    ),
                    (
                        "dark",
                        "slate",
                        "material/weather-sunny",
                        "浅色" if lang == "zh" else "Light",
                    ),
                )
            ],
        },
        "plugins": [{"search": _searched(lang)}, "offline"],
        # By its name the plugin knows that it needs not fetch one from elsewhere.
        "extra": {"generator": False, "polyfills": [f"{up}iframe-worker.js"]},
        "extra_css": [f"{up}site.css"],
        "extra_javascript": [f"{up}site.js"],
        "markdown_extensions": [
            "attr_list",
            "md_in_html",
            "tables",
            "sane_lists",
            {"toc": {"slugify": slugify(case="lower"), "permalink": True}},
            {"pymdownx.arithmatex": {"generic": True, **_DOLLARS}},
            "pymdownx.superfences",
            {"pymdownx.highlight": {"use_pygments": True}},
            "pymdownx.tilde",
            "admonition",
            "pymdownx.details",
        ],
        "validation": {"links": {"not_found": "ignore", "unrecognized_links": "ignore"}},
    }
    file = source.parent / f"{lang}.yml"
    file.write_text("{}", encoding="utf-8")
    # Of pages beyond these, in the other language or in files, it knows nothing; Links has checked them.
    logging.getLogger("mkdocs").setLevel(logging.ERROR)
    loaded = load_config(str(file), **config)
    loaded.plugins.on_startup(command="build", dirty=False)
    mkdocs.build(loaded)


def _searched(lang: str) -> dict[str, Any]:
    """How the theme's search takes a text apart; Chinese has no spaces, so that it needs to know words."""
    if lang != "zh":
        return {"lang": ["en"]}
    apart = r"[\s\u200b\u3000\-，。；：、？！（）“”《》()\[\]{},.:;?!|/]+"
    return {"lang": ["zh"], "separator": apart}


def _found_late(place: str) -> str:
    """Of a long table search tells after pages that explain: Markdown's front matter."""
    return "---\nsearch:\n  boost: 0.05\n---\n\n" if place in _TABLES else ""


def _put(target: str, site: Path) -> None:
    to = site / placed(target)
    to.parent.mkdir(parents=True, exist_ok=True)
    if target.endswith(".gif"):
        as_video(_ROOT / target, to)
    else:
        shutil.copyfile(_ROOT / target, to)


def _finish(path: Path, site: Path) -> None:
    """What only a whole page shows: formulas, films in the place of pictures, and the way to its twin."""
    text = _VIDEO.sub(_film, drawn(path.read_text(encoding="utf-8")))
    place = path.relative_to(site).as_posix()
    lang = "zh" if place.startswith(ROOTS["zh"]) else "en"
    other = next(one for one in LANGS if one != lang)
    twin = ROOTS[other] + place.removeprefix(ROOTS[lang])
    if not (site / twin).is_file():
        twin = f"{ROOTS[other]}index.html"
    there = posixpath.relpath(twin, posixpath.dirname(place) or ".")
    tongue = "zh-CN" if other == "zh" else other
    link = (
        f'<a class="md-header__option toylab-tongue" href="{there}" lang="{tongue}" '
        f'hreflang="{tongue}">{SITE[lang]["other"]}</a>'
    )
    text = text.replace(_SEARCH, f"{link}{_SEARCH}", 1)
    # The theme gives it a part and no name.
    text = text.replace(_DIALOG, f'{_DIALOG} aria-label="{SITE[lang]["search"]}"', 1)
    path.write_text(text, encoding="utf-8")


# In the theme's header; before it stands the other language.
_SEARCH = '<label class="md-header__button md-icon" for="__search">'
_DIALOG = 'data-md-component="search" role="dialog"'
_VIDEO = re.compile(r'<img\b([^>]*?)src="([^"]+)\.mp4"([^>]*?)/?>')


def _film(match: re.Match[str]) -> str:
    alt = re.search(r'alt="([^"]*)"', match[1] + match[3])
    width = re.search(r'width="([^"]*)"', match[1] + match[3])
    return (
        f'<video class="film" src="{match[2]}.mp4" aria-label="{alt[1] if alt else ""}" '
        f'{width[0] if width else ""} muted loop playsinline controls preload="metadata"></video>'
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def size(site: Path) -> int:
    """Bytes of all files."""
    return sum(path.stat().st_size for path in site.rglob("*") if path.is_file())


def html_pages(site: Path) -> Sequence[Path]:
    """Every page but the API's and the lab's own."""
    return sorted(
        p for p in site.rglob("*.html") if p.relative_to(site).parts[0] not in ("lab", "api")
    )
