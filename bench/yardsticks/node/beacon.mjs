// Whether anybody is available: as a key of Valkey says it, or counted anew from every mitra's own keys.

import Fastify from 'fastify'
import { Valkey } from 'iovalkey'

const MAXIMUM = 3
const STALE_MS = 3600 * 1000
const MITRAS_AT_ONCE = 1000

const valkey = new Valkey(process.env.VALKEY_URL, { enableAutoPipelining: true })
const app = Fastify()

app.get('/api/availability', async (request, reply) => {
  const known = await valkey.get('availability:snapshot')
  return reply.type('application/json').send(known)
})

app.get('/counted', async () => {
  const mitras = await valkey.sdiff('mitras:online', 'mitras:deactivated')
  const since = new Date(Date.now() - STALE_MS).toISOString()
  let available = 0
  for (let first = 0; first < mitras.length; first += MITRAS_AT_ONCE) {
    const pipeline = valkey.pipeline()
    for (const mitra of mitras.slice(first, first + MITRAS_AT_ONCE)) {
      pipeline.get(`mitra:capacity:${mitra}`).get(`mitra:heartbeat:${mitra}`)
    }
    const answers = await pipeline.exec()
    for (let i = 0; i < answers.length; i += 2) {
      const [[, capacity], [, heartbeat]] = [answers[i], answers[i + 1]]
      if (Number(capacity) < MAXIMUM && heartbeat >= since) available += 1
    }
  }
  return { available: available > 0, available_mitras: available }
})

await app.listen({ host: '127.0.0.1', port: process.env.PORT, backlog: 16384 })
