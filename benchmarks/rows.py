"""The numbers that Heddle is to reach, found in results.json."""


class Results:
    """Looks for lines in the largest database that has them."""

    def __init__(self, document):
        self.document = document

    def line(self, kind, backend, task, variant):
        lines = [
            each for each in self.document[kind]
            if (each["backend"], each["task"], each["variant"]) == (backend, task, variant)
        ]
        return max(lines, key=lambda each: each["messages"], default=None)

    def times_faster(self, kind, backend, task, variant):
        """How many times as fast as a variant Heddle is."""
        found = self.line(kind, backend, task, variant)
        return found and f"{short(found['over_heddle']['median'])}x"

    def times_slower(self, backend, task, variant):
        found = self.line("comparisons", backend, task, variant)
        return found and f"{short(1 / found['over_heddle']['median'])}x"

    def median(self, backend, task):
        found = self.line("comparisons", backend, task, "heddle")
        return found and f"{short(found['median_us'] / 1000)} ms"

    def over(self, backend, task, variant, member):
        """A member of a throughput of Heddle over that of a variant."""
        ours = self.line("throughputs", backend, task, "heddle")
        theirs = self.line("throughputs", backend, task, variant)
        return ours and theirs and f"{short(ours[member] / theirs[member])}x"

    def rate(self, backend, task):
        found = self.line("throughputs", backend, task, "heddle")
        return found and f"{found['per_second']:,.0f} a second"

    def count(self, backend, task, count):
        lines = [
            each for each in self.document["counts"]
            if (each["backend"], each["task"], each["variant"], each["count"]) == (backend, task, "heddle", count)
        ]
        return lines[-1]["value"] if lines else None

    def instructions(self, what):
        lines = [each for each in self.document["instructions"] if each["what"] == what]
        return lines and f"{short(lines[-1]['ours'] / lines[-1]['theirs'])}x"


def short(number):
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def joined(*parts, mark="; "):
    """The parts that were measured."""
    return mark.join(str(each) for each in parts if each is not None and each != [])


def crowd_row(results, what, task, wanted):
    backend = "sqlite, full"
    faster = results.times_faster("throughputs", backend, task, "reference")
    if faster is None:
        return (what, wanted, "")
    p99, worst = (results.over(backend, task, "reference", each) for each in ("p99_us", "worst_us"))
    return (what, wanted, joined(faster, f"p99 {p99}", f"worst {worst}"))


def table(document):
    """Returns what, what to reach, and what was measured, empty if it was not."""
    results = Results(document)
    normal, full, postgres = "sqlite, normal", "sqlite, full", "postgres"
    in_session = "search a common word in a session"
    beside = "load 100 messages beside a writer"
    small = "search a common word, a tenant with 10 messages"
    newest = "search a common word, newest first"
    growth = [
        (what, results.times_slower(normal, task, "small"))
        for what, task in (
            ("save", "save a message"), ("load", "load 1,000 messages"), ("search in a session", in_session),
            ("delete", "delete a session of 100, large and small"),
        )
    ]
    nothing = "1,000 calls that do nothing"
    any_call, call = (results.line("comparisons", "sqlite, in memory", nothing, each) for each in ("any", "heddle"))
    allocations = results.count(normal, "save a message", "allocations by operator new")
    in_commit = results.count(full, "16 threads, a burst", "messages in a commit, those of the index included")
    return [
        ("save, instructions, over raw C on the same table without the row for full text", "<= 1.2x",
         joined(results.instructions("save"))),
        ("save, instructions of what fills the full-text index behind it, over the same", "",
         joined(results.instructions("save, the index"))),
        ("save, full durability, over one write and fdatasync of as many bytes", "<= 1.3x",
         joined(results.times_slower(full, "save a message", "disk"))),
        crowd_row(results, "16 threads, full, a burst: messages a second over the reference behind a mutex",
                  "16 threads, a burst", ">= 5x"),
        ("16 threads, full, a burst: messages in a commit", "", joined(in_commit)),
        crowd_row(results, "16 threads, full, until the full-text index is complete: over the reference",
                  "16 threads, with the index", ">= 3.5x; p99 <= 0.35x, worst <= 0.1x"),
        ("search a common word, a tenant with 10 messages among others, over alone", "<= 5x or <= 0.2 ms",
         joined(results.times_slower(normal, small, "alone"), results.median(normal, small))),
        ("search a common word, newest first, over loading by raw C what is found", "<= 10x",
         joined(results.times_slower(normal, newest, "raw"), results.median(normal, newest))),
        ("search a common word, best first", "", joined(results.median(normal, "search a common word"))),
        (in_session, "", joined(results.median(normal, in_session))),
        ("save messages, 100 at a time, until they are in the full-text index", "",
         joined(results.rate(normal, "save messages, 100 at a time"))),
        ("load 1,000 messages, times as fast as the reference: warm", ">= 2x",
         joined(results.times_faster("comparisons", normal, "load 1,000 messages", "reference"))),
        ("load 1,000 messages, times as fast as the reference: cold", ">= 8x",
         joined(results.times_faster("comparisons", normal, "load 1,000 messages, cold", "reference"))),
        ("delete a session of 100, times as fast as the reference", ">= 1,000x",
         joined(results.times_faster("comparisons", normal, "delete a session of 100", "reference"))),
        ("four readers beside a writer, times as fast as the same calls one at a time", ">= 1.9x",
         joined(results.times_faster("throughputs", normal, beside, "one at a time"))),
        ("four readers beside a writer, times as fast as raw C on one connection", "",
         joined(results.times_faster("throughputs", normal, beside, "raw"))),
        ("four readers beside a writer, times as fast as the reference", "",
         joined(results.times_faster("throughputs", normal, beside, "reference"))),
        ("the writer beside four readers, times as fast as the same calls one at a time", "",
         joined(results.times_faster("throughputs", normal, "save beside four readers", "one at a time"))),
        ("PostgreSQL, 1 ms away: save, over one pipeline of libpq", "<= 1.05x",
         joined(results.times_slower(postgres, "save a message, 1 ms away", "raw"))),
        ("PostgreSQL, 1 ms away: load of 100, over one pipeline of libpq", "<= 1.05x",
         joined(results.times_slower(postgres, "load 100 messages, 1 ms away", "raw"))),
        ("PostgreSQL: 10,000 messages at once, over one statement with lists", "<= 0.8x",
         joined(results.times_slower(postgres, "save 10,000 messages at once", "raw"))),
        ("PostgreSQL: instructions of the client, save of 100 words, over one by one", "<= 1.3x",
         joined(results.instructions("save, 100 words a message"))),
        ("a call through AnyBackend, more than a static one", "<= 3 ns",
         f"{any_call['median_us'] - call['median_us']:.2f} ns" if call and any_call else ""),
        ("allocations of a save, by operator new", "0", joined(allocations)),
        ("growth from 10,000 messages to those measured", "<= 1.5x",
         joined(*(f"{what} {times}" for what, times in growth if times))),
    ]
