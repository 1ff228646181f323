"""What resources need to serve requests; opened before the first request, closed after the last."""

from typing import Self

import structlog
from valkey.asyncio import Valkey
from valkey.asyncio.cluster import ValkeyCluster

from app.auth.otp import CodeHasher, code_provider
from app.auth.passwords import PasswordCheck
from app.auth.tokens import Tokens
from app.live.looks import Live
from app.mirror.gateway import Gateway
from app.payments.checkout import why_nobody_can_pay
from app.payments.xendit import Xendit
from app.postgres.database import STATEMENT_TIMEOUT_SECONDS, Database
from app.readiness.clock import Clock
from app.readiness.condition import Conditions
from app.readiness.settle import settle
from app.runtime.turns import Turns
from app.settings import ApiSettings, InternalSettings, TokenSettings, WebSettings
from app.sockets.hub import Hub
from app.sockets.messenger import Messenger
from app.valkey.client import connect_valkey
from app.wire.rate_limits import RateLimits

log = structlog.get_logger(__name__)

MESSAGE_CONNECTIONS = 2
"""For messages alone: on one, messages that wait are sent together; on the other, those that go by themselves."""


class Services:
    """The stores and helpers that both apps share."""

    settings: WebSettings
    connections = 10
    """How many connections to PostgreSQL the app holds at most."""
    statement_timeout = STATEMENT_TIMEOUT_SECONDS
    """After how many seconds PostgreSQL ends a statement of the app."""
    knows_browsers = False
    """Whether the cookie of a browser's session counts; the public app ignores cookies."""

    def __init__(self, settings: WebSettings, db: Database, gateway: Gateway, valkey: Valkey | ValkeyCluster) -> None:
        self.settings = settings
        self.db = db
        self.gateway = gateway
        self.valkey = valkey
        self.xendit = Xendit.of(settings)
        self.tokens = Tokens(*_secrets(settings))
        self.clock = Clock(db)
        self.conditions = Conditions(db.call)
        self.limits = RateLimits(valkey, settings.valkey_key_prefix)
        self.reports = Turns()

    @classmethod
    async def open(cls, settings: WebSettings, *, name: str, settles: bool = True) -> Self:
        """Connect; and if it `settles`, settle what became overdue while no process ran, before the first request."""
        db = await Database.open(
            settings.database_url,
            name=name,
            max_size=cls.connections,
            statement_timeout=cls.statement_timeout,
            prepare=settings.prepare,
        )
        if settles:
            await settle(db.call)
        valkey = connect_valkey(settings.valkey_url, timeout=settings.valkey_timeout_ms / 1000)
        services = cls(settings, db, await Gateway.open(settings, db), valkey)
        await services.start()
        return services

    async def start(self) -> None:
        """Begin the work that goes on beside the requests."""

    async def close(self) -> None:
        """End that work, and close every connection."""
        if self.xendit is not None:
            await self.xendit.close()
        await self.gateway.close()
        await self.valkey.aclose()
        await self.db.close()


def _secrets(settings: TokenSettings) -> tuple[str, list[str]]:
    """The present secret, and the old secrets."""
    old = [secret.get_secret_value() for secret in settings.auth_jwt_old_secrets]
    return settings.auth_jwt_secret.get_secret_value(), old


class PublicServices(Services):
    """What the public app needs besides: one-time codes and sockets."""

    settings: ApiSettings

    def __init__(self, settings: ApiSettings, db: Database, gateway: Gateway, valkey: Valkey | ValkeyCluster) -> None:
        super().__init__(settings, db, gateway, valkey)
        self.otp = code_provider(settings)
        self.codes = CodeHasher(*_secrets(settings))
        self.hub = Hub(settings, db, gateway)

    async def start(self) -> None:
        """Begin to forward events to sockets; warn when nobody can pay."""
        settings = self.settings
        if without := why_nobody_can_pay(settings):
            log.warning("no_payment_provider", reason=without)
        self._sending = await Database.open(
            settings.database_url, name="halobestie-messages", max_size=MESSAGE_CONNECTIONS, prepare=settings.prepare
        )
        self.messenger = Messenger(self.db, self._sending, self.hub, self.gateway, settings.message_rate)
        await self.hub.start()

    async def close(self) -> None:
        """Close the sockets before the stores, which the sockets still need."""
        await self.hub.stop()
        await self._sending.close()
        await self.otp.close()
        await super().close()


class InternalServices(Services):
    """What the internal app needs besides: passwords, and the look at the dashboard for all who watch it."""

    settings: InternalSettings
    connections = 6
    statement_timeout = 5.0
    report_timeout = 30.0
    """The same of what reads whole tables, in its turn (`reports`)."""
    knows_browsers = True

    def __init__(
        self, settings: InternalSettings, db: Database, gateway: Gateway, valkey: Valkey | ValkeyCluster
    ) -> None:
        super().__init__(settings, db, gateway, valkey)
        self.passwords = PasswordCheck()
        self.live = Live(db.call, gateway)

    async def close(self) -> None:
        """End the streams and the threads that check passwords, then the rest."""
        self.live.stop()
        self.passwords.close()
        await super().close()
