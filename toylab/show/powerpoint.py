"""PowerPoint: a 16:9 deck with real titles, alt text and speaker notes, on a master of its own.

Through python-pptx. Every text stands in a placeholder of its layout, so that the outline, the reading
order and a change of the master see it; pictures carry their descriptions.
"""

from __future__ import annotations

import json
import re
import zipfile
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image
from pptx import Presentation
from pptx.enum.text import PP_ALIGN
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Pt

from toylab.base.files import scratch
from toylab.film.fonts import LATIN, families
from toylab.film.style import LESSON, THEMES, TITLE, Theme
from toylab.film.text import wrapped
from toylab.show.deck import TOLD_PART, Begun, Deck, Linking, Slide
from toylab.show.deck_words import DECK_WORDS

# EMU: a slide of 1280 x 720 units is 13.333 x 7.5 inches.
_UNIT = 9525
_WIDTH, _HEIGHT = 1280, 720
_Box = tuple[float, float, float, float]  # left, top, width, height
_HEADING: _Box = (40, 18, 1200, 64)
_LESSON: _Box = (40, 82, 1200, 56)
# A code that leads to the live lab, and the words below it; title and lesson leave them their corner.
_CODE: _Box = (1136, 12, 104, 104)
_CODED: _Box = (1066, 116, 174, 24)
_BESIDE = 1080
# A film of 1280 x 520 has its margins inside itself.
_FILM: _Box = (0, 140, 1280, 520)
_FIGURE: _Box = (40, 150, 1200, 510)
# On Windows and macOS; other programs have fonts of the same widths for Calibri, the template's own.
_CHINESE = "Microsoft YaHei"
# A zip's members carry a time; the same deck, the same bytes.
_TIME = (1980, 1, 1, 0, 0, 0)


def write(deck: Deck, path: Path, begun: Begun) -> None:
    """Write a deck as .pptx.

    Args:
        deck: The talk.
        path: A part, as `files.whole` gives it.
        begun: Told of each slide.
    """
    show: Any = Presentation()
    show.slide_width, show.slide_height = _WIDTH * _UNIT, _HEIGHT * _UNIT
    _master(show.slide_master)
    _colours(show.slide_master, THEMES[deck.theme], deck.lang)
    title_layout, picture_layout, points_layout = show.slide_layouts
    with scratch(path) as folder:
        first = show.slides.add_slide(title_layout)
        _set(first.placeholders[0], deck.title, 44)
        _set(first.placeholders[1], deck.subtitle, 24)
        for slide in deck.slides:
            begun(slide.title)
            page = show.slides.add_slide(points_layout if slide.points else picture_layout)
            _heading(page, slide, deck.lang)
            if slide.link is not None:
                _linked(page, slide.link, folder, DECK_WORDS[deck.lang].open_live)
            _shown(page, slide, folder, deck.video)
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
    width = _HEADING[2] if slide.link is None else _BESIDE
    # Two lines at the least size have the height of one at the usual.
    one = len(wrapped(slide.title, width, TITLE, fonts, bold=True)) == 1
    _set(page.placeholders[0], slide.title, TITLE if one else LESSON + 3)
    two = len(wrapped(slide.lesson, width, LESSON, fonts, most=9)) <= 2
    _set(page.placeholders[1], slide.lesson, LESSON if two else LESSON - 4)
    if slide.points:
        page.placeholders[2].text_frame.text = "\n".join(slide.points)
    else:
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


def _shown(page: Any, slide: Slide, folder: Path, video: bool) -> None:
    """Put the slide's film or figure, if it has one, in its middle, with its description."""
    picture = slide.film or slide.figure
    if picture is None:
        return
    still = folder / f"{picture.name}.png"
    path = still if slide.film is None else still.with_suffix(".mp4" if video else ".gif")
    # A video shows its last frame until it is started.
    seen = still if path.suffix == ".mp4" else path
    for each in {seen, path}:
        picture.save(each)
    place = _middle(seen, _FIGURE if slide.film is None else _FILM)
    if path == seen:
        shape = page.shapes.add_picture(str(path), *place)
    else:
        shape = page.shapes.add_movie(
            str(path), *place, poster_frame_image=str(seen), mime_type="video/mp4"
        )
    properties = shape._element.xpath(".//p:cNvPr")[0]
    properties.set("descr", picture.alt)
    properties.set("name", picture.name)


