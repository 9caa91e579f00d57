from __future__ import annotations

import math
import tempfile
import tomllib
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import numpy as np
import pytest
from annotated_types import Interval
from games import SMALL
from PIL import Image
from pydantic import ValidationError
from scipy.spatial import KDTree
from scipy.stats import multivariate_normal, norm
from sklearn.datasets import make_circles, make_moons, make_s_curve, make_swiss_roll

from toylab.base.choice import OrZero, refuse_outside
from toylab.base.errors import ToylabError
from toylab.scenario.options import _model_of
from toylab.scenario.scenario import check, tupled
from toylab.targets import TARGETS, density_known, extent, grid, mixture, ring
from toylab.targets.classes import asked_for
from toylab.training.run import record

FILES = Path(tempfile.mkdtemp())
(FILES / "points.csv").write_text("x,y\n1.0,2.0\n-1.5,0.5\n0,-2\n")
Image.fromarray(np.tile(np.array([[0, 255], [90, 180]], np.uint8), (8, 8))).save(FILES / "logo.png")

# One working set of options for each row, with a density where there can be one.
OPTIONS: dict[str, dict[str, Any]] = {
    "ring": {"modes": 5, "spread": 0.2, "weights": (1, 2, 3, 4, 5)},
    "grid": {"side": 3, "spread": 0.3},
    "mixture": {
        "means": ((0, 1), (2, -1)),
        "covariances": (((0.5, 0.2), (0.2, 0.3)), ((0.1, 0), (0, 0.4))),
        "weights": (1, 3),
    },
    "random_gaussians": {"modes": 4, "spread": 0.3},
    "two_moons": {"noise": 0.2},
    "circles": {"noise": 0.1, "scale": 2.0},
    "s_curve": {"noise": 0.15},
    "swiss_roll": {"noise": 1.5},
    "line": {"length": 3.0, "angle": 30.0, "noise": 0.2},
    "square": {"noise": 0.1},
    "checkerboard": {"noise": 0.1},
    "two_spirals": {"noise": 0.2},
    "pinwheel": {},
    "dirac": {"x": 1.0, "noise": 0.3},
    "points": {"file": str(FILES / "points.csv"), "noise": 0.3},
    "drawn": {"points": ((1.0, 2.0), (-1.5, 0.5), (0, -2)), "noise": 0.3},
    "image": {"file": str(FILES / "logo.png")},
}
NO_DENSITY = ("pinwheel",)
DENSE = [kind for kind in TARGETS if kind not in NO_DENSITY]


def board() -> tuple[np.ndarray, float]:
    """Midpoints of cells of 1/32 over -8..8, and a cell's area."""
    at = np.arange(-8, 8, 1 / 32) + 1 / 64
    return np.stack(np.meshgrid(at, at), axis=-1), 1 / 32**2


def test_every_row_has_options_here() -> None:
    assert set(OPTIONS) == set(TARGETS)


@pytest.mark.parametrize("kind", TARGETS)
def test_samples_have_the_promised_shape_and_repeat(kind: str) -> None:
    target = TARGETS[kind](**OPTIONS[kind])
    x = target.sample(np.random.default_rng(0), 100)
    assert x.shape == (100, 2) and x.dtype == np.float32 and np.isfinite(x).all()
    assert np.array_equal(x, target.sample(np.random.default_rng(0), 100))


@pytest.mark.parametrize("kind", TARGETS)
def test_modes_spreads_and_weights_fit_together(kind: str) -> None:
    target = TARGETS[kind](**OPTIONS[kind])
    k = len(target.modes)
    assert target.modes.shape == (k, 2)
    assert target.spread.shape == target.weights.shape == (k,)
    assert k == 0 or np.isclose(target.weights.sum(), 1)


@pytest.mark.parametrize("kind", DENSE)
def test_the_density_integrates_to_one(kind: str) -> None:
    target = TARGETS[kind](**OPTIONS[kind])
    x, area = board()
    mass = np.exp(target.log_density(x)).sum() * area
    # Midpoint sums of densities this smooth are exact to far more digits, and so are those of a picture
    # whose pixels are whole numbers of cells; the tails beyond 8 are nil.
    assert mass == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("kind", DENSE)
