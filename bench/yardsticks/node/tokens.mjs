// The mitra that a request's access token names. The cache is keyed by the token itself, which is fast-jwt's fastest way.

import { createVerifier } from 'fast-jwt'

const read = createVerifier({
  key: process.env.AUTH_JWT_SECRET,
  algorithms: ['HS256'],
  allowedIss: 'halobestie',
  allowedAud: 'halobestie-api',
  requiredClaims: ['sub', 'typ', 'exp'],
  cache: 50_000,
  cacheTTL: 15 * 60 * 1000,
  cacheKeyBuilder: token => token
})

/** The mitra's id; undefined for a token that is missing, wrong, expired or somebody else's. */
export function mitraOf (request) {
  const { authorization } = request.headers
  if (authorization?.startsWith('Bearer ')) {
    try {
      const claims = read(authorization.slice(7))
      if (claims.typ === 'mitra') return claims.sub
    } catch {}
  }
}
