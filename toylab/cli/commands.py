"""The command line: one short function a command.

Imports stand inside the commands, so that `toylab --help` answers at once.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from typer.core import TyperGroup

from toylab.base.counted import Counted
from toylab.base.errors import ToylabError
from toylab.base.memory import keep_freed
from toylab.base.release import release
from toylab.base.signals import blocked
from toylab.cli.arguments import (
    LOOK,
    Asked,
    Backend,
    Device,
    Films,
    Jobs,
    Name,
    Names,
    Output,
    Seed,
    SeedGrid,
    SeedRange,
    SetChanges,
    StillFrame,
    parse_seeds,
    taking,
    with_look,
)
from toylab.cli.stopping import going_on, guarded, held, hold
from toylab.cli.terminal import (
    command,
    expect_endings,
    progress,
    say,
    say_result,
    since_begun,
    warn,
)
from toylab.cli.wrong_kind import instead_of_a_command

if TYPE_CHECKING:
    from toylab.claims.counting import Outcome
    from toylab.claims.traces import Keeper
    from toylab.cli.look import Look
    from toylab.scenario.scenario import Scenario
    from toylab.trace import Trace
    from toylab.training.run import Watch

T = TypeVar("T")


class _Commands(TyperGroup):
    """The commands, and what to do with a word that is none of them but a scenario or a file."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that was typed."""
        if args and self.get_command(ctx, args[0]) is None:
            told = instead_of_a_command(args[0])
            if told:
                raise ToylabError(told)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command, and let go of what it held."""
        with held:
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=True,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

# Of a sweep's look, what does nothing where no film is asked for.
OF_FILMS = ("layers", "fps", "seconds")
# Of a look, what a deck has no use for.
NOT_OF_DECKS = ("layout", "svg_text")


def _tell_version(wanted: bool) -> None:
    if wanted:
        say(f"toylab {release()}")
        raise typer.Exit


@app.callback()
def toylab(
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_tell_version, is_eager=True, help="Say which, and exit."
        ),
    ] = False,
) -> None:
    """See a GAN learn, collapse or starve: train small GANs in two dimensions and film them."""


@app.command("list")
@with_look("lang")
def list_(*, look: Asked) -> None:
    """List the scenarios, a line each."""
    from toylab.scenario import catalogue

    colon, of = ": ", dict[str, str].__getitem__
    # In English without a film's words, which take half a second to read.
    if look["lang"] != "en":
        from toylab.film.animation import check_look
        from toylab.film.words import WORDS

        check_look(**look)
        words = WORDS[look["lang"]]
        colon, of = words.colon, words.of
    names = catalogue.names()
    width = max((len(name) for name in names), default=0)
    for name in names:
        settings = catalogue.parse(catalogue.find(name))
        say(f"{name:<{width}}  {of(settings, 'title')}{colon}{of(settings, 'lesson')}")


@app.command()
@with_look("lang")
def show(name: Name, set_: SetChanges = [], *, look: Asked) -> None:  # noqa: B006 - typer copies defaults
    """Show a scenario: its lesson, settings, what differs from its base, claims, sources."""
    from toylab.cli import shown
    from toylab.film.animation import check_look
    from toylab.film.script import check_names, plans
    from toylab.scenario import scenario

    check_look(**look)
    chosen = scenario.load(name, set_)
    try:
        check_names(*plans(chosen.settings))
    except ToylabError as error:
        raise ToylabError(f"{_asked(name, set_)}: {error}") from None
    say(shown.heading(chosen, **look))
    _say_read([chosen])
    for part in shown.parts(chosen, name, set_, **look):
        say(part)


@app.command()
def train(
    name: Name,
    output: Output,
    seeds: SeedRange = "1",
    device: Device = "cpu",
    set_: SetChanges = [],  # noqa: B006
) -> None:
    """Train a scenario on some seeds and keep the trace (.npz)."""
    from toylab.scenario.scenario import load

    scenario = load(name, set_)
    expect_endings(output, (".npz",))
    _begin(output, [scenario])
    trace, seconds = _record(scenario, parse_seeds(seeds), _device(device))
    for path in output:
        trace.save(path)
        say_result(path, f"{Counted(len(trace.seeds)):seed}, trained in {seconds:.1f} s")


@app.command()
@with_look(*LOOK)
def render(
    trace: Annotated[
        Path, typer.Argument(metavar="TRACE", help="A trace (.npz).", callback=taking("trace"))
    ],
    output: Films,
    seed: Annotated[int | None, typer.Option(help="Whose film; the first by default.")] = None,
    seeds: SeedGrid = None,
    *,
    look: Asked,
    frame: StillFrame = None,
) -> None:
    """Film a trace; each output's ending picks the writer."""
    from toylab.cli.look import Look
    from toylab.film.writers import check_outputs
    from toylab.trace import Trace

    check_outputs(output, frame)
    hold(output)
    wanted = Look(**look).checked(warn, output)
    grid = _grid(seed, seeds)
    _say_films(output, _film(wanted, [Trace.load(trace)], seed, grid, output, frame))


