"""How the page that trains draws: against the film's layers, the player's pixels and independent libraries."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contourpy import contour_generator
from games import SMALL
from live import chromium
from PIL import Image
from playwright.sync_api import Browser, Page
from scipy.spatial import KDTree
from scipy.special import expit

from toylab import Film, Trace
from toylab.cli.live import offer
from toylab.film.layers import LAYERS, Layer, View
from toylab.film.layers.arrows import APART, CLEAR, N_ARROWS, arrow_shapes, thinned
from toylab.film.layers.layer import Key
from toylab.film.layers.spread import spread_choice
from toylab.film.panels import read
from toylab.film.strokes import Dots, Lines
from toylab.film.style import THEMES, nice_number, nice_probability, short
from toylab.film.words import WORDS
from toylab.metrics import METRICS, optimal_logits
from toylab.metrics.floor import floors
from toylab.scenario import scenario
from toylab.scenario.scenario import load
from toylab.show.bundle import as_engine, taken_from
from toylab.show.lab.looks import UNFILLED, looks
from toylab.show.lab.parts import HOME
from toylab.show.page.packing import SIDE
from toylab.training.recorder import LATTICE_LINES
from toylab.training.run import record

DRAWING = [
    HOME / "page" / f"{name}.js"
    for name in (
        "stage",
        "painters",
        "panels",
        "diagram",
        "fills",
        "best",
        "contours",
        "following",
        "axes",
        "judging",
        "seen",
        "colour_bar",
    )
]
# Of the engine: how targets are told, and the estimate of a density.
ENGINE = [HOME / "engine" / f"{name}.js" for name in ("targets", "densities")]
STYLE = """
* { box-sizing: border-box; } body { margin: 0; font: 16px "DejaVu Sans", sans-serif; }
figure { margin: 0; position: relative; } canvas { display: block; width: 100%; } .stage canvas { aspect-ratio: 1; }
.panel { width: 500px; height: 260px; display: flex; flex-direction: column; }
.panel canvas { flex: 1 1 0; min-height: 0; }
"""
# What stands in the place of a viewer: what was recorded of a moment.
SCRIPT = """
const placed = (Kind, name, ...more) => {
  const box = document.createElement(name === "stage" ? "figure" : "div");
  box.className = name;
  document.body.append(box);
  return new Kind(box, lab, ...more);
};
const floats = (list) => Float32Array.from(list, (x) => x ?? NaN);
/** A round mixture's log density. */
const told = (target) => target && { ...target, logDensity: target.modes.length ? (x, y) => {
  const s = target.spread[0], d = target.modes.map(([a, b]) => -((x - a) ** 2 + (y - b) ** 2) / 2 / s / s), top = Math.max(...d);
  return top + Math.log(d.reduce((sum, one) => sum + Math.exp(one - top), 0) / d.length / (2 * Math.PI * s * s));
} : null };
/** Values at the middles of fewer cells: means of those around. */
const coarser = (values, n) => {
  const of = Math.sqrt(values.length), k = of / n, out = new Float32Array(n * n);
  for (let r = 0; r < of; r++) for (let c = 0; c < of; c++) out[Math.floor(r / k) * n + Math.floor(c / k)] += values[r * of + c] / k / k;
  return out;
};
const targetSeen = new Map();
const viewerOf = (field) => ({
  see: (shown) => {
    const key = JSON.stringify(shown.target);
    if (!targetSeen.has(key)) targetSeen.set(key, told(shown.target));
    return {
      samples: floats(shown.samples), real: floats(shown.real), pushesAt: (chosen) => floats(chosen.flatMap((i) => shown.pushes.slice(2 * i, 2 * i + 2))), surface: (n) => coarser(floats(shown.logits), n),
      lattice: () => shown.lattice.length ? floats(shown.lattice) : null, target: targetSeen.get(key),
    };
  },
  field: () => field && { half: field.half, pushes: floats(field.pushes) },
});
const setupOf = (more) => ({ output: "logit", ...more });
// Each is a run of its own, unless it is told to be another's.
let stage = null, nth = 0;
const drawn = (moments, view, setup, field) => {
  stage?.close();
  document.querySelectorAll("figure").forEach((one) => one.remove());
  stage = placed(Stage, "stage");
  stage.figure.style.width = `${view.width ?? 548}px`;
  const viewer = viewerOf(field), run = nth++;
  stage.painting.viewerOf = () => viewer;
  moments.forEach((moment, k) => {
    stage.view = { setup, theme: "light", lang: "en", round: moment.round ?? k, run, ...view, off: new Set(view.off), parameters: moment };
    stage.draw();
  });
  return stage.canvas.toDataURL("image/png");
};
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def lab() -> dict[str, Any]:
    turns = {"turn_d": "D's turn: it judges", "turn_g": "G's turn: it moves", "turn_both": "Both"}
    return {**looks(), "words": {code: asdict(words) | turns for code, words in WORDS.items()}}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page that holds the drawing, `lab`, and `drawn`; nothing of an engine but how targets are told."""
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.set_content(f"<!DOCTYPE html><style>{STYLE}</style><body></body>")
    page.evaluate("lab => { window.lab = lab; }", lab())
    page.add_script_tag(content=as_engine(ENGINE, "engine"))
    page.add_script_tag(content=f"{taken_from(DRAWING, ENGINE, 'engine')}\n{SCRIPT}")
    assert faults == []
    yield page
    assert faults == []


def trace_of(**changed: Any) -> Trace:
    settings = SMALL | {"recording": {"snapshots": 6, "samples": 64, "grid": 64}, "claims": []}
    settings |= {"training": {"steps": 60, "batch": 16}, **changed}
    settings |= {"generator": {"hidden": [8], "latent": 2}, **changed}
    return record(scenario.check(settings, name="small"), [3])


@pytest.fixture(scope="module")
def trace() -> Trace:
    return trace_of()


def standing(trace: Trace, frame: int) -> Trace:
    """One moment as a whole film: all that a film takes from its whole run is then of this moment."""
    moving = [
        *("samples", "real_logits", "fake_logits", "losses", "gradients", "critic", "logits"),
        *("pushes", "lattice", "train_logits", "parameters"),
    ]
    still = {name: getattr(trace, name)[[frame] * len(trace.steps)] for name in moving}
    return replace(trace, **still)


def plain(array: Any) -> list[float | None]:
    return [x if np.isfinite(x) else None for x in np.asarray(array, float).ravel().tolist()]


def flat(array: Any) -> np.ndarray:
    return np.asarray(array, float).ravel()


def moment_of(trace: Trace, frame: int) -> dict[str, Any]:
    """What a viewer would see."""
    target = trace.target_of(frame)
    return {
        "round": int(trace.steps[frame]),
        "samples": plain(trace.samples[frame, 0]),
        "real": plain(trace.real_of(frame)[0]),
        "pushes": plain(trace.pushes[frame, 0]),
        "logits": plain(trace.logits[frame, 0]),
        "lattice": plain(trace.lattice[frame, 0]),
        "target": {
            "kind": "mixture",
            "modes": target.modes.tolist(),
            "spread": target.spread.tolist(),
        },
        **(
            {
                "generator": [float(trace.parameters[frame, 0, 0])],
                "discriminator": [
                    float(trace.parameters[frame, 0, trace.parameters.shape[2] // 2])
                ],
            }
            if trace.parameters.size
            else {}
        ),
    }


def setup_of(trace: Trace) -> dict[str, Any]:
    target = trace.target
    return {
        "settings": trace.settings,
        "target": moment_of(trace, 0)["target"] if len(target.modes) else None,
        "extent": [float(v) for v in trace.extent],
        "output": trace.provenance.get("output", "logit"),
    }


def pixels(url: str) -> np.ndarray:
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGBA")
    paper = Image.new("RGBA", image.size, THEMES["light"].paper)
    return np.asarray(Image.alpha_composite(paper, image).convert("RGB")).astype(int)


def drawn(
    page: Page, trace: Trace, frames: list[int], layers: list[str], field: Any = None, **view: Any
) -> np.ndarray:
    off = [name for name in LAYERS if name not in layers]
    url = page.evaluate(
        "([moments, view, setup, field]) => drawn(moments, view, setup, field)",
        [[moment_of(trace, k) for k in frames], {"off": off, **view}, setup_of(trace), field],
    )
    return pixels(url)


def players(
    browser: Browser, tmp_path: Path, trace: Trace, layers: list[str], frame: int
) -> np.ndarray:
    """The stage of the player for a frame, at the film's own size."""
    path = tmp_path / "film.html"
    Film(trace, layers=layers).save(path, frame=frame)
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    page.goto(path.as_uri())
    page.wait_for_selector(".stage canvas")
    page.evaluate(
        f"document.querySelector('.stage canvas').style.cssText = 'width: {SIDE}px; border: 0'"
    )
    for _ in range(2):
        page.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
    url = page.evaluate("document.querySelector('.stage canvas').toDataURL('image/png')")
    page.close()
    return pixels(url)


