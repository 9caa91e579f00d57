"""Snapshot and Trace: all that a training leaves behind, and its file."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, get_origin, get_type_hints

import numpy as np

from toylab import targets
from toylab.base import toml
from toylab.base.axes import Float, Int
from toylab.base.choice import make, refuse_outside
from toylab.base.errors import ToylabError
from toylab.base.files import whole
from toylab.base.foreign import at_home, lookalike
from toylab.base.memory import machine_bytes
from toylab.base.settings import sections
from toylab.trace.bounds import misread

FORMAT = 2


def none_later() -> Float:
    """What holds from a change on, where nothing changes, [0, 0, 0, 2]."""
    return np.zeros((0, 0, 0, 2), np.float32)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The game at one moment. Rows of a diverged seed are NaN.

    Attributes:
        step: Rounds played so far.
        samples: G of the fixed latents, data units, [S, N, 2]; these, the lattice and the real points are
            float64 where the target's frame is not plain, float32 otherwise.
        real_logits: D's logit at the fixed real points, [S, N].
        fake_logits: D's logit at `samples`, [S, N].
        losses: The discriminator's (without penalties) and the generator's, on the fixed points, [S, 2].
        gradients: Norms over parameters: the generator's own loss, the saturating loss, the
            non-saturating loss, and the discriminator's own loss, [S, 4].
        critic: Mean slope of D's logit half-way between real and generated points, per players' unit (the
            data's own, unless the target has another frame), and the share of D's parameters whose size
            is the largest of all, [S, 2].
        logits: D's logit on the grid, rows from low y to high y, [F, H, W].
        pushes: Minus the gradient of each sample's own generator loss, per players' unit, [F, N, 2].
        lattice: G of a square lattice of latents, data units, [F, L, L, 2]; L is 0 unless z has two
            dimensions.
        train_logits: D's logit at the finite training set, [S, M]; M is 0 where data is fresh.
        parameters: Of the generator, then of the discriminator, [S, Q]; Q is 0 but for the exactly
            solvable games.
        diverged_at: Step at which a seed stopped being finite, or -1, [S].
    """

    step: int
    samples: Float
    real_logits: Float
    fake_logits: Float
    losses: Float
    gradients: Float
    critic: Float
    logits: Float
    pushes: Float
    lattice: Float
    train_logits: Float
    parameters: Float
    diverged_at: Int


