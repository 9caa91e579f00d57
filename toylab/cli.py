"""The command line: one short function a command.

Imports stand inside the commands, so that `toylab --help` answers at once.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from toylab.errors import ToylabError

if TYPE_CHECKING:
    from toylab.film.reel import Reel
    from toylab.film.writers import Frames
    from toylab.scenario import Scenario
    from toylab.trace import Trace

app = typer.Typer(
    add_completion=True,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="See a GAN learn, collapse or starve: train small GANs in two dimensions and film them.",
)

T = TypeVar("T")
Name = Annotated[str, typer.Argument(metavar="NAME", help="A scenario's name, or a TOML file.")]
Names = Annotated[list[str], typer.Argument(metavar="NAME...", help="Scenarios, or TOML files.")]
Changes = Annotated[
    list[str],
    typer.Option("--set", metavar="PATH=VALUE", help="Change one setting. May be repeated."),
]
Seeds = Annotated[str, typer.Option(metavar="SEEDS", help='"8" is 0 to 7; or "8:16", or "3,5".')]
# Seeds are kept as 64-bit integers.
Seed = Annotated[int, typer.Option(help="Whose training is filmed.", min=0, max=2**63 - 1)]
Theme = Annotated[str, typer.Option(help="light, dark or print.")]
Output = Annotated[
    list[Path], typer.Option("-o", "--output", help="File to write. May be repeated.")
]

# A trace of many seeds keeps the surfaces of the first nine: as many as a film's grid can show.
MOST_FILMED = 9


@app.command("list")
def list_() -> None:
    """List the scenarios, a line each."""
    from toylab import catalogue

    names = catalogue.names()
    width = max((len(name) for name in names), default=0)
    for name in names:
        settings = catalogue.parse(catalogue.find(name))
        typer.echo(f"{name:<{width}}  {settings.get('title', '')}: {settings.get('lesson', '')}")


@app.command()
def show(name: Name, set_: Changes = []) -> None:  # noqa: B006 - typer copies defaults
    """Show a scenario: its lesson, settings, what differs from its base, claims, sources."""
    from toylab import catalogue, scenario

    chosen = _loaded(name, set_)
    typer.echo(f"{chosen.title}\n  {chosen.lesson}")
    if chosen.source:
        typer.echo(f"  Source: {chosen.source}")
    for heading, base in _bases(name, set_):
        typer.echo(f"\n{heading}")
        for path, old, new in scenario.differences(chosen, base) or [("nothing", "", "")]:
            typer.echo(
                f"  {path}: {_said(old)} -> {_said(new)}" if path != "nothing" else "  nothing"
            )
    for claim in chosen.claims:
        typer.echo(f"\nClaim: {claim.text}")
        low, high = claim.window
        typer.echo(
            f"  {claim.reduce} of {claim.metric} over {low:g}..{high:g} of training "
            f"{claim.relation} {claim.threshold:g}, in {claim.quorum:.0%} of seeds"
            + (f" ({claim.source})" if claim.source else "")
        )
    settings = {k: v for k, v in chosen.settings.items() if k not in catalogue.OWN_KEYS}
    typer.echo("\nSettings:\n")
    typer.echo(scenario.as_toml(settings).rstrip())


@app.command()
def train(
    name: Name,
    output: Output,
    seeds: Seeds = "1",
    set_: Changes = [],  # noqa: B006
) -> None:
    """Train a scenario on some seeds and keep the trace (.npz)."""
    from toylab.scenario import load

    scenario = load(name, set_)
    for path in output:
        _expect_ending(path, (".npz",))
    trace, seconds = _record(scenario, parse_seeds(seeds))
    for path in output:
        trace.save(path)
        _result(path, f"{len(trace.seeds)} seeds, trained in {seconds:.1f} s")


@app.command()
def render(
    trace: Annotated[Path, typer.Argument(metavar="TRACE", help="A trace (.npz).")],
    output: Output,
    seed: Annotated[int | None, typer.Option(help="Whose film; the first by default.")] = None,
    seeds: Annotated[
        str | None, typer.Option(metavar="SEEDS", help="A grid of up to nine, as for train.")
    ] = None,
    theme: Theme = "light",
) -> None:
    """Film a trace; each output's ending picks the writer."""
    from toylab.film import Film
    from toylab.film import Seeds as Grid
    from toylab.film.writers import writer_for
    from toylab.trace import Trace

    for path in output:
        writer_for(path)
    if seeds is None:
        _film(lambda: Film(Trace.load(trace), seed, theme), trace.stem, output)
    else:
        chosen = parse_seeds(seeds)
        _film(lambda: Grid(Trace.load(trace), chosen, theme), trace.stem, output)


