"""The game as it is played: both sides, their batches, and what each would minimise."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from toylab.base.axes import Int
from toylab.game.batches import Arrays, Batch, Batches, Draws, drawn
from toylab.game.networks import AMONG, Network
from toylab.game.networks.network import Pulled, gradient, slope_of
from toylab.game.objectives import Objective
from toylab.game.optimizers import SCHEDULES, Optimizer
from toylab.game.penalties import Penalty, Sight, Slope, pack_of
from toylab.game.side import Side, tensor
from toylab.game.streams import streams
from toylab.game.told import Classes
from toylab.targets import Target

# Numbers that are filled at once where D judges places: 256 MB of float32. Whatever our own scenarios
# record is one piece; the finest surface through the widest layers would take 64 GiB.
PIECE = 1 << 26


@dataclass(frozen=True)
class Rules:
    """What of a game may change while it is played.

    Attributes:
        target: The data.
        objective: What each side minimises.
        penalties: What else bounds or helps them.
        generator: How the generator moves.
        discriminator: How the discriminator moves.
        batch: Points of a batch.
    """

    target: Target
    objective: Objective
    penalties: Sequence[Penalty]
    generator: Optimizer
    discriminator: Optimizer
    batch: int


class Game:
    """Two sides over one target: what an update plays and the recorder looks at.

    Losses are functions of the discriminator's parameters and of the generator's points, by autograd: an
    update may ask for them anywhere, as often as it likes, and may differentiate through the other's move.
    What is only descended has its gradient by hand, where the networks have it.

    All that happens here is in the players' units, which are the data's own unless the target says
    otherwise (`Target.frame`).

    Args:
        generator: The network from latents to points.
        discriminator: The network that judges points, or packs of them.
        rules: What they play.
        seeds: Seeds of the ensemble.
        points: Size of a fixed training set; 0 draws fresh points for ever.
        device: Where to play.

    Attributes:
        solvable: Whether both sides have so few parameters that the game is drawn in their plane.
        maps: As of the generator.
    """

    def __init__(
        self,
        generator: Network,
        discriminator: Network,
        rules: Rules,
        seeds: Sequence[int],
        points: int,
        device: torch.device,
    ) -> None:
        self._generate, self._judge = generator, discriminator
        self._device = device
        self._play_by(rules)
        self._pack = pack_of(rules.penalties)
        self.latent = generator.inputs - self._told.asked
        self.solvable = generator.solvable and discriminator.solvable
        self.maps = generator.maps and not self._told.asked
        self._draws = Draws(seeds, device)
        self.batches = Batches(rules.target, seeds, rules.batch, self.latent, points, device)
        start_g = generator.initial(streams(seeds, "generator_init")).to(device)
        start_d = discriminator.initial(streams(seeds, "discriminator_init")).to(device)
        for penalty in self._penalties:
            # Not in bounds yet; what only changes each step's outcome has none to change.
            start_d = penalty.projected(start_d) if penalty.stops else start_d
        self.generator = Side(
            start_g, rules.generator, self._clipped, lambda parameters: parameters
        )
        self.discriminator = Side(start_d, rules.discriminator, self._clipped, self._projected)
        # What is recorded: the generator itself, or its average, which lags behind and so is a copy.
        self.shown = self.generator.parameters.clone()
        self._old = torch.zeros((len(seeds), 0, 2), device=device)
        self._progress = 0.0
        # None: none is played, it is only looked at.
        self._round: int | None = None

    def _play_by(self, rules: Rules) -> None:
        self.target, self.objective = rules.target, rules.objective
        self._penalties = list(rules.penalties)
        self._told = Classes(rules.target, self._penalties, self._device)

    def adopt(self, rules: Rules) -> None:
        """Play by other rules from the next round on, with all that there is: nothing is drawn anew.

        But what has no meaning any more: batches drawn ahead from another target, the memory of an
        optimiser of another kind, old points that nobody mixes in.
        """
        self._play_by(rules)
        self.generator.adopt(rules.generator)
        self.discriminator.adopt(rules.discriminator)
        self.batches.adopt(rules.target, rules.batch)
        if not self._has("mixed"):
            self._old = self._old[:, :0]

    def under(self, rules: Rules) -> Game:
        """The same sides at the same place under other rules, to be looked at and not to be played."""
        here = copy.copy(self)
        here._play_by(rules)
        return here

    def _clipped(self, gradient: Tensor) -> Tensor:
        for penalty in self._penalties:
            gradient = penalty.clipped(gradient)
        return gradient

    def _projected(self, parameters: Tensor) -> Tensor:
        for penalty in self._penalties:
            parameters = penalty.projected(parameters)
        return parameters

    def _has(self, hook: str) -> bool:
        """Whether any penalty has something to say in a hook."""
        return any(hook in penalty.hooks for penalty in self._penalties)

    @property
    def known(self) -> np.ndarray:
        """The finite training set, players' units, [S, M, 2]; M is 0 where data is fresh."""
        return self.batches.known

    @property
    def starts(self) -> Sequence[tuple[float, float]]:
        """Places near which the generator's points begin, whatever the seed."""
        return self._generate.starts

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
        # The grid's places as seeds of an ensemble, with draws of its own: all pushes in one pass.
        many, here = n * n, copy.copy(self)
        here._draws = Draws([0] * many, g.device)
        here._old = torch.zeros((many, 0, 2), device=g.device)
        rows_g, rows_d = g.repeat(many, 1), d.repeat(many, 1)
        rows_g[:, 0], rows_d[:, 0] = gg.ravel(), dd.ravel()
        dice = np.random.default_rng(0)
        batch = Batch(
            torch.from_numpy(drawn(self.target, dice, 256)).to(g.device).repeat(many, 1, 1),
            torch.zeros(many, 256, self.latent, device=g.device),
        )
        made = here.made(rows_g, batch)
        down_d = here.discriminator_gradient(rows_d, made.value, batch)
        down_g = made.row(here.generator_push(rows_d, made.value, batch))
        push = -torch.stack([down_g[:, 0], down_d[:, 0]], dim=1).reshape(n, n, 2)
        return push.cpu().numpy(), np.array([-half, half, -half, half])

    def generate(self, parameters: Tensor, z: Tensor) -> Tensor:
        """G of latents [S, B, Z] -> points [S, B, 2]; nothing is random."""
        return self._generate(parameters, self._told.latents(z))

    def judge(
        self,
        parameters: Tensor,
        x: Tensor,
        among: Tensor | None = None,
        *,
        generated: bool = False,
    ) -> Tensor:
        """D's logits of points [S, N, 2] -> [S, N]; nothing is random.

        A pack's logit stands for each of its points.

        Args:
            parameters: D's, [S, P].
            x: Points, [S, N, 2].
            among: Whose first few minibatch discrimination compares each point with, [S, N, 2]; `x` itself
                where nothing is given. They are real.
            generated: Whether the points are a whole batch of the generator's in its order, and not real.
        """
        packed = self._made(x) if generated else self._real(x, x)
        company = packed if among is None else self._real(among, among)
        logits = self._evaluated(parameters, packed, company[:, :AMONG])
        return logits.repeat_interleave(self._pack, dim=1)

    def judge_alone(self, parameters: Tensor, x: Tensor, among: Tensor) -> Tensor:
        """D's logits of single places [S, M, 2] -> [S, M]: each packed with copies of itself.

        Args:
            parameters: D's, [S, P].
            x: Places, [S, M, 2].
            among: As in `judge`, [S, N, 2].
        """
        copies = self._told.places(x.repeat(1, 1, self._pack))
        return self._evaluated(parameters, copies, self._real(among, among)[:, :AMONG])

    def slope(self, parameters: Tensor, x: Tensor) -> Tensor:
        """Gradient of D's logit over all places that it judges at once: [S, N, 2] -> [S, N / m, 2 m].

        What minibatch discrimination compares with stands still; classes are those that the generator is
        asked for.
        """
        packed = self._made(x.detach())
        slope = gradient(lambda at: self._evaluated(parameters, at, packed[:, :AMONG]), packed)
        return self._told.places_only(slope)

    def begin_round(self, number: int, progress: float) -> None:
        """Set the clock.

        Args:
            number: Of the round, from 0.
            progress: Of what changes over the training, from 0 to 1.
        """
        self._round, self._progress = number, progress
        self._told.begin_round(number)
        for side in (self.generator, self.discriminator):
            side.scale = SCHEDULES[side.optimizer.schedule](progress)

    def end_round(self) -> None:
        """Bring up to date what is recorded."""
        self._round = None
        self._told.begin_round(0)
        shown = self.generator.parameters
        for penalty in self._penalties:
            shown = penalty.shown(shown, self.shown)
        self.shown = shown

    def recorded_at(self, latents: Tensor) -> Tensor:
        """The latents at which the generator is recorded, of those drawn for it, [S, N, Z]."""
        for penalty in self._penalties:
            latents = penalty.latents(latents)
        return latents

    def draw(self, *, real: bool, ahead: bool = False) -> Batch:
        """Draw the batch of one update.

        Args:
            real: Whether real points are wanted even where the generator's loss does not pair.
            ahead: Whether this is a turn of the generator alone: its real points then come from a
                stream of their own, and leave the discriminator's as it is.
        """
        x = None
        if real or self.objective.pairs:
            x = self.batches.paired() if ahead else self.batches.real()
        return Batch(x, self.batches.latents())

    def points(self, generator: Tensor, batch: Batch) -> Tensor:
        """The generator's points, [S, B, 2]; autograd follows, if the parameters [S, P] ask for it."""
        return self._generate(generator, self._told.latents(batch.z), self._dice)

    def made(self, generator: Tensor, batch: Batch) -> Pulled:
        """The points, and how a gradient in each of them is pulled back to the parameters [S, P]."""
        return self._generate.pulled(generator, self._told.latents(batch.z), self._dice)

    def discriminator_loss(self, discriminator: Tensor, points: Tensor, batch: Batch) -> Tensor:
        """The objective's loss and every penalty, [S].

        Args:
            discriminator: Its parameters, [S, P].
            points: The generator's, [S, B, 2].
            batch: As drawn.
        """
        # A name of its own: a slope at these points is not to follow D's earlier steps back to them.
        real, fake = self._sides(points.view_as(points), batch)

        def judge(x: Tensor) -> Tensor:
            return self._judge(discriminator, x, self._dice).squeeze(-1)

        if self._judge.compares:
            on_real, on_fake = judge(real), judge(fake)
        else:
            # One pass for both: points do not see one another.
            on_real, on_fake = judge(torch.cat([real, fake], dim=1)).chunk(2, dim=1)
        loss = self.objective.discriminator_loss(on_real, on_fake)
        return loss + self._terms(lambda x: slope_of(judge, x), real, fake, on_real)

    def _terms(self, slope: Slope, real: Tensor, fake: Tensor, on_real: Tensor) -> Tensor | float:
        """What the penalties add to the discriminator's loss, [S]."""

        def of_places(x: Tensor) -> Tensor:
            return self._told.places_only(slope(x))

        sight = Sight(of_places, real, fake, on_real, self._draws, self._round)
        return sum((penalty.term(sight) for penalty in self._penalties), start=0.0)

    def _sides(self, points: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """What D sees of either kind, [S, B / m, 2 m], and the classes behind it."""
        assert batch.real is not None
        for penalty in self._penalties:
            points, self._old = penalty.mixed(points, self._old, self._draws)
        # Packed once, here: what D sees is a pack, and so are the slopes that penalties measure.
        return self._real(self._seen(batch.real), batch.real), self._made(self._seen(points))

    def generator_loss(self, discriminator: Tensor, points: Tensor, batch: Batch) -> Tensor:
        """The objective's loss, [S]; arguments as `discriminator_loss`."""
        seen = self._made(self._seen(points))
        on_fake = self._judge(discriminator, seen, self._dice).squeeze(-1)
        return self.objective.generator_loss(self._on_real(discriminator, batch), on_fake)

    def _on_real(self, discriminator: Tensor, batch: Batch) -> Tensor:
        """Logits of the real points, [S, B / m], or none where the generator's loss sees none."""
        if batch.real is None or not self.objective.pairs:
            return discriminator.new_empty((len(discriminator), 0))
        seen = self._real(self._seen(batch.real), batch.real)
        return self._judge(discriminator, seen, self._dice).squeeze(-1)

    def discriminator_gradient(self, discriminator: Tensor, points: Tensor, batch: Batch) -> Tensor:
        """Gradient of the discriminator's loss over its parameters, [S, P].

        Arguments as `discriminator_loss`.
        """
        if not self._judge.by_hand:
            return gradient(lambda d: self.discriminator_loss(d, points, batch), discriminator)
        with torch.no_grad():
            real, fake = self._sides(points, batch)
            judged = self._judge.pulled(discriminator, torch.cat([real, fake], dim=1))
            on_real, on_fake = judged.value.squeeze(-1).chunk(2, dim=1)
            push_real, push_fake = self.objective.discriminator_push(on_real, on_fake)
            row: Tensor | float = 0.0
            if self._has("term"):
                # A slope has a gradient of its own; what else a term looks at is the logits.
                with torch.enable_grad():
                    d, at = (
                        discriminator.detach().requires_grad_(),
                        on_real.detach().requires_grad_(),
                    )
                    terms = self._terms(lambda x: self._judge.slope(d, x), real, fake, at)
                    # A number where no term is due this round.
                    if isinstance(terms, Tensor):
                        row, more = torch.autograd.grad(
                            terms.sum(), (d, at), materialize_grads=True
                        )
                        push_real = push_real + more
            push = torch.cat([push_real, push_fake], dim=1).unsqueeze(-1)
            return judged.row(push) + row

    def generator_push(self, discriminator: Tensor, points: Tensor, batch: Batch) -> Tensor:
        """Gradient of the generator's loss in each of its points, [S, B, 2].

        Arguments as `discriminator_loss`.
        """
        if not self._judge.by_hand or self._has("seen"):
            return gradient(lambda x: self.generator_loss(discriminator, x, batch), points)
        with torch.no_grad():
            judged = self._judge.pulled(discriminator, self._made(points))
            on_real = self._on_real(discriminator, batch)
            push = self.objective.generator_push(on_real, judged.value.squeeze(-1))
            return self._told.places_only(judged.points(push.unsqueeze(-1))).reshape(points.shape)

    def _dice(self, shape: tuple[int, ...]) -> Tensor:
        return self._draws.uniform(*shape)

    def _evaluated(self, parameters: Tensor, packed: Tensor, among: Tensor) -> Tensor:
        """Logits of packs [S, N, 2 m] -> [S, N], in pieces that fit the memory."""
        n = PIECE // (len(parameters) * self._judge.numbers(among.shape[1]))
        pieces = packed.split(max(n, 1), dim=1)
        return torch.cat([self._judge(parameters, x, among=among) for x in pieces], 1).squeeze(-1)

    def _packed(self, x: Tensor) -> Tensor:
        """Neighbours in a batch side by side: [S, B, 2] -> [S, B / m, 2 m]."""
        return x.reshape(len(x), -1, 2 * self._pack) if self._pack > 1 else x

    def _real(self, x: Tensor, at: Tensor) -> Tensor:
        """What D judges at once of real points [S, B, 2] that it sees at x and that lie at `at`."""
        return self._told.real(self._packed(x), at)

    def _made(self, x: Tensor) -> Tensor:
        """What D judges at once of a batch of generated points, [S, B, 2]."""
        return self._told.generated(self._packed(x))

    def _seen(self, x: Tensor) -> Tensor:
        for penalty in self._penalties:
            x = penalty.seen(x, self._draws, self._progress)
        return x

    def keep(self, rows: Int) -> None:
        """Go on with some of the seeds only."""
        for part in (self.generator, self.discriminator, self.batches, self._draws):
            part.keep(rows)
        self.shown, self._old = self.shown[rows], self._old[rows]

    def arrays(self) -> Arrays:
        """All that the next round depends on, but for the rules."""
        return {
            "generator": self.generator.arrays(),
            "discriminator": self.discriminator.arrays(),
            "shown": self.shown.cpu().numpy().copy(),
            "replay": self._old.cpu().numpy().copy(),
            "penalty": self._draws.arrays(),
            "batches": self.batches.arrays(),
        }

    def restore(self, arrays: Arrays, rows: Int) -> None:
        """Go on from there, with the seeds at some positions of the ensemble, by the present rules."""
        device = self.shown.device
        self.generator.restore(arrays["generator"])
        self.discriminator.restore(arrays["discriminator"])
        self.shown, self._old = tensor(arrays["shown"], device), tensor(arrays["replay"], device)
        self._draws.restore(arrays["penalty"])
        self.batches.restore(arrays["batches"], rows)

    def finite(self) -> np.ndarray:
        """Which seeds still have finite parameters, [S]."""
        # A sum is finite only if every term is; float64, so that large finite terms do not overflow
        # (Apple's cards have none: there a seed ends a little earlier).
        sides = (self.generator, self.discriminator)
        wide = torch.float32 if self.shown.device.type == "mps" else torch.float64
        sums = sum(side.parameters.sum(1, dtype=wide) for side in sides)
        return torch.isfinite(torch.as_tensor(sums)).cpu().numpy()
