#!/usr/bin/env python3
"""Drives the installed peers in rotated rounds and writes one line of JSON for each peer and task. Called by `run`."""

import argparse
import dataclasses
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from peers import PEERS

QUERIES = ("refund", "certificate", "insurance", "baggage", "reservation", "JFK")


def quantile(values, at):
    return sorted(values)[int(at * (len(values) - 1))]


def write_input(transcripts, path, wanted):
    """Writes conversations with at least so many messages in all; repeats the transcripts under fresh ids."""
    with open(transcripts, encoding="utf-8") as file:
        known = json.load(file)
    lengths = []
    with open(path, "w", encoding="utf-8") as file:
        while sum(lengths) < wanted:
            each = known[len(lengths) % len(known)]
            session = f"{len(lengths) // len(known)}-{each['trial']}-{each['task_id']}"
            file.write(json.dumps({"session": session, "messages": each["traj"]}) + "\n")
            lengths.append(len(each["traj"]))
    return lengths


class Failure(Exception):
    pass


class Worker:
    """One peer with one backend, in a process of its own that waits for commands."""

    def __init__(self, number, peer, backend, durability, options):
        self.peer, self.backend, self.durability = peer, backend, durability
        self.times = {"save": [], "load": [], "search": []}  # by task, then round
        self.loaded = None
        self.unsupported = set()
        self.folder = options.build / peer.folder
        self.log = self.folder / f"{backend}-{durability}.log"
        name = f"peer_{number}"
        self.data = options.build / "data" / f"{name}-{durability}"
        if (self.folder / "failed").exists():
            raise Failure("not installed: " + (self.folder / "failed").read_text(encoding="utf-8").strip())
        if not (self.folder / "installed").exists():
            raise Failure("not installed")
        if backend == "postgres":
            location = make_database(name, keyword=peer.language in ("Go", "C++"))
        else:
            shutil.rmtree(self.data, ignore_errors=True)
            self.data.mkdir(parents=True)
            location = str(self.data / "peer.db")
        command = [peer.program[0] if peer.program[0] == "node" else str(self.folder / peer.program[0])]
        command += peer.program[1:]
        with open(self.log, "w", encoding="utf-8") as log:
            try:
                self.process = subprocess.Popen(
                    [*command, backend, durability, location, str(options.build / "input.jsonl")],
                    cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                    env=os.environ | {"MASTRA_TELEMETRY_DISABLED": "1", "OPENAI_AGENTS_DISABLE_TRACING": "1"},
                )
            except OSError as error:
                raise Failure(f"does not start: {error}") from error
        self.did = self.receive()
        # Heddle's own program makes its database, with the roles that it needs.
        self.database = self.did.get("database", name)

    def receive(self):
        for line in self.process.stdout:
            if line.startswith("@ "):
                return json.loads(line[2:])
        self.process.wait()
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise Failure(f"ended with status {self.process.returncode}: {lines[-1][:300] if lines else 'no message'}")

    def ask(self, *command):
        try:
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return self.receive()

    def close(self):
        self.ask("quit")
        self.process.stdin.close()
        self.process.wait()

    def stop(self):
        if hasattr(self, "process") and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def psql(statement, database="postgres"):
    dsn = os.environ["HEDDLE_TEST_POSTGRES"] + f" dbname={database}"
    done = subprocess.run(
        ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", dsn, "-c", statement],
        capture_output=True, text=True, check=False,
    )
    if done.returncode != 0:
        raise Failure(done.stderr.strip().splitlines()[0])
    return done.stdout.strip()


