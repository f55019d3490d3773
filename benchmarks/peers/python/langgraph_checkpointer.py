"""LangGraph's checkpointers for SQLite and PostgreSQL: after each message one checkpoint, as a graph's step stores it."""

import json
import sqlite3

import worker
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.base.id import uuid6


def message_of(message, number):
    text = message.get("content") or ""
    if message["role"] == "assistant":
        calls = [
            {"id": call["id"], "name": call["function"]["name"], "args": json.loads(call["function"]["arguments"])}
            for call in message.get("tool_calls") or []
        ]
        return AIMessage(content=text, tool_calls=calls, id=f"m{number}")
    if message["role"] == "tool":
        return ToolMessage(content=text, tool_call_id=message["tool_call_id"], id=f"m{number}")
    return (SystemMessage if message["role"] == "system" else HumanMessage)(content=text, id=f"m{number}")


class Checkpointer:
    def __init__(self, backend, durability, location):
        self.backend, self.durability, self.location = backend, durability, location

    async def open(self, conversations):
        if self.backend == "sqlite":
            from langgraph.checkpoint.sqlite import SqliteSaver

            self.connection = sqlite3.connect(self.location, check_same_thread=False)
            self.connection.execute(worker.synchronous(self.durability))
            self.saver = SqliteSaver(self.connection)
            self.saver.setup()
            did = {"durability": worker.sqlite_durability(self.connection), "engine": sqlite3.sqlite_version}
        else:
            from langgraph.checkpoint.postgres import PostgresSaver

            self.context = PostgresSaver.from_conn_string(self.location)
            self.saver = self.context.__enter__()
            self.saver.setup()
            did = {}
        self.sessions = [each["session"] for each in conversations]
        self.messages = [[message_of(m, i) for i, m in enumerate(each["messages"])] for each in conversations]
        self.configs = [{"configurable": {"thread_id": each, "checkpoint_ns": ""}} for each in self.sessions]
        self.versions = [None] * len(self.sessions)
        return did

    async def save(self, timer, conversation, index):
        version = self.saver.get_next_version(self.versions[conversation], None)
        self.versions[conversation] = version
        checkpoint = empty_checkpoint()
        checkpoint["id"] = str(uuid6(clock_seq=index))
        checkpoint["channel_values"] = {"messages": self.messages[conversation][: index + 1]}
        checkpoint["channel_versions"] = {"messages": version}
        metadata = {"source": "loop", "step": index, "parents": {}}
        self.configs[conversation] = await timer.call(
            self.saver.put, self.configs[conversation], checkpoint, metadata, {"messages": version}
        )

    async def load(self, timer, conversation):
        config = {"configurable": {"thread_id": self.sessions[conversation]}}
        found = await timer.call(self.saver.get_tuple, config)
        return len(found.checkpoint["channel_values"]["messages"])

    async def close(self):
        if self.backend == "sqlite":
            self.connection.close()
        else:
            self.context.__exit__(None, None, None)


worker.run(Checkpointer)
