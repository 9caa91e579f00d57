"""A film can be read with every colour blindness: distances measured in CIE Lab."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from toylab.film import THEMES, Film
from toylab.film.layers import LAYERS
from toylab.trace import Trace

Colours = NDArray[np.float64]

# Machado, Oliveira & Fernandes 2009, table 1, severity 1: applied to linear RGB.
MACHADO: dict[str, Colours] = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
# sRGB's primaries and white, IEC 61966-2-1, D65.
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def linear(srgb: Colours) -> Colours:
    """sRGB from 0 to 1 -> linear light."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def lab(srgb: Colours, seen: str = "normal") -> Colours:
    """sRGB from 0 to 1, [..., 3] -> CIE Lab as somebody sees it."""
    light = np.clip(linear(np.asarray(srgb, dtype=float)) @ MACHADO[seen].T, 0, 1)
    xyz = light @ XYZ.T / XYZ.sum(axis=1)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.stack(
        [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])],
        axis=-1,
    )


def apart(a: Colours | str, b: Colours | str, seen: str) -> float:
    """Distance of two colours in Lab, CIE 1976; 2.3 can just be told."""
    one, other = (np.asarray(to_rgb(c) if isinstance(c, str) else c) for c in (a, b))
    return float(np.linalg.norm(lab(one, seen) - lab(other, seen)))


def test_lab_has_its_known_values() -> None:
    # White, black and sRGB red; Lindbloom's calculator.
    assert np.allclose(lab(np.array([1.0, 1, 1])), [100, 0, 0], atol=0.01)
    assert np.allclose(lab(np.zeros(3)), 0, atol=0.01)
    assert np.allclose(lab(np.array([1.0, 0, 0])), [53.24, 80.09, 67.20], atol=0.02)


@pytest.mark.parametrize("seen", MACHADO)
def test_a_colour_blind_eye_sees_greys_as_they_are(seen: str) -> None:
    greys = np.linspace(0, 1, 5)[:, None] * np.ones(3)
    assert np.allclose(lab(greys, seen), lab(greys), atol=0.1)


def test_red_and_green_are_closer_to_a_deuteranope() -> None:
    assert apart("#C03030", "#308030", "deuteranopia") < 0.5 * apart("#C03030", "#308030", "normal")


@pytest.mark.parametrize("seen", MACHADO)
@pytest.mark.parametrize("name", THEMES)
class TestTheme:
    """Ten just noticeable differences for what carries the lesson, five for what shape tells too."""

    FAR, NEAR = 23.0, 11.5

    def test_the_ends_of_the_surface_are_told_apart(self, name: str, seen: str) -> None:
        ramp = THEMES[name].ramp[:-1, :3] / 255
        assert apart(ramp[0], ramp[-1], seen) > self.FAR

    def test_each_end_is_told_from_the_middle(self, name: str, seen: str) -> None:
        ramp = THEMES[name].ramp[:-1, :3] / 255
        for end in (ramp[0], ramp[-1]):
            assert apart(end, ramp[len(ramp) // 2], seen) > self.FAR

    def test_real_and_generated_points_are_told_apart(self, name: str, seen: str) -> None:
        theme = THEMES[name]
        assert apart(theme.real, theme.generated, seen) > self.FAR

    def test_points_stand_out_from_every_level_of_the_surface(self, name: str, seen: str) -> None:
        theme = THEMES[name]
        for level in theme.ramp[:-1, :3] / 255:
            # By fill or by edge: a bright fill meets a bright level, and then its edge is dark.
            assert (
                max(apart(theme.generated, level, seen), apart(theme.edge, level, seen)) > self.FAR
            )
            # Real points lie over it at half their strength.
            real = (np.asarray(to_rgb(theme.real)) + level) / 2
            assert apart(real, level, seen) > self.NEAR

    def test_neighbouring_curves_are_told_apart(self, name: str, seen: str) -> None:
        # A panel starts with any colour; two curves share one as a rule.
        for a, b in combinations(THEMES[name].curves[:2], 2):
            assert apart(a, b, seen) > self.FAR

    def test_words_are_read_from_the_paper(self, name: str, seen: str) -> None:
        theme = THEMES[name]
        for colour in (theme.ink, theme.soft, *theme.curves):
            assert apart(colour, theme.paper, seen) > 2 * self.FAR


@pytest.mark.parametrize("seen", MACHADO)
def test_the_drawn_frame_keeps_real_and_generated_apart(small_trace: Trace, seen: str) -> None:
    """Measured in pixels of the default frame, and by size: shape tells them apart without colour."""
    film = Film(small_trace)
    film.draw(0)
    drawn = {
        name: layer
        for name, layer in zip(film._layer_names, film._layers, strict=True)
        if name in LAYERS
    }
    assert drawn["generated"]._dots.get_markersize() > 2 * 2.6  # type: ignore[attr-defined]
    empty, full = Film(small_trace), Film(small_trace)
    empty._layers[[*drawn].index("generated")].show = lambda frame: None  # type: ignore[method-assign]
    without, with_points = empty.draw(0)[..., :3] / 255, full.draw(0)[..., :3] / 255
    changed = (without != with_points).any(-1)
    assert changed.any()
    moved = np.linalg.norm(lab(with_points[changed], seen) - lab(without[changed], seen), axis=-1)
    # Smoothed edges change a pixel by little; the body of a point by much.
    assert np.median(moved) > 23
