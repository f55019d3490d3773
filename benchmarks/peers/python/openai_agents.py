"""The OpenAI Agents SDK: SQLiteSession (`file`) and SQLAlchemySession, a message as the items of the Responses API."""

import sqlite3

import worker
from agents import SQLiteSession


def items_of(message):
    items = []
    if message["role"] == "tool":
        return [{"type": "function_call_output", "call_id": message["tool_call_id"], "output": message["content"]}]
    if message.get("content") or not message.get("tool_calls"):
        items.append({"role": message["role"], "content": message.get("content") or ""})
    for call in message.get("tool_calls") or []:
        function = call["function"]
        items.append(
            {
                "type": "function_call",
                "call_id": call["id"],
                "name": function["name"],
                "arguments": function["arguments"],
            }
        )
    return items


class Sessions:
    engine = None

    def __init__(self, backend, durability, location):
        self.backend, self.durability, self.location = backend, durability, location

    async def open(self, conversations):
        self.items = [[items_of(message) for message in each["messages"]] for each in conversations]
        ids = [each["session"] for each in conversations]
        did = {"engine": sqlite3.sqlite_version}
        if self.backend == "sqlite-own":
            self.sessions = [SQLiteSession(id, self.location) for id in ids]
            # It configures its connections by itself: those of any user are configured like this one.
            did["durability"] = worker.sqlite_durability(self.sessions[0]._get_connection())
            return did

        from agents.extensions.memory import SQLAlchemySession
        from sqlalchemy import event
        from sqlalchemy.ext.asyncio import create_async_engine

        if self.backend == "sqlite":
            self.engine = create_async_engine(f"sqlite+aiosqlite:///{self.location}")

            @event.listens_for(self.engine.sync_engine, "connect")
            def configure(connection, _):
                connection.execute(worker.synchronous(self.durability))
        else:
            self.engine = create_async_engine(self.location.replace("postgresql:", "postgresql+asyncpg:"))
            did = {}
        self.sessions = [SQLAlchemySession(id, engine=self.engine, create_tables=True) for id in ids]
        await self.sessions[0].get_items()
        if self.backend == "sqlite":
            async with self.engine.connect() as connection:
                mode = (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar()
                level = (await connection.exec_driver_sql("PRAGMA synchronous")).scalar()
            did["durability"] = f"{mode.upper()}, synchronous {('OFF', 'NORMAL', 'FULL', 'EXTRA')[level]}"
        return did

    async def save(self, timer, conversation, index):
        await timer.call(self.sessions[conversation].add_items, self.items[conversation][index])

    async def load(self, timer, conversation):
        return len(await timer.call(self.sessions[conversation].get_items))

    async def close(self):
        if self.engine is not None:
            await self.engine.dispose()
        else:
            for session in self.sessions:
                session.close()


worker.run(Sessions)