def _linked(page: Any, link: Linking, folder: Path, words: str) -> None:
    """Put the code of a link beside title and lesson, and its words below: both lead there."""
    for placeholder, box in zip(list(page.placeholders), (_HEADING, _LESSON), strict=False):
        x, y, _, h = (round(v * _UNIT) for v in box)
        placeholder.left, placeholder.top = x, y
        placeholder.width, placeholder.height = _BESIDE * _UNIT, h
    path = folder / f"{link.name}.png"
    link.save(path)
    code = page.shapes.add_picture(str(path), *(round(v * _UNIT) for v in _CODE))
    code.click_action.hyperlink.address = link.url
    properties = code._element.xpath(".//p:cNvPr")[0]
    properties.set("descr", link.alt)
    properties.set("name", link.name)
    frame = page.shapes.add_textbox(*(round(v * _UNIT) for v in _CODED)).text_frame
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    paragraph = frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT
    run = paragraph.add_run()
    run.text, run.font.size = words, Pt(LESSON - 4)
    run.hyperlink.address = link.url


def _middle(picture: Path, box: _Box) -> list[int]:
    """The largest place of a picture's own shape in the middle of a box, EMU."""
    with Image.open(picture) as opened:
        width, height = opened.size
    left, top, w, h = box
    scale = min(w / width, h / height)
    at = (left + (w - scale * width) / 2, top + (h - scale * height) / 2)
    return [round(v * _UNIT) for v in (*at, scale * width, scale * height)]


# --- the master ---

# Of each place for words its name, kind, index, box and size of letters, points.
_Place = tuple[str, str, int, _Box, int]
_TITLED: _Place = ("Title", "title", 0, _HEADING, TITLE)
_TAUGHT: _Place = ("Lesson", "body", 1, _LESSON, LESSON)
_LISTED: _Place = ("Points", "body", 2, (40, 160, 1200, 480), 24)
_FOOTED: _Place = ("Foot", "body", 2, (40, 668, 1060, 40), LESSON - 1)
_NUMBERED: _Place = ("Number", "sldNum", 12, (1140, 668, 100, 40), LESSON - 1)
_LAYOUTS: dict[str, tuple[_Place, ...]] = {
    "Title": (
        ("Title", "ctrTitle", 0, (80, 210, 1120, 150), 44),
        ("Subtitle", "subTitle", 1, (80, 372, 1120, 80), 24),
        _NUMBERED,
    ),
    "Film": (_TITLED, _TAUGHT, _FOOTED, _NUMBERED),
    "Points": (_TITLED, _TAUGHT, _LISTED, _NUMBERED),
}
# No margins: words stand above the film's own left edge.
_SHAPE = """\
<p:sp {spaces}>
  <p:nvSpPr>
    <p:cNvPr id="{number}" name="{name}"/><p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr>
    <p:nvPr><p:ph type="{kind}" idx="{idx}"/></p:nvPr>
  </p:nvSpPr>
  <p:spPr>
    <a:xfrm><a:off x="{x}" y="{y}"/><a:ext cx="{w}" cy="{h}"/></a:xfrm>
    <a:prstGeom prst="rect"><a:avLst/></a:prstGeom>
  </p:spPr>
  <p:txBody>
    <a:bodyPr lIns="0" tIns="0" rIns="0" bIns="0" anchor="{anchor}"/>
    <a:lstStyle><a:lvl1pPr {indent} algn="{align}">{mark}<a:defRPr sz="{size}00" b="{bold}">
      <a:solidFill><a:schemeClr val="{colour}"/></a:solidFill>
    </a:defRPr></a:lvl1pPr></a:lstStyle>
    <a:p>{words}</a:p>
  </p:txBody>
</p:sp>"""
_PROMPT = '<a:r><a:rPr lang="en-US"/><a:t>{}</a:t></a:r>'
_FIELD = (
    f'<a:fld {nsdecls("a")} id="{{C1FF6DA9-008F-8B48-92A6-B652298478BF}}" type="slidenum">'
    '<a:rPr lang="en-US"/><a:t>‹#›</a:t></a:fld>'
)