@app.command()
def compare(
    traces: Annotated[list[Path], typer.Argument(metavar="TRACE...", help="2 to 4 traces (.npz).")],
    output: Output,
    theme: Theme = "light",
) -> None:
    """Film two to four traces side by side; the titles say only in what they differ."""
    from toylab.film import Compare
    from toylab.film.writers import writer_for
    from toylab.trace import Trace

    for path in output:
        writer_for(path)
    _film(lambda: Compare([Trace.load(path) for path in traces], theme), "them", output)


@app.command()
def run(
    names: Names,
    seed: Seed = 0,
    seeds: Annotated[
        str | None, typer.Option(metavar="SEEDS", help="A grid of up to nine, as for train.")
    ] = None,
    to: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("renders"),
    theme: Theme = "light",
    set_: Changes = [],  # noqa: B006
) -> None:
    """Train scenarios and film them: renders/NAME.gif and renders/NAME.npz."""
    from toylab.film import Film
    from toylab.film import Seeds as Grid
    from toylab.film.reel import check_theme

    check_theme(theme)
    chosen = [seed] if seeds is None else parse_seeds(seeds)
    if len(chosen) > MOST_FILMED:
        raise ToylabError(f"--seeds names {len(chosen)} seeds; a grid shows {MOST_FILMED} at most.")
    # All of them before the first is trained: a misspelt last name should not cost an hour.
    scenarios = [_loaded(name, set_) for name in names]
    for scenario in scenarios:
        trace, seconds = _record(scenario, chosen)
        trace.save(to / f"{scenario.name}.npz")
        make = partial(Film, trace, seed) if seeds is None else partial(Grid, trace, chosen)
        before = f"trained in {seconds:.1f} s, "
        _film(partial(make, theme=theme), scenario.name, [to / f"{scenario.name}.gif"], before)


@app.command()
def check(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME...]", help="All by default.")
    ] = None,
    seeds: Seeds = "64",
    jobs: Annotated[int, typer.Option(help="Workers.", min=1, max=256)] = 2,
    output: Annotated[
        list[Path] | None, typer.Option("-o", "--output", help="A .json or .md file.")
    ] = None,
) -> None:
    """Count the scenarios' claims over seeds; exit code 1 if one fails."""
    from datetime import date

    from toylab import study
    from toylab.files import whole
    from toylab.training import versions

    for path in output or []:
        _expect_ending(path, (".json", ".md"))
    chosen, numbers = study.named(names or []), parse_seeds(seeds, first=1000)
    found: list[study.Outcome] = []
    cache = Path(".toylab") / "claims"
    width = max(len(s.name) for s in chosen)
    for outcomes in _progress(
        study.outcomes(chosen, numbers, jobs, cache), len(chosen), "Checking"
    ):
        for o in outcomes:
            low, high = o.interval
            share = f"{o.hits}/{len(numbers)}"
            typer.echo(
                f"{o.verdict:<9}  {share:>7}  {low:.2f}..{high:.2f}  {o.scenario:<{width}}  {o.claim.text}"
            )
        found += outcomes
    span = f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else str(numbers[0])
    about = {"date": date.today().isoformat(), "seeds": span, **versions()}
    for path in output or []:
        table = study.as_json if path.suffix == ".json" else study.as_markdown
        with whole(path) as part:
            part.write_text(table(found, about), encoding="utf-8")
    if any(o.verdict == "fails" for o in found):
        raise typer.Exit(1)


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A film or a trace.")],
) -> None:
    """Tell which scenario, seed, versions and command made a file."""
    from toylab.film.writers import provenance_of

    told = provenance_of(file)
    settings = told.pop("settings", "")
    width = max(map(len, told), default=0)
    for key, value in sorted(told.items()):
        typer.echo(f"{key:<{width}}  {value}")
    typer.echo(f"\n{settings.rstrip()}")


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