def make_database(name, keyword):
    """Makes a database that an ordinary role owns; returns how to connect to it."""
    psql("DO $$ BEGIN CREATE ROLE peers LOGIN PASSWORD 'peers'; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    psql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    psql(f"CREATE DATABASE {name} OWNER peers")
    server = dict(part.split("=", 1) for part in os.environ["HEDDLE_TEST_POSTGRES"].split())
    host, port = server.get("host", "/tmp").strip("'"), server.get("port", "5432").strip("'")
    if keyword:
        return f"host={host} port={port} user=peers password=peers dbname={name} sslmode=disable"
    return f"postgresql://peers:peers@/{name}?host={host}&port={port}"


def measured(workers, task, action):
    """Runs one round of a task, with each worker once; returns the workers that go on."""
    alive = []
    for worker in workers:
        try:
            action(worker)
            alive.append(worker)
        except Failure as failure:
            worker.stop()
            report_failure(worker.peer, worker.backend, worker.durability, f"{task}: {failure}")
    return alive


OUTPUT = None


def write_line(value):
    OUTPUT.write(json.dumps(value, ensure_ascii=False) + "\n")
    OUTPUT.flush()


def report_failure(peer, backend, durability, reason):
    print(f"{peer.name} {peer.version} ({peer.language}, {backend}, {durability}): {reason}", flush=True)
    write_line({
        "peer": peer.name, "version": peer.version, "language": peer.language,
        "backend": backend.split("-")[0], "durability": durability, "task": None, "failure": reason,
    })


def rotated(workers, number):
    at = number % len(workers)
    return workers[at:] + workers[:at]


def summary(worker, reference, task, messages):
    rounds = worker.times[task]
    every = [value / 1000 for each in rounds for value in each]
    medians = [statistics.median(each) / 1000 for each in rounds]
    line = {
        "peer": worker.peer.name, "version": worker.peer.version, "language": worker.peer.language,
        "backend": worker.backend.split("-")[0], "durability": worker.durability,
        "durability_in_words": worker.did.get("durability", "fsync on, synchronous_commit on"),
        "durability_set_by": "peer" if worker.backend == "sqlite-own" else "us",
        "engine": worker.did.get("engine"), "task": task, "messages": messages, "calls": len(every),
        "median_us": round(statistics.median(every), 1), "p99_us": round(quantile(every, 0.99), 1),
        "round_medians_us": [round(each, 1) for each in medians],
        "quartiles_us": [round(quantile(medians, 0.25), 1), round(quantile(medians, 0.75), 1)],
        "lacks": worker.peer.lacks_on(worker.backend),
    }
    if reference is not None and reference.times[task]:
        ratios = [m / (statistics.median(r) / 1000) for m, r in zip(medians, reference.times[task])]
        line["over_heddle"] = {
            "median": round(statistics.median(ratios), 3),
            "quartiles": [round(quantile(ratios, 0.25), 3), round(quantile(ratios, 0.75), 3)],
        }
    return line


def stored_bytes(worker):
    """Closes the worker; returns how many bytes its tables have with their indexes.

    Heddle's database on PostgreSQL ends with its program.
    """
    if worker.backend == "postgres":
        size = int(psql("SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace IN "
                        "(SELECT oid FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)')", worker.database))
        worker.close()
        return size
    worker.close()
    return sum(each.stat().st_size for each in worker.data.rglob("*") if each.is_file())


def measure(options, lengths):
    workers = []
    for number, peer in enumerate(PEERS):
        if peer.folder == "heddle":
            peer = dataclasses.replace(peer, version=options.version)
        elif options.only and peer.folder not in options.only:
            continue
        for backend, durability in peer.backends:
            if backend == "postgres" and not os.environ.get("HEDDLE_TEST_POSTGRES"):
                report_failure(peer, backend, durability, "no PostgreSQL server")
                continue
            try:
                workers.append(Worker(number, peer, backend, durability, options))
            except Failure as failure:
                report_failure(peer, backend, durability, str(failure))

    messages = sum(lengths)
    # The first part warms up: statements are prepared and compilers have seen the code.
    parts = options.rounds + 1
    cuts = [messages * part // parts for part in range(parts + 1)]
    for part in range(parts):
        def save(worker, part=part):
            ns = worker.ask("save", cuts[part], cuts[part + 1])["ns"]
            if part > 0:
                worker.times["save"].append(ns)
        workers = measured(rotated(workers, part), "save", save)
        print(f"saved {cuts[part + 1]} of {messages} messages", flush=True)

    for number in range(options.rounds + 1):
        def load(worker, number=number):
            answer = worker.ask("load", len(lengths))
            if answer["messages"] < messages:
                raise Failure(f"has {answer['messages']} of {messages} messages")
            if number > 0:
                worker.times["load"].append(answer["ns"])
        workers = measured(rotated(workers, number), "load", load)
        def search(worker, number=number):
            ns = []
            for query in QUERIES:
                answer = worker.ask("search", query)
                if "unsupported" in answer:
                    return
                if answer["found"] == 0:
                    raise Failure(f"does not find {query}")
                ns += answer["ns"]
            if number > 0:
                worker.times["search"].append(ns)
        workers = measured(rotated(workers, number), "search", search)
    print("loaded and searched", flush=True)

    references = {(w.backend, w.durability): w for w in workers if w.peer.folder == "heddle"}
    folders = [each.folder for each in PEERS]
    workers.sort(key=lambda worker: folders.index(worker.peer.folder))
    for worker in workers:
        reference = references.get((worker.backend.split("-")[0], worker.durability))
        for task in ("save", "load", "search"):
            if worker.times[task]:
                write_line(summary(worker, reference, task, messages))
    for worker in workers:
        write_line({
            "peer": worker.peer.name, "version": worker.peer.version, "language": worker.peer.language,
            "backend": worker.backend.split("-")[0], "durability": worker.durability, "task": "bytes",
            "messages": messages, "bytes": stored_bytes(worker), "lacks": worker.peer.lacks_on(worker.backend),
        })
    shutil.rmtree(options.build / "data", ignore_errors=True)


def machine(options, lengths):
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    system = dict(
        line.split("=", 1) for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines() if "=" in line
    ).get("PRETTY_NAME", "Linux").strip('"')
    def output(*command):
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split("\n")[0]
            return done.strip() or None
        except OSError:
            return None
    server = psql("SHOW server_version") if os.environ.get("HEDDLE_TEST_POSTGRES") else None
    return {
        "schema": 1, "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "commit": options.commit,
        "processor": model, "cores": os.cpu_count(), "system": system,
        "load_before": round(os.getloadavg()[0], 2), "postgres": server,
        "python": output(str(options.build / "langgraph-python" / "venv/bin/python"), "--version"),
        "node": output("node", "--version"), "go": output("go", "env", "GOVERSION"),
        "messages": sum(lengths), "conversations": len(lengths), "rounds": options.rounds, "queries": QUERIES,
    }


def main():
    global OUTPUT
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--transcripts", required=True)
    parser.add_argument("--commit", default="")
    parser.add_argument("--version", default="")
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--only", type=lambda text: text.split(","), default=[])
    options = parser.parse_args()
    lengths = write_input(options.transcripts, options.build / "input.jsonl", options.messages)
    with open(options.build / "results.jsonl", "w", encoding="utf-8") as OUTPUT:
        write_line(machine(options, lengths))
        measure(options, lengths)


if __name__ == "__main__":
    sys.exit(main())
