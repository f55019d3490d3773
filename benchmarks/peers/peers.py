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
    lacks: str  # what it does not do of what the others are measured at


PYTHON = "venv/bin/python"
SETTABLE = (("sqlite", "normal"), ("postgres", "full"))

PEERS = (
    Peer(
        "Heddle", "heddle", "", "C++", ("heddle",),
        (("sqlite", "normal"), ("sqlite", "full"), ("postgres", "full")),
        "-",
    ),
    Peer(
        "Loom", "loom-1.2.0", "1.2.0", "Go", ("loom",),
        (("sqlite", "normal"), ("sqlite", "full"), ("postgres", "full")),
        "tenants on SQLite",
    ),
    Peer(
        "Loom", "loom-1.4.0", "1.4.0", "Go", ("loom",),
        (("sqlite", "normal"), ("sqlite", "full"), ("postgres", "full")),
        "tenants on SQLite",
    ),
    Peer(
        "LangGraph checkpointer", "langgraph-python", "SQLite 3.1.2, PostgreSQL 3.2.0", "Python",
        (PYTHON, "langgraph_checkpointer.py"), SETTABLE,
        "search, tenants; stores the state of the conversation, not a message",
    ),
    Peer(
        "LangGraph checkpointer", "langgraph-javascript", "SQLite 1.0.4, PostgreSQL 1.0.5", "JavaScript",
        ("node", "peer.mjs"), SETTABLE,
        "search, tenants; stores the state of the conversation, not a message",
    ),
    Peer(
        "OpenAI Agents SQLiteSession", "openai-agents", "0.24.0", "Python", (PYTHON, "openai_agents.py"),
        (("sqlite-own", "full"),),
        "search, tenants",
    ),
    Peer(
        "OpenAI Agents SQLAlchemySession", "openai-agents", "0.24.0", "Python", (PYTHON, "openai_agents.py"), SETTABLE,
        "search, tenants",
    ),
    Peer(
        "Google ADK DatabaseSessionService", "google-adk", "2.13.0", "Python", (PYTHON, "google_adk.py"), SETTABLE,
        "search",
    ),
    Peer(
        "Mastra", "mastra", "libSQL 1.23.1, PostgreSQL 1.27.1", "JavaScript", ("node", "peer.mjs"),
        (("sqlite-own", "normal"), ("postgres", "full")),
        "search for words; a load leaves out system messages",
    ),
)
