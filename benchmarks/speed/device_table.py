"""The results of `device.py` as a page of Markdown."""

from __future__ import annotations

from typing import Any

from turns import markdown

Result = dict[str, Any]
STEP = ("recorded", "kernel by kernel", "in turn", "eager", "captured", "compiled")


def page(results: Result) -> str:
    """All parts."""
    found = {part["name"]: part for part in results["parts"]}
    lines = ["# regan on a device", ""]
    lines += [f"* {name}: {told or 'not known'}" for name, told in results["versions"].items()]
    if results["stand-in"]:
        lines += ["", "A rehearsal on the stand-in for CuPy: no figure means anything."]
    for title, text in _sections(found).items():
        lines += ["", f"## {title}", "", text]
    lines += ["", "## Time, and what was left out", "", *map(_told, found.values())]
    return "\n".join(lines) + "\n"


def _sections(found: dict[str, Result]) -> dict[str, str]:
    sections = {}
    for name, part in found.items():
        title = name.partition(",")[0]
        if title == "conformance":
            sections["Conformance"] = _conformance(part)
        elif title == "suite":
            sections["The fast half of the suite"] = _suite(part)
        elif title == "step":
            beside = found.get(name.replace("step", "compiled"), {"rows": []})
            sections[f"A step, {name.partition(', ')[2]}, microseconds"] = _steps(part, beside)
        elif title == "population":
            sections["A population"] = _population(part)
        elif title == "fit and sample":
            sections["Fit and sample"] = _fits(part)
    return sections


def _conformance(part: Result) -> str:
    rows = [[row["case"], f"{row['error']:.1e}"] for row in part["rows"]]
    return markdown(["what", "largest error"], rows)


def _suite(part: Result) -> str:
    lines = []
    for row in part["rows"]:
        counts = ", ".join(f"{n} {outcome}" for outcome, n in sorted(row["counts"].items()))
        lines.append((counts or "no test ended") + (", then cut off" if row["cut off"] else ""))
        lines += [
            f"* `{name}`: {' '.join(why.split())[:150]}" for name, why in row["failures"].items()
        ]
    return "\n".join(lines)


def _steps(part: Result, beside: Result) -> str:
    """Ratios to the recorded step, each within its own run."""
    compiled = {(row["cell"], row["penalty"]): row for row in beside["rows"]}
    rows = []
    for row in part["rows"]:
        about = row["cell"], row["penalty"]
        other = compiled.get(about, {"us": {}, "ratio": {}})
        extra = {name: other[name].get("compiled") for name in ("us", "ratio")}
        times = {**row["us"], "compiled": extra["us"]}
        ratios = {**row["ratio"], "compiled": extra["ratio"]}
        cells = [_number(times.get(name), ".0f") for name in STEP]
        rows.append([*about, *cells, *(_number(ratios.get(name), ".2f") for name in STEP[1:])])
    header = ["features, latent, width, batch", "penalty", *STEP]
    return markdown([*header, *(f"{name} / recorded" for name in STEP[1:])], rows)


def _population(part: Result) -> str:
    single = {row["width"]: row["us"] for row in part["rows"] if row["models"] == 1}
    rows = []
    for row in part["rows"]:
        k, us = row["models"], row["us"]
        gain = k * single[row["width"]] / us if row["width"] in single else None
        rows.append([str(row["width"]), str(k), f"{us:.0f}", f"{us / k:.1f}", _number(gain, ".2f")])
    return markdown(["width", "models", "us an update", "us a model", "times single models"], rows)


def _fits(part: Result) -> str:
    rows = [
        [
            *(f"{row[name]:,}" for name in ("rows", "columns", "updates")),
            row["backend"],
            *(f"{row[name]:.2f}" for name in ("first, 20 updates, s", "fit, s")),
            f"{row['rows a second']:,.0f}",
        ]
        for row in part["rows"]
    ]
    header = ["rows", "columns", "updates", "backend", "first, 20 updates, s", "fit, s"]
    return markdown([*header, "sampled rows a second"], rows)


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _told(part: Result) -> str:
    """What a part took, what it lacks, and what was said."""
    said = [f"{part['seconds']:.0f} s"]
    if part["left out"]:
        left = part["left out"] if part["rows"] or part["failed"] else ["all of it"]
        said.append(f"left out for lack of time: {', '.join(left)}")
    failures = [part["failed"], *(row.get("failed", {}) for row in part["rows"])]
    for failed in failures:
        said += [f"{name} failed: {why.splitlines()[-1][:300]}" for name, why in failed.items()]
    differ = [row["gradients differ by"] for row in part["rows"] if "gradients differ by" in row]
    if differ:
        worst = max(differ, key=lambda found: (isinstance(found, str), found))
        what = worst.splitlines()[-1] if isinstance(worst, str) else f"{worst:.1e}"
        said.append(f"gradients compared with torch's, largest error: {what}")
    said += sorted({text for row in part["rows"] for text in row.get("told", ())})
    return f"* {part['name']}: " + "; ".join(" ".join(text.split()) for text in said)
