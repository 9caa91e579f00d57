"""A film can be read with every colour blindness: distances measured in CIE Lab."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import tomli_w
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from toylab.film import THEMES
from toylab.show.cinema import Film
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


def test_print_is_read_in_greys() -> None:
    theme = THEMES["print"]
    lightness = lab(theme.ramp[:-1, :3] / 255)[:, 0]
    steps = np.diff(lightness)
    assert (steps > 0).all() and steps.max() < 3 * steps.min()
    # Two curves of a panel: as far apart in lightness as an end of the surface is from its middle.
    first, second = (lab(np.asarray(to_rgb(colour)))[0] for colour in theme.curves[:2])
    assert abs(first - second) > TestTheme.FAR


def showing(trace: Trace, *layers: str) -> Trace:
    """The trace with other layers named in its settings."""
    settings = {**trace.settings, "film": {**trace.settings["film"], "layers": list(layers)}}
    return replace(trace, settings_text=tomli_w.dumps(settings))


@pytest.mark.parametrize("seen", MACHADO)
@pytest.mark.parametrize("theme", THEMES)
def test_drawn_points_stand_out_from_the_frame_below_them(
    hand_made: Callable[..., Trace], theme: str, seen: str
) -> None:
    """Measured in the pixels of a frame that shows the points and one that does not."""

    # Both kinds at the same nine places, far from one another.
    places = np.stack(np.meshgrid(*[[-1.5, 0, 1.5]] * 2), axis=-1).reshape(-1, 2)
    trace = hand_made(places, places, real=places[None].astype(np.float32))

    def frame(*layers: str) -> Colours:
        return Film(showing(trace, *layers), theme=theme).draw(0)[..., :3] / 255

    # The key below the stage names the points as well, and is not of interest here.
    stage = (slice(180, 640), slice(45, 550))
    below = frame("surface")[stage]
    areas = {}
    for kind, floor in (("real", TestTheme.NEAR), ("generated", TestTheme.FAR)):
        above = frame("surface", kind)[stage]
        changed = (above != below).any(-1)
        moved = np.linalg.norm(lab(above[changed], seen) - lab(below[changed], seen), axis=-1)
        # Smoothed edges change a pixel by little, the body of a point by much.
        assert np.percentile(moved, 75) > floor, kind
        areas[kind] = int(changed.sum())
    # By size too: without any colour a generated point is far larger one.
    assert areas["generated"] > 3 * areas["real"]
