#!/usr/bin/env python3
"""Makes results.json of the lines that the programs printed, and tables and pictures of results.json.

    report.py collect LINES COMMIT              writes the document to the standard output
    report.py pictures RESULTS FOLDER           by gnuplot
    report.py table RESULTS                     what was to be reached, and what was
    report.py publish RESULTS FOLDER README     copies the results, makes the pictures, and writes both into the README
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from readme_section import replace_section
from rows import table

COLOURS = {
    "raw": "#9aa5b1", "disk": "#c9ced4", "reference": "#d1743c", "heddle": "#2f6f9f", "any": "#7fb2d6",
    "alone": "#8fbf6f", "small": "#b9a7d9",
}
NAMES = {
    "raw": "limit (C API, libpq)", "disk": "limit (disk)", "reference": "reference", "heddle": "Heddle",
    "any": "through AnyBackend", "alone": "alone in a database", "small": "in 10,000 messages",
}
BEGIN = "<!-- by benchmarks/run --publish -->\n"


def first_line(*command):
    try:
        output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        return output.split("\n")[0].strip() or None
    except OSError:
        return None


def value_of(path, name, mark):
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if line.startswith(name):
            return line.split(mark, 1)[1].strip().strip('"')
    return None


def collect(lines, commit):
    with open(lines, encoding="utf-8") as file:
        all_lines = [json.loads(line) for line in file]
    return {
        "schema": 2,
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "commit": commit,
        "machine": {
            "processor": value_of("/proc/cpuinfo", "model name", ":"), "cores": os.cpu_count(),
            "system": value_of("/etc/os-release", "PRETTY_NAME", "="), "kernel": os.uname().release,
            "load_after": round(os.getloadavg()[0], 2), "load_before": float(os.environ["LOAD_BEFORE"]),
        },
        "versions": {
            "compiler": first_line("c++", "--version"), "sqlite": first_line("pkg-config", "--modversion", "sqlite3"),
            "libpq": first_line("pg_config", "--version"),
            "libpqxx": first_line("pkg-config", "--modversion", "libpqxx"),
        },
        "comparisons": [line for line in all_lines if "median_us" in line],
        "throughputs": [line for line in all_lines if "per_second" in line],
        "counts": [line for line in all_lines if "count" in line],
        "instructions": [line for line in all_lines if "ours" in line],
    }


def place_of(document):
    machine, versions = document["machine"], document["versions"]
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, {document['date'][:10]}, "
        f"commit {document['commit']}, SQLite {versions['sqlite']}, {' '.join((versions['libpq'] or '').split()[:2])}"
    )


def plot(path, title, settings, blocks, command):
    data = "".join(f"${name} << EOD\n{rows}EOD\n" for name, rows in blocks.items())
    script = (
        f"set terminal svg size 1100,480 dynamic font 'sans-serif,12' background '#ffffff'\nset output '{path}'\n"
        f"{data}set title \"{title}\" noenhanced\nset border 3\nset tics nomirror\n{settings}{command}\n"
    )
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def plot_ratios(path, title, lines, names):
    """Bars of the time over Heddle's, for each task and variant."""
    variants = [each for each in COLOURS if any(line["variant"] == each for line in lines)]
    rows = ""
    for task in dict.fromkeys(line["task"] for line in lines):
        ratios = {line["variant"]: line["over_heddle"]["median"] for line in lines if line["task"] == task}
        rows += " ".join([f'"{task}"'] + [str(ratios.get(each, "NaN")) for each in variants]) + "\n"
    lowest = min(line["over_heddle"]["median"] for line in lines)
    bars = ", ".join(
        f"$bars using {index + 2}:xtic(1) title \"{names[each]}\" linecolor rgb '{COLOURS[each]}'"
        for index, each in enumerate(variants)
    )
    plot(
        path, title,
        "set style data histograms\nset style fill solid\nset boxwidth 0.9\nset logscale y\n"
        f"set yrange [{lowest / 2}:*]\nset ylabel 'times'\nset grid y\nset xtics rotate by -20 noenhanced\n"
        "set rmargin 12\nset key outside top horizontal\n",
        {"bars": rows}, f"plot {bars}",
    )


def plot_growth(path, title, lines):
    """A curve of Heddle's times for each task, over the number of messages."""
    blocks, curves = {}, []
    for index, task in enumerate(dict.fromkeys(line["task"] for line in lines)):
        points = [line for line in lines if line["task"] == task and line["variant"] == "heddle"]
        blocks[f"t{index}"] = "".join(f"{line['messages']} {line['median_us']}\n" for line in points)
        curves.append(f"$t{index} using 1:2 with linespoints linewidth 2 title '{task}'")
    plot(
        path, title,
        "set logscale xy\nset xlabel 'messages in the database'\nset ylabel 'microseconds, median'\nset grid\n"
        "set key outside right noenhanced\nset format x '10^{%L}'\n",
        blocks, "plot " + ", ".join(curves),
    )


def pictures(document, folder):
    place, lines = place_of(document), document["comparisons"]
    for backend in dict.fromkeys(line["backend"] for line in lines):
        mine = [line for line in lines if line["backend"] == backend]
        sizes = sorted({line["messages"] for line in mine})
        if sizes[-1] == 0:
            continue  # no comparison of tasks in a database
        name = backend.replace(", ", "-").replace(" ", "-")
        plot_ratios(
            folder / f"ratios-{name}.svg", f"{backend}, {sizes[-1]:,} messages: time over Heddle's\\n{place}",
            [line for line in mine if line["messages"] == sizes[-1]], NAMES,
        )
        if len(sizes) > 1:
            plot_growth(folder / f"growth-{name}.svg", f"{backend}: Heddle as the database grows\\n{place}", mine)
    for name in ("sqlite", "postgres"):
        threads = [
            line | {"task": line["task"] + line["backend"].removeprefix(name)} for line in document["throughputs"]
            if "calls" in line and line["backend"].startswith(name)
        ]
        if threads:
            plot_ratios(
                folder / f"ratios-threads-{name}.svg",
                f"many threads, {name}: Heddle's calls a second over theirs\\n{place}", threads,
                NAMES | {"raw": "Heddle's SQL, one connection"},
            )


def publish(results, folder, readme):
    document = json.loads(Path(results).read_text(encoding="utf-8"))
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    shutil.copyfile(results, folder / "results.json")
    pictures(document, folder)
    path = os.path.relpath(folder, readme.parent)
    section = f"{place_of(document)}:\n\n| | |\n| --- | --- |\n"
    section += "".join(f"| {what} | {found} |\n" for what, _, found in table(document) if found) + "\n"
    section += "".join(f"![{each.stem}]({path}/{each.name})\n" for each in sorted(folder.glob("*.svg")))
    replace_section(readme, BEGIN, section)


def main(command, *arguments):
    if command == "collect":
        print(json.dumps(collect(*arguments), indent=1, ensure_ascii=False))
        return
    if command == "publish":
        publish(arguments[0], Path(arguments[1]), Path(arguments[2]))
        return
    document = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    if command == "pictures":
        pictures(document, Path(arguments[1]))
    else:
        for what, wanted, found in table(document):
            print(f"{what:84} {found or 'not measured':40} {wanted}")


main(*sys.argv[1:])
