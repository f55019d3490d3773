#!/usr/bin/env python3
"""Makes tables in Markdown of the lines that measure.py wrote.

    table.py print RESULTS               all that was measured
    table.py publish RESULTS README      the ratios to Heddle, into the section of README.md
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from readme_section import replace_section  # noqa: E402

BEGIN = "<!-- by benchmarks/peers/run --publish -->\n"

TITLES = {
    "save": "Saving message by message",
    "load": "Loading a conversation",
    "search": "Searching a word, at most 20 messages",
}
BACKENDS = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


def row(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def size_of(line, sizes):
    size = sizes.get((line["peer"], line["version"], line["language"], line["backend"], line["durability"]))
    return "" if size is None else f"{size / line['messages'] / 1000:.2f}"


def name_of(line):
    return f"{line['peer']} ({line['language']})"


def durability_of(line):
    words = line["durability_in_words"]
    if line["durability_set_by"] == "peer":
        words += " (set by the peer)"
    return words + (f"; SQLite {line['engine']}" if line["engine"] else "")


def place_of(machine):
    return (f"{machine['processor']}, {machine['cores']} cores; {machine['system']}; PostgreSQL "
            f"{machine['postgres'] or 'none'}")


def load_of(machine):
    """Says what else ran, if it did."""
    if machine["load_before"] <= 0.25 * machine["cores"]:
        return []
    return [f"**Other programs ran on the machine (load {machine['load_before']} on {machine['cores']} cores): the "
            "ratios hold roughly where nothing waits for a disk or a server, that is with synchronous NORMAL and in "
            "loads and searches on SQLite; the times, and all other ratios, do not. Run it again on a quiet "
            "machine.**", ""]


def table(lines, sizes):
    yield row("", "version", "durability", "median µs", "quartiles of the rounds", "p99 µs", "over Heddle",
              "KB a message", "does not do")
    yield row(*["---"] * 3, *["---:"] * 5, "---")
    for line in sorted(lines, key=lambda each: (each["durability"] == "full", each["median_us"])):
        ratio = line.get("over_heddle")
        over = "" if ratio is None else f"{ratio['median']:.2f}x ({ratio['quartiles'][0]:.2f} to {ratio['quartiles'][1]:.2f})"
        low, high = line["quartiles_us"]
        yield row(name_of(line), line["version"], durability_of(line), f"{line['median_us']:.0f}",
                  f"{low:.0f} to {high:.0f}", f"{line['p99_us']:.0f}", over, size_of(line, sizes), line["lacks"])


def document(lines):
    machine, *lines = lines
    yield "# Heddle beside its peers"
    yield ""
    yield "Made by `benchmarks/peers/run --publish`; README.md in this folder says what is measured and how."
    yield ""
    yield from load_of(machine)
    yield (f"{machine['date']}, commit {machine['commit'] or 'unknown'}; {place_of(machine)}; "
           f"{machine['python'] or 'no Python'}; "
           f"Node {machine['node'] or 'none'}; {machine['go'] or 'no Go'}. {machine['messages']} messages in "
           f"{machine['conversations']} conversations, {machine['rounds']} rounds. \"Over Heddle\" is the median of the "
           "rounds' ratios to Heddle with the same durability, with quartiles; KB a message are all bytes of the "
           "database after the run.")
    sizes = {
        (each["peer"], each["version"], each["language"], each["backend"], each["durability"]): each["bytes"]
        for each in lines if each["task"] == "bytes"
    }
    for task, title in TITLES.items():
        for backend, name in BACKENDS.items():
            chosen = [each for each in lines if each["task"] == task and each["backend"] == backend]
            if chosen:
                yield from ("", f"## {title}, {name}", "")
                yield from table(chosen, sizes)
    failures = [each for each in lines if each["task"] is None]
    if failures:
        yield from ("", "## Not measured", "")
        for each in failures:
            yield (f"- {each['peer']} {each['version']} ({each['language']}, {BACKENDS[each['backend']]}, "
                   f"{each['durability']}): {each['failure']}")


def summary(lines):
    """The ratios to Heddle: of each peer, backend and durability a row."""
    machine, *lines = lines
    yield f"{place_of(machine)}, {machine['date']}, commit {machine['commit'] or 'unknown'}:"
    yield ""
    yield from load_of(machine)
    yield row("", "version", "durability", *("save", "load", "search"), "does not do")
    yield row(*["---"] * 3, *["---:"] * 3, "---")
    saves = [each for each in lines if each["task"] == "save"]
    order = {backend: place for place, backend in enumerate(BACKENDS)}
    for save in sorted(saves, key=lambda each: (order[each["backend"]], each["durability"] == "full", each["median_us"])):
        same = [each for each in lines if each["task"] in TITLES and
                all(each[member] == save[member] for member in ("peer", "version", "language", "backend", "durability"))]
        found = {each["task"]: f"{each['median_us']:.0f} µs" if each["peer"] == "Heddle" else
                 f"{each['over_heddle']['median']:.2f}x" for each in same}
        durability = durability_of(save) if save["backend"] == "sqlite" else f"PostgreSQL, {save['durability_in_words']}"
        yield row(name_of(save), save["version"], durability, *(found.get(task, "") for task in TITLES), save["lacks"])
    yield ""


def main(command, results, readme=None):
    lines = [json.loads(line) for line in Path(results).read_text(encoding="utf-8").splitlines()]
    if command == "publish":
        replace_section(Path(readme), BEGIN, "\n".join(summary(lines)))
    else:
        print("\n".join(document(lines)))


main(*sys.argv[1:])
