"""Adding things: one of each kind, put into a copy of the package, at work in a scenario, in one file each."""

from __future__ import annotations

import filecmp
import json
import shutil
from pathlib import Path

import pytest
from commands import ran
from games import small_toml

import toylab

HOME = Path(toylab.__file__).parent

# Of each kind: the file, and what is written at its foot.
ADDED: dict[str, tuple[str, str]] = {
    "objective": (
        "game/objectives.py",
        '''
class Halfway(Objective):
    """Both look for a logit of their own; no derivative is written out."""

    output, zero_sum = "value", False

    def __init__(self, label: float = 0.5) -> None:
        self.label = label

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        return (real - self.label).square().mean(-1) + fake.square().mean(-1)

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        return (fake - self.label).square().mean(-1)


OBJECTIVES["halfway"] = Halfway
''',
    ),
    "penalty": (
        "game/penalties.py",
        '''
@dataclass(frozen=True)
class Centring(Penalty):
    """Pulls D's logits of real points to 0, and moves what D sees."""

    weight: Strength = 0.1
    once = True

    def term(self, sight: Sight) -> Tensor:
        return self.weight * sight.real_logits.square().mean(-1)

    def seen(self, x: Tensor, draws: Draws, progress: float) -> Tensor:
        return x * (1 + self.weight)


PENALTIES["centring"] = Centring
''',
    ),
    "update": (
        "game/updates/__init__.py",
        '''
from toylab.game.updates.update import Game, ascend, descend


class Sandwich(Update):
    """D, G, and D again."""

    def __init__(self, discriminator_steps: Count = 1, generator_steps: Count = 1) -> None:
        self.steps = generator_steps

    def play(self, game: Game) -> None:
        descend(game)
        for _ in range(self.steps):
            ascend(game)
        descend(game)


UPDATES["sandwich"] = Sandwich
''',
    ),
    "optimizer": (
        "game/optimizers.py",
        '''
@dataclass(frozen=True)
class SignDescent(Optimizer):
    """Steps of one size."""

    lr: Rate = 1e-3
    schedule: Schedule = "constant"

    def initial(self, parameters: Tensor) -> State:
        return ()

    def step(self, gradient: Tensor, state: State, scale: float = 1.0) -> tuple[Tensor, State]:
        return gradient.sign() * (-scale * self.lr), state


OPTIMIZERS["sign"] = SignDescent
''',
    ),
    "activation": (
        "game/networks/mlp.py",
        '\nACTIVATIONS["gelu"] = torch.nn.functional.gelu\n',
    ),
    "metric": (
        "metrics/__init__.py",
        '''
def mean_radius(trace: Trace) -> Curve:
    """Mean distance of generated points from the origin, data units, [T, S]."""
    return np.linalg.norm(trace.samples, axis=-1).mean(-1)


METRICS["mean_radius"] = Metric(mean_radius, "Mean radius", "平均半径", low=0)
''',
    ),
    "target": (
        "targets/__init__.py",
        '''
def hexagon(radius: float = 1.0) -> Target:
    """Six Gaussians.

    Args:
        radius: Distance from the centre, data units.
    """
    return ring(modes=6, radius=radius)


TARGETS["hexagon"] = hexagon
''',
    ),
}
SCENARIO = '''title = "All new"
lesson = "One of each."
[[claims]]
text = "The cloud is somewhere"
metric = "mean_radius"
relation = ">="
threshold = 0
''' + small_toml(
    target={"kind": "hexagon", "radius": 1.5},
    generator={"activation": "gelu"},
    game={
        "objective": {"kind": "halfway", "label": 0.7},
        "update": "sandwich",
        "penalties": [{"kind": "centring", "weight": 0.2}],
    },
    optimizer={"generator": {"kind": "sign"}, "discriminator": "sgd"},
)  # fmt: skip


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package, copied, with one more of each kind."""
    copied = tmp_path / "toylab"
    shutil.copytree(HOME, copied, ignore=shutil.ignore_patterns("__pycache__"))
    for file, text in ADDED.values():
        with (copied / file).open("a", encoding="utf-8") as written:
            written.write(f"\n{text}")
    return copied


def test_one_of_each_kind_is_added_in_one_file_and_plays(package: Path, tmp_path: Path) -> None:
    files = {path.relative_to(HOME) for path in HOME.rglob("*.py")}
    touched = {
        path for path in files if not filecmp.cmp(HOME / path, package / path, shallow=False)
    }
    assert touched == {Path(file) for file, _ in ADDED.values()} and len(touched) == len(ADDED)
    (tmp_path / "new.toml").write_text(SCENARIO, encoding="utf-8")
    # As a user has it: the folder in which one stands comes first.
    words = ["check", "new.toml", "--seeds", "2", "--jobs", "1", "-o", "x.json"]
    done = ran(["-m", "toylab", *words], tmp_path)
    assert done.returncode in (0, 1), done.stderr
    numbers = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))["claims"][0]["numbers"]
    assert len(numbers) == 2 and min(numbers) > 0
