"""What the parties of a session tell each other, through HTTP and sockets alike: committed first, told afterwards."""

import asyncio
from collections.abc import Sequence
from uuid import UUID
from weakref import WeakValueDictionary

import msgspec
import psycopg
import structlog

from app.auth.tokens import Claims, UserType
from app.mirror.gateway import Gateway
from app.mirror.together import Together
from app.observability.faults import tell
from app.postgres.database import Database
from app.shapes.messages import Message, MessagePage, Messages
from app.sockets.frames import OTHER_PARTY, MessageRead, TypingNow, message_frame, write
from app.sockets.hub import Hub
from app.sockets.pace import Pace
from app.sockets.receipts import Given
from app.sockets.socket import Socket
from app.sql import messages, pushes
from app.sql.messages import Partner, ReadTo, SaidMessage, SentMessage
from app.wire.socket_limits import SENT_TOGETHER

log = structlog.get_logger(__name__)

_message = msgspec.json.Decoder(Message)


class Messenger:
    """Carries what a party says into PostgreSQL, and from there to both parties' devices.

    It has pools and no connection, so every call is a transaction of its own, and committed when it returns: nothing
    is told that could still be undone.
    """

    def __init__(self, db: Database, sending: Database, hub: Hub, gateway: Gateway, rate: str) -> None:
        """`sending` has connections for messages alone, so that a message never waits behind a thousand resumes.

        `rate` is how often a user may send, and how often mark as read, through this instance.
        """
        self._db = db
        self._sending_db = sending
        self._hub = hub
        self._gateway = gateway
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
        self._together: Together[SaidMessage, SentMessage | None] = Together(self._send_together, most=SENT_TOGETHER)
        self._sending = Pace(rate)
        self._reading = Pace(rate)
        self._typing = Pace(rate)

    async def send(
        self, sender: Claims, *, session_id: UUID, client_message_id: str, body: str
    ) -> tuple[Message, bool]:
        """Say something to the other party; the message, and whether it was there before.

        A repeat is told, and pushed, again: the first time may have been lost with its answer. Refuses with
        RATE_LIMITED, and as api.send_message does.
        """
        self._sending.step(sender.user)
        said = SaidMessage(session_id, sender.typ, sender.sub, client_message_id, body)
        # One after the other, as PostgreSQL would have it anyway, so that they are told of in their order.
        async with self._turns.setdefault(session_id, asyncio.Lock()):
            sent = await self._together(said)
            if sent is None:
                sent = await self._sending_db.call(messages.send_message, said=said)
            frame = message_frame(bytes(sent.message))
            self._hub.tell(f"customer:{sent.customer_id}", frame)
            self._hub.tell(f"mitra:{sent.mitra_id}", frame)
        message = _message.decode(sent.message)
        if sender.typ == "customer":
            await self._push(message, "mitra", sent.mitra_id)
        else:
            await self._push(message, "customer", sent.customer_id)
        return message, sent.is_repeat

    async def _send_together(self, said: Sequence[SaidMessage]) -> list[SentMessage | None]:
        """Send in one transaction what goes without question; None for what has to be sent by itself."""
        try:
            sent = await self._sending_db.call(messages.send_messages, said=said)
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            tell(log, "messages_not_sent_together", error, messages=len(said))
            sent = []
        by_session = {message.session_id: message for message in sent}
        return [by_session.pop(one.session_id, None) for one in said]

    async def _push(self, message: Message, user_type: UserType, user_id: UUID) -> None:
        """Have the message pushed to somebody who has no socket anywhere. Best effort: the message is committed."""
        if self._hub.is_here(f"{user_type}:{user_id}") or await self._gateway.connected(user_type, user_id):
            return
        try:
            await self._sending_db.call(pushes.queue_message_push, session_id=message.session_id, seq=message.seq)
        except psycopg.Error as error:
            tell(log, "message_push_not_queued", error)

    async def push_missed(self, socket: Socket) -> None:
        """Have pushed what a socket that died was sent after its last pong, if its user has no other. Best effort."""
        receipts = socket.receipts
        if receipts is None or self._hub.is_here(socket.user):
            return
        if await self._gateway.connected(socket.user_type, socket.user_id) is not False:
            return
        seconds = asyncio.get_running_loop().time() - receipts.answered_at
        missed = receipts.unanswered()
        try:
            await self._db.call(
                pushes.push_again,
                user_type=socket.user_type,
                user_id=socket.user_id,
                seconds=seconds,
                session_ids=[*missed],
                seqs=[*missed.values()],
            )
        except psycopg.Error as error:
            tell(log, "missed_pushes_not_queued", error)

    async def read(self, reader: Claims, *, session_id: UUID, seq: int) -> ReadTo:
        """A party has read up to `seq`; its other devices and the other party are told if that is news.

        Refuses as api.read_messages does.
        """
        self._reading.step(reader.user)
        read = await self._db.call(
            messages.read_messages, session_id=session_id, user_type=reader.typ, user_id=reader.sub, seq=seq
        )
        if not read.is_news:
            return read
        frame = write(MessageRead(session_id, OTHER_PARTY[read.other_type], read.read_seq))
        self._hub.tell(reader.user, frame)
        if read.other_id is not None:
            self._hub.tell(f"{read.other_type}:{read.other_id}", frame)
        return read

    async def history(self, reader: Claims, *, session_id: UUID, page: MessagePage) -> Messages:
        """A page of what was said; `fetched` is to be called once it is written. Refuses as api.list_messages does."""
        return await self._db.call(
            messages.list_messages,
            session_id=session_id,
            user_type=reader.typ,
            user_id=reader.sub,
            after_seq=page.after_seq,
            before_seq=page.before_seq,
            limit=page.limit,
            cursor=page.cursor,
        )

    def fetched(self, reader: Claims, session_id: UUID, asked: MessagePage, page: Messages) -> None:
        """A page was written whole: the reader's device has it. One read on from a number has what is before that."""
        if page.items:
            after = page.items[0].seq - 1 if asked.before_seq is not None or asked.cursor is not None else 0
            self._hub.delivered(session_id, reader, Given(after, page.items[-1].seq))

    async def typing(self, typist: Claims, session_id: UUID) -> None:
        """Tell the other party of a running session that this one types, if it was not told just now.

        Refuses with RATE_LIMITED, and as api.conversation_partner does, when that has to be asked.
        """

        async def look() -> Partner:
            self._typing.step(typist.user)
            return await self._db.call(
                messages.conversation_partner, session_id=session_id, user_type=typist.typ, user_id=typist.sub
            )

        partner = await self._hub.keystrokes(typist.user).strike(session_id, look)
        if partner is not None:
            self._hub.tell(partner.recipient, write(TypingNow(session_id, OTHER_PARTY[partner.other_type])))