def _loaded(name: str, changes: Sequence[str]) -> Scenario:
    """Load a scenario whose film can be drawn."""
    from toylab.film.film import check_names, plans
    from toylab.scenario import load

    scenario = load(name, changes)
    try:
        check_names(*plans(scenario.settings))
    except ToylabError as error:
        raise ToylabError(
            f"{' '.join([name, *(f'--set {c}' for c in changes)])}: {error}"
        ) from None
    return scenario


def _bases(name: str, changes: Sequence[str]) -> Iterator[tuple[str, Scenario]]:
    """What a scenario may be compared with: its file, if settings are changed; its base."""
    from toylab import catalogue, scenario

    if changes:
        yield "Differs from its file in:", scenario.load(name)
    base = scenario.base_of(name)
    if base is not None:
        links = catalogue.chain(catalogue.find(name))
        yield f"Differs from {links[-2][0].stem} in:", base


def _said(value: Any) -> str:
    return "not set" if value is None else str(value)


def _record(scenario: Scenario, seeds: Sequence[int]) -> tuple[Trace, float]:
    """Train with progress; return the trace and the seconds it took."""
    import time

    import torch

    from toylab.training import record

    # One seed's matmuls are too small to share: two threads took 12 % longer than one, measured.
    if len(seeds) == 1:
        torch.set_num_threads(1)
    start = time.perf_counter()
    trace = record(
        scenario,
        seeds,
        filmed=range(min(len(seeds), MOST_FILMED)),
        command=_command(),
        watch=lambda shots, total: _progress(shots, total, f"Training {scenario.name}"),
    )
    return trace, time.perf_counter() - start


def _film(make: Callable[[], Reel], name: str, output: Sequence[Path], before: str = "") -> None:
    import time

    start = time.perf_counter()
    film = make()
    film.save(
        *output,
        command=_command(),
        watch=lambda frames: _watched(frames, f"Filming {name}"),
    )
    seconds = time.perf_counter() - start
    for path in output:
        _result(path, f"{len(film)} frames, {before}filmed in {seconds:.1f} s")


def _result(path: Path, words: str) -> None:
    typer.echo(f"{path}  {path.stat().st_size / 1e6:.1f} MB, {words}")


def _expect_ending(path: Path, endings: Sequence[str]) -> None:
    if path.suffix.lower() not in endings:
        raise ToylabError(f"{path}: expected a name that ends in {' or '.join(endings)}.")


def _command() -> str:
    return shlex.join(["toylab", *sys.argv[1:]])


def _progress(items: Iterable[T], total: int, words: str) -> Iterator[T]:
    """Pass items on, with a bar and the time left; silent where nobody watches."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield from progress.track(items, total=total, description=words)


def _watched(frames: Frames, words: str) -> Frames:
    """Frames that move a bar as they are drawn."""
    if not sys.stderr.isatty():
        return frames
    return _WatchedFrames(frames, words)


class _WatchedFrames:
    def __init__(self, frames: Frames, words: str) -> None:
        self._frames = frames
        # Driven from outside: one item is taken for each frame drawn, in whatever order.
        self._bar = _progress(range(len(frames)), len(frames), words)

    def __len__(self) -> int:
        return len(self._frames)

    def draw(self, frame: int, into: Any = None) -> Any:
        next(self._bar, None)
        return self._frames.draw(frame, into)


def main() -> None:
    """Run the command line; every error ends as a few lines and an exit code."""
    import signal

    # A polite kill unwinds like Ctrl-C, so that no part of a file stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A shell starts its background jobs with Ctrl-C ignored, and Python then leaves it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        sys.exit(app(standalone_mode=False))
    except KeyboardInterrupt:
        _fail("Stopped. Files that were not finished are as they were before.", 130)
    except ToylabError as error:
        _fail(str(error), 2)
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone, as in `toylab list | head -1`
        sys.exit(0)
    except OSError as error:
        _fail(f"{error.filename or 'A file'}: {error.strerror or error}.", 2)
    except MemoryError:
        _fail("Out of memory. Lower training.batch, recording.samples or the number of seeds.", 2)
    except Exception as error:
        # typer's own errors: unknown commands and options, missing arguments.
        say = getattr(error, "format_message", None)
        if say is None:
            if type(error).__name__ == "Abort":
                _fail("Stopped. Files that were not finished are as they were before.", 130)
            raise
        _fail(f"{say()} See `toylab --help`.", 2)


def _fail(words: str, code: int) -> None:
    typer.echo(words, err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
