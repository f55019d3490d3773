// LangGraph's checkpointers for SQLite and PostgreSQL: after each message one checkpoint, as a graph's step stores it.
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages'
import { emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint'
import { run } from './worker.mjs'

function messageOf(message, id) {
  const content = message.content ?? ''
  switch (message.role) {
    case 'assistant': {
      const calls = (message.tool_calls ?? []).map(call => ({
        id: call.id, name: call.function.name, args: JSON.parse(call.function.arguments), type: 'tool_call'
      }))
      return new AIMessage({ content, tool_calls: calls, id })
    }
    case 'tool': return new ToolMessage({ content, tool_call_id: message.tool_call_id, id })
    case 'system': return new SystemMessage({ content, id })
    default: return new HumanMessage({ content, id })
  }
}

await run(async (backend, durability, location) => {
  let saver
  const did = {}
  let close
  if (backend === 'sqlite') {
    const { SqliteSaver } = await import('@langchain/langgraph-checkpoint-sqlite')
    const { default: Database } = await import('better-sqlite3')
    const database = new Database(location)
    saver = new SqliteSaver(database)
    saver.setup()
    database.pragma(`synchronous = ${durability}`)
    const level = ['OFF', 'NORMAL', 'FULL', 'EXTRA'][database.pragma('synchronous', { simple: true })]
    did.durability = `${database.pragma('journal_mode', { simple: true }).toUpperCase()}, synchronous ${level}`
    did.engine = database.prepare('SELECT sqlite_version()').pluck().get()
    close = () => database.close()
  } else {
    const { PostgresSaver } = await import('@langchain/langgraph-checkpoint-postgres')
    saver = PostgresSaver.fromConnString(location)
    await saver.setup()
    close = () => saver.end()
  }

  let sessions, messages, configs, versions
  return {
    async open(conversations) {
      sessions = conversations.map(each => each.session)
      messages = conversations.map(each => each.messages.map((message, index) => messageOf(message, `m${index}`)))
      configs = sessions.map(each => ({ configurable: { thread_id: each, checkpoint_ns: '' } }))
      versions = sessions.map(() => undefined)
      return did
    },
    async save(timed, conversation, index) {
      const version = saver.getNextVersion(versions[conversation])
      versions[conversation] = version
      const checkpoint = {
        ...emptyCheckpoint(),
        id: uuid6(index),
        channel_values: { messages: messages[conversation].slice(0, index + 1) },
        channel_versions: { messages: version }
      }
      const metadata = { source: 'loop', step: index, parents: {} }
      configs[conversation] =
        await timed(() => saver.put(configs[conversation], checkpoint, metadata, { messages: version }))
    },
    async load(timed, conversation) {
      const found = await timed(() => saver.getTuple({ configurable: { thread_id: sessions[conversation] } }))
      return found.checkpoint.channel_values.messages.length
    },
    close
  }
})