def _master(master: Any) -> None:
    """Give the master and three layouts of python-pptx's template places of our own."""
    _fill(master, (_TITLED, _LISTED, _NUMBERED))
    layouts = master.slide_layouts
    for layout in list(layouts)[len(_LAYOUTS) :]:
        layouts.remove(layout)
    for layout, (name, places) in zip(layouts, _LAYOUTS.items(), strict=True):
        layout.name = name
        # The kind of a layout names its placeholders, and these have others now.
        layout._element.attrib.pop("type")
        _fill(layout, places)


def _fill(page: Any, places: tuple[_Place, ...]) -> None:
    for placeholder in list(page.placeholders):
        _drop(placeholder)
    for number, (name, kind, idx, box, size) in enumerate(places, 2):
        heads, lists, numbers = name == "Title", name == "Points", kind == "sldNum"
        x, y, w, h = (round(v * _UNIT) for v in box)
        shape = _SHAPE.format(
            spaces=nsdecls("p", "a"),
            **{"number": number, "name": name, "kind": kind, "idx": idx},
            **{"x": x, "y": y, "w": w, "h": h, "size": size, "bold": int(heads)},
            anchor="b" if heads else "t",
            align="r" if numbers else "l",
            indent='marL="342900" indent="-342900"' if lists else 'marL="0" indent="0"',
            mark='<a:buFont typeface="Arial"/><a:buChar char="•"/>' if lists else "<a:buNone/>",
            colour="tx1" if heads or lists else "tx2",
            words=_FIELD if numbers else _PROMPT.format(name),
        )
        page.shapes._spTree.append(parse_xml(shape))


def _number(page: Any) -> None:
    """The slide's number, in its layout's place for it, which python-pptx does not copy with the others."""
    *_, place = page.slide_layout.placeholders
    page.shapes.clone_placeholder(place)
    page.placeholders[_NUMBERED[2]].text_frame.paragraphs[0]._p.append(parse_xml(_FIELD))


def _colours(master: Any, theme: Theme, lang: str) -> None:
    """The film's colours and the program's fonts, as the deck's theme."""
    part = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    text = re.sub('name="Office[^"]*"', 'name="Toylab"', part.blob.decode())
    wanted = {
        "lt1": theme.paper,
        "dk1": theme.ink,
        "dk2": theme.soft,
        "lt2": theme.grid,
        **{f"accent{n}": colour for n, colour in enumerate(theme.curves, 1)},
        "accent5": theme.generated,
        "accent6": theme.surface[0],
    }
    for name, colour in wanted.items():
        entry = f'<a:srgbClr val="{colour.removeprefix("#").upper()}"/>'
        text = re.sub(f"(?<=<a:{name}>).*?(?=</a:{name}>)", entry, text)
    if lang == "zh":
        text = text.replace('<a:ea typeface=""/>', f'<a:ea typeface="{_CHINESE}"/>')
    part._blob = text.encode()


# --- what the file says of itself ---


def _tell(show: Any, deck: Deck) -> None:
    """Title and provenance; no author and no times, which python-pptx's template has."""
    core = show.core_properties
    core.title, core.author, core.last_modified_by = deck.title[:255], "", ""
    core.created = core.modified = datetime(1980, 1, 1)
    core.revision = 1
    core.language = "zh-CN" if deck.lang == "zh" else "en"
    told = escape(json.dumps(deck.provenance, sort_keys=True), quote=False)
    blob = f'<provenance xmlns="urn:toylab:provenance">{told}</provenance>'.encode()
    part = Part(PackURI(f"/{TOLD_PART}"), "application/xml", show.part.package, blob)
    show.part.relate_to(part, RELATIONSHIP_TYPE.CUSTOM_XML)


def _settle(draft: Path, path: Path) -> None:
    """Give every member of the zip the same time."""
    with zipfile.ZipFile(draft) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.infolist():
            member = zipfile.ZipInfo(entry.filename, _TIME)
            member.external_attr = 0o600 << 16
            new.writestr(member, old.read(entry), zipfile.ZIP_DEFLATED)