def test_samples_follow_the_density(kind: str) -> None:
    """E[log p(X)] over samples equals the integral of p log p."""
    target = TARGETS[kind](**OPTIONS[kind])
    x, area = board()
    log_p = target.log_density(x)
    entropy = -np.sum(np.exp(log_p) * np.where(np.isfinite(log_p), log_p, 0)) * area
    drawn = target.log_density(target.sample(np.random.default_rng(1), 40_000))
    # Five standard errors: one false alarm in two million.
    assert -drawn.mean() == pytest.approx(entropy, abs=5 * drawn.std() / 200)


@pytest.mark.parametrize("kind", DENSE)
def test_where_a_density_is_cut_changes_no_number(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = TARGETS[kind](**OPTIONS[kind])
    x = np.random.default_rng(3).normal(size=(11, 13, 2))
    whole = target.log_density(x)
    # A row or two at a time.
    monkeypatch.setattr("toylab.targets.target.PIECE", 10)
    cut = target.log_density(x)
    assert cut.shape == (11, 13) and np.array_equal(cut, whole)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("ring", {"modes": 1024}),
        ("checkerboard", {"cells": 32, "noise": 0.1}),
        ("two_moons", {"noise": 0.01}),
    ],
)
def test_a_density_of_many_places_fills_no_memory(
    kind: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = TARGETS[kind](**options)
    target.log_density(np.zeros((1, 2)))  # what is worked out once and kept
    monkeypatch.setattr("toylab.targets.target.PIECE", 20_000)
    places = np.random.default_rng(3).normal(size=(40, 40, 2))
    tracemalloc.start()
    try:
        target.log_density(places)
        # A piece is .16 MB, of which a dozen at most stand side by side; the whole table is 6 MB or more.
        assert tracemalloc.get_traced_memory()[1] < 2.5e6
    finally:
        tracemalloc.stop()


def ends(hint: Any) -> Iterator[float]:
    """The least and the greatest value that an option may have, if it is one number with bounds."""
    if get_origin(hint) is not Annotated:
        return
    base, bound = get_args(hint)[:2]
    if isinstance(bound, OrZero):
        yield from (0.0, bound.low, bound.high)
    elif base is float and isinstance(bound, Interval):
        yield from (end for end in (bound.ge, bound.le) if isinstance(end, int | float))


BOUNDS = [
    pytest.param(kind, name, end, id=f"{kind} {name} {end:g}")
    for kind, row in TARGETS.items()
    for name, hint in get_type_hints(row, include_extras=True).items()
    for end in ends(hint)
]


@pytest.mark.parametrize(("kind", "name", "end"), BOUNDS)
def test_a_target_at_the_end_of_a_bound_is_drawn_and_told(kind: str, name: str, end: float) -> None:
    needed = {
        key: OPTIONS[kind][key]
        for key in ("file", "means", "spreads", "points")
        if key in OPTIONS[kind]
    }
    if kind == "mixture":
        needed = {"means": ((0, 1),), "spreads": (0.5,)}
    target = TARGETS[kind](**needed, **{name: end})
    x = target.sample(np.random.default_rng(0), 50)
    assert np.isfinite(x).all() and np.isfinite(extent(target)).all()
    if density_known(target):
        assert np.isfinite(target.log_density(x.astype(np.float64))).mean() > 0.9


@pytest.mark.parametrize("noise", [1e-200, 1e-5, 1001.0, -1.0])
def test_noise_is_none_at_all_or_as_much_as_a_spread(noise: float) -> None:
    model = _model_of(TARGETS["two_moons"], {})
    assert model(noise=0.0) and model(noise=1e-4) and model(noise=1e3)
    with pytest.raises(ValidationError, match="must be 0, or from 0.0001 to 1000"):
        model(noise=noise)


ODD = [
    *(0, 1, 2, 8, 33, 1024, 1025, 400_000_000, -1, 2**70),
    *(0.0, 0.5, 1e-200, 1e-4, 1.0, 1e4, 1e39, -3.0, float("nan"), float("inf")),
    *(True, "8", "", "x" * 4097, [], [1.0], [[0.0, 1.0]], [[0, 1], [2, 3]], [[1.0]], {}, None),
    *([0.5] * 1025, [[[1.0, 0.0], [0.0, 1.0]]], ["a"], [[True, 1]]),
]


@pytest.mark.parametrize("kind", TARGETS)
def test_a_foreign_setting_is_refused_where_a_scenario_would_refuse_it(kind: str) -> None:
    """Against pydantic, which reads the same bounds."""
    row = TARGETS[kind]
    model = _model_of(row, {"data": None})
    least = {"file": "x", "means": ((0.0, 0.0),), "points": ((0.0, 0.0),)}
    least = {name: value for name, value in least.items() if name in model.model_fields}
    for name in model.model_fields:
        for odd in ODD:
            try:
                model(**tupled({**least, name: odd}))
                fine = True
            except ValidationError:
                fine = False
            if fine:
                refuse_outside("target", row, {name: odd})
            else:
                with pytest.raises(ToylabError, match=rf"target\.{name} cannot be"):
                    refuse_outside("target", row, {name: odd})


def test_the_log_density_of_a_mixture_is_scipys() -> None:
    target = TARGETS["mixture"](**OPTIONS["mixture"])
    x = np.random.default_rng(2).normal(size=(7, 3, 2))
    parts = [
        w * multivariate_normal(mean, cov).pdf(x)
        for w, mean, cov in zip(
            (0.25, 0.75),
            OPTIONS["mixture"]["means"],
            OPTIONS["mixture"]["covariances"],
            strict=True,
        )
    ]
    assert np.allclose(target.log_density(x), np.log(sum(parts)), atol=1e-10)


def test_the_log_density_is_finite_far_away() -> None:
    assert np.isfinite(ring(spread=0.01).log_density(np.array([1e3, -1e3])))


def test_no_two_modes_of_a_ring_coincide() -> None:
    # Popular copies space eight angles over the closed interval, so that the first and last are one.
    modes = ring(modes=8, radius=2).modes
    gaps = np.linalg.norm(modes[:, None] - modes, axis=-1) + 9 * np.eye(8)
    assert gaps.min() == pytest.approx(2 * 2 * np.sin(np.pi / 8))
    assert np.allclose(modes[0], [2, 0])


def test_a_grid_is_centred_and_spaced() -> None:
    modes = grid(side=5, spacing=2).modes
    assert sorted(set(modes[:, 0])) == [-4, -2, 0, 2, 4] and np.allclose(modes.mean(0), 0)


def test_weights_are_the_shares_of_samples() -> None:
    target = ring(modes=2, radius=5, weights=(0.02, 0.98))
    x = target.sample(np.random.default_rng(0), 50_000)
    # Four standard errors of a share of .02 among 50,000.
    assert np.mean(x[:, 0] > 0) == pytest.approx(0.02, abs=4 * np.sqrt(0.02 * 0.98 / 50_000))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"means": ((0, 0),)}, "either spreads or covariances"),
        ({"means": ((0, 0),), "spreads": (1,), "covariances": (((1, 0), (0, 1)),)}, "either"),
        ({"means": ((0, 0), (1, 1)), "spreads": (1, 2, 3)}, "one a mode (2), got 3"),
        ({"means": ((0, 0),), "covariances": (((1, 2), (2, 1)),)}, "positive definite"),
        ({"means": ((0, 0),), "covariances": (((1, 0.5), (0.2, 1)),)}, "symmetric"),
        ({"means": ((0, 0),), "spreads": (1,), "weights": (1, 2)}, "one number a mode (1), got 2"),
    ],
)
def test_a_mixture_that_does_not_fit_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ToylabError, match=words.replace("(", r"\(").replace(")", r"\)")):
        mixture(**options)


