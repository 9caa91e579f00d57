"""Make the environments of a user: `environments.py PYTHON OTHER`; OTHER may be empty.

.venv-user has what `pip install` of the wheel brings and nothing else; .venv-user-full lies over it and has
every extra and a kernel; .venv-other is of another Python and has all but torch.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
ABOUT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = [extra for extra in ABOUT["optional-dependencies"] if extra != "dev"]


def main(python: str, other: str) -> None:
    """Make them all anew."""
    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
        subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        (wheel,) = Path(folder).glob("*.whl")
        plain = fresh(python, ".venv-user")
        install(plain, str(wheel))
        full = fresh(python, ".venv-user-full")
        site = "lib/python*/site-packages"
        (below,), (above,) = plain.glob(site), full.glob(site)
        (above / "plain.pth").write_text(f"{below}\n", encoding="utf-8")
        install(full, f"toylab[{','.join(EXTRAS)}]", "ipykernel")
        if other:
            third = fresh(other, ".venv-other")
            names = [re.split(r"[<>=\[]", one)[0] for one in ABOUT["dependencies"]]
            install(third, *(name for name in names if name != "torch"))
            install(third, "--no-deps", str(wheel))
        else:
            shutil.rmtree(ROOT / ".venv-other", ignore_errors=True)


def fresh(python: str, name: str) -> Path:
    """An empty environment of a Python."""
    subprocess.run([python, "-m", "venv", "--clear", name], cwd=ROOT, check=True)
    return ROOT / name


def install(where: Path, *what: str) -> None:
    """Install in an environment, in the versions that were tested."""
    flags = ["--quiet", "--disable-pip-version-check", "-c", str(ROOT / "constraints.txt")]
    subprocess.run([where / "bin" / "pip", "install", *flags, *what], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
