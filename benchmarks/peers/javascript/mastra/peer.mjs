// Mastra's stores for libSQL and PostgreSQL: a message as one message of Mastra's memory.
import { run } from './worker.mjs'

const resourceId = 'user'

function messageOf(message, names, threadId, id, createdAt) {
  const parts = []
  if (message.role === 'tool') {
    const call = names.get(message.tool_call_id)
    parts.push({
      type: 'tool-invocation',
      toolInvocation: {
        state: 'result', toolCallId: message.tool_call_id, toolName: call?.name ?? message.name, args: call?.args ?? {},
        result: message.content
      }
    })
  } else if (message.content) {
    parts.push({ type: 'text', text: message.content })
  }
  for (const call of message.tool_calls ?? []) {
    const args = JSON.parse(call.function.arguments)
    names.set(call.id, { name: call.function.name, args })
    parts.push({
      type: 'tool-invocation',
      toolInvocation: { state: 'call', toolCallId: call.id, toolName: call.function.name, args }
    })
  }
  // Its messages have no role for tools: a tool's result is a part of the assistant.
  const role = message.role === 'tool' ? 'assistant' : message.role
  return { id, threadId, resourceId, role, type: 'v2', createdAt, content: { format: 2, parts } }
}

await run(async (backend, _, location) => {
  let store
  if (backend === 'sqlite-own') {
    const { LibSQLStore } = await import('@mastra/libsql')
    store = new LibSQLStore({ id: 'peers', url: `file:${location}` })
  } else {
    const { PostgresStore } = await import('@mastra/pg')
    store = new PostgresStore({ id: 'peers', connectionString: location })
  }
  let memory, sessions, messages, system
  return {
    async open(conversations) {
      await store.init()
      memory = await store.getStore('memory')
      sessions = conversations.map(each => each.session)
      // It stores messages of the role system, but no load returns them.
      system = conversations.map(each => each.messages.filter(message => message.role === 'system').length)
      let time = Date.now() - 10_000_000
      messages = conversations.map(each => {
        const names = new Map()
        return each.messages.map((message, index) =>
          messageOf(message, names, each.session, `${each.session}-${index}`, new Date(++time)))
      })
      for (const id of sessions) {
        const now = new Date()
        await memory.saveThread({ thread: { id, resourceId, title: id, metadata: {}, createdAt: now, updatedAt: now } })
      }
      if (backend !== 'sqlite-own') return {}
      const one = async sql => Object.values((await store.client.execute(sql)).rows[0])[0]
      const level = ['OFF', 'NORMAL', 'FULL', 'EXTRA'][await one('PRAGMA synchronous')]
      return {
        durability: `${(await one('PRAGMA journal_mode')).toUpperCase()}, synchronous ${level}`,
        engine: await one('SELECT sqlite_version()')
      }
    },
    async save(timed, conversation, index) {
      await timed(() => memory.saveMessages({ messages: [messages[conversation][index]] }))
    },
    async load(timed, conversation) {
      const found = await timed(() => memory.listMessages({ threadId: sessions[conversation], perPage: false }))
      return found.messages.length + system[conversation]
    },
    close: () => store.close()
  }
})
