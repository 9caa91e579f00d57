"""Beamer: LaTeX with the films as numbered frames for `animate`, and stills for other viewers.

For LuaLaTeX or XeLaTeX: what scenarios say is Unicode.
"""

from __future__ import annotations

import re

from toylab.film.style import THEMES
from toylab.show.assets import NO_TEXT, Assets
from toylab.show.deck import Begun, Deck, Linking, Slide
from toylab.show.deck_words import DECK_WORDS

# Frames of a film: more make a PDF that readers are slow to open.
MOST_FRAMES = 60
_HEAD = r"""% Compile twice with LuaLaTeX or XeLaTeX. For a handout, with sheets instead of films, write
% \documentclass[aspectratio=169,handout]{{beamer}}.
\documentclass[aspectratio=169]{{beamer}}
\usepackage{{animate}}
{chinese}\definecolor{{paper}}{{HTML}}{{{paper}}}
\definecolor{{ink}}{{HTML}}{{{ink}}}
\definecolor{{soft}}{{HTML}}{{{soft}}}
\setbeamercolor{{background canvas}}{{bg=paper}}
\setbeamercolor{{normal text}}{{fg=ink}}
\setbeamercolor{{frametitle}}{{fg=ink}}
\setbeamercolor{{title}}{{fg=ink}}
\setbeamercolor{{item}}{{fg=soft}}
\setbeamerfont{{frametitle}}{{size=\Large,series=\bfseries}}
\setbeamersize{{text margin left=5mm,text margin right=5mm}}
\setbeamertemplate{{navigation symbols}}{{}}
\setbeamertemplate{{frametitle}}{{\vspace{{2mm}}\insertframetitle\par}}
\setbeamertemplate{{footline}}{{%
  \hfill\color{{soft}}\scriptsize\insertframenumber\hspace{{5mm}}\vspace{{2mm}}}}
\title{{{title}}}
\subtitle{{{subtitle}}}
\date{{}}
\begin{{document}}
\begin{{frame}}
\titlepage
\end{{frame}}
"""
# Fandol's fonts come with the package and are found by name on every machine.
_CHINESE = "\\usepackage[fontset=fandol,scheme=plain]{ctex}\n"
_SPECIAL = {
    **{c: f"\\{c}" for c in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "`": "\\textasciigrave{}",
    "'": r"\textquotesingle{}",
    '"': r"\textquotedbl{}",
    # What Latin Modern's text fonts lack.
    **{
        c: rf"\ensuremath{{{words}}}"
        for c, words in {
            "→": r"\to",
            "←": r"\leftarrow",
            "≤": r"\le",
            "≥": r"\ge",
            "≈": r"\approx",
            "∇": r"\nabla",
            "θ": r"\theta",
            "λ": r"\lambda",
            "σ": r"\sigma",
            "−": "-",
        }.items()
    },
}
# What TeX reads as something else in the name of a picture's folder; it takes two spaces for one, and
# what follows a pipe for a command. Inside a frame nothing can be quoted: it is read as an argument.
UNREADABLE = re.compile(rf"""[%#~\\{{}}"$&^|]|^ |  |{NO_TEXT.pattern}""")
# Ligatures of TeX's own. Only a kern parts them: LuaTeX sees through an empty group.
_JOINED = re.compile(r"(?<=-)-|(?<=,),")
_HAN = re.compile(r"[\u2e80-\uffef]")


def beamer(deck: Deck, assets: Assets, begun: Begun) -> str:
    """The text of a deck for Beamer.

    Args:
        deck: What it shows.
        assets: Where its films and pictures go.
        begun: Told of each slide before its film is made.
    """
    theme = THEMES[deck.theme]
    parts = []
    for slide, after in zip(deck.slides, [*deck.slides[1:], None], strict=True):
        begun(slide.title)
        # A film is for the screen, its sheet for paper.
        filmed = after is not None and after.handout
        mode = "<handout>" if slide.handout else "<beamer>" if filmed else ""
        parts.append(_slide(slide, mode, assets, DECK_WORDS[deck.lang].open_live))
    body = "\n".join(parts)
    title, subtitle = escaped(deck.title), escaped(deck.subtitle)
    head = _HEAD.format(
        chinese=_CHINESE if _HAN.search(body + title + subtitle) else "",
        **{name: getattr(theme, name).removeprefix("#") for name in ("paper", "ink", "soft")},
        title=title,
        subtitle=subtitle,
    )
    return f"{head}{body}\n\\end{{document}}\n"


def escaped(text: str) -> str:
    """Text as LaTeX that shows just that text."""
    return _JOINED.sub(r"{\\kern0pt}\g<0>", "".join(_SPECIAL.get(c, c) for c in text))


def _slide(slide: Slide, mode: str, assets: Assets, open_live: str) -> str:
    parts = [f"\n\\begin{{frame}}{mode}", f"\\frametitle{{{escaped(slide.title)}}}"]
    if slide.lesson:
        parts.append(f"{{\\small\\color{{soft}}{escaped(slide.lesson)}\\par}}")
    if slide.points:
        # In braces: \item takes a "[" or a "<" that follows it for its own.
        items = "\n".join(f"\\item {{{escaped(point)}}}" for point in slide.points)
        parts.append(f"\\begin{{itemize}}\n{items}\n\\end{{itemize}}")
    shown = _shown(slide, assets)
    if shown:
        parts += ["\\vfill", "\\begin{center}", shown, "\\end{center}", "\\vfill"]
    if slide.footer:
        parts.append(f"{{\\footnotesize\\color{{soft}}{escaped(slide.footer)}\\par}}")
    if slide.link is not None:
        parts.append(_linked(slide.link, assets, open_live))
    if slide.notes:
        parts.append("\\note{" + "\\par\n".join(map(escaped, slide.notes)) + "}")
    return "\n".join([*parts, "\\end{frame}"])


def _linked(link: Linking, assets: Assets, words: str) -> str:
    """The words that lead to the live lab, and its code in the corner above, which takes no room."""
    # A frame is read as an argument, in which these are a comment's, a parameter's and a blank.
    url = re.sub("[%#]", r"\\\g<0>", link.url.replace("~", "%7E"))
    code = f"\\includegraphics[height=.15\\textheight]{{{assets.put(link, '.png')}}}"
    corner = f"\\smash{{\\raisebox{{.74\\textheight}}{{\\makebox[0pt][r]{{\\href{{{url}}}{{{code}}}}}}}}}"
    said = f"{{\\footnotesize\\href{{{url}}}{{{escaped(words)}}}}}"
    return f"% {link.alt}\n{said}\\hfill{corner}\\par"


def _shown(slide: Slide, assets: Assets) -> str:
    """The slide's film or figure; its description goes into a comment, for who edits the text."""
    # `keepaspectratio`: whichever side is reached first.
    size = r"width=\textwidth,height=.72\textheight,keepaspectratio"
    if slide.figure is not None:
        link = assets.put(slide.figure, ".png")
        return f"% {slide.figure.alt}\n\\includegraphics[{size}]{{{link}}}"
    if slide.film is None:
        return ""
    n, fps = slide.film.frames(assets.folder / slide.film.name, MOST_FRAMES)
    frame = f"{assets.name}/{slide.film.name}/frame-"
    # Beneath the film its last frame, for viewers that show no films; a box without width holds it.
    still = f"\\includegraphics[{size}]{{{frame}{n - 1:04}.png}}"
    return (
        f"% {slide.film.alt}\n\\makebox[0pt][l]{{{still}}}%\n"
        f"\\animategraphics[{size},autoplay,poster=last]{{{fps:g}}}"
        f"{{{frame}}}{{0000}}{{{n - 1:04}}}"
    )