@dataclass(frozen=True, eq=False)
class Trace:
    """All snapshots of one ensemble, stacked.

    Attributes:
        steps: Rounds played at each snapshot, increasing, [T].
        seeds: Seeds of the ensemble, [S].
        filmed: Positions in `seeds` whose surface was recorded, [F].
        real: The fixed real points of each seed, data units, [S, N, 2].
        extent: x0, x1, y0, y1 of the grid, data units, [4].
        diverged_at: Step at which a seed stopped being finite, or -1, [S].
        field: For the exactly solvable games, where each player is pushed on a grid of the plane of
            their first parameters (rows: the discriminator's; generator's push first), [V, V, 2].
        field_extent: Of that plane: generator from, to, discriminator from, to, [4].
        target_data: What the target read from a file, [D, E]; empty where it read none.
        settings_text: The scenario with all its settings, as TOML.
        provenance: Scenario's name, versions and command.
        later_real: As `real`, from each change on the way on, [C, S, N, 2]; C is 0 where nothing changes.
        later_field: As `field`, likewise, [C, V, V, 2].

    The other arrays are those of `Snapshot` with an axis T in front. The axes in the types are held to on
    loading; a file has the arrays in this order.
    """

    steps: Annotated[Int, "T"]
    samples: Annotated[Float, "TSN2"]
    real_logits: Annotated[Float, "TSN"]
    fake_logits: Annotated[Float, "TSN"]
    losses: Annotated[Float, "TS2"]
    gradients: Annotated[Float, "TS4"]
    critic: Annotated[Float, "TS2"]
    logits: Annotated[Float, "TFHW"]
    pushes: Annotated[Float, "TFN2"]
    lattice: Annotated[Float, "TFLL2"]
    diverged_at: Annotated[Int, "S"]
    seeds: Annotated[Int, "S"]
    filmed: Annotated[Int, "F"]
    real: Annotated[Float, "SN2"]
    extent: Annotated[Float, "4"]
    train_logits: Annotated[Float, "TSM"]
    parameters: Annotated[Float, "TSQ"]
    field: Annotated[Float, "VV2"]
    field_extent: Annotated[Float, "4"]
    target_data: Annotated[Float, "DE"]
    settings_text: str
    provenance: dict[str, str]
    later_real: Annotated[Float, "CSN2"] = dataclasses.field(default_factory=none_later)
    later_field: Annotated[Float, "CVV2"] = dataclasses.field(default_factory=none_later)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The scenario's settings as plain data."""
        return toml.read(self.settings_text)

    @cached_property
    def target(self) -> targets.Target:
        """The distribution that was to be learned at first."""
        return self._targets[0]

    @cached_property
    def _targets(self) -> list[targets.Target]:
        """What was to be learned in each section; one object for as long as it stays."""
        found: list[targets.Target] = []
        told = [settings["target"] for _, settings in sections(self.settings)]
        for i, one in enumerate(told):
            found.append(found[-1] if i and one == told[i - 1] else self._read(one))
        return found

    def _read(self, told: dict[str, Any]) -> targets.Target:
        if told.get("kind") in targets.TARGETS:
            # The trace may be anybody's: a ring of a billion modes fills a machine's memory.
            refuse_outside("target", targets.TARGETS[told["kind"]], told)
        # From the trace itself: the file is on another machine, or no business of who wrote this.
        read = {"data": self.target_data} if "file" in told or self.target_data.size else {}
        return make("target", targets.TARGETS, {**told, **read})

    @cached_property
    def changes(self) -> tuple[int, ...]:
        """Rounds before which the settings change on the way."""
        return tuple(at for at, _ in sections(self.settings)[1:])

    def section(self, snapshot: int) -> int:
        """How many changes lie before a snapshot; one taken where they change shows what was before."""
        return int(np.searchsorted(self.changes, self.steps[snapshot]))

    def target_of(self, snapshot: int) -> targets.Target:
        """What was to be learned at a snapshot."""
        return self._targets[self.section(snapshot)]

    def real_of(self, snapshot: int) -> Float:
        """The fixed real points at a snapshot, [S, N, 2]; one object for as long as the target stays."""
        section = self.section(snapshot)
        while section and self._targets[section] is self._targets[section - 1]:
            section -= 1
        return self._reals[section]

    @cached_property
    def _reals(self) -> list[Float]:
        return [self.real, *self.later_real]

    def field_of(self, snapshot: int) -> Float:
        """Where each player is pushed at a snapshot, [V, V, 2]; one object in each section."""
        return self._fields[self.section(snapshot)]

    @cached_property
    def _fields(self) -> list[Float]:
        return [self.field, *self.later_field]

    @property
    def parts(self) -> list[Trace]:
        """The trace cut where another target is to be learned; each part knows only its own."""
        return self._cut or [self]

    @cached_property
    def _cut(self) -> list[Trace]:
        """The parts, if any is not the trace itself, which held by itself would never be let go of."""
        n = len(self.steps)
        ends = [t for t in range(1, n) if self.target_of(t) is not self.target_of(t - 1)]
        # Of some windows of a training the first look may lie behind a change.
        one = not ends and self.target_of(0) is self.target
        told = [settings for _, settings in sections(self.settings)]
        found = []
        for start, end in pairwise([0, *ends, n]) if not one else ():
            part = replace(
                self.during(start, end),
                real=self.real_of(start),
                field=self.field_of(start),
                later_real=none_later(),
                later_field=none_later(),
            )
            vars(part)["settings"] = told[self.section(start)]
            found.append(part)
        return found

    def during(self, start: int, stop: int, every: int = 1) -> Trace:
        """The trace of the snapshots from one on and before another, and of nothing else that moves.

        Args:
            start: The first one.
            stop: The one after the last.
            every: 2 for every other one, and so on.
        """
        moving = [name for name, axes in _AXES.items() if axes.startswith("T")]
        part = replace(self, **{name: getattr(self, name)[start:stop:every] for name in moving})
        # Not by way of TOML; and a part's are not what its text says.
        vars(part)["settings"] = self.settings
        return part

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return self.provenance.get("scenario", "")

    def row(self, seed: int) -> int:
        """Position of a seed in the arrays with an axis S.

        Raises:
            ToylabError: If the seed is not in the trace.
        """
        at = np.flatnonzero(self.seeds == seed)
        if not len(at):
            raise ToylabError(f"Seed {seed} is not in this trace; it has {_listed(self.seeds)}.")
        return int(at[0])

    def filmed_row(self, seed: int) -> int:
        """Position of a seed in the arrays with an axis F.

        Raises:
            ToylabError: If the seed's surface was not recorded.
        """
        at = np.flatnonzero(self.filmed == self.row(seed))
        if not len(at):
            known = _listed(self.seeds[self.filmed]) or "none"
            raise ToylabError(f"Seed {seed} was trained but not filmed; filmed seeds: {known}.")
        return int(at[0])

    def alone(self, seed: int) -> Trace:
        """One filmed seed as a trace of its own.

        Raises:
            ToylabError: If the seed was not filmed.
        """
        at = {"S": [self.row(seed)], "F": [self.filmed_row(seed)]}
        own: dict[str, Any] = {}
        for name, axes in _AXES.items():
            array = getattr(self, name)
            if name in _LATER and not len(array):
                continue
            for axis in set(axes) & set(at):
                array = np.take(array, at[axis], axis=axes.index(axis))
            own[name] = array
        return replace(self, **{**own, "filmed": np.zeros(1, dtype=np.int64)})

    @classmethod
    def stack(cls, snapshots: Iterable[Snapshot], n: int, **constants: Any) -> Trace:
        """Stack snapshots as they come, so that none is held beside its own copy.

        Args:
            snapshots: One at least.
            n: How many will come, at most.
            constants: The fields that do not change with time.
        """
        moving = [f.name for f in fields(Snapshot) if f.name not in ("step", "diverged_at")]
        stacked: dict[str, np.ndarray] = {}
        steps: list[int] = []
        ended = np.zeros(0, dtype=np.int64)
        for t, shot in enumerate(snapshots):
            for name in moving:
                one = getattr(shot, name)
                if not t:
                    stacked[name] = np.empty((n, *one.shape), one.dtype)
                stacked[name][t] = one
            steps.append(shot.step)
            ended = shot.diverged_at
        return cls(
            steps=np.asarray(steps, dtype=np.int64),
            diverged_at=ended,
            **{name: array[: len(steps)] for name, array in stacked.items()},
            **constants,
        )

    def save(self, path: str | Path) -> None:
        """Write the trace as .npz, whole or not at all; the same trace gives the same bytes.

        Raises:
            ToylabError: If the file cannot be written.
        """
        # As before there were changes, where there are none.
        arrays = {
            name: getattr(self, name)
            for name in _AXES
            if name not in _LATER or len(self.later_real)
        }
        meta = {"format": FORMAT, "settings": self.settings_text, "provenance": self.provenance}
        arrays["meta"] = np.frombuffer(json.dumps(meta, sort_keys=True).encode(), dtype=np.uint8)
        with (
            whole(Path(path)) as part,
            # Level 1 of 9: floats hardly compress further, and the film should not wait for it.
            zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        ):
            for name, array in arrays.items():
                # Opened by name, an entry is dated 1980-01-01: no clock in the bytes.
                with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)

    @classmethod
    def load(cls, path: str | Path) -> Trace:
        """Read a trace written by `save`. Never unpickles and never runs code from the file.

        Raises:
            ToylabError: If the file is missing, truncated, foreign, or of another format.
        """
        path = at_home(path)
        if not path.is_file():
            what = "a folder" if path.is_dir() else "no such file"
            raise ToylabError(
                f"{path}: {what}. Expected a trace (.npz) that toylab wrote.{lookalike(path)}"
            )
        try:
            return _unpacked(path)
        except ToylabError as error:
            reason, cause = str(error), error
        # A damaged zip can raise nearly anything from zlib, struct, json or numpy's header parser.
        except Exception as error:
            reason, cause = f"it is truncated, damaged or foreign ({type(error).__name__})", error
        raise ToylabError(
            f"{path} is not a readable trace: {reason}.\n"
            "  Expected an .npz file that `toylab train` or `toylab run` wrote; make it again."
        ) from cause