@app.command()
@with_look(*LOOK)
def run(
    names: Names,
    seed: Seed = None,
    seeds: SeedGrid = None,
    to: Annotated[
        Path | None, typer.Option(help="Folder for the files; renders by default.")
    ] = None,
    *,
    look: Asked,
    device: Device = "cpu",
    set_: SetChanges = [],  # noqa: B006
    output: Films = [],  # noqa: B006
    frame: StillFrame = None,
    branch: Annotated[
        int | None,
        typer.Option(
            metavar="STEP",
            min=1,
            help="Film two futures: from this step on also with the settings PATH=VALUE, named after it.",
        ),
    ] = None,
) -> None:
    """Train scenarios and film them: renders/NAME.gif and renders/NAME.npz, or what -o names."""
    from toylab.cli.look import Look
    from toylab.cli.rehearsal import rehearse
    from toylab.film.writers import check_outputs
    from toylab.scenario.scenario import load, seed_to_film

    if branch is not None:
        if seeds is not None:
            raise ToylabError("--branch films two futures of one seed: give --seed, not --seeds.")
        wanted = Look(**look).checked(warn, output)
        _futures(names, branch, seed, to, wanted, _device(device), set_, output, frame)
        return
    if output and len(names) > 1:
        raise ToylabError(
            f"-o names the film of one scenario, and {len(names)} were given. Leave -o out, or run one."
        )
    wanted, grid, place = Look(**look).checked(warn, output), _grid(seed, seeds), _device(device)
    # All of them before the first is trained: a misspelt last name should not cost an hour.
    scenarios = [load(name, set_) for name in names]
    stems = [scenario.name for scenario in scenarios]
    if len(set(stems)) < len(stems):
        twice = next(name for name in stems if stems.count(name) > 1)
        raise ToylabError(f"Two of these are called {twice}, and one film would replace the other.")
    games = [(one, grid or [seed_to_film([one], seed)]) for one in scenarios]
    folder = to or Path("renders")
    files = [(folder / f"{stem}.npz", output or [str(folder / f"{stem}.gif")]) for stem in stems]
    for _, films in files:
        check_outputs(films, frame)
    if output and to is None:
        files = [(_trace_of(files[0][0], output[0]), output)]
    _begin([path for kept, films in files for path in (kept, *films)], scenarios)
    for (scenario, own), name in zip(games, names, strict=True):
        rehearse(
            [scenario], own, lambda traces: wanted.film(traces, None, grid), _asked(name, set_)
        )
    begun = 0.0
    for (scenario, own), (kept, films) in zip(games, files, strict=True):
        trace, took = _record(scenario, own, place)
        with _saved({kept: trace}):
            filmed = _film(wanted, [trace], None, grid, films, frame)
        begun = _say_films(films, filmed, f"trained in {took:.1f} s, ", begun)


