"""PowerPoint: a 16:9 deck with real titles, alt text and speaker notes, on a master of its own.

Through python-pptx. Every text stands in a placeholder of its layout, so that the outline, the reading
order and a change of the master see it; pictures carry their descriptions.
"""

from __future__ import annotations

import copy
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] - it is compiled
from PIL import Image
from pptx import Presentation
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml
from pptx.util import Pt

from toylab.base.files import scratch
from toylab.film.fonts import LATIN, families
from toylab.film.style import LESSON, THEMES, TITLE, Theme
from toylab.film.text import wrapped
from toylab.show.deck import TOLD_PART, Begun, Deck, Slide

# EMU: a slide of 1280 x 720 units is 13.333 x 7.5 inches.
_UNIT = 9525
_WIDTH, _HEIGHT = 1280, 720
_Box = tuple[float, float, float, float]  # left, top, width, height
_HEADING: _Box = (40, 18, 1200, 64)
_LESSON: _Box = (40, 82, 1200, 56)
# A film of 1280 x 520 has its margins inside itself.
_FILM: _Box = (0, 140, 1280, 520)
_FIGURE: _Box = (40, 150, 1200, 510)
_POINTS: _Box = (40, 160, 1200, 480)
_FOOT: _Box = (40, 668, 1060, 40)
_NUMBER: _Box = (1140, 668, 100, 40)
# PowerPoint's, on Windows and macOS; other programs have fonts of the same widths for the first.
_LATIN, _CHINESE = "Calibri", "Microsoft YaHei"
# A zip's members carry a time; the same deck, the same bytes.
_TIME = (1980, 1, 1, 0, 0, 0)
_NAMESPACE = "urn:toylab:provenance"


def write(deck: Deck, path: Path, begun: Begun) -> None:
    """Write a deck as .pptx.

    Args:
        deck: The talk.
        path: A part, as `files.whole` gives it.
        begun: Told of each slide.
    """
    show: Any = Presentation()
    _master(show, THEMES[deck.theme], deck.lang)
    title_layout, picture_layout, points_layout = show.slide_layouts
    with scratch(path) as folder:
        first = show.slides.add_slide(title_layout)
        _set(first.placeholders[0], deck.title, 44)
        _set(first.placeholders[1], deck.subtitle, 24)
        for slide in deck.slides:
            begun(slide.title)
            page = show.slides.add_slide(points_layout if slide.points else picture_layout)
            _heading(page, slide, deck.lang)
            if slide.points:
                _list(page.placeholders[2], slide.points)
            shown = _shown(page, slide, folder, deck.video)
            if shown is not None:
                _describe(shown, slide)
            _number(page)
            if slide.notes:
                page.notes_slide.notes_text_frame.text = "\n".join(slide.notes)
            if slide.handout:
                page._element.set("show", "0")
        _tell(show, deck)
        draft = folder / "draft.pptx"
        show.save(str(draft))
        _settle(draft, path)


def _heading(page: Any, slide: Slide, lang: str) -> None:
    # The wider of the film's fonts: who knows which ones the reader's machine has.
    fonts = [LATIN, *families(lang)]
    # Two lines at the least size have the height of one at the usual.
    one = len(wrapped(slide.title, _HEADING[2], TITLE, fonts, bold=True)) == 1
    _set(page.placeholders[0], slide.title, TITLE if one else LESSON + 3)
    two = len(wrapped(slide.lesson, _LESSON[2], LESSON, fonts, most=9)) <= 2
    _set(page.placeholders[1], slide.lesson, LESSON if two else LESSON - 4)
    if not slide.points:
        _set(page.placeholders[2], slide.footer, LESSON - 1)


def _set(placeholder: Any, words: str, size: int) -> None:
    """Words in a placeholder; an empty one would show its prompt while the deck is edited."""
    if not words:
        _drop(placeholder)
        return
    placeholder.text_frame.text = words
    for run in placeholder.text_frame.paragraphs[0].runs:
        run.font.size = Pt(size)


def _drop(placeholder: Any) -> None:
    placeholder._element.getparent().remove(placeholder._element)


def _list(placeholder: Any, points: tuple[str, ...]) -> None:
    frame = placeholder.text_frame
    for number, words in enumerate(points):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.text = words


