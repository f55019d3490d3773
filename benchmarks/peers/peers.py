"""The peers: which there are, how each is started, and what each does not do.

The names of backends are `sqlite`, whose durability we set, `sqlite-own`, which sets it by itself, and `postgres`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Peer:
    name: str  # for people
    folder: str  # below build/peers, and the name for --only
    version: str
    language: str
    program: tuple  # the command, relative to the folder
    backends: tuple  # of pairs: backend, durability
    lacks: dict  # by SQLite and PostgreSQL: what it does not do that others here do

    def lacks_on(self, backend):
        return self.lacks[backend.split("-")[0]]


def both(lacks):
    return {"sqlite": lacks, "postgres": lacks}


PYTHON = "venv/bin/python"
SETTABLE = (("sqlite", "normal"), ("postgres", "full"))

PEERS = (
    Peer(
        "Heddle", "heddle", "", "C++", ("heddle",),
        (("sqlite", "normal"), ("sqlite", "full"), ("postgres", "full")),
        both("use from other languages"),
    ),
    Peer(
        "Loom", "loom-1.2.0", "1.2.0", "Go", ("loom",),
        (("sqlite", "normal"), ("sqlite", "full"), ("postgres", "full")),
        {"sqlite": "tenants", "postgres": "-"},
    ),
    Peer(
        "Loom", "loom-1.4.0", "1.4.0", "Go", ("loom",),
        (("sqlite", "normal"), ("sqlite", "full"), ("postgres", "full")),
        {"sqlite": "tenants", "postgres": "-"},
    ),
    Peer(
        "LangGraph checkpointer", "langgraph-python", "SQLite 3.1.2, PostgreSQL 3.2.0", "Python",
        (PYTHON, "langgraph_checkpointer.py"), SETTABLE,
        both("search, tenants; stores the state of the conversation, not a message"),
    ),
    Peer(
        "LangGraph checkpointer", "langgraph-javascript", "SQLite 1.0.4, PostgreSQL 1.0.5", "JavaScript",
        ("node", "peer.mjs"), SETTABLE,
        both("search, tenants; stores the state of the conversation, not a message"),
    ),
    Peer(
        "OpenAI Agents SQLiteSession", "openai-agents", "0.24.0", "Python", (PYTHON, "openai_agents.py"),
        (("sqlite-own", "full"),),
        both("search, tenants"),
    ),
    Peer(
        "OpenAI Agents SQLAlchemySession", "openai-agents", "0.24.0", "Python", (PYTHON, "openai_agents.py"), SETTABLE,
        both("search, tenants"),
    ),
    Peer(
        "Google ADK DatabaseSessionService", "google-adk", "2.13.0", "Python", (PYTHON, "google_adk.py"), SETTABLE,
        both("search"),
    ),
    Peer(
        "Mastra", "mastra", "libSQL 1.23.1, PostgreSQL 1.27.1", "JavaScript", ("node", "peer.mjs"),
        (("sqlite-own", "normal"), ("postgres", "full")),
        both("search for words; a load leaves out system messages"),
    ),
)
