#!/usr/bin/env python3
"""Prints tables in Markdown made from the lines that measure.py wrote: `table.py results.jsonl`."""

import json
import sys

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


def table(lines, sizes):
    yield row("", "version", "durability", "median µs", "quartiles of the rounds", "p99 µs", "over Heddle",
              "KB a message", "does not do")
    yield row(*["---"] * 3, *["---:"] * 5, "---")
    for line in sorted(lines, key=lambda each: (each["durability"] == "full", each["median_us"])):
        ratio = line.get("over_heddle")
        over = "" if ratio is None else f"{ratio['median']:.2f}x ({ratio['quartiles'][0]:.2f} to {ratio['quartiles'][1]:.2f})"
        durability = line["durability_in_words"]
        if line["durability_set_by"] == "peer":
            durability += " (set by the peer)"
        if line["engine"]:
            durability += f"; SQLite {line['engine']}"
        low, high = line["quartiles_us"]
        yield row(f"{line['peer']} ({line['language']})", line["version"], durability, f"{line['median_us']:.0f}",
                  f"{low:.0f} to {high:.0f}", f"{line['p99_us']:.0f}", over, size_of(line, sizes), line["lacks"])


def document(lines):
    machine, *lines = lines
    yield "# Heddle beside its peers"
    yield ""
    yield "Made by `benchmarks/peers/run --publish`; README.md in this folder says what is measured and how."
    yield ""
    if machine["load_before"] > 0.25 * machine["cores"]:
        yield (f"**Other programs ran on the machine (load {machine['load_before']} on {machine['cores']} cores): the "
               "ratios hold roughly where nothing waits for a disk or a server, that is with synchronous NORMAL and in "
               "loads and searches on SQLite; the times, and all other ratios, do not. Run it again on a quiet "
               "machine.**")
        yield ""
    yield (f"{machine['date']}, commit {machine['commit'] or 'unknown'}; {machine['processor']}, {machine['cores']} "
           f"cores; {machine['system']}; PostgreSQL {machine['postgres'] or 'none'}; {machine['python'] or 'no Python'}; "
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


with open(sys.argv[1], encoding="utf-8") as file:
    print("\n".join(document([json.loads(line) for line in file])))
