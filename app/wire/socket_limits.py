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
"""How many frames of a client are read: a number at once, then a number a second. The rest waits in its connection."""

CONTROL_FRAMES_AT_ONCE: Final = 100
CONTROL_FRAMES_PER_SECOND: Final = 2.0
"""The same for pings and pongs. A client needs few; a client that sends too many is closed with 1008."""

READ_BYTES: Final = 512
"""How many bytes from a client are read at a time; after each part its frames are counted."""

SEND_QUEUE_BYTES: Final = 1024 * 1024
"""A client for which more than this waits has fallen behind."""

KERNEL_BUFFER_BYTES: Final = 64 * 1024
"""What the operating system may keep for a client that does not read, beside the send queue.

It keeps twice that, and megabytes if it is not told.
"""

REPLAY_QUEUE_BYTES: Final = 128 * 1024
"""A replay reads its next page only when less than this waits, so that it never fills the send queue by itself."""

WAITING_RESUMES: Final = 8
"""How many resumes may wait while another resume is being answered; a further one is refused."""

HELD_PASSING_FRAMES: Final = 256
"""Passing frames kept while a resume is being answered. The oldest are dropped first: later frames replace them."""

FOLLOWED_SESSIONS: Final = 64
"""For how many sessions a socket remembers the newest message that it forwarded; the oldest is forgotten first."""

SENT_TOGETHER: Final = 250
"""The most messages that share a transaction."""

TYPING_SECONDS: Final = 2.0
"""The other party is told at most once in this time that somebody types."""

PARTNER_SECONDS: Final = 15.0
"""How long an answer of PostgreSQL that a session runs is believed, unless an event of the session comes."""

DELIVERY_SECONDS: Final = 0.4
"""How long deliveries are gathered before they are written together."""

GATHERED_DELIVERIES: Final = 10_000
"""Watermarks kept while PostgreSQL is away; further ones are left out, for the next message moves them anyway."""

UNPUBLISHED_FRAMES: Final = 10_000
"""Frames that may wait for Valkey. The oldest are dropped first: later frames replace them."""

DELIVERY_PING_SECONDS: Final = 2.0
"""A socket sends at most one ping in this time after its messages; the pong says that they arrived."""

PINGS_UNANSWERED: Final = 8
"""How many of these pings may be without their pong; the next one is sent after a pong has come."""

PONG_BEAT_SECONDS: Final = 15.0
"""A mitra's pong counts as a beat at most once in this time.

It counts only if a frame of the app itself came at least this long before a heartbeat would be stale.
"""

STALE_SECONDS_KNOWN: Final = 10.0
"""How long `heartbeat_stale_seconds` is believed before the mirror, or PostgreSQL while it is away, is asked again."""

PONGS_GATHERED_SECONDS: Final = 1.0
"""How long pongs that the mirror did not take are gathered before PostgreSQL records them together."""

PING_INTERVAL_SECONDS: Final = 25.0
PONG_TIMEOUT_SECONDS: Final = 10.0

CLOSE_SECONDS: Final = 10.0
"""How long a closing handshake may take before the connection is cut."""

HASTY_CLOSE_SECONDS: Final = 0.8
"""The same for a login that has ended, whose socket must be gone within a second, and for a client without a pong."""

LEASE_RENEWAL_SECONDS: Final = 20.0
"""A lease holds for 60 s, so two renewals may fail before a living socket counts as gone."""

NOTE_SECONDS: Final = 15.0
"""While leases can't be renewed, PostgreSQL is told this often who is connected; each time it counts for 45 s."""

POLL_SECONDS: Final = 1.0
"""How often PostgreSQL is asked for new events while Valkey is away, or while nobody keeps the mirror."""

PROOF_SECONDS: Final = 5.0
PROOF_TIMEOUT_SECONDS: Final = 2.0
