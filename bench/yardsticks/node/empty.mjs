// An empty answer.

import Fastify from 'fastify'

const app = Fastify()

app.get('/healthz', async (request, reply) => reply.code(204).send())

await app.listen({ host: '127.0.0.1', port: process.env.PORT, backlog: 16384 })
