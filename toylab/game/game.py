"""The game as it is played: both players, their batches, and what each would minimise."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from toylab.base.axes import Int
from toylab.base.choice import make
from toylab.game.batches import Batch, Draws, Feed, seen
from toylab.game.networks import AMONG, MLP, NETWORKS, Network, Point
from toylab.game.networks.base import slope_of
from toylab.game.objectives import OBJECTIVES
from toylab.game.optimizers import OPTIMIZERS, SCHEDULES
from toylab.game.penalties import PENALTIES, Average, Packing, Penalty, Replay, Side
from toylab.game.side import Player
from toylab.game.streams import streams
from toylab.game.updates import gradient
from toylab.scenario.rules import solvable
from toylab.scenario.scenario import Scenario
from toylab.targets import TARGETS

T = TypeVar("T", bound=Penalty)

# Numbers that are filled at once where D judges places: 256 MB of float32. Whatever our own scenarios
# record is one piece; the finest surface through the widest layers would take 64 GiB.
PIECE = 1 << 26


def _plain(network: Network) -> MLP | None:
    """A network whose gradients can be pulled back by hand, if it is one."""
    return network if isinstance(network, MLP) and network.by_hand else None


def _asked(gradient: Tensor | None) -> Tensor:
    assert gradient is not None
    return gradient


class Game:
    """Two players over one target: what an update plays and the recorder looks at.

    All that happens here is in the players' units, which are the data's own unless the target says
    otherwise (`Target.frame`).

    Args:
        scenario: The rules.
        seeds: Seeds of the ensemble.
        device: Where to play.

    Attributes:
        solvable: Whether both sides have so few parameters that the game is drawn in their plane.
    """

    def __init__(self, scenario: Scenario, seeds: Sequence[int], device: torch.device) -> None:
        play = scenario.game
        self.latent, self.solvable = int(scenario.generator.options["latent"]), solvable(scenario)
        self.target = make("target", TARGETS, scenario.target.settings)
        self.objective = make("game.objective", OBJECTIVES, play.objective.settings)
        self._penalties = [make("game.penalties", PENALTIES, p.settings) for p in play.penalties]
        packing, self._replay = self._find(Packing), self._find(Replay)
        self._average = self._find(Average)
        self._pack = packing.size if packing else 1
        self._generate = self._network(scenario.generator.but("latent"), self.latent, 2)
        self._judge = self._network(scenario.discriminator.settings, 2 * self._pack, 1)
        self._draws = Draws(seeds, device)
        training = scenario.training
        self.feed = Feed(self.target, seeds, training.batch, self.latent, training.points, device)
        self.generator = Player(
            self._generate.initial(streams(seeds, "generator_init")).to(device),
            make("optimizer.generator", OPTIMIZERS, scenario.optimizer.generator.settings),
            self._clipped,
            lambda parameters: parameters,
        )
        self.discriminator = Player(
            self._judge.initial(streams(seeds, "discriminator_init")).to(device),
            make("optimizer.discriminator", OPTIMIZERS, scenario.optimizer.discriminator.settings),
            self._clipped,
            self._projected,
        )
        # What is recorded: the generator itself, or its average, which lags behind and so is a copy.
        self.shown = self.generator.parameters.clone()
        self._old = torch.zeros((len(seeds), 0, 2), device=device)
        self._progress, self._twice = 0.0, False
        self._shared: tuple[Tensor, Tensor, Tensor] | None = None

    def _find(self, kind: type[T]) -> T | None:
        return next((p for p in self._penalties if isinstance(p, kind)), None)

    @staticmethod
    def _network(settings: dict, inputs: int, outputs: int) -> Network:
        return make("network", NETWORKS, {**settings, "inputs": inputs, "outputs": outputs})

    def _clipped(self, gradient: Tensor) -> Tensor:
        for penalty in self._penalties:
            gradient = penalty.clipped(gradient)
        return gradient

    def _projected(self, parameters: Tensor) -> Tensor:
        for penalty in self._penalties:
            parameters = penalty.projected(parameters)
        return parameters

    @property
    def known(self) -> np.ndarray:
        """The finite training set, players' units, [S, M, 2]; M is 0 where data is fresh."""
        return self.feed.known

    @property
    def starts(self) -> list[tuple[float, float]]:
        """Places near which the generator's points begin, whatever the seed."""
        if isinstance(self._generate, Point):
            x, y = self._generate.start[:2]
            # A point that swings about the equilibrium comes out on the other side.
            return [(x, y), (-x, -y)]
        # Weights start small and without a preferred side: of 40 seeds of two layers of 64 the
        # farthest sample lay at .41 in the median and at 1.06 at most, where 1.09 is shown.
        return [(-0.75, -0.75), (0.75, 0.75)]

    def field(self, n: int = 17) -> tuple[np.ndarray, np.ndarray]:
        """Where the players are pushed on a grid of the plane of their first parameters.

        Returns:
            Pushes [n, n, 2], the generator's first, and the plane's extent [4]; empty for games of
            many parameters.
        """
        if not self.solvable:
            return np.zeros((0, 0, 2), np.float32), np.zeros(4)
        g, d = self.generator.parameters[:1], self.discriminator.parameters[:1]
        # Wide enough for the cycles of the Dirac-GAN that diverge: 2.2 times the start.
        half = 2.5 * max(float(torch.hypot(g[0, 0], d[0, 0])), 0.1)
        at = torch.linspace(-half, half, n, device=g.device)
        gg, dd = torch.meshgrid(at, at, indexing="xy")
        # The grid's places as seeds of an ensemble: all pushes in one pass.
        many = n * n
        rows_g, rows_d = g.repeat(many, 1), d.repeat(many, 1)
        rows_g[:, 0], rows_d[:, 0] = gg.ravel(), dd.ravel()
        dice = np.random.default_rng(0)
        batch = Batch(
            torch.from_numpy(seen(self.target, dice, 256)).to(g.device).repeat(many, 1, 1),
            torch.zeros(many, 256, self.latent, device=g.device),
        )
        draws, self._draws = self._draws, Draws([0] * many, g.device)
        old, self._old = self._old, torch.zeros((many, 0, 2), device=g.device)
        try:
            down_d = gradient(lambda x: self.discriminator_loss(x, rows_g, batch), rows_d)
            down_g = gradient(lambda x: self.generator_loss(rows_d, x, batch), rows_g)
        finally:
            self._draws, self._old = draws, old
        push = -torch.stack([down_g[:, 0], down_d[:, 0]], dim=1).reshape(n, n, 2)
        return push.cpu().numpy(), np.array([-half, half, -half, half])

    def generate(self, parameters: Tensor, z: Tensor) -> Tensor:
        """G of latents [S, B, Z] -> points [S, B, 2]; nothing is random."""
        return self._generate(parameters, z)

    def judge(self, parameters: Tensor, x: Tensor, among: Tensor | None = None) -> Tensor:
        """D's logits of points [S, N, 2] -> [S, N]; nothing is random.

        A pack's logit stands for each of its points.

        Args:
            parameters: D's, [S, P].
            x: Points, [S, N, 2].
            among: Whose first few minibatch discrimination compares each point with, [S, N, 2]; `x` itself
                where nothing is given.
        """
        packed = self._packed(x)
        company = packed if among is None else self._packed(among)
        logits = self._evaluated(parameters, packed, company[:, :AMONG])
        return logits.repeat_interleave(self._pack, dim=1)

    def judge_alone(self, parameters: Tensor, x: Tensor, among: Tensor) -> Tensor:
        """D's logits of single places [S, M, 2] -> [S, M]: each packed with copies of itself.

        Args:
            parameters: D's, [S, P].
            x: Places, [S, M, 2].
            among: As in `judge`, [S, N, 2].
        """
        copies = x.repeat(1, 1, self._pack)
        return self._evaluated(parameters, copies, self._packed(among)[:, :AMONG])

    def slope(self, parameters: Tensor, x: Tensor) -> Tensor:
        """Gradient of D's logit over all that it judges at once: [S, N, 2] -> [S, N / m, 2 m].

        What minibatch discrimination compares with stands still.
        """
        with torch.enable_grad():
            at = self._packed(x.detach()).requires_grad_()
            logits = self._evaluated(parameters, at, at.detach()[:, :AMONG])
            return torch.autograd.grad(logits.sum(), at)[0]

    def begin_round(self, progress: float) -> None:
        """Set the clock of what changes over the training; from 0 to 1."""
        self._progress = progress
        for player in (self.generator, self.discriminator):
            player.scale = SCHEDULES[player.optimizer.schedule](progress)

    def end_round(self) -> None:
        """Bring up to date what is recorded."""
        now = self.generator.parameters
        keep = self._average.decay if self._average else 0.0
        self.shown = torch.lerp(now, self.shown, keep) if keep else now

    def draw(self, *, real: bool, ahead: bool = False) -> Batch:
        """Draw the batch of one update."""
        x = None
        if real or self.objective.pairs:
            x = self.feed.paired() if ahead else self.feed.real()
        return Batch(x, self.feed.latents())

    def discriminator_loss(self, discriminator: Tensor, generator: Tensor, batch: Batch) -> Tensor:
        """The objective's loss and every penalty, [S]."""
        real, fake = self._sides(generator, batch)

        def judge(x: Tensor) -> Tensor:
            return self._judged(discriminator, x)

        if getattr(self._judge, "minibatch", 0):
            real_logits, fake_logits = judge(real), judge(fake)
        else:
            # One pass for both: points do not see one another.
            both = judge(torch.cat([real, fake], dim=1))
            real_logits, fake_logits = both.chunk(2, dim=1)
        loss = self.objective.discriminator_loss(real_logits, fake_logits)
        return loss + self._terms(discriminator, real, fake, real_logits)

    def _terms(
        self, discriminator: Tensor, real: Tensor, fake: Tensor, real_logits: Tensor
    ) -> Tensor | float:
        """What the penalties add to the discriminator's loss, [S]."""

        def slope(x: Tensor) -> Tensor:
            if self._twice:
                return slope_of(lambda at: self._run(self._judge, discriminator, at), x)
            return self._judge.slope(discriminator, x, self._dice)

        side = Side(slope, real, fake, real_logits, self._draws)
        return sum((penalty.term(side) for penalty in self._penalties), start=0.0)

    def _sides(self, generator: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """What D sees of either kind, [S, B / m, 2 m]."""
        assert batch.real is not None
        made = self._with_old(self._made(generator, batch.z))
        # Packed once, here: what D sees is a pack, and so are the slopes that penalties measure.
        return self._packed(self._seen(batch.real)), self._packed(self._seen(made))

    def generator_loss(self, discriminator: Tensor, generator: Tensor, batch: Batch) -> Tensor:
        """The objective's loss, [S]."""
        made = self._seen(self._made(generator, batch.z))
        fake_logits = self._judged(discriminator, self._packed(made))
        return self.objective.generator_loss(self._real_logits(discriminator, batch), fake_logits)

    def _real_logits(self, discriminator: Tensor, batch: Batch) -> Tensor:
        """Logits of the real points, [S, B / m], or none where the generator's loss sees none."""
        if batch.real is None or not self.objective.pairs:
            return discriminator.new_empty((len(discriminator), 0))
        return self._judged(discriminator, self._packed(self._seen(batch.real)))

    def discriminator_gradient(
        self, discriminator: Tensor, generator: Tensor, batch: Batch
    ) -> Tensor:
        """Gradient of the discriminator's loss over its parameters, [S, P]."""
        judge = _plain(self._judge)
        if judge is None:
            return gradient(lambda d: self.discriminator_loss(d, generator, batch), discriminator)
        with torch.no_grad():
            real, fake = self._sides(generator, batch)
            logits, pull = judge.pulled(discriminator, torch.cat([real, fake], dim=1))
            on_real, on_fake = logits.squeeze(-1).chunk(2, dim=1)
            push_real, push_fake = self.objective.discriminator_push(on_real, on_fake)
            row: Tensor | float = 0.0
            if self._changes("term"):
                # A slope has a gradient of its own; what else a term looks at is the logits.
                with torch.enable_grad():
                    at = discriminator.detach().requires_grad_(), on_real.detach().requires_grad_()
                    terms = torch.as_tensor(self._terms(at[0], real, fake, at[1])).sum()
                    row, more = torch.autograd.grad(terms, at, materialize_grads=True)
                push_real = push_real + more
            push = torch.cat([push_real, push_fake], dim=1).unsqueeze(-1)
            return _asked(pull(push, True, False)[0]) + row

    def generator_gradient(self, discriminator: Tensor, generator: Tensor, batch: Batch) -> Tensor:
        """Gradient of the generator's loss over its parameters, [S, P]."""
        judge, generate = _plain(self._judge), _plain(self._generate)
        if judge is None or generate is None or self._changes("seen"):
            return gradient(lambda g: self.generator_loss(discriminator, g, batch), generator)
        with torch.no_grad():
            made, pull_made = generate.pulled(generator, batch.z)
            logits, pull = judge.pulled(discriminator, self._packed(made))
            real = self._real_logits(discriminator, batch)
            push = self.objective.generator_push(real, logits.squeeze(-1))
            on_points = _asked(pull(push.unsqueeze(-1), False, True)[1])
            return _asked(pull_made(on_points.view_as(made), True, False)[0])

    def _changes(self, hook: str) -> bool:
        """Whether any penalty has something to say in a hook."""
        return any(getattr(type(p), hook) is not getattr(Penalty, hook) for p in self._penalties)

    def _made(self, parameters: Tensor, z: Tensor) -> Tensor:
        """G's points; a look ahead, or two losses at one place, share those that they ask for again."""
        last = self._shared
        if last is None or last[0] is not parameters or last[1] is not z:
            made = self._run(self._generate, parameters, z)
            # Dropout draws anew each time.
            if not self._twice or getattr(self._generate, "dropout", 0):
                return made
            last = self._shared = parameters, z, made
        # A name of its own: a slope at these points is not to follow D's earlier steps back to them.
        return last[2].view_as(last[2])

    def _judged(self, parameters: Tensor, packed: Tensor) -> Tensor:
        return self._run(self._judge, parameters, packed).squeeze(-1)

    def _run(self, network: Network, parameters: Tensor, x: Tensor) -> Tensor:
        if self._twice and isinstance(network, MLP):
            return network.plainly(parameters, x, self._dice)
        return network(parameters, x, self._dice)

    @contextlib.contextmanager
    def twice(self) -> Iterator[None]:
        """Evaluate networks by autograd inside: what is differentiated twice would be run twice else."""
        self._twice = True
        try:
            yield
        finally:
            self._twice, self._shared = False, None

    def _dice(self, shape: tuple[int, ...]) -> Tensor:
        return self._draws.uniform(*shape)

    def _evaluated(self, parameters: Tensor, packed: Tensor, among: Tensor) -> Tensor:
        """Logits of packs [S, N, 2 m] -> [S, N], in pieces that fit the memory."""
        network = self._judge
        if not isinstance(network, MLP):
            return network(parameters, packed).squeeze(-1)
        n = PIECE // (len(parameters) * network.numbers(among.shape[1]))
        pieces = packed.split(max(n, 1), dim=1)
        return torch.cat([network(parameters, x, among=among) for x in pieces], 1).squeeze(-1)

    def _packed(self, x: Tensor) -> Tensor:
        """Neighbours in a batch side by side: [S, B, 2] -> [S, B / m, 2 m]."""
        return x.reshape(len(x), -1, 2 * self._pack) if self._pack > 1 else x

    def _seen(self, x: Tensor) -> Tensor:
        for penalty in self._penalties:
            x = penalty.seen(x, self._draws, self._progress)
        return x

    def _with_old(self, fake: Tensor) -> Tensor:
        """Put old points in the place of some, and remember the new ones."""
        if self._replay is None:
            return fake
        n_old = round(self._replay.share * fake.shape[1])
        mixed, stock = fake, self._old
        if stock.shape[1]:
            pick = (self._draws.uniform(n_old) * stock.shape[1]).long()
            old = torch.gather(stock, 1, pick.unsqueeze(-1).expand(-1, -1, 2))
            mixed = torch.cat([old, fake[:, n_old:]], dim=1)
        self._old = torch.cat([stock, fake.detach()], dim=1)[:, -self._replay.capacity :]
        return mixed

    def keep(self, rows: Int) -> None:
        """Go on with some of the seeds only."""
        for part in (self.generator, self.discriminator, self.feed, self._draws):
            part.keep(rows)
        self.shown, self._old = self.shown[rows], self._old[rows]

    def finite(self) -> np.ndarray:
        """Which seeds still have finite parameters, [S]."""
        # A sum is finite only if every term is; float64, so that large finite terms do not overflow
        # (Apple's cards have none: there a seed ends a little earlier).
        players = (self.generator, self.discriminator)
        mps = self.shown.device.type == "mps"
        wide = torch.float32 if mps else torch.float64
        sums = sum(p.parameters.sum(1, dtype=wide) for p in players)
        return torch.isfinite(torch.as_tensor(sums)).cpu().numpy()
