from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.spatial import KDTree
from scipy.stats import multivariate_normal, norm
from sklearn.datasets import make_circles, make_moons, make_s_curve, make_swiss_roll

from toylab.errors import ToylabError
from toylab.targets import TARGETS, density_known, extent, grid, mixture, ring

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
        ("x.csv", b"1,2\n1,1e9\n", "beyond 10,000"),
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
