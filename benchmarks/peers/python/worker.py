"""The loop of a Python peer: reads commands, one a line, and times each call of the peer by itself.

README.md in the folder above describes the commands and the replies.
"""

import asyncio
import inspect
import json
import sys
import time


def read_conversations(path):
    """Returns the conversations of the input file, each with `session` and `messages` as OpenAI's Chat API has them."""
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def reply(value):
    """Writes a reply. The mark tells it from what a library prints."""
    print("@", json.dumps(value), flush=True)


class Timer:
    """Calls and awaits, and keeps how many nanoseconds each call took."""

    def __init__(self):
        self.ns = []

    async def call(self, function, *arguments, **named):
        start = time.perf_counter_ns()
        result = function(*arguments, **named)
        if inspect.isawaitable(result):
            result = await result
        self.ns.append(time.perf_counter_ns() - start)
        return result


async def serve(make_peer):
    backend, durability, location, path = sys.argv[1:]
    conversations = read_conversations(path)
    # All messages in order: the conversation and the position in it.
    places = [(c, i) for c, each in enumerate(conversations) for i in range(len(each["messages"]))]
    peer = make_peer(backend, durability, location)
    reply(await peer.open(conversations))
    while line := await asyncio.to_thread(sys.stdin.readline):
        word, *arguments = json.loads(line)
        timer = Timer()
        if word == "save":
            for conversation, index in places[arguments[0] : arguments[1]]:
                await peer.save(timer, conversation, index)
            reply({"ns": timer.ns})
        elif word == "load":
            count = 0
            for conversation in range(arguments[0]):
                count += await peer.load(timer, conversation)
            reply({"ns": timer.ns, "messages": count})
        elif word == "search":
            reply({"ns": [], "unsupported": True})
        elif word == "quit":
            await peer.close()
            reply({})
            return


def run(make_peer):
    """Serves commands until `quit`. `make_peer(backend, durability, location)` returns the peer."""
    asyncio.run(serve(make_peer))


def synchronous(durability):
    """Returns the statement that sets a SQLite connection to this durability."""
    return f"PRAGMA synchronous = {durability.upper()}"


def sqlite_durability(connection):
    """Returns what a SQLite connection does, in words."""
    mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    level = connection.execute("PRAGMA synchronous").fetchone()[0]
    return f"{mode.upper()}, synchronous {('OFF', 'NORMAL', 'FULL', 'EXTRA')[level]}"
