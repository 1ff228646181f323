"""More minutes for a session that runs."""

from tests.proof.rules.availability import command
from tests.proof.rules.everything import ANSWER, RefusedError
from tests.proof.rules.pairing import Pairing
from tests.proof.things import MINUTE, Extension, Mitra, Payment, Session


class Extensions(Pairing):
    """Extensions, and the answers to them."""

    @command
    def request_extension(
        self, session: Session, customer: str, minutes: int, price: int, payment: Payment | None
    ) -> str:
        if payment is None:
            raise RefusedError("VALIDATION_ERROR")
        status = self.session_status(session)
        if session.customer != customer or status not in ("active", "closing"):
            raise RefusedError("SESSION_NOT_ACTIVE")
        if payment.customer != customer:
            raise RefusedError("FORBIDDEN")
        if payment.status != "confirmed" or not payment.is_extension or payment.session is not session:
            raise RefusedError("INVALID_STATE")
        if (minutes, price) != (payment.minutes, payment.amount):
            raise RefusedError("VALIDATION_ERROR")
        assert session.mitra is not None
        others = self.capacity(session.mitra) - (session.status == "active")
        if status == "closing" and others >= self.slots(session.mitra):
            raise RefusedError("CAPACITY_FULL")
        if session.status != status:
            session.expires_at = self.now
        session.status, session.paused_at, session.warnings = "extending", self.now, []
        self.stop_waiting(session)
        self.extensions.append(Extension(session, payment, self.now + ANSWER))
        self.tell(session.mitra, "extension_request")
        self.tell(session.customer, "session_paused extension_pending")
        return "pending"

    def answer(self, extension: Extension, status: str, cause: str, said: str) -> str:
        session, extension.status = extension.session, status
        self.tell(session.customer, f"extension_response {said}")
        if status == "accepted":
            self.keep(extension.payment)
            self.run_clock(session, self.now + self.time_left(session) + extension.payment.minutes * MINUTE)
            session.minutes += extension.payment.minutes
            session.unused = 0
            self.tell_both(session, "session_resumed")
        else:
            self.payment_becomes(extension.payment, "failed", cause)
            self.failures.append((cause, session))
            self.close(session, cause)
        return status

    @command
    def respond_to_extension(self, extension: Extension, session: Session, mitra: Mitra, accepted: bool) -> str:
        if session.mitra is not mitra:
            raise RefusedError("FORBIDDEN")
        self.require_active(mitra)
        if extension.session is not session or extension.status != "pending":
            raise RefusedError("EXTENSION_RESOLVED")
        if accepted:
            return self.answer(extension, "accepted", "", "true false")
        return self.answer(extension, "rejected", "extension_rejected", "false false")

    def answer_by_silence(self, extension: Extension, connected: bool) -> str:
        mitra = extension.session.mitra
        if self.rules["extension_default_action_on_timeout"] == "auto_reject":
            return self.answer(extension, "timeout", "extension_rejected", "false true timeout")
        if connected and mitra and mitra.is_active and mitra.is_online:
            return self.answer(extension, "accepted", "", "true true")
        return self.answer(extension, "timeout", "extension_safeguard_tripped", "false true safeguard")

    @command
    def settle_extension(self, extension: Extension, connected: bool) -> str:
        if extension.status == "pending" and extension.expires_at <= self.now:
            self.answer_by_silence(extension, connected)
        return extension.status
