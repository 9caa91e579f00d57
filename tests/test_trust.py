"""Whatever is fed in: every command ends well or in a few lines, quickly, within memory.

Some 11,000 cases here; `make fuzz` tries a hundred times as many. A case calls the command line in this
process, as `toylab ...` would, and fails on any traceback by raising it.
"""

from __future__ import annotations

import copy
import io
import json
import os
import resource
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from commands import ends_well
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from toylab.scenario import catalogue
from toylab.scenario.scenario import schema
from toylab.trace import Trace

pytestmark = pytest.mark.slow

# A multiplier for long runs.
TIMES = int(os.environ.get("TOYLAB_FUZZ", "1"))
# 10 s a case, as the house promises; a loaded machine is slower than a user's.
LIMIT_MS = 10_000
# Above what the suite itself takes: a case may not need more than two films' worth.
MOST_BYTES = 2 << 30


def tried(n: int) -> Callable[[Any], Any]:
    return settings(
        max_examples=n * TIMES,
        deadline=LIMIT_MS,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        database=None,
        derandomize=TIMES == 1,
    )


@pytest.fixture(autouse=True, scope="module")
def _within_memory() -> Iterator[None]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (after - before) * 1024 < MOST_BYTES


# --- scenario files ---

JUNK = st.one_of(
    st.none().map(lambda _: {}),
    st.booleans(),
    st.integers(-(2**70), 2**70).filter(lambda n: -(2**63) <= n < 2**63),
    st.floats(allow_nan=True),
    st.text(max_size=20),
    st.sampled_from(["", "ring", "adam", "../x", "\u202e", "𝔾", "$(x)", "'\"", "nan"]),
    st.lists(st.integers(-3, 3), max_size=3),
    st.lists(st.floats(-2, 2), max_size=3),
    st.just({"kind": "r1"}),
    st.just([[]]),
    st.just([{}]),
    st.just([1, "x"]),
)
FILES = {name: catalogue.parse(catalogue.find(name)) for name in catalogue.names()}


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    inner = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, value in inner:
        found += places(value, (*path, key))
    return found


def changed(data: dict[str, Any], changes: list[tuple[int, str, Any]]) -> dict[str, Any]:
    data = json.loads(json.dumps(data))
    for where, action, drawn in changes:
        # The same list may be drawn twice, and put into itself.
        junk = copy.deepcopy(drawn)
        at = places(data)
        if not at:
            break
        *way, last = at[where % len(at)]
        node: Any = data
        for key in way:
            node = node[key]
        if action == "drop":
            del node[last]
        elif action == "replace":
            node[last] = junk
        elif isinstance(node, dict):
            node[f"{last}x"[:30]] = junk
        else:
            node.append(junk)
    return data


CHANGES = st.lists(
    st.tuples(st.integers(0, 999), st.sampled_from(["drop", "replace", "add"]), JUNK),
    min_size=1,
    max_size=4,
)


@given(which=st.sampled_from(sorted(FILES)), changes=CHANGES)
@tried(2000)
def test_any_changed_scenario_is_shown_or_refused(which: str, changes: Any, scratch: Path) -> None:
    path = scratch / "fuzzed.toml"
    try:
        text = tomli_w.dumps(changed(FILES[which], changes))
    except (TypeError, ValueError):
        return  # not expressible in TOML
    path.write_text(text, encoding="utf-8", errors="replace")
    ends_well("show", str(path), names="fuzzed.toml")


@given(
    name=st.sampled_from(catalogue.names()),
    cuts=st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=4)), min_size=1, max_size=6),
)
@tried(900)
def test_any_damaged_scenario_file_is_shown_or_refused(
    name: str, cuts: list[tuple[int, bytes]], scratch: Path
) -> None:
    data = catalogue.find(name).read_bytes()
    for at, new in cuts:
        at %= len(data) + 1
        data = data[:at] + new + data[at + len(new) :]
    path = scratch / "damaged.toml"
    path.write_bytes(data)
    ends_well("show", str(path), names="damaged.toml")


# --- changes ---


def paths_of_the_schema() -> list[str]:
    made, found = schema(), []

    def walk(node: dict[str, Any], path: str, depth: int) -> None:
        if "$ref" in node:
            node = made["$defs"][node["$ref"].rsplit("/", 1)[-1]]
        for branch in (*node.get("oneOf", ()), *node.get("anyOf", ())):
            walk(branch, path, depth)
        for key, inner in node.get("properties", {}).items():
            at = f"{path}.{key}".lstrip(".")
            found.append(at)
            if depth < 4:
                walk(inner, at, depth + 1)
        if "items" in node and depth < 4:
            found.append(f"{path}[0]")
            walk(node["items"], f"{path}[0]", depth + 1)

    walk(made, "", 0)
    return sorted(set(found))