@pytest.mark.parametrize("kind", TARGETS)
def test_the_extent_is_a_square_with_room_around_the_data(kind: str) -> None:
    target = TARGETS[kind](**OPTIONS[kind])
    x0, x1, y0, y1 = extent(target)
    assert x1 - x0 == pytest.approx(y1 - y0)
    x = target.sample(np.random.default_rng(5), 2000)
    assert (x > [x0, y0]).all() and (x < [x1, y1]).all()


# --- drawn ---


def test_drawn_points_are_those_of_a_file_that_holds_them(tmp_path: Path) -> None:
    """The same draws, density and modes; what a scenario holds itself is no data of a trace."""
    rng = np.random.default_rng(0)
    clouds = np.concatenate([rng.normal(at, 0.1, (100, 2)) for at in ((-2, 0), (2, 0), (0, 2))])
    np.savetxt(tmp_path / "x.csv", clouds, delimiter=",")
    own = TARGETS["drawn"](points=tuple(map(tuple, clouds.tolist())), noise=0.05)
    read = TARGETS["points"](file=str(tmp_path / "x.csv"), noise=0.05)
    x = own.sample(np.random.default_rng(1), 500)
    assert np.array_equal(x, read.sample(np.random.default_rng(1), 500))
    assert np.array_equal(own.log_density(x), read.log_density(x))
    assert len(own.modes) == 3
    assert np.array_equal(own.modes, read.modes) and np.array_equal(own.spread, read.spread)
    assert own.data.size == 0 and own.frame.plain and not own.reading.words


