"""Google's ADK: DatabaseSessionService on SQLite and PostgreSQL, a message as one event."""

import json
import sqlite3
import time

import worker
from google.adk.events import Event
from google.adk.sessions import DatabaseSessionService
from google.genai import types
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.ext.asyncio import create_async_engine

APP, USER = "peers", "user"


def event_of(message):
    parts = []
    if message["role"] == "tool":
        parts.append(
            types.Part.from_function_response(name=message["name"], response={"result": message["content"]})
        )
    elif message.get("content"):
        parts.append(types.Part.from_text(text=message["content"]))
    for call in message.get("tool_calls") or []:
        function = call["function"]
        parts.append(types.Part.from_function_call(name=function["name"], args=json.loads(function["arguments"])))
    role = "model" if message["role"] == "assistant" else "user"
    author = "agent" if message["role"] in ("assistant", "tool") else message["role"]
    return Event(author=author, invocation_id="i", content=types.Content(role=role, parts=parts))


class Service:
    def __init__(self, backend, durability, location):
        self.backend, self.durability, self.location = backend, durability, location

    async def open(self, conversations):
        did = {}
        if self.backend == "sqlite":
            self.engine = create_async_engine(f"sqlite+aiosqlite:///{self.location}")

            @sqlalchemy_event.listens_for(self.engine.sync_engine, "connect")
            def configure(connection, _):
                # The service itself sets foreign_keys on an engine that it makes.
                for statement in ("PRAGMA foreign_keys = ON", "PRAGMA journal_mode = WAL"):
                    connection.execute(statement)
                connection.execute(worker.synchronous(self.durability))
        else:
            self.engine = create_async_engine(
                self.location.replace("postgresql:", "postgresql+asyncpg:"), pool_pre_ping=True
            )
        self.service = DatabaseSessionService(db_engine=self.engine)
        self.events = [[event_of(message) for message in each["messages"]] for each in conversations]
        self.sessions = [
            await self.service.create_session(app_name=APP, user_id=USER, session_id=each["session"])
            for each in conversations
        ]
        if self.backend == "sqlite":
            async with self.engine.connect() as connection:
                mode = (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar()
                level = (await connection.exec_driver_sql("PRAGMA synchronous")).scalar()
            did["durability"] = f"{mode.upper()}, synchronous {('OFF', 'NORMAL', 'FULL', 'EXTRA')[level]}"
            did["engine"] = sqlite3.sqlite_version
        return did

    async def save(self, timer, conversation, index):
        event = self.events[conversation][index]
        event.timestamp = time.time()
        await timer.call(self.service.append_event, self.sessions[conversation], event)

    async def load(self, timer, conversation):
        session = await timer.call(
            self.service.get_session, app_name=APP, user_id=USER, session_id=self.sessions[conversation].id
        )
        return len(session.events)

    async def close(self):
        await self.engine.dispose()


worker.run(Service)