VALUES = st.one_of(
    st.text(max_size=12),
    st.integers(-5, 10**7).map(str),
    st.floats().map(str),
    st.sampled_from(
        ["[]", "{}", "[[1,2]]", "true", "1e6", "'x'", '"', "[", "=", "[1, 'x']", "1e-9"]
    ),
)


@given(
    name=st.sampled_from(catalogue.names()),
    changes=st.lists(
        st.tuples(st.one_of(st.sampled_from(paths_of_the_schema()), st.text(max_size=15)), VALUES),
        min_size=1,
        max_size=3,
    ),
)
@tried(2000)
def test_any_change_is_taken_or_refused(name: str, changes: list[tuple[str, str]]) -> None:
    words = [word for path, value in changes for word in ("--set", f"{path}={value}")]
    ends_well("show", name, *words, names="--set")


# --- traces ---


@pytest.fixture(scope="module")
def whole_trace(tmp_path_factory: pytest.TempPathFactory, small_trace: Trace) -> Path:
    path = tmp_path_factory.mktemp("trace") / "t.npz"
    small_trace.save(path)
    return path


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")


def entries(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: dict[str, bytes], path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


@given(at=st.integers(0, 10**7), byte=st.integers(0, 255), cut=st.booleans())
@tried(1000)
def test_any_damaged_trace_is_read_or_refused(
    at: int, byte: int, cut: bool, whole_trace: Path, scratch: Path
) -> None:
    data = whole_trace.read_bytes()
    at %= len(data)
    data = data[:at] + (b"" if cut else bytes([byte]) + data[at + 1 :])
    path = scratch / "damaged.npz"
    path.write_bytes(data)
    ends_well("inspect", str(path), names="damaged.npz")


def foreign(kind: str, array: np.ndarray, number: float) -> np.ndarray:
    flat = array.copy()
    match kind:
        case "nan":
            return np.full_like(flat, np.nan) if flat.dtype.kind == "f" else flat * 0 - 1
        case "value":
            flat.reshape(-1)[: flat.size // 2] = np.clip(number, -(2**31), 2**31)
            return flat
        case "type":
            return array.astype(np.complex64 if array.dtype.kind == "f" else np.float32)
        case "text":
            return array.astype("U8")
        case "shape":
            return array[..., None]
        case "empty":
            return array[:0]
        case _:
            return array[: max(1, len(array) // 2)]


@given(
    data=st.data(),
    kind=st.sampled_from(["nan", "value", "type", "text", "shape", "empty", "half"]),
    number=st.floats(allow_nan=False),
)
@tried(300)
def test_any_foreign_array_in_a_trace_is_filmed_or_refused(
    data: Any, kind: str, number: float, whole_trace: Path, scratch: Path
) -> None:
    parts = entries(whole_trace)
    name = data.draw(st.sampled_from(sorted(n for n in parts if n != "meta.npy")))
    array = np.load(io.BytesIO(parts[name]))
    with np.errstate(all="ignore"):
        made = foreign(kind, array, number)
    buffer = io.BytesIO()
    np.save(buffer, made)
    path = scratch / "foreign.npz"
    zipped({**parts, name: buffer.getvalue()}, path)
    ends_well("render", str(path), "-o", str(scratch / "out.gif"), names="foreign.npz")


@given(which=st.sampled_from(sorted(FILES)), changes=CHANGES)
@tried(300)
def test_any_story_in_a_trace_is_filmed_or_refused(
    which: str, changes: Any, whole_trace: Path, scratch: Path
) -> None:
    """A trace whose settings were written by somebody else."""
    parts = entries(whole_trace)
    try:
        told = tomli_w.dumps(changed(FILES[which], changes))
    except (TypeError, ValueError):
        return
    meta = json.loads(np.load(io.BytesIO(parts["meta.npy"])).tobytes())
    meta["settings"] = told
    buffer = io.BytesIO()
    np.save(buffer, np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8))
    path = scratch / "retold.npz"
    zipped({**parts, "meta.npy": buffer.getvalue()}, path)
    ends_well("render", str(path), "-o", str(scratch / "out.gif"), names="")


def test_a_pickle_in_a_trace_is_not_opened(whole_trace: Path, scratch: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (exec, (f"open({str(scratch / 'sprung')!r}, 'w')",))

    buffer = io.BytesIO()
    np.save(buffer, np.array([Trap()], dtype=object), allow_pickle=True)
    for name in ("samples.npy", "meta.npy"):
        path = scratch / "trap.npz"
        zipped({**entries(whole_trace), name: buffer.getvalue()}, path)
        assert ends_well("render", str(path), "-o", str(scratch / "o.gif"), names="trap.npz") == 2
    assert not (scratch / "sprung").exists()


def test_a_zip_bomb_is_refused_before_it_unpacks(whole_trace: Path, scratch: Path) -> None:
    """100 MB on disk would be 100 GB; this one says that it is large, and is not believed."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (2**36, 1, 1, 2)}
    )
    for body in (b"", b"\0" * (1 << 28)):
        path = scratch / "bomb.npz"
        zipped({**entries(whole_trace), "samples.npy": header.getvalue() + body}, path)
        assert ends_well("inspect", str(path), names="bomb.npz") == 2


# --- data of the user's own ---

ROWS = st.lists(
    st.lists(
        st.one_of(
            st.floats().map(repr), st.text(max_size=6), st.integers(-(10**30), 10**30).map(str)
        ),
        max_size=4,
    ).map(",".join),
    max_size=12,
).map("\n".join)


def own(scratch: Path, kind: str, file: str) -> Path:
    path = scratch / "own.toml"
    path.write_text(
        f'title = "t"\nlesson = "l"\n[target]\nkind = "{kind}"\nfile = "{file}"\n', encoding="utf-8"
    )
    return path


@given(data=st.one_of(ROWS.map(lambda t: t.encode("utf-8", "replace")), st.binary(max_size=200)))
@tried(900)
def test_any_csv_is_read_or_refused(data: bytes, scratch: Path) -> None:
    (scratch / "x.csv").write_bytes(data)
    ends_well("show", str(own(scratch, "points", "x.csv")), names="x.csv")


MODES = ["1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "LA", "I;16"]


@given(
    mode=st.sampled_from(MODES),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    ending=st.sampled_from(["png", "tiff", "gif", "jpeg", "bmp", "webp"]),
    filling=st.binary(min_size=1, max_size=60),
    cut=st.one_of(st.none(), st.integers(0, 4000)),
)
@tried(1000)
def test_any_picture_is_read_or_refused(
    mode: str, size: tuple[int, int], ending: str, filling: bytes, cut: int | None, scratch: Path
) -> None:
    path = scratch / f"x.{ending}"
    picture = Image.new(mode, size)
    n = len(picture.tobytes())
    picture.frombytes((filling * (n // len(filling) + 1))[:n])
    try:
        picture.save(path)
    except (OSError, KeyError, ValueError):
        return  # the format does not know the mode
    if cut is not None:
        data = path.read_bytes()
        path.write_bytes(data[: cut % len(data)])
    ends_well("show", str(own(scratch, "image", path.name)), names=path.name)


def test_pictures_made_to_hurt(scratch: Path) -> None:
    """A bomb of 30,000 x 30,000 white pixels, an animation, a picture of one pixel."""
    Image.new("1", (30_000, 30_000), 1).save(scratch / "bomb.png")
    assert ends_well("show", str(own(scratch, "image", "bomb.png")), names="bomb.png") == 2
    frames = [Image.new("L", (4, 4), v) for v in (0, 255)]
    frames[0].save(scratch / "moving.gif", save_all=True, append_images=frames[1:])
    assert ends_well("show", str(own(scratch, "image", "moving.gif"))) == 0
    Image.new("L", (1, 1), 0).save(scratch / "dot.png")
    assert ends_well("show", str(own(scratch, "image", "dot.png"))) == 0


# --- where to write ---


@pytest.mark.parametrize(
    "output",
    ["", ".", "..", "x", "x.", ".gif", "x.xyz", "a/b/../c.gif", "-x.gif", "x\n.gif", "ñ𝔾 .gif", "x" * 300 + ".gif"],
)  # fmt: skip
def test_any_output_is_written_or_refused(
    output: str, whole_trace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.npz").write_bytes(whole_trace.read_bytes())
    code = ends_well("render", "t.npz", f"--output={output}")
    assert code == 2 or Path(output).is_file()
    assert not list(tmp_path.rglob("*.part*"))


@pytest.mark.parametrize("name", ["folder.gif", "file/x.gif", "/proc/x.gif", "/dev/full/x.gif"])
def test_an_output_that_cannot_be_is_one_line(
    name: str, whole_trace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.npz").write_bytes(whole_trace.read_bytes())
    Path("folder.gif").mkdir()
    Path("file").write_text("mine")
    assert ends_well("render", "t.npz", "-o", name, names=name.split("/")[-1]) == 2
    assert Path("file").read_text() == "mine"
