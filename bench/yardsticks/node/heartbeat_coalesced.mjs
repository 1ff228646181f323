// The same, but the beats of one turn of the event loop share two commands: SMISMEMBER and MSET.

import Fastify from 'fastify'
import { Valkey } from 'iovalkey'
import { mitraOf } from './tokens.mjs'

const valkey = new Valkey(process.env.VALKEY_URL)
const app = Fastify()
let waiting = []

/** Whether the mitra is online, and so its beat recorded. */
function beat (mitra) {
  return new Promise((resolve, reject) => {
    if (waiting.push({ mitra, resolve, reject }) === 1) setImmediate(recordAll)
  })
}

async function recordAll () {
  const beats = waiting
  waiting = []
  try {
    const online = await valkey.smismember('mitras:online', beats.map(({ mitra }) => mitra))
    const at = new Date().toISOString()
    const values = []
    beats.forEach(({ mitra }, i) => online[i] && values.push(`mitra:heartbeat:${mitra}`, at))
    if (values.length) await valkey.mset(values)
    beats.forEach(({ resolve }, i) => resolve(online[i] === 1))
  } catch (error) {
    for (const { reject } of beats) reject(error)
  }
}

app.post('/api/mitra/status/heartbeat', async (request, reply) => {
  const mitra = mitraOf(request)
  if (mitra === undefined) return reply.code(401).send({ code: 'UNAUTHENTICATED' })
  if (!await beat(mitra)) return reply.code(409).send({ code: 'NOT_ONLINE' })
  return reply.code(204).send()
})

await app.listen({ host: '127.0.0.1', port: process.env.PORT, backlog: 16384 })