def test_drawn_points_are_drawn_where_they_stand() -> None:
    target = TARGETS["drawn"](points=((300.0, -40.0), (301.0, -40.0)))
    assert {tuple(x) for x in target.sample(np.random.default_rng(0), 50).tolist()} == {
        (300.0, -40.0),
        (301.0, -40.0),
    }
    assert not density_known(target)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([], "target.points"),
        ([[0, 0]] * 5001, "target.points"),
        ([[0, 0, 0]], "target.points"),
        ([[0, 1e5]], "target.points"),
        ([[0, float("nan")]], "target.points"),
        ([[0, "1"]], "target.points"),
        (5, "target.points"),
    ],
)
def test_a_drawing_that_is_none_is_refused_by_scenario_and_trace(points: Any, words: str) -> None:
    told = {"title": "x", "lesson": "x", "target": {"kind": "drawn", "points": points}}
    with pytest.raises(ToylabError, match=words):
        check(told)
    with pytest.raises(ToylabError, match=words):
        refuse_outside("target", TARGETS["drawn"], told["target"])


def test_a_drawing_is_trained_kept_and_runs_again() -> None:
    """From the trace alone, and with other data on the way."""
    points = [[0.0, 0.0], [1.0, 1.5]]
    drawn = {"kind": "drawn", "points": points, "noise": 0.1}
    scenario = check({**SMALL, "target": drawn, "changes": [{"at": 2, "target": {"noise": 0.5}}]})
    trace = record(scenario, [0])
    assert trace.target_data.size == 0
    for snapshot, noise in ((0, 0.1), (2, 0.5)):
        meant, kept = TARGETS["drawn"](points=points, noise=noise), trace.target_of(snapshot)
        x = kept.sample(np.random.default_rng(0), 9)
        assert np.array_equal(x, meant.sample(np.random.default_rng(0), 9))
    assert check(tomllib.loads(trace.settings_text)).settings == scenario.settings


# --- shapes ---


@pytest.mark.parametrize(
    ("kind", "options", "theirs"),
    [
        ("two_moons", {}, lambda n: make_moons(n, noise=0.1, random_state=0)[0]),
        (
            "circles",
            {"factor": 0.4},
            lambda n: make_circles(n, noise=0.05, factor=0.4, random_state=0)[0],
        ),
        ("s_curve", {}, lambda n: make_s_curve(n, noise=0.1, random_state=0)[0][:, [0, 2]]),
        (
            "swiss_roll",
            {},
            lambda n: make_swiss_roll(n, noise=0.25, random_state=0)[0][:, [0, 2]] / 7.5,
        ),
    ],
)
def test_a_shape_is_scikit_learns(kind: str, options: dict[str, Any], theirs: Any) -> None:
    """A nearest-neighbour classifier cannot tell our points from theirs."""
    n = 2000
    both = np.concatenate([TARGETS[kind](**options).sample(np.random.default_rng(0), n), theirs(n)])
    label = np.arange(2 * n) >= n
    near = np.asarray(KDTree(both).query(both, k=2)[1])
    # Their points are evenly spaced where ours are drawn, which lowers the accuracy a little below
    # one half; above it, five standard errors.
    assert np.mean(label[near[:, 1]] == label) < 0.5 + 5 * np.sqrt(0.25 / (2 * n))