def _futures(
    words: Sequence[str],
    at: int,
    seed: int | None,
    to: Path | None,
    look: Look,
    device: str,
    changes: Sequence[str],
    output: Sequence[str],
    frame: int | None,
) -> None:
    """Train a scenario, and from a step on once more under other settings, and film both side by side."""
    from toylab.cli.rehearsal import rehearse
    from toylab.film.writers import check_outputs
    from toylab.scenario.scenario import branched, load, seed_to_film
    from toylab.training.run import branch

    names = [word for word in words if "=" not in word or os.path.isfile(word)]
    settings = [word for word in words if word not in names]
    if len(names) != 1 or not settings:
        raise ToylabError(
            "--branch takes one scenario, a step, and what changes there: "
            "toylab run mode-collapse --branch 80 game.generator_steps=1"
        )
    scenario = load(names[0], changes)
    other = branched(scenario, at, settings)
    stem = f"{scenario.name}-branch-{at}"
    folder = to or Path("renders")
    films = [*output] or [str(folder / f"{stem}.gif")]
    check_outputs(films, frame)
    kept = [folder / f"{scenario.name}.npz", folder / f"{stem}.npz"]
    if output and to is None:
        kept = [_trace_of(path, output[0]) for path in kept]
    _begin([*kept, *films], [scenario])
    chosen = seed_to_film([scenario], seed)
    asked = " ".join([_asked(names[0], changes), f"--branch {at}", *settings])
    rehearse([scenario, other], [chosen], lambda both: look.film(both, None, None), asked)
    traces, seconds = _timed(
        lambda watch: branch(
            scenario, at, settings, [chosen], command=command(), watch=watch, device=device
        ),
        f"Training {scenario.name}",
    )
    with _saved(dict(zip(kept, traces, strict=True))):
        filmed = _film(look, traces, None, None, films, frame)
    _say_films(films, filmed, f"trained in {seconds:.1f} s, ")


@app.command()
@with_look(*LOOK)
def compare(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="A B ...",
            help="Two to four scenarios or traces (.npz).",
            callback=taking("scenario", "trace"),
        ),
    ],
    output: Films,
    seed: Seed = None,
    *,
    look: Asked,
    device: Device = "cpu",
    set_: SetChanges = [],  # noqa: B006
    frame: StillFrame = None,
) -> None:
    """Film two to four scenarios side by side: same steps, same colours."""
    from toylab.cli.look import Look
    from toylab.cli.rehearsal import found, rehearse, shared_seed
    from toylab.film.side_by_side import MOST_TRACES
    from toylab.film.writers import check_outputs
    from toylab.trace import Trace

    if not 2 <= len(names) <= MOST_TRACES:
        raise ToylabError(
            f"compare takes 2 to {MOST_TRACES} scenarios or traces, got {len(names)}."
        )
    check_outputs(output, frame)
    wanted = Look(**look).checked(warn, output)
    kept = _keeper(_device(device))
    games = [found(name, set_) for name in names]
    _begin(output, games)
    chosen = shared_seed(games, seed)
    rehearse(games, [chosen], lambda traces: wanted.film(traces, seed, None))
    with going_on():
        traces = [one if isinstance(one, Trace) else kept.trace(one, chosen) for one in games]
    _say_films(output, _film(wanted, traces, seed, None, output, frame))


