#!/usr/bin/env python3
"""Makes results.json of the lines that the programs printed, and pictures of results.json by gnuplot.

    report.py collect LINES COMMIT    writes the document to the standard output
    report.py pictures RESULTS FOLDER
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

COLOURS = {"raw": "#9aa5b1", "reference": "#d1743c", "heddle": "#2f6f9f", "any": "#7fb2d6"}
NAMES = {"raw": "limit (C API, libpq)", "reference": "reference", "heddle": "Heddle", "any": "through AnyBackend"}


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split("\n")[0].strip() or None
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
        "schema": 1,
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "commit": commit,
        "machine": {
            "processor": value_of("/proc/cpuinfo", "model name", ":"), "cores": os.cpu_count(),
            "system": value_of("/etc/os-release", "PRETTY_NAME", "="), "kernel": os.uname().release,
            "load_after": round(os.getloadavg()[0], 2), "load_before": float(os.environ["LOAD_BEFORE"]),
        },
        "versions": {
            "compiler": first_line("c++", "--version"), "sqlite": first_line("pkg-config", "--modversion", "sqlite3"),
            "libpq": first_line("pg_config", "--version"), "libpqxx": first_line("pkg-config", "--modversion", "libpqxx"),
        },
        "comparisons": [line for line in all_lines if "median_us" in line],
        "counts": [line for line in all_lines if "count" in line],
        "instructions": [line for line in all_lines if "ours" in line],
    }


def plot(path, title, settings, blocks, command):
    data = "".join(f"${name} << EOD\n{rows}EOD\n" for name, rows in blocks.items())
    script = (
        f"set terminal svg size 900,420 dynamic font 'sans-serif,12' background '#ffffff'\nset output '{path}'\n"
        f"{data}set title \"{title}\" noenhanced\nset border 3\nset tics nomirror\n{settings}{command}\n"
    )
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def pictures(results, folder):
    with open(results, encoding="utf-8") as file:
        document = json.load(file)
    machine = document["machine"]
    place = f"{machine['processor']}, {machine['cores']} cores, {document['date'][:10]}, commit {document['commit']}"
    lines = document["comparisons"]
    for backend in dict.fromkeys(line["backend"] for line in lines):
        mine = [line for line in lines if line["backend"] == backend]
        name = backend.replace(", ", "-")
        sizes = sorted({line["messages"] for line in mine})
        tasks = list(dict.fromkeys(line["task"] for line in mine))

        largest = [line for line in mine if line["messages"] == sizes[-1]]
        variants = [each for each in COLOURS if any(line["variant"] == each for line in largest)]
        rows = ""
        for task in tasks:
            ratios = {line["variant"]: line["over_heddle"]["median"] for line in largest if line["task"] == task}
            rows += " ".join([f'"{task}"'] + [str(ratios.get(each, "NaN")) for each in variants]) + "\n"
        bars = ", ".join(
            f"$bars using {index + 2}:xtic(1) title '{NAMES[each]}' linecolor rgb '{COLOURS[each]}'"
            for index, each in enumerate(variants)
        )
        plot(
            folder / f"ratios-{name}.svg", f"{backend}, {sizes[-1]:,} messages: time over Heddle's\\n{place}",
            "set style data histograms\nset style fill solid\nset boxwidth 0.9\nset logscale y\nset ylabel 'times'\n"
            "set grid y\nset xtics rotate by -15 noenhanced\nset key outside top horizontal\n",
            {"bars": rows}, f"plot {bars}",
        )
        if len(sizes) < 2:
            continue
        blocks, curves = {}, []
        for index, task in enumerate(tasks):
            points = [line for line in mine if line["task"] == task and line["variant"] == "heddle"]
            blocks[f"t{index}"] = "".join(f"{line['messages']} {line['median_us']}\n" for line in points)
            curves.append(f"$t{index} using 1:2 with linespoints linewidth 2 title '{task}'")
        plot(
            folder / f"growth-{name}.svg", f"{backend}: Heddle as the database grows\\n{place}",
            "set logscale xy\nset xlabel 'messages in the database'\nset ylabel 'microseconds, median'\nset grid\n"
            "set key outside right noenhanced\nset format x '10^{%L}'\n",
            blocks, "plot " + ", ".join(curves),
        )


if sys.argv[1] == "collect":
    print(json.dumps(collect(sys.argv[2], sys.argv[3]), indent=1, ensure_ascii=False))
else:
    pictures(sys.argv[2], Path(sys.argv[3]))