def test_without_noise_a_curve_tells_no_density() -> None:
    for kind in ("line", "dirac", "two_moons"):
        target = TARGETS[kind](noise=0.0)
        assert not density_known(target)
        with pytest.raises(NotImplementedError):
            target.log_density(np.zeros((1, 2)))


def test_a_dirac_is_one_point() -> None:
    x = TARGETS["dirac"](x=1.0, y=-2.0).sample(np.random.default_rng(0), 50)
    assert (x == [1, -2]).all()


def test_the_fields_of_a_board_alternate() -> None:
    board_of_two = TARGETS["checkerboard"](cells=2, side=2.0)
    inside = np.isfinite(
        board_of_two.log_density(np.array([[-0.5, -0.5], [0.5, 0.5], [0.5, -0.5], [3, 3]]))
    )
    assert inside.tolist() == [True, True, False, False]


def test_a_picture_is_dense_where_it_is_dark_and_stands_upright(tmp_path: Path) -> None:
    grey = np.full((4, 8), 255, np.uint8)
    grey[0, 0] = 0  # the upper left corner
    Image.fromarray(grey).save(tmp_path / "x.png")
    target = TARGETS["image"](file=str(tmp_path / "x.png"), width=4.0)
    x = target.sample(np.random.default_rng(0), 100)
    assert (x[:, 0] < -1.5).all() and (x[:, 1] > 0.5).all()
    assert np.ptp(x, axis=0).max() <= 0.5
    light = TARGETS["image"](file=str(tmp_path / "x.png"), width=4.0, invert=True)
    assert light.sample(np.random.default_rng(0), 2000)[:, 0].max() > 1.5


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.csv", b"", "holds no points"),
        ("x.csv", b"a,b\n", "holds no points"),
        ("x.csv", b"1,2\n3,x\n", 'line 2 is "3,x"'),
        ("x.csv", b"1,2,3\n", "line 1 has 3 columns"),
        ("x.csv", b"1.0,x2.0\n3,4\n", 'line 1 is "1.0,x2.0"'),
        ("x.csv", b"x,y\n\n1,2\n3\n", "line 4 has 1 columns"),
        ("x.csv", b"1,2\n1,nan\n", "not finite"),
        ("x.csv", b"1,2\n1,1e39\n", "beyond 1e\\+30"),
        ("x.csv", b"\xff\xfe\x00", "cannot be read"),
        ("x.npz", b"hello", "cannot be read"),
    ],
)
def test_a_file_of_points_that_is_none_is_one_line(
    name: str, content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ToylabError, match=words):
        TARGETS["points"](file=str(tmp_path / name))
    with pytest.raises(ToylabError, match="no such file"):
        TARGETS["points"](file=str(tmp_path / "none.csv"))


def test_a_bomb_of_points_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "x.npz", np.zeros((3_000_000, 2)))
    assert (tmp_path / "x.npz").stat().st_size < 100_000
    tracemalloc.start()
    try:
        with pytest.raises(
            ToylabError, match="unpacks to 48,000,128 bytes, more than 1,000,000 poi"
        ):
            TARGETS["points"](file=str(tmp_path / "x.npz"))
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("points", np.zeros((0, 0))),
        ("points", np.zeros((4, 3))),
        ("points", np.full((4, 2), np.nan)),
        ("points", np.full((4, 2), 1e39)),
        ("image", np.zeros((0, 0))),
        ("image", np.zeros((200, 200))),
        ("image", np.full((4, 4), np.inf)),
    ],
)
def test_what_a_trace_says_was_read_is_looked_at_as_a_file_is(kind: str, data: np.ndarray) -> None:
    with pytest.raises(ToylabError, match="x: holds"):
        TARGETS[kind](file="x", data=data)


def test_points_come_from_csv_and_npz_alike(tmp_path: Path) -> None:
    xy = np.array([[1.0, 2], [3, 4]])
    np.savez(tmp_path / "x.npz", xy)
    (tmp_path / "x.csv").write_text("x;y\n1;2\n3;4\n")
    for name in ("x.npz", "x.csv"):
        assert np.array_equal(TARGETS["points"](file=str(tmp_path / name)).data, xy)


