// The loop of a JavaScript peer: reads commands, one a line, and times each call of the peer by itself. README.md in the
// folder above describes the commands and the replies.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** Writes a reply. The mark tells it from what a library prints. */
const reply = value => process.stdout.write(`@ ${JSON.stringify(value)}\n`)

/** Serves commands until `quit`. `makePeer(backend, durability, location)` returns the peer. */
export async function run(makePeer) {
  const [backend, durability, location, path] = process.argv.slice(2)
  const conversations = readFileSync(path, 'utf8').trimEnd().split('\n').map(line => JSON.parse(line))
  const places = conversations.flatMap((each, conversation) => each.messages.map((_, index) => [conversation, index]))
  const peer = await makePeer(backend, durability, location)
  reply(await peer.open(conversations))
  for await (const line of createInterface({ input: process.stdin })) {
    const [word, ...values] = JSON.parse(line)
    const ns = []
    const timed = async action => {
      const start = process.hrtime.bigint()
      const result = await action()
      ns.push(Number(process.hrtime.bigint() - start))
      return result
    }
    if (word === 'save') {
      for (const [conversation, index] of places.slice(values[0], values[1])) await peer.save(timed, conversation, index)
      reply({ ns })
    } else if (word === 'load') {
      let messages = 0
      for (let conversation = 0; conversation < values[0]; ++conversation) messages += await peer.load(timed, conversation)
      reply({ ns, messages })
    } else if (word === 'search') {
      reply({ ns, unsupported: true })
    } else if (word === 'quit') {
      await peer.close()
      reply({})
      process.exit(0)
    }
  }
}
