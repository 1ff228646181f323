// Heartbeats as a Node service usually has them: Fastify, fast-jwt with its cache, iovalkey with auto-pipelining.

import Fastify from 'fastify'
import { Valkey } from 'iovalkey'
import { mitraOf } from './tokens.mjs'

const valkey = new Valkey(process.env.VALKEY_URL, { enableAutoPipelining: true })
const app = Fastify()

app.post('/api/mitra/status/heartbeat', async (request, reply) => {
  const mitra = mitraOf(request)
  if (mitra === undefined) return reply.code(401).send({ code: 'UNAUTHENTICATED' })
  if (!await valkey.sismember('mitras:online', mitra)) return reply.code(409).send({ code: 'NOT_ONLINE' })
  await valkey.set(`mitra:heartbeat:${mitra}`, new Date().toISOString())
  return reply.code(204).send()
})

await app.listen({ host: '127.0.0.1', port: process.env.PORT, backlog: 16384 })
