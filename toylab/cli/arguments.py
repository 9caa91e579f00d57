"""What commands take: each argument and each option once."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any

import typer

from toylab.base.errors import ToylabError
from toylab.cli.wrong_kind import expect


def taking(*kinds: str) -> Callable[[typer.Context, typer.CallbackParam, Any], Any]:
    """Let an argument say what it takes, and of what it does not take which command does.

    Args:
        kinds: Keys of `wrong_kind.THINGS`.

    Returns:
        A callback of typer's.
    """

    def check(context: typer.Context, parameter: typer.CallbackParam, given: Any) -> Any:
        if context.resilient_parsing:
            return given  # a shell completes words; nothing is asked for yet
        is_option = parameter.param_type_name == "option"
        asked = f"--{parameter.name}" if is_option else str(context.info_name)
        for name in given if isinstance(given, list | tuple) else [given]:
            if name is not None:
                expect(str(name), kinds, asked, sys.argv[1:])
        return given

    return check


Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="A scenario's name, or a TOML file.", callback=taking("scenario")
    ),
]
Names = Annotated[
    list[str],
    typer.Argument(
        metavar="NAME...", help="Scenarios, or TOML files.", callback=taking("scenario")
    ),
]
SetChanges = Annotated[
    list[str],
    typer.Option("--set", metavar="PATH=VALUE", help="Change one setting. May be repeated."),
]
SeedGrid = Annotated[
    str | None,
    typer.Option("--seeds", metavar="SEEDS", help="A grid of up to nine seeds, as for train."),
]
SeedRange = Annotated[
    str, typer.Option(metavar="SEEDS", help='"8" is 0 to 7; or "8:16", or "3,5".')
]
Jobs = Annotated[int, typer.Option(help="Workers.", min=1, max=256)]
Backend = Annotated[
    str, typer.Option(metavar="NAME", help="loky, dask, dask=tcp://HOST:PORT of a cluster, or ray.")
]
Device = Annotated[
    str, typer.Option(metavar="NAME", help="cpu, cuda, mps, or auto: the best here.")
]
# Seeds are kept as 64-bit integers.
Seed = Annotated[
    int | None,
    typer.Option(help="Whose training is filmed; film.seed or 0 by default.", min=0, max=2**63 - 1),
]
Output = Annotated[
    list[Path], typer.Option("-o", "--output", help="File to write. May be repeated.")
]

# Text, not paths: a path loses the slash by which a folder of frames is told.
Films = Annotated[
    list[str],
    typer.Option("-o", "--output", help="Film, still, or FOLDER/ of frames. May be repeated."),
]
StillFrame = Annotated[
    int | None,
    typer.Option("--frame", help="The one frame of a still; a contact sheet by default.", min=0),
]

# How a film shall look: what each option asks for is told by `cli.look.Look`, whose fields these are.
LOOK: dict[str, tuple[Any, Any]] = {
    "theme": (Annotated[str, typer.Option(help="light, dark or print.")], "light"),
    "lang": (Annotated[str, typer.Option(help="Language: en or zh.")], "en"),
    "layout": (
        Annotated[
            str, typer.Option(help="slide, half, bare (no title), readme, card or portrait.")
        ],
        "slide",
    ),
    "layers": (
        Annotated[
            str | None, typer.Option(metavar="A,B,...", help="Layers of the stage, bottom first.")
        ],
        None,
    ),
    "style": (
        Annotated[
            Path | None,
            typer.Option(metavar="FILE.mplstyle", help="A matplotlib style over the theme."),
        ],
        None,
    ),
    "fps": (
        Annotated[
            float | None,
            typer.Option(help="Frames a second, if fewer than recorded.", min=0.1, max=50),
        ],
        None,
    ),
    "seconds": (
        Annotated[
            float | None,
            typer.Option(help="How long the film moves, holds not counted.", min=0.1, max=3600),
        ],
        None,
    ),
    "svg_text": (
        Annotated[
            bool,
            typer.Option("--svg-text", help="In an .svg words are text, in the fonts it names."),
        ],
        False,
    ),
}
# What was asked for, by option.
Asked = dict[str, Any]


def with_look(*options: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a command take options of `LOOK`, in the place of its keyword-only parameter `look`.

    Args:
        options: Keys of `LOOK`.

    Returns:
        A decorator; the command is given what was asked for as one `Asked`.
    """

    def wrap(command: Callable[..., None]) -> Callable[..., None]:
        def filled(**given: Any) -> None:
            command(look={option: given.pop(option) for option in options}, **given)

        takes: list[Parameter] = []
        for parameter in inspect.signature(command, eval_str=True).parameters.values():
            if parameter.name != "look":
                takes.append(parameter.replace(kind=Parameter.KEYWORD_ONLY))
                continue
            for option in options:
                kind, default = LOOK[option]
                takes.append(
                    Parameter(option, Parameter.KEYWORD_ONLY, default=default, annotation=kind)
                )
        # typer reads both.
        filled.__signature__ = inspect.Signature(takes)  # type: ignore[attr-defined]
        filled.__annotations__ = {parameter.name: parameter.annotation for parameter in takes}
        filled.__name__, filled.__doc__ = command.__name__, command.__doc__
        return filled

    return wrap


def parse_seeds(text: str, first: int = 0) -> list[int]:
    """Read "64" as 64 seeds from `first`, "8:16" as a half-open range, "3,5" as a list.

    Raises:
        ToylabError: If the text is none of these, or names no seed, or too many.
    """
    most = 100_000
    expected = "Expected a number (64), a range (8:16) or a list (3,5)."
    try:
        if ":" in text:
            start, stop = (int(part) for part in text.split(":"))
            seeds = list(range(start, min(stop, start + most + 1)))
        elif "," in text:
            seeds = [int(part) for part in text.split(",") if part.strip()]
        else:
            seeds = list(range(first, first + min(int(text), most + 1)))
    except ValueError:
        seeds = []
    if not seeds:
        raise ToylabError(f'--seeds "{text}" names no seeds. {expected}')
    if len(seeds) > most:
        raise ToylabError(f'--seeds "{text}" names more than {most:,} seeds. Give fewer.')
    if len(seeds) != len(set(seeds)):
        raise ToylabError(f'--seeds "{text}" names a seed twice. Name each once.')
    # 2^63: seeds are kept as 64-bit integers.
    if min(seeds) < 0 or max(seeds) >= 2**63:
        raise ToylabError(f'--seeds "{text}": seeds go from 0 to 2^63 - 1. {expected}')
    return seeds
