"""What yesterday would have been under other rules."""

from uuid import UUID

import msgspec

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.shapes.base import ShortPage
from app.shapes.replays import NewReplay, Replay, Replays
from app.sql import replays

READ = Permission("replay", "read")


class AllReplays(Resource):
    """GET and POST /internal/replay."""

    @operation(allow="cc", needs=READ)
    async def on_get(self, call: Call, query: ShortPage) -> Replays:
        """Give the operator's last replays, newest first."""
        return await call.sql(replays.list_replays, actor_id=call.user.sub, limit=query.limit, cursor=query.cursor)

    @operation(allow="cc", needs=READ, status=202, idempotent=True, refuses=("NOT_FOUND",))
    async def on_post(self, call: Call, body: NewReplay) -> Replay:
        """Have a time replayed in the background, under other values of four rules.

        They are offer_timeout_seconds, blast_size, mitra_max_sessions and missed_offers_before_offline. It reads, and
        changes nothing. Below 200 searches it answers `too few` at once.
        """
        return await call.sql(
            replays.request_replay,
            from_at=body.from_,
            to_at=body.to,
            settings=msgspec.json.encode(body.settings).decode(),
            actor_id=call.user.sub,
            seed=body.seed,
        )


class OneReplay(Resource):
    """GET /internal/replay/{replay_id}."""

    @operation(allow="cc", needs=READ, refuses=("NOT_FOUND",))
    async def on_get(self, call: Call, replay_id: UUID) -> Replay:
        """Give a replay, how far it is, and its figures when it is done."""
        return await call.sql(replays.find_replay, replay_id=replay_id)


class CancelReplay(Resource):
    """POST /internal/replay/{replay_id}/cancel."""

    @operation(allow="cc", needs=READ, refuses=("NOT_FOUND",))
    async def on_post(self, call: Call, replay_id: UUID) -> Replay:
        """End a replay that is being made; one that has ended stays as it is."""
        return await call.sql(replays.cancel_replay, replay_id=replay_id, actor_id=call.user.sub)


ROUTES: Routes = {
    "/internal/replay": AllReplays,
    "/internal/replay/{replay_id:uuid}": OneReplay,
    "/internal/replay/{replay_id:uuid}/cancel": CancelReplay,
}
