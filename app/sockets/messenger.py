"""Messages, and the signs that they were read or are being typed: first committed, then told to both parties."""

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
from app.observability.faults import log_fault
from app.postgres.database import Connection, Database
from app.shapes.messages import Message, MessagePage, Messages
from app.sockets.frames import OTHER_PARTY, MessageRead, TypingNow, message_frame, write
from app.sockets.hub import Hub
from app.sockets.pace import Pace
from app.sockets.socket import Socket
from app.sql import messages, pushes
from app.sql.messages import Partner, ReadTo, SaidMessage, SentMessage
from app.wire.socket_limits import SENT_TOGETHER

log = structlog.get_logger(__name__)

_message = msgspec.json.Decoder(Message)


class Messenger:
    """Carries what a party says into PostgreSQL, and from there to both parties' devices.

    It calls through pools, so every call is a transaction of its own, and is committed when it returns: nothing is told
    that could still be rolled back.
    """

    def __init__(self, db: Database, sending: Database, hub: Hub, gateway: Gateway, rate: str) -> None:
        """`sending` is a pool for messages alone, so that a message never waits behind a thousand resumes.

        `rate` is how often a user may send, and how often a user may mark messages as read, through this instance.
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
        """Send a message to the other party; returns the message, and whether it is a repeat.

        Both parties are told of a repeat again, and it is pushed again: what was told the first time may be lost, like
        the answer. Refuses with RATE_LIMITED, and as api.send_message does.
        """
        self._sending.step(sender.user)
        said = SaidMessage(session_id, sender.typ, sender.sub, client_message_id, body)
        # One after the other, as in PostgreSQL, so that the parties are told in the order of the numbers.
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
        """Send messages in one transaction; None for each that api.send_messages left out: it is sent by itself."""
        try:
            sent = await self._sending_db.call(messages.send_messages, said=said)
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            log_fault(log, "messages_not_sent_together", error, messages=len(said))
            sent = []
        by_session = {sent_message.session_id: sent_message for sent_message in sent}
        return [by_session.pop(message.session_id, None) for message in said]

    async def _push(self, message: Message, user_type: UserType, user_id: UUID) -> None:
        """Queue a push of the message for a user without a socket anywhere. Best effort: the message is committed."""
        if self._hub.is_here(f"{user_type}:{user_id}") or await self._gateway.connected(user_type, user_id):
            return
        try:
            await self._sending_db.call(pushes.queue_message_push, session_id=message.session_id, seq=message.seq)
        except psycopg.Error as error:
            log_fault(log, "message_push_not_queued", error, session_id=str(message.session_id))

    async def push_missed(self, socket: Socket) -> None:
        """Queue pushes of the messages that a lost socket was sent after its last pong. Best effort.

        Nothing is queued when the user has another socket.
        """
        delivery_pings = socket.delivery_pings
        if delivery_pings is None or self._hub.is_here(socket.user):
            return
        if await self._gateway.connected(socket.user_type, socket.user_id) is not False:
            return
        missed = delivery_pings.unanswered()

        async def push_again(conn: Connection) -> int:
            # The seconds end here, after the wait for a connection: PostgreSQL counts them back from its own clock.
            return await pushes.push_again(
                conn,
                user_type=socket.user_type,
                user_id=socket.user_id,
                seconds=asyncio.get_running_loop().time() - delivery_pings.answered_at,
                session_ids=[*missed],
                seqs=[*missed.values()],
            )

        try:
            await self._db.call(push_again)
        except psycopg.Error as error:
            log_fault(log, "missed_pushes_not_queued", error)

    async def read(self, reader: Claims, *, session_id: UUID, seq: int) -> ReadTo:
        """A party has read every message up to `seq`; if that is news, its other devices and the other party are told.

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
        """A page of a session's messages; call `fetched` once it is written. Refuses as api.list_messages does."""
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
        """The whole page was written, so the reader's device has it.

        A device that asked for messages after a number has the messages before that number, too.
        """
        if page.items:
            after = page.items[0].seq - 1 if asked.before_seq is not None or asked.cursor is not None else 0
            self._hub.note_delivered(reader, session_id, after, page.items[-1].seq)

    async def typing(self, typist: Claims, session_id: UUID) -> None:
        """Tell the other party of a running session that `typist` types, unless it was told just now.

        Refuses with RATE_LIMITED, and as api.conversation_partner does; both only when PostgreSQL has to be asked.
        """

        async def look() -> Partner:
            self._typing.step(typist.user)
            return await self._db.call(
                messages.conversation_partner, session_id=session_id, user_type=typist.typ, user_id=typist.sub
            )

        partner = await self._hub.keystrokes(typist.user).partner_to_tell(session_id, look)
        if partner is not None:
            self._hub.tell(partner.recipient, write(TypingNow(session_id, OTHER_PARTY[partner.other_type])))