@app.command()
def check(
    names: Annotated[
        list[str],
        typer.Argument(metavar="[NAME...]", help="All by default.", callback=taking("scenario")),
    ] = [],  # noqa: B006
    seeds: Annotated[
        str, typer.Option(metavar="SEEDS", help='"8" is 1000 to 1007; or "8:16", or "3,5".')
    ] = "64",
    jobs: Jobs = 2,
    backend: Backend = "loky",
    device: Device = "cpu",
    output: Annotated[list[Path], typer.Option("-o", "--output", help="A .json or .md file.")] = [],  # noqa: B006
) -> None:
    """Count the scenarios' claims over seeds; exit code 1 if one fails."""
    from toylab.base.files import whole
    from toylab.claims import counting, report
    from toylab.claims.cache import cache_folder
    from toylab.claims.misses import to_film
    from toylab.claims.workers import Workers

    expect_endings(output, (".json", ".md"))
    workers, place = Workers(jobs, backend), _device(device)
    chosen, numbers = counting.named(names), parse_seeds(seeds, first=1000)
    _begin(output, chosen)
    kept = cache_folder(warn)
    found: list[counting.Outcome] = []
    width = max(len(s.name) for s in chosen)
    arriving = counting.outcomes(chosen, numbers, workers, kept, place, partners=bool(output))
    asked = names or [scenario.name for scenario in chosen]
    example = ""
    with going_on():
        arriving = progress(arriving, len(chosen), "Checking")
        for name, scenario, outcomes in zip(asked, chosen, arriving, strict=True):
            for o in outcomes:
                say(_counted(o, width))
                if o.misses and not example:
                    example = to_film(name, o.misses[0], place)
            # Of a file its own name: what is written holds no folder of the user's.
            told = counting.with_controls(scenario, outcomes) if output else outcomes
            found += [replace(o, called=re.split(r"[/\\]", name)[-1]) for o in told]
    if example:
        say(f"To film one: {to_film('NAME', 'N', place)}, as in {example}")
    for path in output:
        table = report.as_json if path.suffix.lower() == ".json" else report.as_markdown
        with whole(path) as part:
            text = table(found, report.about(numbers, place))
            # A file's name may hold what is no character.
            part.write_text(text, encoding="utf-8", errors="backslashreplace")
    if any(o.verdict == "fails" for o in found):
        raise typer.Exit(1)


@app.command()
@with_look("theme", "lang", "svg_text", *OF_FILMS)
def sweep(
    name: Name,
    metric: Annotated[list[str], typer.Option(help="What to measure; may be repeated.")],
    output: Annotated[
        list[str],
        typer.Option(
            "-o", "--output", help=".csv, .parquet; .png, .pdf, .svg; or a film. May be repeated."
        ),
    ],
    over: Annotated[
        list[str], typer.Option(metavar="PATH=A,B,...", help="A setting and its values; repeat it.")
    ] = [],  # noqa: B006
    each: Annotated[
        list[str],
        typer.Option(
            metavar="[NAME:] PATH=VALUE",
            help="Instead: a change made alone, beside no change; repeat it.",
        ),
    ] = [],  # noqa: B006
    seeds: SeedRange = "8",
    jobs: Jobs = 2,
    backend: Backend = "loky",
    device: Device = "cpu",
    window: Annotated[
        str, typer.Option(metavar="FROM:TO", help="Fractions of training that count.")
    ] = "0.9:1",
    reduce: Annotated[str, typer.Option(help="How the window becomes one number.")] = "mean",
    *,
    look: Asked,
    set_: SetChanges = [],  # noqa: B006
) -> None:
    """Train every combination of some settings, or changes one at a time: tables, pictures, films."""
    from toylab.claims.cache import cache_folder
    from toylab.claims.sweep import plan
    from toylab.claims.workers import Workers
    from toylab.cli.look import Look
    from toylab.cli.sweep_outputs import Outputs, run_sweep

    workers, outputs, place = Workers(jobs, backend), Outputs.of(output), _device(device)
    wanted = Look(**look).checked(warn, output)
    if not outputs.films and any(look[option] is not None for option in OF_FILMS):
        raise ToylabError("--layers, --fps and --seconds are for films, and -o names none.")
    try:
        low, high = (float(part) for part in window.split(":"))
    except ValueError:
        raise ToylabError(
            f'--window "{window}" is no window. Expected two fractions: 0.9:1'
        ) from None
    chosen = plan(
        name,
        over,
        metric,
        parse_seeds(seeds),
        set_,
        (low, high),
        reduce,
        place,
        bool(outputs.films),
        each,
    )
    outputs.check(chosen.axes)
    _begin(output, [scenario for _, scenario in chosen.scenarios])
    kept = cache_folder(warn)
    with going_on("Stopped. Tables hold the rows that had ended; other files are as they were."):
        found, written = run_sweep(chosen, workers, outputs, wanted, kept, command(), progress)
    broken = sum(bool(row.failure) for row in found)
    for file in output:
        if file in written:
            say_result(
                file, f"{Counted(len(found)):run}" + f", {broken} failed or diverged" * bool(broken)
            )
        else:
            warn(f"{file} is not written: there is nothing to show in it.")
    failed = [row for row in found if row.fault is not None]
    if failed:
        warn(f"{len(failed)} of {Counted(len(found)):run} failed. Of the first:")
        warn(failed[0].told(command()))
    if len(failed) == len(found):
        raise typer.Exit(1)


