"""The set the column benchmarks score and random evaluations of it: 3 levels, 25 leaves, 100 points, ties planted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

SHAPE = {"ratio": 8, "reverse": 4, "bands": 4, "deduct": 3, "checklist": 2, "levels": 2, "ladder": 2}
LEAVES = [(f"{kind}-{n}", kind) for kind, count in SHAPE.items() for n in range(1, count + 1)]
ITEMS = 4
LEVELS = [("优", 100), ("良", 85), ("中", 60), ("差", 30)]
EACH = {"deduct-1": 50, "deduct-2": 100, "deduct-3": 75}  # hundredths of a point
TARGETS = {id: (95 + 7 * at) * 100 for at, (id, _) in enumerate(LEAVES)}  # hundredths
BANDS = [(95, 100), (80, 80), (60, 60)]  # percent of the target, percent of the points


def rule(id: str, kind: str) -> dict[str, Any]:
    target = TARGETS[id] // 100
    match kind:
        case "ratio":
            return {"kind": "ratio", "target": f"≥{target}人"}
        case "reverse":
            return {"kind": "ratio", "target": f"≤{target}人", "direction": "lower"}
        case "bands":
            rows = [{"at_least": target * edge // 100, "share": f"{share}%"} for edge, share in BANDS]
            return {"kind": "bands", "bands": [*rows, {"share": "0%"}]}
        case "deduct":
            each = EACH[id] / 100
            return {"kind": "deduct", "causes": [{"id": "late", "title": "逾期", "each": each}]}
        case "checklist":
            return {
                "kind": "checklist",
                "items": [{"id": f"item{n}", "title": f"要点{n}"} for n in range(1, ITEMS + 1)],
            }
        case "levels":
            return {"kind": "levels", "levels": [{"name": name, "share": f"{share}%"} for name, share in LEVELS]}
        case _:
            knots = [{"at": target / 2, "share": "0%"}, {"at": target, "share": "100%"}]
            return {"kind": "ladder", "knots": knots}


def write_set(folder: Path) -> Path:
    """The set as a file of the folder's indicator_sets/."""
    import yaml

    leaves = [{"id": id, "title": id, "weight": 4, "rule": rule(id, kind)} for id, kind in LEAVES]
    groups = [
        {"id": f"group-{n}", "title": f"二级{n}", "weight": 20, "children": leaves[5 * n : 5 * n + 5]} for n in range(5)
    ]
    tops = [
        {"id": "first", "title": "一级甲", "weight": 40, "children": groups[:2]},
        {"id": "second", "title": "一级乙", "weight": 60, "children": groups[2:]},
    ]
    grades = [{"title": title, "at_least": least} for title, least in [("优", 90), ("良", 80), ("中", 60), ("差", 0)]]
    whole = {
        "id": "workset",
        "title": "基准体系",
        "version": "1",
        "subject": "project",
        "status": "illustrative",
        "weights": "illustrative",
        "rules": "illustrative",
        "effective": {"first": 2020},
        "citations": [{"title": "基准"}],
        "grades": grades,
        "grades_source": "基准",
        "outline": "department-2019",
        "indicators": tops,
    }
    file = folder / "indicator_sets" / "workset.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(whole, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return file


def columns(rows: int, seed: int = 20191231) -> dict[str, Any]:
    """Random evaluations: figures in hundredths, counts, truths, and level numbers. A tenth of the ratios are ties."""
    import numpy as np

    random = np.random.default_rng(seed)
    made: dict[str, Any] = {}
    for id, kind in LEAVES:
        target = TARGETS[id]
        if kind in ("ratio", "reverse", "bands", "ladder"):
            values = random.integers(target // 2, target * 5 // 4, rows)
            tie = random.random(rows) < 0.1  # so many eighths of a percent of the target that the points end in 5
            made[f"{id}.actual"] = np.where(tie, target * random.integers(600, 1000, rows) // 1000 // 5 * 5, values)
        elif kind == "deduct":
            made[f"{id}.count.late"] = random.integers(0, 10, rows)
        elif kind == "checklist":
            made |= {f"{id}.check.item{n}": random.random(rows) < 0.8 for n in range(1, ITEMS + 1)}
        else:
            made[f"{id}.level"] = random.integers(0, len(LEVELS), rows)
    return made


BLOCK = 100_000  # evaluations made at a time


def write_table(file: Path, rows: int, long: bool = False, hundredths: bool = False) -> None:
    """The evaluations as Parquet: a row an evaluation, or a row an indicator. hundredths: figures as whole numbers, as one
    would store them for SQL."""
    import pyarrow as pa
    from pyarrow import parquet

    writer = None
    for start in range(0, rows, BLOCK):
        count = min(BLOCK, rows - start)
        table = pa.table((_long if long else _wide)(start, count, hundredths))
        writer = writer or parquet.ParquetWriter(file, table.schema, store_decimal_as_integer=True)
        writer.write_table(table, row_group_size=131_072)
    if writer:
        writer.close()


def _wide(start: int, count: int, hundredths: bool) -> dict[str, Any]:
    import numpy as np
    import pyarrow as pa

    names = pa.array([name for name, _ in LEVELS])
    made: dict[str, Any] = {"id": pa.array(np.arange(start, start + count))}
    for name, values in columns(count, seed=start + 1).items():
        if name.endswith(".level"):
            made[name] = names.take(pa.array(values))
        else:
            made[name] = _figures(values) if name.endswith(".actual") and not hundredths else pa.array(values)
    return made


def _long(start: int, count: int, hundredths: bool) -> dict[str, Any]:
    """The same evaluations; the parts an indicator does not have are null."""
    import numpy as np
    import pyarrow as pa

    each = len(LEAVES)
    parts: dict[str, Any] = {}
    given: dict[str, Any] = {}
    for name, values in columns(count, seed=start + 1).items():
        id, _, part = name.partition(".")
        at = [leaf for leaf, _ in LEAVES].index(id)
        if part not in parts:
            parts[part], given[part] = np.zeros(count * each, values.dtype), np.zeros(count * each, bool)
        parts[part][at::each], given[part][at::each] = values, True
    ids = pa.array([id for id, _ in LEAVES])
    made: dict[str, Any] = {
        "id": pa.array(np.repeat(np.arange(start, start + count), each)),
        "indicator": pa.DictionaryArray.from_arrays(pa.array(np.tile(np.arange(each, dtype=np.int8), count)), ids),
    }
    for part, values in parts.items():
        if part == "level":
            codes = pa.array(values.astype(np.int8), mask=~given[part])
            made[part] = pa.DictionaryArray.from_arrays(codes, pa.array([name for name, _ in LEVELS]))
        elif part == "actual" and not hundredths:
            made[part] = _figures(values, ~given[part])
        else:
            made[part] = pa.array(values, mask=~given[part])
    return made


def _figures(hundredths: Any, absent: Any = None) -> Any:
    """Whole hundredths as decimals."""
    import numpy as np
    import pyarrow as pa

    wide = np.column_stack([hundredths, hundredths >> 63]).astype(np.int64)
    valid = None if absent is None else pa.array(~absent).buffers()[1]
    return pa.Array.from_buffers(pa.decimal128(9, 2), len(hundredths), [valid, pa.py_buffer(wide)])


if __name__ == "__main__":  # FOLDER ROWS wide|long [hundredths]
    folder, size, shape, *form = sys.argv[1:]
    write_set(Path(folder))
    write_table(Path(folder) / ".".join([size, shape, *form, "parquet"]), int(size), shape == "long", bool(form))
