"""The numbers of the socket, in one place; seconds and bytes unless their name says otherwise."""

from typing import Final

SUBPROTOCOL: Final = "halobestie.v1"
BEARER_PREFIX: Final = "bearer."

AUTH_SECONDS: Final = 5.0
"""How long a socket may stay without a token."""

HOLD_SECONDS: Final = 1.0
"""How long live events wait for a `resume` before they flow without one."""

REPLAY_EVENTS: Final = 5_000
"""More missed events and messages than this are not replayed: the client reloads through HTTP."""

RESUMED_SESSIONS: Final = 50
"""The most sessions whose messages one `resume` may ask for."""

REPLAY_PAGE_EVENTS: Final = 500

FRAME_BYTES: Final = 64 * 1024
"""The largest frame a client may send."""

FRAMES_AT_ONCE: Final = 500
FRAMES_PER_SECOND: Final = 50.0
"""How many frames of a client are read: so many at once, then so many a second. The rest waits in its connection."""

CONTROL_FRAMES_AT_ONCE: Final = 100
CONTROL_FRAMES_PER_SECOND: Final = 2.0
"""The same for pings and pongs, of which a client sends one in some seconds; a client with more is closed with 1008."""

READ_BYTES: Final = 512
"""How much of what a client sent is looked at before its frames are counted."""

SEND_QUEUE_BYTES: Final = 1024 * 1024
"""A client with more than this waiting for it has fallen behind."""

KERNEL_BUFFER_BYTES: Final = 64 * 1024
"""What the system may keep besides for a client that does not read; it keeps twice that, and megabytes if not told."""

REPLAY_QUEUE_BYTES: Final = 128 * 1024
"""A replay reads its next page only when less than this waits, so that it never fills the send queue by itself."""

WAITING_RESUMES: Final = 8
"""Resumes that may wait for one that is being answered; a further one is refused."""

HELD_PASSING_FRAMES: Final = 256
"""Passing frames kept while a resume is being answered; the oldest go first, for they repair themselves."""

FOLLOWED_SESSIONS: Final = 64
"""Sessions of which a socket remembers the newest message it forwarded; the oldest is forgotten first."""

SENT_TOGETHER: Final = 250
"""The most messages that share a transaction."""

TYPING_SECONDS: Final = 2.0
"""How often at most the other party is told that somebody types."""

PARTNER_SECONDS: Final = 15.0
"""How long it is believed without asking PostgreSQL that a session runs, unless an event tells otherwise."""

REMEMBERED_TYPISTS: Final = 10_000

DELIVERY_SECONDS: Final = 0.4
"""How long deliveries are gathered before they are written together."""

GATHERED_DELIVERIES: Final = 10_000
"""Watermarks kept while PostgreSQL is away; further ones are left out, for the next message moves them again."""

UNPUBLISHED_FRAMES: Final = 10_000
"""Frames that may wait for Valkey; the oldest go first, for they repair themselves."""

RECEIPT_SECONDS: Final = 2.0
"""How often at most what was sent is followed by a ping, whose answer says that it arrived."""

PINGS_UNANSWERED: Final = 8
"""Such pings that may wait for their answers; further ones wait until one came."""

PONG_BEAT_SECONDS: Final = 15.0
"""How often at most a mitra's pong counts as a beat; the app must have spoken so long before a heartbeat is stale."""

STALE_SECONDS_KNOWN: Final = 10.0
"""How long it is believed without asking when a heartbeat is stale."""

PING_INTERVAL_SECONDS: Final = 25.0
PONG_TIMEOUT_SECONDS: Final = 10.0

CLOSE_SECONDS: Final = 10.0
"""How long a closing handshake may take before the connection is cut."""

HASTY_CLOSE_SECONDS: Final = 0.8
"""The same when the login has ended, for the socket must be gone within a second, and for a client that is silent."""

LEASE_RENEWAL_SECONDS: Final = 20.0
"""Leases run 60 s, so that two renewals may fail before a living socket counts as gone."""

NOTE_SECONDS: Final = 15.0
"""How often PostgreSQL is told who is connected, while leases can't be renewed; each time it counts for 45 s."""

POLL_SECONDS: Final = 1.0
"""How often PostgreSQL is asked for new events while Valkey is away, or nobody keeps the mirror."""

PROOF_SECONDS: Final = 5.0
PROOF_TIMEOUT_SECONDS: Final = 2.0