@app.command()
@with_look("theme", "lang")
def lab(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="[NAME...]",
            help="Scenarios, or TOML files; the first opens. All by default.",
            callback=taking("scenario"),
        ),
    ] = [],  # noqa: B006
    *,
    look: Asked,
    set_: SetChanges = [],  # noqa: B006
    output: Annotated[
        list[Path],
        typer.Option(
            "-o",
            "--output",
            help="A .html file; renders/lab.html or renders/NAME.lab.html by default.",
        ),
    ] = [],  # noqa: B006
) -> None:
    """Write a page that trains: one file, to play, step, go back and change, without Python."""
    expect_endings(output, (".html",))
    if set_ and not names:
        raise ToylabError("--set changes scenarios that are named, and none is. Name one.")
    from toylab.cli.live import Lab, usual_file

    made = Lab(*names, **look, changes=set_)
    files = output or [usual_file(names, made)]
    _begin(files, made.scenarios if names else [])
    for name, reason in made.left_out.items() if names else ():
        warn(f"{name} is shown and cannot be played: {reason}. Film it: toylab run {name}")
    for path in files:
        made.save(path, command())
        say_result(path, made.told)


@app.command()
@with_look(*(option for option in LOOK if option not in NOT_OF_DECKS))
def slides(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="[NAME...]",
            help="Scenarios or traces (.npz), a slide each.",
            callback=taking("scenario", "trace"),
        ),
    ] = [],  # noqa: B006
    lecture: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Or a lecture: its name, or a TOML file.",
            callback=taking("lecture"),
        ),
    ] = None,
    output: Annotated[
        list[Path], typer.Option("-o", "--output", help="A .pptx, .qmd, .tex or .md file.")
    ] = [],  # noqa: B006
    seed: Seed = None,
    video: Annotated[bool, typer.Option("--video", help="Videos in the .pptx, not GIFs.")] = False,
    live: Annotated[
        bool, typer.Option("--live", help="In a .qmd the live lab in place of films.")
    ] = False,
    link: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="A hosted lab; in .pptx, .tex and .md a code on each slide that leads there.",
        ),
    ] = "",
    *,
    look: Asked,
    device: Device = "cpu",
    set_: SetChanges = [],  # noqa: B006
) -> None:
    """Make a talk of scenarios: films, lessons, speaker notes, sheets for the handout."""
    from toylab.cli import talk
    from toylab.cli.look import Look
    from toylab.show import slides as decks

    decks.check(output, video, live, link)
    wanted = Look(**look, layout="bare").checked(warn)
    livened = talk.Livened(live, link, warn) if live or link else None
    kept = _keeper(_device(device))
    plan = talk.planned(names, lecture, set_)
    _begin(output, [*plan.found.values()])
    with going_on():
        deck = talk.deck_of(
            plan,
            wanted,
            seed,
            kept.trace,
            command(),
            video,
            livened,
            lambda games: kept.ahead(games, lambda done, n: progress(done, n, "Training")),
        )
    for path in output:
        # Closed before the result is said: a bar that still moves would run into it.
        with closing(progress(deck.slides, len(deck.slides), f"Writing {path.name}")) as shown:
            decks.write(deck, path, lambda title, shown=shown: next(shown, None))
        films = sum(slide.film is not None for slide in deck.slides)
        say_result(path, f"{Counted(len(deck.slides) + 1):slide}, {Counted(films):film}")