def _shown(page: Any, slide: Slide, folder: Path, video: bool) -> Any:
    """Put the slide's film or figure in its middle; return the shape, None if there is none."""
    film, figure = slide.film, slide.figure
    if figure is not None:
        path = folder / f"{figure.name}.png"
        figure.save(path)
        return page.shapes.add_picture(str(path), *_middle(path, _FIGURE))
    if film is None:
        return None
    still = folder / f"{film.name}.png"
    if not video:
        path = still.with_suffix(".gif")
        film.save(path)
        return page.shapes.add_picture(str(path), *_middle(path, _FILM))
    path = still.with_suffix(".mp4")
    film.save(still)
    film.save(path)
    return page.shapes.add_movie(
        str(path), *_middle(still, _FILM), poster_frame_image=str(still), mime_type="video/mp4"
    )


def _middle(picture: Path, box: _Box) -> list[int]:
    """The largest place of a picture's own shape in the middle of a box, EMU."""
    with Image.open(picture) as opened:
        width, height = opened.size
    left, top, w, h = box
    scale = min(w / width, h / height)
    at = (left + (w - scale * width) / 2, top + (h - scale * height) / 2)
    return [round(v * _UNIT) for v in (*at, scale * width, scale * height)]


def _describe(shape: Any, slide: Slide) -> None:
    picture = slide.film or slide.figure
    assert picture is not None
    properties = shape._element.xpath(".//p:cNvPr")[0]
    properties.set("descr", picture.alt)
    properties.set("name", picture.name)


# --- the master ---


def _master(show: Any, theme: Theme, lang: str) -> None:
    """Make three layouts of python-pptx's default: a title, a picture, a list."""
    show.slide_width, show.slide_height = _WIDTH * _UNIT, _HEIGHT * _UNIT
    layouts = show.slide_layouts
    kept = [layouts.get_by_name(name) for name in ("Title Slide", "Two Content", "Comparison")]
    for layout in list(layouts):
        if layout not in kept:
            layouts.remove(layout)
    # "Comparison" holds two texts and two contents; a list needs one text and one content.
    for placeholder in list(kept[2].placeholders):
        if placeholder.placeholder_format.idx in (3, 4):
            _drop(placeholder)
    _colours(show.slide_master, theme, lang)
    master = show.slide_master
    _place(master.placeholders[0], _HEADING, TITLE, anchor="b", bold=True)
    _place(master.placeholders[1], _POINTS, 24)
    for layout, name in zip(kept, ("Title", "Film", "Points"), strict=True):
        layout.name = name
        # The kind of a layout names its placeholders, and these have others now.
        layout._element.attrib.pop("type", None)
    for each in (master, *kept):
        for placeholder in list(each.placeholders):
            kind = placeholder.element.ph.get("type")
            if kind in ("dt", "ftr"):
                _drop(placeholder)
            if kind == "sldNum":
                _place(placeholder, _NUMBER, LESSON - 1, colour="tx2")
    title, film, points = kept
    _place(title.placeholders[0], (80, 210, 1120, 150), 44, anchor="b", bold=True)
    _place(title.placeholders[1], (80, 372, 1120, 80), 24, colour="tx2", bullet=False)
    for layout in (film, points):
        _place(layout.placeholders[0], _HEADING, TITLE, anchor="b", bold=True)
        _place(layout.placeholders[1], _LESSON, LESSON, colour="tx2", bullet=False)
    _place(film.placeholders[2], _FOOT, LESSON - 1, colour="tx2", bullet=False)
    _place(points.placeholders[2], _POINTS, 24)