_LATER = ("later_real", "later_field")
_HINTS = get_type_hints(Trace, include_extras=True)
_AXES: dict[str, str] = {
    name: hint.__metadata__[0] for name, hint in _HINTS.items() if get_origin(hint) is Annotated
}


def _listed(numbers: Int) -> str:
    return ", ".join(str(int(n)) for n in numbers[:16]) + (", ..." if len(numbers) > 16 else "")


# Characters of the scenario, no more than a file of one may have; and bytes of the whole description, in
# which one character may take six.
_MOST_TEXT, _MOST_TOLD = 1_000_000, 16_000_000
# Bytes. A film of 2,000 frames and nine seeds is below it; a decompression bomb is above.
_MOST_BYTES = 16 * 2**30


def _most_bytes() -> int:
    """Of a trace, unpacked: half of the machine's memory at most, since whoever reads it needs some too."""
    here = machine_bytes()
    return _MOST_BYTES if here is None else min(_MOST_BYTES, here // 2)


def _unpacked(path: Path) -> Trace:
    """The trace in a file; what is wrong with it is raised, and a damaged one raises anything."""
    with zipfile.ZipFile(path) as archive:
        n_bytes = sum(entry.file_size for entry in archive.infolist())
        if n_bytes > _most_bytes():
            raise ToylabError(f"it unpacks to {n_bytes / 2**30:.3g} GiB, too much for this machine")
        known = {entry.filename.removesuffix(".npy") for entry in archive.infolist()}
        if missing := sorted({*_AXES, "meta"} - {*_LATER} - known):
            raise ToylabError(f"it lacks {', '.join(missing[:4])}")
        if archive.getinfo("meta.npy").file_size > _MOST_TOLD:
            raise ToylabError("its description is longer than any")
        arrays = {}
        for name in (name for name in (*_AXES, "meta") if name in known):
            with archive.open(f"{name}.npy") as file:
                arrays[name] = np.lib.format.read_array(file, allow_pickle=False)
    meta = json.loads(arrays.pop("meta").tobytes())
    if meta["format"] != FORMAT:
        raise ToylabError(f"it has format {meta['format']}, this toylab reads {FORMAT}")
    text, provenance = meta["settings"], meta["provenance"]
    if not isinstance(text, str) or not isinstance(provenance, dict):
        raise ToylabError("its description is damaged")
    if len(text) > _MOST_TEXT:
        raise ToylabError("its scenario is longer than 1 MB")
    provenance = {key: str(value) for key, value in provenance.items()}
    # Half of a surrogate pair is no character, and nothing can print it.
    "".join([text, *provenance, *provenance.values()]).encode()
    if problem := _misshapen(arrays):
        raise ToylabError(problem)
    trace = Trace(**arrays, settings_text=text, provenance=provenance)
    if problem := _mistold(trace):
        raise ToylabError(f"of its scenario, {problem}")
    return trace


def _mistold(trace: Trace) -> str:
    """Say what is wrong with a trace's scenario, parsed now and not in the middle of a film."""
    try:
        wrong = misread(trace.settings)
        if not wrong:
            _ = trace._targets
            n = len(trace.changes)
            if {len(getattr(trace, name)) for name in _LATER} != {n}:
                return f"there are {n} changes, and not as many real points and fields"
        return wrong
    except ToylabError as error:
        return str(error).splitlines()[0].rstrip(".")
    # What a foreign file says may be of any type, and a target may stumble over it in any way.
    except Exception:
        return "it does not parse"


def _misshapen(arrays: dict[str, np.ndarray]) -> str:
    """Say what is wrong with the arrays' types, axes or values; empty if nothing is."""
    sizes: dict[str, int] = {}
    for name, axes in ((name, axes) for name, axes in _AXES.items() if name in arrays):
        array = arrays[name]
        kind = "iu" if _HINTS[name].__origin__ == Int else "f"
        if array.dtype.kind not in kind or array.ndim != len(axes):
            return f"{name} has type {array.dtype} and shape {array.shape}, expected axes {axes}"
        for letter, size in zip(axes, array.shape, strict=True):
            expected = int(letter) if letter.isdigit() else sizes.setdefault(letter, size)
            if size != expected:
                return f"{name} has shape {array.shape}, axes {axes} need {letter} = {expected}"
    if not sizes["T"] or not sizes["S"] or sizes["N"] < 2:
        return "it holds no snapshots"
    if sizes["F"] and min(sizes["H"], sizes["W"]) < 2:
        return "its surface has no area"
    steps = arrays["steps"]
    if np.any(steps[1:] <= steps[:-1]) or steps[0] < 0 or not 1 <= steps[-1] < 2**53:
        return "its steps do not increase"
    if not all(
        np.isfinite(arrays[name]).all() for name in ("real", "later_real") if name in arrays
    ):
        return "its real points are not finite"
    if sizes["V"] and (sizes["V"] < 2 or sizes["Q"] < 2 or sizes["Q"] % 2):
        return "its plane is not of two players"
    for name in ("extent", "field_extent") if sizes["V"] else ("extent",):
        x0, x1, y0, y1 = (float(v) for v in arrays[name])
        if not (np.isfinite([x0, x1, y0, y1]).all() and x0 < x1 and y0 < y1):
            return f"its {name} is not a rectangle"
    filmed = arrays["filmed"]
    if len(filmed) and (filmed.min() < 0 or filmed.max() >= sizes["S"]):
        return "its filmed seeds are not among its seeds"
    return ""