@app.command()
def inspect(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A film, a trace or a deck.", callback=taking("file", "trace")
        ),
    ],
) -> None:
    """Tell which scenario, seed, versions and command made a file; what is told is a scenario file."""
    from toylab.film.writers import provenance_of
    from toylab.show.slides import DECKS, provenance_in

    told = provenance_in(file) if file.suffix.lower() in DECKS else provenance_of(file)
    # Of several games settings, settings_2, ...: the first run again, the others are there to read.
    keys = [key for key in sorted(told, key=len) if key.partition("_")[0] == "settings"]
    games = {key: told.pop(key) for key in keys}
    width = max(map(len, told), default=0)
    say(_commented("\n".join(f"{key:<{width}}  {told[key]}" for key in sorted(told))))
    say(f"\n{games.pop('settings', '').rstrip()}")
    for key, text in games.items():
        say("\n" + _commented(f"{key}\n\n{text.rstrip()}"))


def _commented(text: str) -> str:
    """Text as comments of a TOML file."""
    return "\n".join(f"# {line}".rstrip() for line in text.splitlines())


def _trace_of(usual: Path, film: str) -> Path:
    """Where the trace goes whose film is named: as usual, or beside the film where that takes no files.

    Raises:
        ToylabError: If something stands there that this command did not make: nobody named that place.
    """
    from toylab.base.files import expect_file
    from toylab.base.foreign import at_home
    from toylab.trace import Trace

    try:
        expect_file(usual)
        return usual
    except ToylabError as error:
        refused = error
    beside = Path(film).parent / usual.name
    if os.path.lexists(at_home(beside)):
        try:
            ours = Trace.load(beside).provenance.get("command") == command()
        except ToylabError:
            ours = False
        if not ours:
            raise ToylabError(
                f"{refused} Beside the film lies another {beside.name}: name the trace's folder with --to."
            ) from refused
    warn(f"{refused} The trace goes to {beside}.")
    return beside


def _begin(outputs: Sequence[str | Path], games: Sequence[Scenario | Trace]) -> None:
    """Keep the outputs for this command, and say what its games are made of.

    Raises:
        ToylabError: If an output stands twice, would replace the file of a scenario's data, cannot be
            written, or is being written by another command.
    """
    from toylab.base.files import expect_apart
    from toylab.trace import Trace

    # A trace holds its own data.
    targets = [game.settings["target"] for game in games if not isinstance(game, Trace)]
    expect_apart(outputs, [target["file"] for target in targets if "file" in target])
    hold(outputs)
    _say_read(games)


def _say_read(games: Sequence[Scenario | Trace]) -> None:
    """Say once what was read from each file of data, and what is doubtful about it.

    A trace holds its data, and was told of them when it was trained.
    """
    from toylab.trace import Trace

    read = [game.reading for game in games if not isinstance(game, Trace)]
    for words in dict.fromkeys(one.words for one in read if one.words):
        say(words)
    for doubt in dict.fromkeys(doubt for one in read for doubt in one.doubts):
        warn(doubt)


def _counted(o: Outcome, width: int) -> str:
    """A claim's line in a table of verdicts, and below it which seeds miss the claim."""
    from toylab.claims.misses import in_words

    n = len(o.numbers)
    share, (low, high) = f"{o.hits}/{n}", o.interval
    missed = f"\n{'':11}missed by {in_words(o.misses, n)}" if o.misses else ""
    return (
        f"{o.verdict:<9}  {share:>7}  {low:.2f}..{high:.2f}  {o.scenario:<{width}}  {o.claim.text}"
        + missed
    )


