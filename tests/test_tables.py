from __future__ import annotations

import csv
import math
import resource
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from games import small_toml

from toylab.base.errors import ToylabError
from toylab.claims.sweep import Plan, SweepRow, plan
from toylab.claims.sweep_tables import TABLES, check_table

OVER = [
    "game.generator_steps=1,2",
    "optimizer.generator.lr=1e-3,2e-3",
    "game.objective=hinge,least_squares",
]


@pytest.fixture
def wanted(scenario_file: Callable[..., Path]) -> Plan:
    adam = {"kind": "adam"}
    text = small_toml(optimizer={"generator": adam, "discriminator": adam})
    return plan(str(scenario_file("small", text)), OVER, ["c2st", "modes_hit"], [3, 4])


def row(k: int, *values: str, failure: str = "") -> SweepRow:
    return SweepRow(values, k, (math.nan if failure else k / 3, float(k)), failure)


FIRST = [row(3, "1", "1e-3", "hinge"), row(4, "1", "1e-3", "hinge", failure='MemoryError: "a", b')]
SECOND = [row(3, "2", "2e-3", "least_squares")]


def lines(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def columns(path: Path) -> list[tuple[str, str]]:
    return [
        tuple(map(str, c[:2]))
        for c in duckdb.connect().execute(f"describe from '{path}'").fetchall()
    ]  # type: ignore[misc]


def rows_of(path: Path) -> list[tuple[object, ...]]:
    return duckdb.connect().execute(f"from '{path}'").fetchall()


def write(path: Path, wanted: Plan, *parts: list[SweepRow]) -> Path:
    with TABLES[path.suffix].open(path, wanted) as add:
        for part in parts:
            add(part)
    return path


def test_both_kinds_of_table_say_the_same(wanted: Plan, tmp_path: Path) -> None:
    text = lines(write(tmp_path / "x.csv", wanted, FIRST, SECOND))
    path = write(tmp_path / "x.parquet", wanted, FIRST, SECOND)
    assert columns(path) == [
        ("game.generator_steps", "BIGINT"),
        ("optimizer.generator.lr", "DOUBLE"),
        ("game.objective", "VARCHAR"),
        ("seed", "BIGINT"),
        ("c2st", "DOUBLE"),
        ("modes_hit", "DOUBLE"),
        ("failure", "VARCHAR"),
    ]
    assert text[0] == [name for name, _ in columns(path)]
    found = rows_of(path)
    assert found[0] == (1, 1e-3, "hinge", 3, 1.0, 3.0, "")
    assert len(found) == len(text) - 1 == 3
    for told, cells in zip(found, text[1:], strict=True):
        for value, cell in zip(told, cells, strict=True):
            if isinstance(value, str):
                assert cell == value
            else:
                assert isinstance(value, int | float)
                assert float(cell) == pytest.approx(value, rel=1e-5, nan_ok=True)


@pytest.mark.parametrize("ending", TABLES)
def test_what_has_ended_is_on_the_disk_before_the_rest(
    ending: str, wanted: Plan, tmp_path: Path
) -> None:
    path = tmp_path / f"x{ending}"
    whole = write(tmp_path / f"whole{ending}", wanted, FIRST).read_bytes()
    with TABLES[ending].open(path, wanted) as add:
        add(FIRST)
        assert path.read_bytes() == whole


@pytest.mark.parametrize("ending", TABLES)
def test_a_sweep_that_is_stopped_keeps_its_rows(ending: str, wanted: Plan, tmp_path: Path) -> None:
    path = tmp_path / f"x{ending}"
    with pytest.raises(KeyboardInterrupt), TABLES[ending].open(path, wanted) as add:
        add(FIRST)
        add(SECOND)
        raise KeyboardInterrupt
    both = write(tmp_path / f"both{ending}", wanted, FIRST, SECOND)
    assert path.read_bytes() == both.read_bytes()


@pytest.mark.parametrize("ending", TABLES)
def test_an_old_table_stands_until_there_is_a_row(
    ending: str, wanted: Plan, tmp_path: Path
) -> None:
    write(tmp_path / f"new{ending}", wanted)
    assert not (tmp_path / f"new{ending}").exists()
    path = write(tmp_path / f"x{ending}", wanted, FIRST)
    before = path.read_bytes()
    write(path, wanted)
    assert path.read_bytes() == before
    write(path, wanted, SECOND)
    assert path.read_bytes() == write(tmp_path / f"y{ending}", wanted, SECOND).read_bytes()


@pytest.mark.parametrize("ending", TABLES)
def test_a_table_that_cannot_be_written_is_named(ending: str, wanted: Plan, tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file")
    with pytest.raises(ToylabError, match=r"Cannot write .*x\."):
        write(tmp_path / "folder" / f"x{ending}", wanted, FIRST)


def test_a_full_disk_leaves_no_half_row(wanted: Plan, tmp_path: Path) -> None:
    first = write(tmp_path / "first.csv", wanted, FIRST).read_bytes()
    path, limit = tmp_path / "x.csv", resource.getrlimit(resource.RLIMIT_FSIZE)
    with pytest.raises(ToylabError, match=r"Cannot write .*x\.csv"):
        with TABLES[".csv"].open(path, wanted) as add:
            add(FIRST)
            # As a full disk does, the system takes a part of the next row, and no more.
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(first) + 9, limit[1]))
            try:
                add(SECOND)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert path.read_bytes() == first


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    check_table(Path("x.csv"))
    with pytest.raises(ToylabError, match=r"toylab\[parquet\].*or write x\.csv"):
        check_table(Path("x.parquet"))
