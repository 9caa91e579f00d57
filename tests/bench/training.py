"""Train one game our way, in the usual way, and in JAX, side by side in one run.

The game is the base one: a ring of eight, both networks 2 x 64 or 2 x 128, batches of 256, Adam, the
non-saturating loss, one step each. "Usual" is the loop that tutorials have: two nn.Sequential, two
torch.optim.Adam, one seed after the other. JAX, if it is installed, compiles the whole loop and maps it
over the seeds. Each line is measured three times, all ways in turn, and its middle is printed, as
milliseconds of one core for a step of a seed; two workers share two cores.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from typing import Any

import torch
from lines import Line

import toylab
from toylab.base.memory import keep_freed

BATCH = 256


def settings(width: int, r1: bool, steps: int, batch: int = BATCH) -> dict[str, Any]:
    """The game, with next to nothing recorded."""
    player = {"hidden": [width, width]}
    penalties = [{"kind": "r1", "weight": 0.1}] if r1 else []
    return {
        "title": "-",
        "lesson": "-",
        "target": {"kind": "ring"},
        "generator": player,
        "discriminator": player,
        "game": {"penalties": penalties},
        "training": {"steps": steps, "batch": batch},
        "recording": {"snapshots": 2, "samples": 16, "grid": 8},
    }


def ours(seeds: int, width: int, r1: bool, steps: int, batch: int = BATCH) -> None:
    """All seeds, in the ensembles that `toylab check` makes."""
    from toylab.claims.cache import parts
    from toylab.scenario.scenario import check

    scenario = check(settings(width, r1, steps, batch))
    for part in parts(range(seeds)):
        toylab.record(scenario, part, filmed=())


def usual(seeds: int, width: int, r1: bool, steps: int) -> None:
    """One seed after the other, as tutorials write it."""
    nn = torch.nn

    def network() -> torch.nn.Sequential:
        return nn.Sequential(
            *(nn.Linear(2, width), nn.LeakyReLU(0.2)),
            *(nn.Linear(width, width), nn.LeakyReLU(0.2)),
            nn.Linear(width, 2),
        )

    angles = torch.arange(8) * (2 * torch.pi / 8)
    centres = 2.0 * torch.stack([angles.cos(), angles.sin()], dim=1)
    bce = nn.BCEWithLogitsLoss()
    for seed in range(seeds):
        torch.manual_seed(seed)
        g, d = network(), network()
        d[-1] = nn.Linear(width, 1)
        opt_g = torch.optim.Adam(g.parameters(), lr=1e-3, betas=(0.5, 0.999))
        opt_d = torch.optim.Adam(d.parameters(), lr=1e-3, betas=(0.5, 0.999))
        ones, zeros = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
        for _ in range(steps):
            real = centres[torch.randint(8, (BATCH,))] + 0.1 * torch.randn(BATCH, 2)
            real.requires_grad_(r1)
            fake = g(torch.randn(BATCH, 2)).detach()
            logits = d(real)
            loss = bce(logits, ones) + bce(d(fake), zeros)
            if r1:
                (slope,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
                loss = loss + 0.05 * slope.square().sum(1).mean()
            opt_d.zero_grad()
            loss.backward()
            opt_d.step()
            loss = bce(d(g(torch.randn(BATCH, 2))), ones)
            opt_g.zero_grad()
            loss.backward()
            opt_g.step()


def jax_loop(seeds: int, width: int, r1: bool, steps: int) -> Callable[[], None]:
    """The loop as one compiled scan over steps, mapped over seeds; compiled before it is timed."""
    import jax  # pyright: ignore[reportMissingImports]
    import jax.numpy as jnp  # pyright: ignore[reportMissingImports]

    angles = jnp.arange(8) * (2 * jnp.pi / 8)
    centres = 2.0 * jnp.stack([jnp.cos(angles), jnp.sin(angles)], axis=1)
    b1, b2, lr = 0.5, 0.999, 1e-3

    def init(key: Any, out: int) -> list[tuple[Any, Any]]:
        sizes = [(2, width), (width, width), (width, out)]
        keys = jax.random.split(key, len(sizes))
        return [
            (jax.random.uniform(k, s, minval=-1, maxval=1) / jnp.sqrt(s[0]), jnp.zeros(s[1]))
            for k, s in zip(keys, sizes, strict=True)
        ]

    def net(params: Any, x: Any) -> Any:
        for w, b in params[:-1]:
            x = jax.nn.leaky_relu(x @ w + b, 0.2)
        return x @ params[-1][0] + params[-1][1]

    def d_loss(d: Any, g: Any, real: Any, z: Any) -> Any:
        fake = net(g, z)
        loss = jax.nn.softplus(-net(d, real)).mean() + jax.nn.softplus(net(d, fake)).mean()
        if r1:
            slope = jax.vmap(jax.grad(lambda x: net(d, x)[0]))(real)
            loss = loss + 0.05 * (slope**2).sum(1).mean()
        return loss

    def g_loss(g: Any, d: Any, z: Any) -> Any:
        return jax.nn.softplus(-net(d, net(g, z))).mean()

    def adam(params: Any, grads: Any, m: Any, v: Any, t: Any) -> tuple[Any, Any, Any]:
        tree = jax.tree_util.tree_map
        m = tree(lambda a, b: b1 * a + (1 - b1) * b, m, grads)
        v = tree(lambda a, b: b2 * a + (1 - b2) * b * b, v, grads)
        c1, c2 = 1 - b1**t, 1 - b2**t
        step = tree(lambda p, a, b: p - lr * (a / c1) / (jnp.sqrt(b / c2) + 1e-8), params, m, v)
        return step, m, v

    def one(state: Any, t: Any) -> tuple[Any, None]:
        g, mg, vg, d, md, vd, key = state
        key, k1, k2, k3, k4 = jax.random.split(key, 5)
        real = centres[jax.random.randint(k1, (BATCH,), 0, 8)]
        real = real + 0.1 * jax.random.normal(k2, (BATCH, 2))
        grads = jax.grad(d_loss)(d, g, real, jax.random.normal(k3, (BATCH, 2)))
        d, md, vd = adam(d, grads, md, vd, t + 1.0)
        grads = jax.grad(g_loss)(g, d, jax.random.normal(k4, (BATCH, 2)))
        g, mg, vg = adam(g, grads, mg, vg, t + 1.0)
        return (g, mg, vg, d, md, vd, key), None

    def seed(key: Any) -> Any:
        kg, kd, key = jax.random.split(key, 3)
        g, d = init(kg, 2), init(kd, 1)
        zeros = [jax.tree_util.tree_map(jnp.zeros_like, x) for x in (g, g, d, d)]
        state = (g, zeros[0], zeros[1], d, zeros[2], zeros[3], key)
        return jax.lax.scan(one, state, jnp.arange(steps, dtype=jnp.float32))[0][0]

    keys = jax.random.split(jax.random.PRNGKey(0), seeds)
    run = jax.jit(jax.vmap(seed)).lower(keys).compile()

    def timed() -> None:
        jax.block_until_ready(run(keys))

    return timed


WAYS: dict[str, Callable[..., Callable[[], None]]] = {
    "usual": lambda *game: lambda: usual(*game),
    "ours": lambda *game: lambda: ours(*game),
    "jax": jax_loop,
}


def _worker(way: str, game: tuple[Any, ...], gate: Any, told: Any) -> None:
    """Get ready, wait for the others, run once, tell the seconds."""
    torch.set_num_threads(1)
    if way == "ours":
        keep_freed()  # as a worker of `toylab check` does
    work = WAYS[way](*game)
    if way != "jax":
        WAYS[way](*game[:3], 20)()
    gate.wait()
    start = time.perf_counter()
    work()
    told.put(time.perf_counter() - start)


def measured(way: str, game: tuple[Any, ...], workers: int) -> float:
    """Milliseconds of one core for a step of a seed, the seeds shared by so many processes."""
    seeds, *rest = game
    context = get_context("spawn")
    gate, told = context.Barrier(workers), context.Queue()
    own = (max(1, seeds // workers), *rest)
    jobs = [context.Process(target=_worker, args=(way, own, gate, told)) for _ in range(workers)]
    for job in jobs:
        job.start()
    seconds = max(told.get() for _ in jobs)
    for job in jobs:
        job.join()
    return 1e3 * seconds * workers / (own[0] * workers * rest[-1])


def _games(quick: bool) -> list[tuple[int, int, bool, int]]:
    """Seeds, width, R1 and workers; one seed has nothing to share with a second worker."""
    if quick:
        return [(1, 64, False, 1), (8, 64, False, 1), (64, 64, False, 2)]
    shared = [(1, 1), (8, 1), (8, 2), (64, 1), (64, 2)]
    return [
        (seeds, width, r1, workers)
        for r1 in (False, True)
        for width in (64, 128)
        for seeds, workers in shared
    ]


def ratios(quick: bool) -> Iterator[Line]:
    """All ways side by side: milliseconds of one core for a step of a seed."""
    ways = ["usual", "ours"] + ["jax"] * (importlib.util.find_spec("jax") is not None)
    for seeds, width, r1, workers in _games(quick):
        # Some 2,000 seed-steps a process: two seconds, more than what two busy cores jump by.
        steps = max(30, 2000 * workers // seeds)
        found: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(3):
            for way in ways:
                found[way].append(measured(way, (seeds, width, r1, steps), workers))
        middle = {way: statistics.median(found[way]) for way in ways}
        what = f"{seeds} seed{'s' * (seeds > 1)}, 2 x {width}{', R1' * r1}, {workers} worker{'s' * (workers > 1)}"
        other = "usual loop on as many cores"
        yield Line(what, "ms", middle["ours"], middle["usual"], other, middle.get("jax"))


def growth() -> Iterator[Line]:
    """How cost grows with twice of one thing."""
    torch.set_num_threads(1)
    base: dict[str, Any] = {"seeds": 8, "width": 64, "r1": False, "steps": 150, "batch": BATCH}

    def seconds(**changed: Any) -> float:
        start = time.perf_counter()
        ours(**{**base, **changed})
        return time.perf_counter() - start

    seconds(steps=20)
    for what in ("steps", "seeds", "batch", "width"):
        pairs = [(seconds(**{what: 2 * base[what]}), seconds()) for _ in range(5)]
        twice, once = (statistics.median(column) for column in zip(*pairs, strict=True))
        yield Line(
            f"growth: {2 * base[what]} {what}", "s", twice, once, f"{base[what]}; 0.5 is linear"
        )