@pytest.mark.parametrize("mode", ["L", "I;16", "I", "F", "RGB", "RGBA", "P", "CMYK", "1"])
def test_a_ramp_of_any_depth_is_the_same_density(mode: str, tmp_path: Path) -> None:
    """Eight bits and sixteen, grey and coloured: black on the left, white on the right."""
    grey = np.tile(np.linspace(0, 255, 18).astype(np.uint8), (4, 1))
    picture = Image.fromarray(grey)
    if mode in ("I;16", "I"):
        picture = Image.fromarray(grey.astype(np.uint16 if mode == "I;16" else np.int32) * 257)
    elif mode == "F":
        picture = Image.fromarray(grey.astype(np.float32))
    elif mode == "1":
        picture = Image.fromarray((grey > 127) * np.uint8(255)).convert("1")
    else:
        picture = picture.convert(mode)
    assert picture.mode == mode
    picture.save(tmp_path / "x.tiff")
    read = TARGETS["image"](file=str(tmp_path / "x.tiff")).data
    expected = (grey > 127) * 1.0 if mode == "1" else grey / 255
    # A palette of 256 may round a grey by one level.
    assert np.allclose(read, expected, atol=1.5 / 255)


def test_a_blurred_box_has_a_density_in_both_tails() -> None:
    """The upper tail is the lower one, where nothing cancels."""
    box = TARGETS["square"](side=2.0, noise=0.1)
    far = np.array([[3.0, 0.0], [-3.0, 0.0], [0.0, 4.0], [1e3, 1e3]])
    assert np.allclose(box.log_density(far), box.log_density(-far), rtol=1e-12)
    assert np.isfinite(box.log_density(far)).all()
    # Twenty spreads beyond the edge the mass is that of the nearer edge's tail.
    expected = norm.logsf(20) + math.log(1 / 4) + math.log(norm.cdf(10) - norm.cdf(-10))
    assert box.log_density(far[:1]).item() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("kind", ["pinwheel", "image"])
def test_noise_widens_a_target_by_its_variance(kind: str, tmp_path: Path) -> None:
    Image.fromarray(np.eye(8, dtype=np.uint8) * 255).save(tmp_path / "x.png")
    file = {"file": str(tmp_path / "x.png")} if kind == "image" else {}
    plain, noisy = TARGETS[kind](**file), TARGETS[kind](**file, noise=0.5)
    drawn = [t.sample(np.random.default_rng(0), 40_000).var(axis=0) for t in (plain, noisy)]
    # 40,000 points: the variance of the shapes, about 1, is known to a hundredth.
    assert np.allclose(drawn[1] - drawn[0], 0.25, atol=0.04)


def test_a_picture_that_is_none_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"hello")
    Image.new("L", (4, 4), 255).save(tmp_path / "white.png")
    for name, words in (
        ("x.png", "not a picture"),
        ("white.png", "white all over"),
        ("no", "no such"),
    ):
        with pytest.raises(ToylabError, match=words):
            TARGETS["image"](file=str(tmp_path / name))


WEIGHTS = [[1.0], [0.5, 0.5], [0.05, 0.2, 0.75], [1 / 8] * 8, [0.01, 0.99], [1 / 100] * 100]


@pytest.mark.parametrize("weights", WEIGHTS, ids=lambda weights: str(len(weights)))
def test_every_class_is_asked_for_as_often_as_it_has_weight(weights: list[float]) -> None:
    """Of any in a row: a few points off at most, where chance is off by the root of their number."""
    share = np.array(weights)
    for n, off in ((8, 2), (64, 3), (256, 3), (1000, 4), (100_000, 6)):
        for first in (0, 31, 977, 10**9):
            asked = asked_for(share, n, first)
            assert asked.min() >= 0 and asked.max() < len(weights)
            assert np.abs(np.bincount(asked, minlength=len(weights)) - n * share).max() <= off
    # Whoever sees fewer sees the first of them; whoever goes on sees what comes next.
    row = asked_for(share, 1000)
    assert np.array_equal(asked_for(share, 10), row[:10])
    assert np.array_equal(asked_for(share, 10, 20), row[20:30])