def _asked(name: str, changes: Sequence[str]) -> str:
    """What of the command a message is about."""
    return " ".join([name, *(f"--set {change}" for change in changes)])


def _grid(seed: int | None, seeds: str | None) -> list[int] | None:
    """The seeds of a grid, if one is wanted."""
    from toylab.trace.bounds import MOST_FILMED

    if seeds is None:
        return None
    if seed is not None:
        raise ToylabError("--seed films one seed and --seeds a grid of them. Give one of the two.")
    grid = parse_seeds(seeds)
    if len(grid) > MOST_FILMED:
        raise ToylabError(f"--seeds names {len(grid)} seeds; a grid shows {MOST_FILMED} at most.")
    return grid


def _device(name: str) -> str:
    """The device of a name, checked before anything is trained."""
    from toylab.training.device import device_of

    return device_of(name).type


def _record(scenario: Scenario, seeds: Sequence[int], device: str) -> tuple[Trace, float]:
    """Train with progress; return the trace and the seconds it took."""
    from toylab.trace.bounds import MOST_FILMED
    from toylab.training.run import record

    # Of many seeds the surfaces of the first few are kept: as many as a film's grid can show.
    filmed = range(min(len(seeds), MOST_FILMED))
    return _timed(
        lambda watch: record(
            scenario, seeds, filmed, command=command(), watch=watch, device=device
        ),
        f"Training {scenario.name}",
    )


def _timed(train: Callable[[Watch], T], doing: str) -> tuple[T, float]:
    """Train with progress; return what comes of it and the seconds it took."""
    start = time.perf_counter()
    done = train(lambda shots, total: progress(shots, total, doing))
    return done, time.perf_counter() - start


def _keeper(device: str) -> Keeper:
    """What gives traces of one seed, trained with progress unless they were kept before."""
    from toylab.claims.cache import cache_folder
    from toylab.claims.traces import NAME, Keeper

    folder = cache_folder(lambda words: None).with_name(NAME)
    return Keeper(folder, device, command(), lambda one, seed: _record(one, [seed], device)[0])


@contextmanager
def _saved(traces: Mapping[Path, Trace]) -> Iterator[None]:
    """Save traces while the block runs, and to the end if it fails: what was trained is not lost."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        # The first thread alone is to be stopped: while it holds signals back, as the film's writers do
        # for moments, another would have its handler run.
        with blocked(signal.SIGINT, signal.SIGTERM):
            saved = [pool.submit(trace.save, path) for path, trace in traces.items()]
        try:
            yield
        except BaseException:
            # Of two reasons to end the other is the command's own.
            for error in filter(None, (one.exception() for one in saved)):
                warn(str(error))
            raise
        for one in saved:
            one.result()


def _film(
    look: Look,
    traces: Sequence[Trace],
    seed: int | None,
    seeds: Sequence[int] | None,
    output: Sequence[str],
    frame: int | None,
) -> tuple[int, float]:
    """Film traces with progress, as `Look.open` takes them; return the frames and the seconds they took."""
    film, timing = look.open(traces, seed, seeds)
    start = time.perf_counter()
    name = " and ".join(dict.fromkeys(trace.name for trace in film.traces))
    film.save(
        *output,
        timing=timing,
        command=command(),
        frame=frame,
        watch=lambda numbers: progress(numbers, len(numbers), f"Filming {name}"),
        svg_text=look.svg_text,
    )
    return len(film), time.perf_counter() - start


def _say_films(
    output: Sequence[str], filmed: tuple[int, float], before: str = "", begun: float = 0.0
) -> float:
    """Say what was written, and how long it took since a moment of the command; return the present one."""
    frames, seconds = filmed
    now = since_begun()
    told = f"{before}filmed in {seconds:.1f} s, {now - begun:.1f} s in all"
    for path in output:
        say_result(path, f"{Counted(frames):frame}, {told}")
    return now


def main() -> None:
    """Run the command line; every error ends as a few lines and an exit code."""
    keep_freed()
    guarded(app)
