"""The film of a scenario as its user would write it without toylab: one file, a plain loop, FuncAnimation.

Given as JSON, on standard input, are the scenario's settings, the frames of toylab's film and where the GIF goes. The game is a
ring of modes, two nn.Sequential and two torch.optim.Adam; measured is what the film's curves show. Nothing is
made slow on purpose: artists are made once and only their data set anew.
"""

from __future__ import annotations

import copy
import json
import sys
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.animation import FuncAnimation, PillowWriter
from scipy.stats import gaussian_kde
from torch import nn
from torch.nn.functional import softplus

ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(0.2),
    "tanh": nn.Tanh,
}


def network(inputs: int, outputs: int, told: dict[str, Any]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in told["hidden"]:
        layers += [nn.Linear(inputs, width), ACTIVATIONS[told["activation"]]()]
        inputs = width
    made = nn.Sequential(*layers, nn.Linear(inputs, outputs))
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(told["gain"])
    return made


def adam(player: nn.Module, told: dict[str, Any]) -> torch.optim.Adam:
    return torch.optim.Adam(player.parameters(), told["lr"], tuple(told["betas"]))


def trained(told: dict[str, Any]) -> tuple[list[dict[str, Any]], torch.Tensor, np.ndarray]:
    """What each snapshot has, real points, and the places where D is drawn."""
    # What it does not play it must not be compared in.
    kinds = {one["kind"] for one in told["game"]["penalties"]}
    assert told["target"]["kind"] == "ring" and kinds <= {"r1", "average"}
    assert told["game"]["objective"] in ("saturating", "non_saturating")
    torch.manual_seed(0)
    target, game, batch = told["target"], told["game"], told["training"]["batch"]
    angles = 2 * torch.pi * torch.arange(target["modes"]) / target["modes"]
    centres = target["radius"] * torch.stack([angles.cos(), angles.sin()], dim=1)

    def data(n: int) -> torch.Tensor:
        spread = target["spread"] * torch.randn(n, 2)
        return centres[torch.randint(len(centres), (n,))] + spread

    def log_p(x: torch.Tensor) -> np.ndarray:
        away = torch.cdist(x, centres) / target["spread"]
        scale = 2 * torch.pi * target["spread"] ** 2 * len(centres)
        return (torch.logsumexp(-(away**2) / 2, 1) - np.log(scale)).numpy()

    of = {name: told[name] for name in ("generator", "discriminator")}
    g, d = (
        network(of["generator"]["latent"], 2, of["generator"]),
        network(2, 1, of["discriminator"]),
    )
    opt_g, opt_d = (
        adam(p, told["optimizer"][n]) for p, n in ((g, "generator"), (d, "discriminator"))
    )
    weights = {one["kind"]: one for one in game["penalties"]}
    # What is looked at: G itself, or its average.
    shown = copy.deepcopy(g) if "average" in weights else g

    def noise(n: int) -> torch.Tensor:
        return torch.randn(n, of["generator"]["latent"])

    def g_loss(logits: torch.Tensor, saturating: bool) -> torch.Tensor:
        return -softplus(logits).mean() if saturating else softplus(-logits).mean()

    saturating = game["objective"] == "saturating"
    n = told["recording"]["samples"]
    real, z, limit = data(n), noise(n), 1.5 * (target["radius"] + 3 * target["spread"])
    axis = np.linspace(-limit, limit, told["recording"]["grid"])
    grid = torch.tensor(np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2), dtype=torch.float32)
    looks, found = {round(k) for k in told["looks"]}, []

    def look(step: int) -> None:
        with torch.no_grad():
            fake, surface = shown(z), torch.sigmoid(d(grid))
        points = fake[:200].clone().requires_grad_()
        (pull,) = torch.autograd.grad(-g_loss(d(points), saturating) * len(points), points)
        now = {"step": step, "fake": fake.numpy(), "pull": pull.numpy()}
        now["surface"] = surface.reshape(len(axis), -1).numpy()
        curves = told["curves"]
        if "modes_covered" in curves or "top_mode_share" in curves:
            away = torch.cdist(fake, centres)
            good = away.min(1).values < 3 * target["spread"]
            counts = np.bincount(away.argmin(1)[good].numpy(), minlength=len(centres))
            now["modes_covered"] = int((counts >= n / len(centres) / 10).sum())
            now["top_mode_share"] = counts.max() / n
        if "discriminator_accuracy" in curves or "discriminator_loss" in curves:
            with torch.no_grad():
                at_real, at_fake = d(real), d(fake)
            right = ((at_real > 0).sum() + (at_fake <= 0).sum()).item()
            now["discriminator_accuracy"] = right / (2 * n)
            losses = softplus(-at_real).mean() + softplus(at_fake).mean()
            now["discriminator_loss"] = losses.item()
        if "saturating_gradient" in curves:
            for name, kind in (("saturating_gradient", True), ("non_saturating_gradient", False)):
                slopes = torch.autograd.grad(g_loss(d(g(z)), kind), list(g.parameters()))
                now[name] = sum(float(s.square().sum()) for s in slopes) ** 0.5
        if "js_divergence" in curves:
            q = gaussian_kde(fake.numpy().T)
            gap_real = log_p(real) - q.logpdf(real.numpy().T)
            gap_fake = log_p(fake) - q.logpdf(fake.numpy().T)
            value = -np.logaddexp(0, -gap_real).mean() - np.logaddexp(0, gap_fake).mean()
            now["js_divergence"] = (value + np.log(4)) / 2
        found.append(now)

    steps = told["training"]["steps"]
    for step in range(steps + 1):
        if step in looks:
            look(step)
        if step == steps:
            break
        if told["optimizer"]["generator"]["schedule"] == "cosine":
            share = (1 + np.cos(np.pi * step / steps)) / 2
            for opt, name in ((opt_g, "generator"), (opt_d, "discriminator")):
                for group in opt.param_groups:
                    group["lr"] = told["optimizer"][name]["lr"] * share
        for _ in range(game["discriminator_steps"]):
            x, fake = data(batch), g(noise(batch)).detach()
            if "r1" in weights:
                x.requires_grad_()
            logits = d(x)
            loss = softplus(-logits).mean() + softplus(d(fake)).mean()
            if "r1" in weights:
                (slope,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
                loss = loss + weights["r1"]["weight"] / 2 * slope.square().sum(1).mean()
            opt_d.zero_grad()
            loss.backward()
            opt_d.step()
        for _ in range(game["generator_steps"]):
            loss = g_loss(d(g(noise(batch))), saturating)
            opt_g.zero_grad()
            loss.backward()
            opt_g.step()
        if "average" in weights:
            decay = weights["average"]["decay"]
            with torch.no_grad():
                for mean, own in zip(shown.parameters(), g.parameters(), strict=True):
                    mean.mul_(decay).add_(own, alpha=1 - decay)
    return found, real, axis


def filmed(
    told: dict[str, Any], found: list[dict[str, Any]], real: torch.Tensor, axis: np.ndarray
) -> None:
    """A GIF of 1280 x 720: surface, points and arrows at the left, curves at the right."""
    figure = plt.figure(figsize=(12.8, 7.2), dpi=100)
    layout = figure.add_gridspec(len(told["panels"]), 2, width_ratios=(1.2, 1))
    stage = figure.add_subplot(layout[:, 0])
    extent = (axis[0], axis[-1], axis[0], axis[-1])
    first = found[0]
    surface = stage.imshow(
        first["surface"], extent=extent, origin="lower", cmap="RdBu", vmin=0, vmax=1
    )
    stage.scatter(*real.T.numpy(), s=4, color="0.3")
    cloud = stage.scatter(*first["fake"].T, s=6, color="green")
    start = first["fake"][:200]
    arrows = stage.quiver(*start.T, *first["pull"].T)
    title = stage.set_title("")
    steps, lines = [one["step"] for one in found], {}
    for row, panel in enumerate(told["panels"]):
        ax = figure.add_subplot(layout[row, 1])
        for name in panel["metrics"]:
            values = [one[name] for one in found]
            ax.plot(steps, values, alpha=0)  # the limits of the whole
            (lines[name],) = ax.plot([], [], label=name)
        ax.set_yscale(panel["scale"])
        ax.legend()

    def show(frame: int) -> list[Any]:
        now = found[frame]
        surface.set_data(now["surface"])
        cloud.set_offsets(now["fake"])
        arrows.set_offsets(now["fake"][:200])
        arrows.set_UVC(*now["pull"].T)
        for name, line in lines.items():
            line.set_data(steps[: frame + 1], [one[name] for one in found[: frame + 1]])
        title.set_text(f"step {now['step']}")
        return [surface, cloud, arrows, title, *lines.values()]

    animation = FuncAnimation(figure, show, frames=told["frames"])
    animation.save(told["output"], writer=PillowWriter(fps=told["fps"]))


if __name__ == "__main__":
    given = json.load(sys.stdin)
    filmed(given, *trained(given))