def off_share(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Share of the pixels that differ by more than one level of colour does, or an edge's smoothing."""
    ramp = THEMES["light"].ramp[:-1, :3].astype(int)
    level = np.abs(np.diff(ramp, axis=0)).max()
    return float(np.mean(np.abs(ours - theirs).max(axis=-1) > level))


# A place is packed to a tenth of a pixel and a value in 255 levels: edges and borders of colour move by as much.
# Twice what was measured; a dot that is missing or stands a pixel beside is more.
TOLERANCE = {
    "surface": 0.0005,
    "optimal": 0.004,
    "optimal_gap": 0.004,
    "kde": 0.001,
    "lattice": 0.001,
    "real": 0.0005,
    "generated": 0.0005,
    "arrows": 0.0008,
    "arrows_even": 0.001,
    "modes": 0.0005,
}


@pytest.mark.parametrize("name", TOLERANCE)
def test_a_stage_has_the_pixels_of_the_player(
    name: str, trace: Trace, browser: Browser, page: Page, tmp_path: Path
) -> None:
    still = standing(trace, 4)
    theirs = players(browser, tmp_path, still, [name], 4)
    # Of all moments, for a film's scale counts what stands still once a frame.
    ours = drawn(page, still, [*range(6)], [name])
    blank = np.array([int(THEMES["light"].paper[i : i + 2], 16) for i in (1, 3, 5)])
    assert np.mean(np.any(theirs != blank, axis=-1)) > 4 * TOLERANCE[name]
    assert ours.shape == theirs.shape
    assert off_share(ours, theirs) <= TOLERANCE[name]


@pytest.mark.parametrize("width", [366, 190])
def test_a_narrow_stage_has_the_colours_of_a_wide_one(width: int, trace: Trace, page: Page) -> None:
    wide = drawn(page, trace, [4], ["surface"])
    narrow = drawn(page, trace, [4], ["surface"], width=width)
    assert len(narrow) == width
    shrunk = Image.fromarray(wide.astype(np.uint8)).resize((width, width), Image.Resampling.BOX)
    # The line is as wide in pixels on a stage of any size: a hundredth of the pixels are its own.
    assert off_share(narrow, np.asarray(shrunk).astype(int)) < 0.03
    assert len(np.unique(narrow.reshape(-1, 3), axis=0)) > 10


def test_trails_have_the_pixels_of_the_player(
    trace: Trace, browser: Browser, page: Page, tmp_path: Path
) -> None:
    # A cloud that moves as one has the same chosen samples in each frame.
    still = standing(trace, 4)
    moves = np.linspace(0, 1, 6)[:, None, None, None] * np.array([1.0, 0.7])
    moving = replace(still, samples=(still.samples + moves).astype(np.float32))
    theirs = players(browser, tmp_path, moving, ["trails"], 5)
    ours = drawn(page, moving, [0, 1, 2, 3, 4, 5], ["trails"])
    assert np.mean(np.any(theirs != theirs[0, 0], axis=-1)) > 0.005
    assert off_share(ours, theirs) <= 0.0005


def test_a_game_of_two_numbers_has_the_pixels_of_the_player(
    browser: Browser, page: Page, tmp_path: Path
) -> None:
    dirac = trace_of(
        generator={"kind": "point"},
        discriminator={"kind": "linear"},
        target={"kind": "dirac"},
        optimizer={name: {"kind": "sgd", "lr": 0.1} for name in ("generator", "discriminator")},
    )
    field = {"half": float(dirac.field_extent[1]), "pushes": plain(dirac.field)}
    theirs = players(browser, tmp_path, dirac, ["phase"], 5)
    ours = drawn(page, dirac, [0, 1, 2, 3, 4, 5], ["phase"], field)
    assert np.mean(np.any(theirs != theirs[0, 0], axis=-1)) > 0.02
    assert off_share(ours, theirs) <= 0.002


def test_a_path_is_drawn_whole_where_somebody_kept_it(page: Page) -> None:
    dirac = trace_of(
        generator={"kind": "point"},
        discriminator={"kind": "linear"},
        target={"kind": "dirac"},
        optimizer={name: {"kind": "sgd", "lr": 0.1} for name in ("generator", "discriminator")},
    )
    field = {"half": float(dirac.field_extent[1]), "pushes": plain(dirac.field)}
    seen = drawn(page, dirac, [0, 1, 2, 3, 4, 5], ["phase"], field)
    moments = [moment_of(dirac, k) for k in range(6)]
    path = [[one["round"], one["generator"][0], one["discriminator"][0]] for one in moments]
    late = [[61, 9.0, 9.0]]
    np.testing.assert_array_equal(drawn(page, dirac, [5], ["phase"], field, path=path), seen)
    assert np.any(drawn(page, dirac, [5], ["phase"], field) != seen)
    # What lies ahead is not drawn, but there is room for it.
    drawn(page, dirac, [5], ["phase"], field, path=path + late)
    assert page.evaluate("[stage.painting.run.path.n, stage.painting.run.scales.plane]") == [
        6,
        pytest.approx(9.72),
    ]


def test_every_layer_of_the_film_is_filled_or_listed_with_its_reason(page: Page) -> None:
    filled = set(page.evaluate("Object.keys(FILLS)"))
    assert filled | set(UNFILLED) == set(LAYERS)
    assert not filled & set(UNFILLED)
    assert all(set(reason) == set(WORDS) and all(reason.values()) for reason in UNFILLED.values())


def test_looks_are_those_of_the_films_layers(trace: Trace) -> None:
    told = {one["name"]: one for one in looks()["layers"]}
    assert list(told) == list(LAYERS)
    for name in set(LAYERS) - {"phase", *UNFILLED}:
        layer = LAYERS[name](View(trace, 3, SIDE))
        assert len(told[name]["strokes"]) == len(layer.strokes)
        if layer.key:
            assert told[name]["mark"] == layer.key.mark
            assert told[name]["words"]["zh"] == getattr(WORDS["zh"], layer.key.words)
    (dots,) = told["generated"]["strokes"]
    assert dots["style"]["dark"]["fill"].lower() == THEMES["dark"].generated.lower()
    assert told["lattice"]["strokes"][0]["kind"] == "lines"
    assert len(told["lattice"]["strokes"][0]["style"]["light"]["colours"]) == LATTICE_LINES


def test_a_layer_that_is_added_to_the_film_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def corners(view: View) -> Layer:
        dots = Dots(lambda frame: np.zeros((4, 2)), "s", 9.0, "ink", 0, "curves 3")
        return Layer([dots], Key("real", "real"))

    monkeypatch.setitem(LAYERS, "corners", corners)
    last = looks()["layers"][-1]
    assert last["name"] == "corners"
    assert last["strokes"][0]["style"]["light"]["size"] == 9.0
    assert last["strokes"][0]["style"]["light"]["fill"] == THEMES["light"].curves[3].lower()


def segments(lines: list[np.ndarray]) -> set[frozenset[tuple[float, float]]]:
    """The pieces of lines, in any order."""
    return {
        frozenset(tuple(np.round(point, 6).tolist()) for point in pair)
        for line in lines
        for pair in zip(line[:-1], line[1:], strict=True)
    }


@pytest.mark.parametrize("rough", [0, 1])
def test_contours_are_those_of_contourpy(rough: int, page: Page) -> None:
    rng = np.random.default_rng(rough)
    rows, columns = 23, 31
    x, y = np.meshgrid(np.linspace(-3, 3, columns), np.linspace(-2, 2, rows))
    smooth = np.sin(2 * x) * np.cos(3 * y) + 0.2 * x
    # Noise has saddles, which only their middles decide.
    z = rng.normal(size=smooth.shape) if rough else smooth
    for level in (-0.7, 0.1, 0.9):
        ours = page.evaluate(
            """([values, rows, columns, level]) => {
              const store = new LineStore();
              new ContourTracer().trace(values, rows, columns, level, store);
              const lines = [];
              for (let l = 0, i = 0; l < store.count; l++) {
                const line = [];
                for (; i < store.ends[l]; i++) line.push([store.places[2 * i], store.places[2 * i + 1]]);
                lines.push(line);
              }
              return lines;
            }""",
            [z.ravel().tolist(), rows, columns, level],
        )
        across, up = ((np.arange(n) + 0.5) / n for n in (columns, rows))
        theirs = contour_generator(x=across, y=up, z=z, name="serial").lines(level)
        found = [np.array(line) for line in ours]
        assert len(theirs) > 1
        assert len(found) == len(theirs)
        assert segments(found) == segments([np.asarray(line) for line in theirs])


def test_the_choice_is_pythons_and_a_smaller_one_is_its_beginning(page: Page) -> None:
    looked = np.random.default_rng(4).normal(size=(5, 60, 2))
    ours = page.evaluate(
        "looks => spreadChoice(looks.map((one) => Float64Array.from(one)), 60, 14)",
        [look.ravel().tolist() for look in looked],
    )
    assert ours == spread_choice(looked, N_ARROWS).tolist()
    assert ours[:12] == spread_choice(looked, 12).tolist()


def test_arrows_have_the_films_corners(page: Page) -> None:
    rng = np.random.default_rng(5)
    start = rng.uniform(0, 1, (40, 2))
    # From none over less than a pixel and less than two heads to longer than a fifth of the stage.
    push = rng.normal(size=(40, 2)) * np.geomspace(1e-4, 1, 40)[:, None]
    push[7] = 0
    push[8] = np.nan
    ours = page.evaluate(
        """([start, push]) => {
          const store = new LineStore();
          start.forEach(([x, y], k) => putArrow(store, lab.film.arrow, 1 / 548, 1 / 5, x, y, push[k][0] ?? NaN, push[k][1] ?? NaN));
          return [...store.places.subarray(0, 2 * store.n)];
        }""",
        [start.tolist(), [plain(one) for one in push]],
    )
    theirs = arrow_shapes(start, push, 1 / 5, 1 / SIDE)
    assert 20 < len(theirs) < 39
    np.testing.assert_allclose(np.reshape(ours, (-1, 7, 2)), theirs, atol=1e-12)


@pytest.mark.parametrize("clumped", [0.0, 0.6, 1.0])
def test_arrows_that_start_together_are_one_as_in_the_film(clumped: float, page: Page) -> None:
    rng = np.random.default_rng(int(10 * clumped))
    start = rng.uniform(0, 1, (14, 2))
    together = rng.uniform(size=14) < clumped
    start[together] = 0.5 + rng.normal(0, 0.01, (int(together.sum()), 2))
    push = rng.normal(0, 0.05, (14, 2))
    push[3] = np.nan
    ours = page.evaluate(
        """([start, push, n]) => {
          const found = [], floats = (rows) => Float64Array.from(rows.flat(), (x) => x ?? NaN);
          const { apart, clear } = lab.film.arrow;
          thinned(floats(start), floats(push), n, apart / 548, clear / 548, (...one) => found.push(one));
          return found;
        }""",
        [start.tolist(), [plain(one) for one in push], 14],
    )
    begin, mean = thinned(start, push, APART / SIDE, CLEAR / SIDE)
    np.testing.assert_allclose(ours, np.hstack([begin, mean]), rtol=1e-12, atol=1e-14)
    # Thirteen are pushed at all; of those spread at random one or two may lie close.
    assert {0.0: 11, 0.6: 4, 1.0: 1}[clumped] <= len(ours) <= {0.0: 13, 0.6: 9, 1.0: 1}[clumped]


def test_contours_of_the_true_density_are_the_films(trace: Trace, page: Page) -> None:
    drawn(page, trace, [0], ["density"])
    ours = page.evaluate(
        """() => {
          const { shown } = stage.painting.layers.find((one) => one.name === "density").strokes[0], lines = [];
          for (let l = 0, i = 0; l < shown.count; l++) {
            lines.push([]);
            for (; i < shown.ends[l]; i++) lines[l].push([shown.places[2 * i], shown.places[2 * i + 1]]);
          }
          return lines;
        }"""
    )
    (stroke,) = LAYERS["density"](View(trace, 3, SIDE)).strokes
    low, high = np.array(trace.extent[[0, 2]]), np.array(trace.extent[[1, 3]])
    assert isinstance(stroke, Lines)
    theirs = [(line - low) / (high - low) for line in stroke.at(0)]
    assert len(theirs) == 24
    assert len(ours) == 24
    places = np.concatenate(theirs)
    far, _ = KDTree(places).query(np.concatenate([np.array(line) for line in ours]))
    assert len(places) == sum(map(len, ours))
    assert far.max() < 1e-6


def test_one_scale_of_arrows_is_the_percentile_of_all_lengths(page: Page) -> None:
    lengths = np.random.default_rng(6).lognormal(-3, 1.5, 500)
    ours = page.evaluate(
        "all => { const kept = new Lengths(); all.forEach((one) => kept.add(one)); return kept.at(0.95); }",
        lengths.tolist(),
    )
    # Lengths are kept in classes that are a five-hundredth wide.
    assert ours == pytest.approx(np.percentile(lengths, 95), rel=2e-3)


def test_the_best_d_is_pythons(trace: Trace, page: Page) -> None:
    ours = page.evaluate(
        """([moment, extent]) => {
          const run = new SeenRun(lab.film, "best"), target = told(moment.target);
          return [...bestLogits({ samples: floats(moment.samples), extent, target, run, kept: {} }, 48)];
        }""",
        [moment_of(trace, 3), setup_of(trace)["extent"]],
    )
    theirs = np.clip(optimal_logits(trace, 3, 0, 48), -50, 50)
    np.testing.assert_allclose(np.reshape(ours, (48, 48)), theirs, atol=1e-3)


VALUES = [
    0.0,
    0.125,
    0.375,
    0.5,
    0.005,
    0.995,
    1.0,
    2.0,
    7.5,
    0.0312,
    12.345,
    -0.6931,
    -0.0034,
    -0.06,
    1234.5,
    2e-5,
    3e4,
    np.nan,
]


@pytest.mark.parametrize("name", METRICS)
def test_heads_and_ticks_read_as_the_films(name: str, page: Page) -> None:
    said = page.evaluate(
        "([name, values]) => values.map((v) => [readMetric(lab.metrics[name], v), readMetric(lab.metrics[name], v, true)])",
        [name, plain(VALUES)],
    )
    assert said == [[read(METRICS[name], v), read(METRICS[name], v, bare=True)] for v in VALUES]


def test_numbers_of_scales_are_the_films(page: Page) -> None:
    values = [*np.geomspace(1e-6, 1e6, 43).tolist(), -0.25, 99.95, 0.0996]
    assert page.evaluate("all => all.map(filmShort)", values) == [short(v) for v in values]
    rounds = page.evaluate("all => all.map(niceNumber)", values[:43])
    np.testing.assert_allclose(rounds, [nice_number(v) for v in values[:43]])
    logits = np.linspace(0, 6, 25)
    ours = page.evaluate(
        "all => all.map((x) => niceLogit(x, lab.film.probabilities))", logits.tolist()
    )
    np.testing.assert_allclose(expit(ours), [nice_probability(x) for x in logits])


def test_a_surfaces_limit_never_shrinks_in_a_run(trace: Trace, page: Page) -> None:
    louder = replace(trace, logits=trace.logits * np.array([1, 2, 5, 3, 2, 1]).reshape(6, 1, 1, 1))

    def limit(frames: list[int]) -> float:
        drawn(page, louder, frames, ["surface"])
        return page.evaluate("stage.painting.run.scales.limit")

    each = [limit([k]) for k in range(6)]
    assert len({*each}) > 1
    widest = int(np.argmax(each))
    assert limit([widest, 0]) == each[widest] > each[0]
    # As the film rounds: the least round probability beyond a high percentile.
    wide = np.percentile(np.abs(louder.logits[widest, 0]), 98)
    assert expit(each[widest]) == pytest.approx(nice_probability(float(wide)))


def test_stages_of_one_run_share_their_colours_and_whom_they_follow(
    trace: Trace, page: Page
) -> None:
    loud = replace(trace, logits=9 * trace.logits, samples=trace.samples[:, :, ::-1])
    alone = drawn(page, trace, [3], ["surface", "arrows"])
    followed = page.evaluate("stage.painting.run.chosen")
    drawn(page, loud, [3], ["surface", "arrows"], run="both")
    assert page.evaluate("stage.painting.run.chosen") != followed
    wide = page.evaluate("stage.painting.run.scales.limit")
    beside = drawn(page, trace, [3], ["surface", "arrows"], run="both")
    assert page.evaluate("stage.painting.run.scales.limit") == wide
    assert off_share(alone, beside) > 0.2
    apart = drawn(page, trace, [3], ["surface", "arrows"], run="another")
    np.testing.assert_array_equal(alone, apart)


# What a worker that paints is made of.
PAINTER = (
    f"{as_engine(ENGINE, 'engine')}\n{taken_from(DRAWING, ENGINE, 'engine')}\nservePaintings(self);"
)


def played(name: str) -> dict[str, Any]:
    """What an engine is told of a scenario."""
    told = offer(load(name))
    return {"settings": told["settings"], **{k: told[k] for k in ("target", "extent", "output")}}


# Paint some views here and in a worker, one after the other; what both canvases show then, and what is said beside them.
IN_A_WORKER = """async ([text, views]) => {
  const painters = await new Promise((done) => { const made = new Painters(text, lab, () => done(made)); });
  const pictures = [];
  for (const by of [null, painters]) {
    const stage = placed(Stage, "stage", by), seen = [];
    stage.figure.style.width = "400px";
    for (const { seeds, half, ...view } of views) {
      const [first, second] = seeds.map((seed) => begun(view.setup, seed));
      const points = view.setup.target && Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)), logits = points?.subarray(0, 16);
      const event = half && { ...half, before: first, after: second, real: points, fake: points, realLogits: logits, fakeLogits: logits };
      stage.show({ theme: "light", lang: "en", seed: 0, run: view.setup.settings.title, ...view, off: new Set(view.off), parameters: first, half: event });
      while (stage.behind) await new Promise((done) => requestAnimationFrame(done));
      stage.pointer = [0.3, 0.6];
      await stage.askHere();
      seen.push([stage.canvas.toDataURL(), stage.figure.querySelector(".bar").textContent, stage.here.textContent, stage.told.limit, stage.told.outside]);
    }
    pictures.push(seen);
    stage.close();
  }
  painters.end();
  return pictures;
}"""


@pytest.mark.parametrize("name", ["mode-collapse", "dirac-cycle", "small-latent", "fair-steps"])
def test_a_worker_paints_what_the_page_would(page: Page, name: str) -> None:
    setup = played(name)
    layers = set(load(name).film.layers)
    off = [layer["name"] for layer in lab()["layers"] if layer["name"] not in layers]
    common = {"setup": setup, "off": off, "ended": -1}
    views = [
        {**common, "seeds": [0, 1], "round": 0},
        {**common, "seeds": [1, 2], "round": 7},
        {
            **common,
            "seeds": [1, 2],
            "round": 7,
            "half": {"who": "d", "nth": 1, "of": 2, "part": 0.7},
        },
        {
            **common,
            "seeds": [1, 2],
            "round": 7,
            "half": {"who": "g", "nth": 1, "of": 1, "part": 0.7},
        },
        {**common, "seeds": [2, 3], "round": 8, "theme": "dark", "lang": "zh", "ended": 8},
    ]
    if name == "dirac-cycle":
        views = [
            {**view, "path": [[0, 1, 1], [7, 0.5, -0.5]]} for view in views if "half" not in view
        ]
    here, there = page.evaluate(IN_A_WORKER, [PAINTER, views])
    assert len({picture for picture, *_ in here}) == len(views)
    for (picture, *said), (other, *beside) in zip(here, there, strict=True):
        assert said == beside
        np.testing.assert_array_equal(pixels(other), pixels(picture))


def test_who_loses_its_worker_paints_itself(page: Page) -> None:
    setup = played("mode-collapse")
    # A worker that falls over the second picture.
    text = f"""{PAINTER}
    const serving = self.onmessage; let pictures = 0;
    self.onmessage = (event) => {{ if (event.data.op === "paint" && ++pictures > 1) throw new Error("lost"); serving(event); }};"""
    seen = page.evaluate(
        """async ([text, setup]) => {
          const painters = await new Promise((done) => { const made = new Painters(text, lab, () => done(made)); });
          const stage = placed(Stage, "stage", painters), rounds = [];
          stage.figure.style.width = "300px";
          stage.onDrawn = ({ round }) => rounds.push([round, painters.ready]);
          for (const round of [0, 1, 2]) {
            stage.show({ theme: "light", lang: "en", seed: 0, run: "b", setup, off: new Set(), parameters: begun(setup, round), round, ended: -1 });
            while (stage.behind) await new Promise((done) => requestAnimationFrame(done));
          }
          stage.close();
          return rounds;
        }""",
        [text, setup],
    )
    assert seen[0] == [0, True]
    assert [round for round, _ in seen][-2:] == [1, 2]
    assert seen[-1] == [2, False]


def views_of(page: Page, trace: Trace, half: dict[str, Any] | None) -> dict[str, Any]:
    """What the stage draws between two recorded moments."""
    drawn(page, trace, [0, 5], ["surface", "real", "generated", "arrows"])
    return page.evaluate(
        """([before, after, half]) => {
          stage.view = { ...stage.view, half: half && { ...half, before, after } };
          stage.draw();
          const { scene } = stage.painting;
          return { samples: [...scene.samples], surface: [...scene.surface], arrows: scene.arrowShare, url: stage.canvas.toDataURL() };
        }""",
        [moment_of(trace, 0), moment_of(trace, 5), half],
    )


def test_in_gs_turn_arrows_come_first_and_then_points_move_there(trace: Trace, page: Page) -> None:
    start, end = (flat(trace.samples[k, 0]) for k in (0, 5))
    seen = {
        part: views_of(page, trace, {"who": "g", "nth": 1, "of": 2, "part": part})
        for part in (0, 0.42, 0.7, 0.999, 1)
    }
    np.testing.assert_allclose(seen[0.42]["samples"], start, atol=1e-6)
    np.testing.assert_allclose(seen[0.999]["samples"], end, atol=1e-4)
    assert seen[0]["arrows"] == 0 < seen[0.42]["arrows"]
    on_the_way = np.linalg.norm(np.array(seen[0.7]["samples"]) - start)
    assert 0.1 < on_the_way / np.linalg.norm(end - start) < 0.9
    # D stands still meanwhile.
    np.testing.assert_allclose(seen[0.999]["surface"], flat(trace.logits[0, 0]), atol=1e-6)
    # Then all is as it is now, and arrows say where it would go on to.
    np.testing.assert_allclose(seen[1]["samples"], end, atol=1e-6)
    np.testing.assert_allclose(seen[1]["surface"], flat(trace.logits[5, 0]), atol=1e-6)
    assert seen[1]["arrows"] == 1


def test_in_ds_turn_its_points_are_judged_and_then_its_surface_moves(
    trace: Trace, page: Page
) -> None:
    batch = {
        "real": [1.0, 1.0, -1.0, -1.0],
        "fake": [0.0, 2.0, 2.0, 0.0],
        "realLogits": [9.0, -9.0],
        "fakeLogits": [-9.0, 9.0],
    }
    half = {"who": "d", "nth": 1, "of": 1, **batch}
    early, late, done = (
        views_of(page, trace, {**half, "part": part}) for part in (0.44, 0.7, 0.9999)
    )
    before, after = flat(trace.logits[0, 0]), flat(trace.logits[5, 0])
    np.testing.assert_allclose(early["surface"], before, atol=1e-6)
    np.testing.assert_allclose(done["surface"], after, atol=1e-4)
    for seen in (early, late, done):
        np.testing.assert_allclose(seen["samples"], flat(trace.samples[0, 0]), atol=1e-6)
    x0, x1, y0, y1 = trace.extent
    shown = pixels(early["url"])

    def colour(x: float, y: float) -> np.ndarray:
        return shown[int((y1 - y) / (y1 - y0) * SIDE), int((x - x0) / (x1 - x0) * SIDE)]

    # What D takes for real is orange, what it takes for generated purple, whatever it is.
    for place, real in (((1, 1), True), ((-1, -1), False), ((0, 2), False), ((2, 0), True)):
        red, _, blue = colour(*place)
        assert (red > blue + 40) == real


def test_a_place_says_d_and_the_density(trace: Trace, page: Page) -> None:
    drawn(page, trace, [5], ["surface", "real"])
    box = page.query_selector(".stage canvas").bounding_box()  # type: ignore[union-attr]
    assert box is not None
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"])
    said = dict(
        part.replace(" = ", " ").split(" ") for part in page.inner_text(".here").split(" · ")[1:]
    )
    x0, x1, y0, y1 = (float(v) for v in trace.extent)
    # Row and column half-way between two cells of 64: the mean of four.
    logits = trace.logits[5, 0][31:33, 47:49].mean()
    assert float(said["D"]) == pytest.approx(expit(logits), rel=2e-3)
    truth = np.exp(trace.target.log_density(np.array([[x0 + 0.75 * (x1 - x0), (y0 + y1) / 2]])))[0]
    assert float(said["density"]) == pytest.approx(truth, rel=6e-3)


@pytest.mark.parametrize("output", ["logit", "value", "difference"])
def test_the_bar_says_what_the_films_does(output: str, trace: Trace, page: Page) -> None:
    told = replace(standing(trace, 4), provenance={**trace.provenance, "output": output})
    drawn(page, told, [4], ["surface"])
    bar = LAYERS["surface"](View(told, 3, SIDE)).bar
    assert bar is not None
    said = page.evaluate(
        "[...stage.figure.querySelectorAll('.bar span')].map((one) => one.textContent)"
    )
    assert said == [WORDS["en"].told(bar.name), bar.ticks[0][1], bar.ticks[2][1]]


def test_a_games_layers_are_those_that_it_has(trace: Trace, page: Page) -> None:
    def offered(**changed: Any) -> set[str]:
        setup = {**setup_of(trace), **changed}
        return set(page.evaluate("setup => layersOf(lab, setup)", setup))

    assert offered() == set(LAYERS) - {"phase", *UNFILLED}
    bare = {"kind": "points", "points": [[0, 0]], "noise": [0, 0], "modes": [], "spread": []}
    assert offered(target=bare) == set(LAYERS) - {
        *("phase", "density", "optimal", "optimal_gap", "modes", *UNFILLED)
    }
    assert "optimal_gap" not in offered(output="value")
    point = {"generator": {"kind": "point"}, "discriminator": {"kind": "linear"}}
    assert offered(settings={**trace.settings, **point}) == {"phase"}


CURVES = [
    ("modes_covered", False),
    ("top_mode_share", False),
    ("generator_loss", False),
    ("generator_gradient", True),
    ("js_divergence", False),
]


@pytest.mark.parametrize(("name", "log"), CURVES)
def test_a_panels_axis_is_the_films(name: str, log: bool, page: Page) -> None:
    curves = [{"metrics": [name], "scale": "log" if log else "linear"}]
    trace = trace_of(film={"curves": curves})
    (theirs,) = Film(trace).panels
    rows = [
        [int(step), {name: plain(value)[0]}]
        for step, value in zip(trace.steps, METRICS[name](trace)[:, 0], strict=True)
    ]
    view = {
        "branches": [{"name": "A", "colour": "#2a5bd7", "rows": rows, "from": 0, "chosen": True}],
        "cursor": int(trace.steps[4]),
        "steps": 60,
        "changes": [],
        "claims": [],
        "floors": {one: found.mean for one, found in floors(trace, () if log else [name]).items()},
        "modes": len(trace.target.modes),
        "theme": "light",
        "lang": "en",
    }
    axis, head = page.evaluate(
        """([name, log, view]) => {
          document.querySelectorAll(".panel").forEach((one) => one.remove());
          const panel = placed(Panel, "panel", { metrics: [name], scale: log ? "log" : "linear" });
          panel.view = view;
          panel.draw();
          return [panel.axis(), [...panel.heads[0].values.children].map((one) => one.textContent)];
        }""",
        [name, log, view],
    )
    np.testing.assert_allclose(axis["ticks"], list(theirs.ticks), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        [axis["low"], axis["high"]], theirs.axes.get_ylim(), rtol=1e-9, atol=1e-9
    )
    theirs.show(4)
    assert head == [theirs.curves[0].value.get_text()]


def branches_of() -> list[dict[str, Any]]:
    """A for 100 rounds at 1, and B, which leaves it at 40 and goes to 5; both of counts."""
    first = [[r, {"modes_covered": 1}] for r in range(0, 101, 4)]
    second = [[r, {"modes_covered": 5}] for r in range(44, 81, 4)]
    return [
        {"name": "A", "colour": "#2a5bd7", "rows": first, "from": 0, "chosen": False},
        {
            "name": "B",
            "colour": "#14715a",
            "rows": second,
            "from": 40,
            "parent": "A",
            "chosen": True,
        },
    ]


def opened(page: Page, **view: Any) -> Any:
    base = {
        "branches": branches_of(),
        "cursor": 60,
        "steps": 100,
        "changes": [],
        "claims": [],
        "floors": {},
        "modes": 8,
        "theme": "light",
        "lang": "en",
    }
    return page.evaluate(
        """view => {
          document.querySelectorAll(".panel, figure").forEach((one) => one.remove());
          window.panel = placed(Panel, "panel", { metrics: ["modes_covered"], scale: "linear" });
          window.asked = [];
          panel.onround = (round) => asked.push(round);
          panel.view = view;
          panel.draw();
          return { left: panel.left, wide: panel.wide, end: panel.end, url: panel.canvas.toDataURL(), heads: [...panel.heads[0].values.children].map((one) => one.textContent) };
        }""",
        {**base, **view},
    )


def near(shown: np.ndarray, colour: str) -> np.ndarray:
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return np.abs(shown - wanted).max(axis=-1) < 40


def columns(told: dict[str, Any], mask: np.ndarray) -> np.ndarray:
    """Rounds at which there is something of a mask."""
    found = np.flatnonzero(mask.any(axis=0))
    return (found - told["left"]) / told["wide"] * told["end"]


def test_the_chosen_past_is_solid_along_its_parents_and_other_futures_are_pale(page: Page) -> None:
    told = opened(page)
    assert told["heads"] == ["A 1 of 8", "B 5 of 8"]
    shown = pixels(told["url"])
    blue, green = (columns(told, near(shown, colour)) for colour in ("#2a5bd7", "#14715a"))
    assert blue.min() == pytest.approx(0, abs=1)
    assert blue.max() == pytest.approx(40, abs=2)
    # The branch point is dotted in the branch's colour; its dot ends at the present.
    assert green.min() == pytest.approx(40, abs=1)
    assert green.max() == pytest.approx(60, abs=2)
    # Pale: a third of the colour over paper.
    paper, full = np.array([252, 251, 248]), np.array([42, 91, 215])
    pale = np.abs(shown - (paper + 0.34 * (full - paper))).max(axis=-1) < 14
    assert columns(told, pale).max() == pytest.approx(100, abs=1.5)


def test_before_a_branch_begins_its_parents_value_is_the_present_one(page: Page) -> None:
    told = opened(page, cursor=20)
    assert told["heads"] == ["A 1 of 8", "B 1 of 8"]
    blue = columns(told, near(pixels(told["url"]), "#2a5bd7"))
    assert blue.max() == pytest.approx(20, abs=2)


def test_a_claims_threshold_is_dashed_over_its_window_with_its_words(page: Page) -> None:
    claim = {
        "metric": "modes_covered",
        "relation": "<=",
        "threshold": 3,
        "window": [0.5, 1.0],
        "reduce": "mean",
        "against": "",
    }
    plain_one, told = (pixels(opened(page, claims=claims)["url"]) for claims in ([], [claim]))
    geometry = opened(page, claims=[claim])
    changed = np.any(plain_one != told, axis=-1)
    lines = np.flatnonzero(changed.sum(axis=1) > 0.2 * changed.shape[1])
    assert len(lines) >= 1
    rounds = columns(geometry, changed)
    assert rounds.min() == pytest.approx(50, abs=1)
    assert rounds.max() == pytest.approx(100, abs=1)
    dashed = changed[lines[0]]
    # Dashes of five and gaps of four.
    assert 0.2 < dashed[np.flatnonzero(dashed)[0] :].mean() < 0.8
    # One that is no place on the axis is not drawn.
    ratio = pixels(opened(page, claims=[{**claim, "reduce": "end_to_peak"}])["url"])
    np.testing.assert_array_equal(ratio, plain_one)


def test_a_floor_is_a_thin_line_with_its_word(page: Page) -> None:
    without = pixels(opened(page)["url"])
    page.evaluate("lab.words.en.floor = 'a perfect generator'")
    told = opened(page, floors={"modes_covered": 6.0})
    page.evaluate("delete lab.words.en.floor")
    changed = np.any(pixels(told["url"]) != without, axis=-1)
    line = np.flatnonzero(changed.mean(axis=1) > 0.7)
    assert 1 <= len(line) <= 2
    low, high = page.evaluate("[panel.axis().low, panel.axis().high]")
    height = changed.shape[0]
    # Between the axis's margins above and below, as the panel draws its own.
    place = height - 24 - (6 - low) / (high - low) * (height - 24 - 9)
    assert line.mean() == pytest.approx(place, abs=1.5)
    words = np.flatnonzero(changed[: line[0] - 1].any(axis=1))
    below = np.flatnonzero(changed[line[-1] + 2 :].any(axis=1))
    assert (len(words) > 5) != (len(below) > 5)


def test_dragging_on_a_panel_asks_for_a_round_and_the_axis_grows_beyond_the_plan(
    page: Page,
) -> None:
    told = opened(page)
    box = page.query_selector(".panel canvas").bounding_box()  # type: ignore[union-attr]
    assert box is not None

    def at(round_: float) -> float:
        return box["x"] + told["left"] + told["wide"] * round_ / told["end"]

    page.mouse.move(at(30), box["y"] + 50)
    page.mouse.down()
    page.mouse.move(at(75), box["y"] + 50)
    page.mouse.move(at(400), box["y"] + 50)
    page.mouse.up()
    page.mouse.move(at(10), box["y"] + 50)
    assert page.evaluate("asked") == [30, 75, 100]
    late = branches_of()
    late[0]["rows"].append([130, {"modes_covered": 2}])
    assert opened(page, branches=late)["end"] == 150


def test_the_diagram_says_who_moves_and_both_losses(page: Page) -> None:
    def shown(lang: str = "en", **view: Any) -> dict[str, Any]:
        return page.evaluate(
            """view => {
              document.querySelectorAll(".diagram, .panel").forEach((one) => one.remove());
              const diagram = placed(Diagram, "diagram");
              diagram.show({ theme: "dark", half: null, ...view });
              const visible = Object.entries(diagram.ways).filter(([, { way }]) => way.getAttribute("visibility") === "visible").map(([who]) => who);
              return { visible, texts: [...diagram.svg.querySelectorAll("text")].map((one) => one.textContent), label: diagram.svg.getAttribute("aria-label") };
            }""",
            {"lang": lang, **view},
        )

    turns = ["d", "g", "g", "g"]
    first = shown(turns=turns, turn=0, losses=[0.693, 1.5])
    assert first["visible"] == ["d"]
    assert first["texts"][-1] == "D  →  G ×\u202f3"
    assert {"LD.69", "LG1.50"} <= set(first["texts"])
    assert "Discriminator loss .69" in first["label"]
    third = shown("zh", turns=turns, turn=2, losses=[0.693, 1.5])
    assert third["visible"] == ["g"]
    assert third["texts"][-1] == "D  →  G 2/3"
    assert WORDS["zh"].real in third["texts"]
    half = {"who": "both", "nth": 1, "of": 1, "losses": [0.25, None]}
    both = shown(turns=["both"], turn=0, losses=[0.693, 1.5], half=half)
    assert both["visible"] == ["d", "g"]
    # The half knows only one of both losses.
    assert {"LD.25", "LG1.50"} <= set(both["texts"])


def test_nothing_is_written_as_markup() -> None:
    for path in DRAWING:
        source = path.read_text(encoding="utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|\beval\b|Math\.random", source
        )
