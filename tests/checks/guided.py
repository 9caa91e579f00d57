"""Fuzz what is read from outside with atheris, which looks for bytes that reach new lines of the code.

A process a door: a scenario file, a `--set`, a trace, a CSV file, a picture. Every case calls the command
line and must end as `tests/commands.py` says: exit code 0 or 2, a few lines, no traceback; in ten seconds,
within 4 GiB. Bytes that break a door are kept, and their path is said. Run with `make fuzz-guided`.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import atheris  # pyright: ignore[reportMissingImports]
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

# The first process only starts one for each door.
DOOR = sys.argv[1] if len(sys.argv) > 1 else ""
WATCHED = ["toylab", "tomllib"] if DOOR else ["nothing"]

with atheris.instrument_imports(include=WATCHED):  # pyright: ignore[reportAttributeAccessIssue]
    from commands import ends_well
    from games import SMALL

    from toylab import record
    from toylab.scenario import catalogue
    from toylab.scenario.scenario import check

SECONDS = int(os.environ.get("TOYLAB_FUZZ_SECONDS", "600"))
FINDINGS = Path("fuzz-findings")


def _shown(file: Path) -> None:
    ends_well("show", str(file), names=file.name)


def _changed(file: Path) -> None:
    # What a shell hands over has no NUL, and bytes that are no UTF-8 as lone surrogates.
    text = file.read_bytes().decode("utf-8", "surrogateescape").replace("\0", "")
    ends_well("show", "mode-collapse", f"--set={text}")


def _inspected(file: Path) -> None:
    ends_well("inspect", str(file), names=file.name)


def _targeted(kind: str, file: Path) -> None:
    scenario = file.with_suffix(".toml")
    text = f'title = "t"\nlesson = "l"\n[target]\nkind = "{kind}"\nfile = "{file.name}"\n'
    scenario.write_text(text, encoding="utf-8")
    ends_well("show", str(scenario), names=file.name)


def _a_trace() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        record(check(SMALL, name="small"), seeds=[0]).save(Path(folder) / "t.npz")
        return (Path(folder) / "t.npz").read_bytes()


def _pictures() -> list[bytes]:
    made = []
    for mode, kind in (("L", "png"), ("RGBA", "png"), ("P", "png"), ("1", "png")):
        Image.new(mode, (4, 3)).save(buffer := io.BytesIO(), kind)
        made.append(buffer.getvalue())
    return made


# Of each door: how the file is called, what is done with it, and what to begin with.
DOORS: dict[str, tuple[str, Callable[[Path], None], Callable[[], list[bytes]]]] = {
    "scenario": (
        "f.toml",
        _shown,
        lambda: [catalogue.find(name).read_bytes() for name in catalogue.names()],
    ),
    "change": (
        "f.txt",
        _changed,
        lambda: [b"training.steps=10", b"game.penalties=[{kind='r1'}]", b"target.modes=[[0,1]]"],
    ),
    "trace": ("f.npz", _inspected, lambda: [_a_trace()]),
    "points": (
        "f.csv",
        partial(_targeted, "points"),
        lambda: [b"0,1\n2,3\n", b"x,y\n1e3,-4\n", b"1;2\n"],
    ),
    "picture": ("f.png", partial(_targeted, "image"), _pictures),
}


def fuzz(door: str, seconds: int) -> None:
    """Try one door for some seconds; libFuzzer ends the process."""
    name, act, first = DOORS[door]
    folder = Path(tempfile.mkdtemp(prefix="toylab-fuzz-"))
    corpus, file = folder / "corpus", folder / name
    corpus.mkdir()
    for i, data in enumerate(first()):
        (corpus / f"{i}").write_bytes(data)

    def case(data: bytes) -> None:
        file.write_bytes(data)
        act(file)

    limits = ["-timeout=10", "-rss_limit_mb=4096", f"-max_total_time={seconds}", "-max_len=65536"]
    kept = f"-artifact_prefix={FINDINGS.resolve()}/{door}-"
    atheris.Setup([sys.argv[0], *limits, kept, "-verbosity=1", str(corpus)], case)
    atheris.Fuzz()


def main() -> int:
    """Try each door in a process of its own; tell the cases, and where findings lie."""
    FINDINGS.mkdir(exist_ok=True)
    failed = 0
    for door in DOORS:
        told = subprocess.run(
            [sys.executable, __file__, door],
            capture_output=True,
            text=True,
            errors="replace",
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            check=False,
        )
        cases = re.findall(r"^#(\d+)\s.*?cov: (\d+)", told.stderr, re.M) or [("0", "0")]
        print(f"{door:<9} {int(cases[-1][0]):>9,} cases, {cases[-1][1]} places reached", flush=True)
        if told.returncode:
            failed = 1
            print(f"  broken; see {FINDINGS}/\n{(told.stdout + told.stderr)[-3000:]}", flush=True)
    return failed


if __name__ == "__main__":
    if DOOR:
        fuzz(DOOR, SECONDS)
    else:
        sys.exit(main())
