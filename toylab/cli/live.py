"""The live lab: what a scenario tells the page that trains it, and the page."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path, PurePath
from typing import Any

from toylab.base.counted import Counted
from toylab.base.errors import ToylabError, unknown
from toylab.base.files import whole
from toylab.base.release import release
from toylab.base.settings import NOT_PLAYED, flat, sections
from toylab.claims.published import count
from toylab.cli.unwritten import unwritten
from toylab.film.differences import setting_name
from toylab.film.panels import PanelPlan
from toylab.film.script import check_names, plans, usual_panels
from toylab.film.words import WORDS, told_claim
from toylab.game.objectives import OBJECTIVES
from toylab.metrics import Setting
from toylab.metrics.claim import Claim
from toylab.scenario import catalogue
from toylab.scenario.rules import networks_of, setting_of, solvable
from toylab.scenario.scenario import Scenario, load
from toylab.show.lab.keeping_words import KEEPING_WORDS
from toylab.show.lab.lab import lab_page
from toylab.show.lab.lab_words import LAB_WORDS
from toylab.show.lab.looks import looks
from toylab.show.lab.playable import why_not
from toylab.show.lab.told_target import told_target
from toylab.show.page.page import SWITCHED
from toylab.targets import Target, extent
from toylab.training.recorder import schedule

# What opens where nobody names a scenario.
FIRST = "mode-collapse"
# For readers without frames.
_NO_FRAME = {
    "en": "Here stands a live lab, where HTML is shown and trusted; or save it: Lab(...).save('lab.html').",
    "zh": "这里是实时实验台，需要显示并信任 HTML；也可保存为文件：Lab(...).save('lab.html')。",
}
# Metrics by what is better of them, for who tells a cure from a failure.
_MORE = ("modes_covered", "modes_hit", "high_quality", "precision", "recall", "coverage")
_LESS = (
    *("top_mode_share", "reverse_kl", "mode_tv", "mode_switches", "js_divergence"),
    *("sliced_wasserstein", "c2st", "parameter_norm", "held_out_gap"),
)


class Lab:
    """A page that trains scenarios: one file, which needs no Python and no network.

    Args:
        games: Scenarios: names, TOML files or `Scenario`s, the first opens; none for all there are.
        lang: Key of `WORDS` in which it opens.
        theme: "light" or "dark", in which it opens.
        changes: Settings laid over each, such as "game.generator_steps=1".
        headed: Whether the page says title and lesson; on a slide the slide does.

    Raises:
        ToylabError: If a scenario is wrong, two have one name, or the page can play none of them.
    """

    def __init__(
        self,
        *games: str | Path | Scenario,
        lang: str = "en",
        theme: str = "light",
        changes: Sequence[str] = (),
        headed: bool = True,
    ) -> None:
        if lang not in WORDS:
            raise ToylabError(unknown("lang", lang, WORDS))
        if theme not in SWITCHED:
            raise ToylabError(unknown("theme", theme, SWITCHED))
        self.lang, self.theme, self.headed = lang, theme, headed
        self.scenarios = [
            one if isinstance(one, Scenario) else load(one, changes)
            for one in games or in_order(catalogue.names())
        ]
        self.offers = offers(self.scenarios)
        playable = [one["name"] for one in self.offers if not one["whyNot"]]
        if not playable:
            told = "\n".join(f"{one['name']}: {one['whyNot']['en']}" for one in self.offers)
            raise ToylabError(
                f"The live lab cannot play this. {told}.\n"
                f"Film it: toylab run {self.offers[0]['name']}"
            )
        self.opened = FIRST if not games and FIRST in playable else playable[0]

    @property
    def title(self) -> str:
        """Of the scenario that opens."""
        return next(o for o in self.offers if o["name"] == self.opened)["title"][self.lang]

    @property
    def left_out(self) -> dict[str, str]:
        """Scenarios that the page names and cannot play, each with the reason."""
        return {one["name"]: one["whyNot"]["en"] for one in self.offers if one["whyNot"]}

    @property
    def told(self) -> str:
        """What is in it, in a few words."""
        n = len(self.offers) - len(self.left_out)
        rest = f", {len(self.left_out)} more named with the reason" * bool(self.left_out)
        return f"trains {Counted(n):scenario} in a browser{rest}"

    def page(self, command: str = "") -> str:
        """The page.

        Args:
            command: What the user typed.
        """
        lab = {
            **looks(),
            "lang": self.lang,
            "theme": self.theme,
            "opened": self.opened,
            "words": _words(),
            "settingNames": _setting_names(self.offers),
            "unwritten": unwritten(),
            "scenarios": self.offers,
        }
        told = {"toylab": release(), "command": command}
        return lab_page(lab, self.title, self.lang, told, self.headed)

    def save(self, path: str | Path, command: str = "") -> None:
        """Write the page.

        Args:
            path: A name that ends in .html.
            command: What the user typed.

        Raises:
            ToylabError: If the name ends otherwise, or the file cannot be written.
        """
        if Path(path).suffix.lower() != ".html":
            raise ToylabError(f"{path}: expected a name that ends in .html.")
        text = self.page(command)
        with whole(Path(path)) as part:
            part.write_text(text, encoding="utf-8")

    def _repr_html_(self) -> str:
        """The page in a frame, for notebooks; nothing in it can reach the notebook's own page.

        Behind it a line, for who shows no frames: a notebook as Markdown, or one that nobody trusts.
        """
        # In Markdown a blank line ends HTML, and what follows would be read as words.
        page = html.escape(self.page(), quote=True).replace("\n", "&#10;")
        words = html.escape(_NO_FRAME[self.lang])
        paper = looks()["themes"][self.theme]["paper"]
        over = f"position:absolute;inset:0;width:100%;height:100%;border:0;background:{paper}"
        return (
            '<div style="position:relative;height:860px">'
            f"<p>{words}</p>"
            f'<iframe title="{html.escape(self.title)}" sandbox="allow-scripts allow-downloads" '
            f'allow="fullscreen; clipboard-write" style="{over}" srcdoc="{page}"></iframe></div>'
        )


@dataclass
class LabOnSlide:
    """A lab that fills a slide.

    Attributes:
        name: For its file.
        alt: What it shows.
        scenario: What is trained.
        lang: As of a `Lab`, and so is the theme.
        theme: Key of `THEMES`.
        command: What the user typed.
    """

    name: str
    alt: str
    scenario: Scenario
    lang: str
    theme: str
    command: str

    def save(self, path: Path) -> None:
        """Write the page, without a title of its own."""
        lab = Lab(self.scenario, lang=self.lang, theme=self.theme, headed=False)
        lab.save(path, self.command)


def reason_against(scenario: Scenario) -> str:
    """Why the page cannot play a scenario; empty if it can."""
    return _why_not(scenario.settings).get("en", "")


def _why_not(settings: Mapping[str, Any]) -> dict[str, str]:
    """The same in every language; empty if it can."""
    return next(filter(None, (why_not(one) for _, one in sections(settings))), {})


def usual_file(names: Sequence[str], lab: Lab) -> Path:
    """Where a lab goes that nobody gave a name."""
    only = f"{lab.scenarios[0].name}." if len(names) == 1 else ""
    return Path("renders", f"{only}lab.html")


# --- what is told of a scenario ---


def offers(scenarios: Sequence[Scenario]) -> list[dict[str, Any]]:
    """What the page is told of each scenario.

    Raises:
        ToylabError: If two have one name, or one names layers or curves that there are not.
    """
    names = [one.name for one in scenarios]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise ToylabError(f"Two of these are called {twice}. A lab tells them by their names.")
    mends = _cures()
    return [offer(one) | {"cures": mends.get(one.name, "")} for one in scenarios]


def in_order(names: Sequence[str]) -> list[str]:
    """Scenarios, each failure followed by what mends it: first what does so from the beginning."""
    cures = _cures()

    def family(name: str) -> Iterator[str]:
        yield name
        fixes = [one for one in names if cures.get(one) == name]
        for fix in sorted(
            fixes, key=lambda one: bool(catalogue.parse(catalogue.find(one)).get("changes"))
        ):
            yield from family(fix)

    first = sorted(names, key=lambda one: one != FIRST)
    return [one for root in first if cures.get(root) not in names for one in family(root)]


def offer(scenario: Scenario) -> dict[str, Any]:
    """What the page is told of a scenario, but for what it cures.

    Raises:
        ToylabError: If it names layers or curves that there are not.
    """
    # No folder of anybody's: a lab is mailed and hung out.
    settings = scenario.handed_on
    told: dict[str, Any] = {
        "name": scenario.name,
        "named": _is_known(scenario),
        "title": {code: words.of(settings, "title") for code, words in WORDS.items()},
        "lesson": {code: words.of(settings, "lesson") for code, words in WORDS.items()},
        "source": scenario.source or "",
        "whyNot": _why_not(settings) or None,
    }
    if told["whyNot"]:
        return told
    try:
        return told | _played(scenario, settings)
    except ToylabError as error:
        raise ToylabError(f"{scenario.name}: {error}") from None


def _played(scenario: Scenario, settings: dict[str, Any]) -> dict[str, Any]:
    kept, setting = scenario.recording, setting_of(scenario)
    kinds = {OBJECTIVES[one.game.objective.kind].output for _, one in scenario.sections}
    # Of a game that is judged by one number and then by another, a film says "value" too.
    output = kinds.pop() if len(kinds) == 1 else "value"
    targets = _targets(scenario, setting)
    starts = networks_of(scenario)[0].starts
    due = schedule(scenario.training.steps, kept.snapshots, kept.schedule).tolist()
    return {
        "settings": settings,
        "due": due,
        "curves": [
            {"metrics": list(plan.metrics), "scale": "log" if plan.log else "linear"}
            for plan in _curves(settings, replace(setting, output=output))
        ],
        "extent": _around([extent(one, starts) for _, one in targets]),
        "output": output,
        "solvable": solvable(scenario),
        "target": told_target(targets[0][1]),
        "later": [[at, told_target(one)] for at, one in targets[1:]],
        "claims": [
            _claim(scenario, claim, handed)
            for claim, handed in zip(scenario.claims, settings["claims"], strict=True)
        ],
    }


def _targets(scenario: Scenario, setting: Setting) -> list[tuple[int, Target]]:
    """What is to be learned, and from which round on something else."""
    found, before = [(0, setting.target)], scenario.target
    for at, one in scenario.sections[1:]:
        if one.target != before:
            found.append((at, setting_of(one).target))
            before = one.target
    return found


def _curves(settings: dict[str, Any], setting: Setting) -> list[PanelPlan]:
    """The panels that a film of it has."""
    layers, panels = plans(settings)
    check_names(layers, panels)
    return panels if "curves" in settings["film"] else usual_panels(setting)


def _claim(scenario: Scenario, claim: Claim, handed: dict[str, Any]) -> dict[str, Any]:
    changes = [at for at, _ in scenario.sections[1:]]
    fared = count(scenario.settings, claim)
    return {
        **asdict(claim),
        "text": {code: told_claim(claim, words) for code, words in WORDS.items()},
        "window": claim.span(changes, scenario.training.steps),
        # Scenarios of a lab are known by their names.
        "against": PurePath(handed.get("against", "")).stem,
        "published": fared
        and {
            "hits": fared.hits,
            "n": fared.n,
            "verdict": fared.verdict,
            "exact": fared.exact,
        },
    }


def _around(squares: Sequence[tuple[float, float, float, float]]) -> list[float]:
    """The least square around some squares: x0, x1, y0, y1; one of them is itself."""
    if len(squares) == 1:
        return [*squares[0]]
    x0, _, y0, _ = (min(edges) for edges in zip(*squares, strict=True))
    _, x1, _, y1 = (max(edges) for edges in zip(*squares, strict=True))
    half = max(x1 - x0, y1 - y0) / 2
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return [x - half, x + half, y - half, y + half]


def _is_known(scenario: Scenario) -> bool:
    """Whether a file that says `extends = NAME` gets just these settings, wherever toylab is installed."""
    return scenario.name in catalogue.names() and load(scenario.name).settings == scenario.settings


# --- failures and what mends them ---


@cache
def _cures() -> dict[str, str]:
    """Of each of our scenarios that mends another, which.

    A claim that compares tells which of the two does better. A scenario mends what it extends if it does
    better than that; or, if it changes on the way, better than a training without the change; or it mends
    the twin that is it without its cure.
    """
    files = {name: catalogue.resolve(catalogue.find(name)) for name in catalogue.names()}
    links = {name: catalogue.chain(catalogue.find(name)) for name in files}
    base = {name: one[-2][0].stem for name, one in links.items() if len(one) > 1}
    claimed = {pair for name, told in files.items() for pair in _better(name, told)}
    # Who does better by one claim and worse by another trades, and mends nothing.
    pairs = {(better, worse) for better, worse in claimed if (worse, better) not in claimed}
    twins: dict[str, list[str]] = {}
    found = {}
    for better, worse in sorted(pairs):
        if base.get(better) == worse:
            found[better] = worse
        elif better in base and files[better].get("changes") and not files[worse].get("changes"):
            found.setdefault(better, base[better])
        elif base.get(worse) == better:
            twins.setdefault(better, []).append(worse)
    for better, worse in twins.items():
        if len(worse) == 1:
            found.setdefault(better, worse[0])
    return found


def _better(name: str, told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """By a scenario's claims: which does better, and than which."""
    for claim in told.get("claims", ()):
        rival, metric, relation = claim.get("against"), claim["metric"], claim["relation"]
        more = relation[0] == ">"
        # Less than a little more is neither.
        if not rival or (claim["threshold"] < 0 if more else claim["threshold"] > 0):
            continue
        if metric in _MORE + _LESS:
            yield (name, rival) if more == (metric in _MORE) else (rival, name)


# --- words ---


def _words() -> dict[str, dict[str, Any]]:
    return {
        code: asdict(words) | LAB_WORDS[code] | KEEPING_WORDS[code] for code, words in WORDS.items()
    }


def _setting_names(told: Iterable[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """What each setting is called that any of these has, and what can be chosen."""
    paths = {"lr", "betas", "optimizer"}
    for one in told:
        for _, settings in sections(one.get("settings", {})):
            paths |= {path for path in flat(settings) if path.split(".")[0] not in NOT_PLAYED}
    for path, kinds in unwritten()["rows"].items():
        for kind, options in kinds.items():
            inner = f"{path}.{kind}" if path == "game.penalties" else path
            paths |= {path, kind, *(f"{inner}.{option}" for option in options)}
    return {code: {path: setting_name(path, code) for path in sorted(paths)} for code in WORDS}