def _place(
    placeholder: Any,
    box: _Box,
    size: int,
    anchor: str = "t",
    bold: bool = False,
    colour: str = "tx1",
    bullet: bool = True,
) -> None:
    """Where a placeholder of a layout stands and how its words look."""
    left, top, width, height = (round(v * _UNIT) for v in box)
    placeholder.left, placeholder.top = left, top
    placeholder.width, placeholder.height = width, height
    body = placeholder._element.txBody
    properties = body.find(f"{_A}bodyPr")
    properties.set("anchor", anchor)
    # No margins: words stand above the film's own left edge.
    for side in ("lIns", "rIns", "tIns", "bIns"):
        properties.set(side, "0")
    for child in list(properties):
        properties.remove(child)
    style = body.find(f"{_A}lstStyle")
    for child in list(style):
        style.remove(child)
    mark = '<a:buFont typeface="Arial"/><a:buChar char="&#8226;"/>' if bullet else "<a:buNone/>"
    indent = 'marL="342900" indent="-342900"' if bullet else 'marL="0" indent="0"'
    kind = placeholder.element.ph.get("type")
    if kind in ("title", "ctrTitle", "sldNum"):
        mark, indent = "<a:buNone/>", 'marL="0" indent="0"'
    style.append(
        parse_xml(
            f'<a:lvl1pPr xmlns:a="{_DRAWING}" {indent} algn="{"r" if kind == "sldNum" else "l"}">'
            f'{mark}<a:defRPr sz="{size * 100}" b="{int(bold)}">'
            f'<a:solidFill><a:schemeClr val="{colour}"/></a:solidFill></a:defRPr></a:lvl1pPr>'
        )
    )


_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_A = f"{{{_DRAWING}}}"


def _colours(master: Any, theme: Theme, lang: str) -> None:
    """The film's colours and the program's fonts, as the deck's theme."""
    part = next(
        rel.target_part for rel in master.part.rels.values() if rel.reltype.endswith("/theme")
    )
    root = etree.fromstring(part.blob)
    root.set("name", "Toylab")
    wanted = {
        "lt1": theme.paper,
        "dk1": theme.ink,
        "dk2": theme.soft,
        "lt2": theme.grid,
        **{f"accent{n}": colour for n, colour in enumerate(theme.curves, 1)},
        "accent5": theme.generated,
        "accent6": theme.surface[0],
    }
    scheme = root.find(f".//{_A}clrScheme")
    scheme.set("name", "Toylab")
    for name, colour in wanted.items():
        entry = scheme.find(f"{_A}{name}")
        for child in list(entry):
            entry.remove(child)
        etree.SubElement(entry, f"{_A}srgbClr").set("val", colour.removeprefix("#").upper())
    for fonts in root.iterfind(f".//{_A}fontScheme/*"):
        if fonts.tag in (f"{_A}majorFont", f"{_A}minorFont"):
            fonts.find(f"{_A}latin").set("typeface", _LATIN)
            fonts.find(f"{_A}ea").set("typeface", _CHINESE if lang == "zh" else "")
    part._blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _number(page: Any) -> None:
    """The slide's number, in the place that its layout has for it; python-pptx copies no such place."""
    for placeholder in page.slide_layout.placeholders:
        if placeholder.element.ph.get("type") == "sldNum":
            own = copy.deepcopy(placeholder._element)
            taken = [int(shape.shape_id) for shape in page.shapes]
            own.xpath(".//p:cNvPr")[0].set("id", str(1 + max(taken)))
            for child in list(own.spPr):
                own.spPr.remove(child)
            page.shapes._spTree.append(own)


# --- what the file says of itself ---


def _tell(show: Any, deck: Deck) -> None:
    """Title and provenance; no author and no times, which python-pptx's template has."""
    core = show.core_properties
    core.title, core.author, core.last_modified_by = deck.title[:255], "", ""
    core.created = core.modified = datetime(1980, 1, 1)
    core.revision = 1
    core.language = "zh-CN" if deck.lang == "zh" else "en"
    root = etree.Element(f"{{{_NAMESPACE}}}provenance", nsmap={None: _NAMESPACE})
    root.text = json.dumps(deck.provenance, sort_keys=True)
    blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    part = Part(PackURI(f"/{TOLD_PART}"), "application/xml", show.part.package, blob)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/customXml"
    show.part.relate_to(part, kind)


def _settle(draft: Path, path: Path) -> None:
    """Give every member of the zip the same time."""
    with (
        zipfile.ZipFile(draft) as old,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            member = zipfile.ZipInfo(entry.filename, _TIME)
            member.external_attr = 0o600 << 16
            # Pictures and videos are packed already.
            packed = entry.filename.startswith("ppt/media/")
            member.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            new.writestr(member, old.read(entry))
