"""The codes of the API in words, as messages to translate."""


def N_(message: str) -> str:  # noqa: N802  # gettext's name for a message that is translated later
    """Mark a message for the catalogues."""
    return message


WORDS = {
    # sessions
    "searching": N_("searching"),
    "pending_acceptance": N_("waiting for a mitra"),
    "pending_payment": N_("waiting for payment"),
    "active": N_("running"),
    "extending": N_("extending"),
    "closing": N_("closing"),
    "completed": N_("completed"),
    "cancelled": N_("cancelled"),
    "failed": N_("failed"),
    # offers
    "offered": N_("offered"),
    "accepted": N_("accepted"),
    "declined": N_("declined"),
    "expired": N_("expired"),
    "rescinded": N_("rescinded"),
    # mitras
    "online": N_("online"),
    "offline": N_("offline"),
    "available": N_("available"),
    "deactivated": N_("deactivated"),
    # packages
    "on_sale": N_("on sale"),
    "not_on_sale": N_("not on sale"),
    "replaced": N_("replaced"),
    # money
    "pending": N_("open"),
    "confirmed": N_("confirmed"),
    "consumed": N_("used"),
    "none": N_("none"),
    "due": N_("due"),
    "requested": N_("requested"),
    "refunded": N_("refunded"),
    "received": N_("received"),
    "kept": N_("kept"),
    "unaccounted": N_("unaccounted"),
    "refund_due": N_("refund due"),
    "refund_requested": N_("refund requested"),
    "held": N_("held"),
    # rules
    "days": N_("days"),
    "offers": N_("offers"),
    "percent": N_("percent"),
    "seconds": N_("seconds"),
    "sessions": N_("sessions"),
    "finish": N_("finish"),
    "reroute": N_("reroute"),
    "revive": N_("revive"),
    "refund": N_("refund"),
    "credit": N_("credit"),
    "auto_approve": N_("approve"),
    "auto_reject": N_("reject"),
    # pushes
    "push_pairing_offer": N_("A mitra gets an offer"),
    "push_extension_request": N_("A mitra is asked for more time"),
    "push_session_started": N_("A session starts"),
    "push_session_warning": N_("A session ends soon"),
    "push_session_ended": N_("A session has ended"),
    "push_pairing_failed": N_("No mitra was found"),
    "push_message": N_("A message has come"),
    # what is wrong with the system
    "nobody_leads": N_("No listener leads: nothing is paired or expires."),
    "events_undispatched": N_("Events wait to be sent to apps."),
    "deadlines_overdue": N_("Deadlines are overdue."),
    "searches_without_offers": N_("Searches get no offers although mitras are available."),
    "valkey_away": N_("Valkey does not answer: PostgreSQL answers instead."),
    "mirror_not_kept": N_("The mirror is not kept: PostgreSQL answers instead."),
    "leads": N_("leads"),
    "nobody leads": N_("nobody leads"),
    "all hold": N_("all hold"),
    # what a timeline says
    "search began": N_("search began"),
    "payment asked for": N_("payment asked for"),
    "payment confirmed": N_("payment confirmed"),
    "offer accepted": N_("offer accepted"),
    "offer declined": N_("offer declined"),
    "offer expired": N_("offer expired"),
    "offer rescinded": N_("offer rescinded"),
    "offer cancelled": N_("offer cancelled"),
    "clock started": N_("clock started"),
    "rerouted": N_("rerouted"),
    "extension asked for": N_("extension asked for"),
    "extension accepted": N_("extension accepted"),
    "extension rejected": N_("extension rejected"),
    "extension timeout": N_("extension timed out"),
    "extension cancelled": N_("extension cancelled"),
    "closing began": N_("closing began"),
    "failure recorded": N_("failure recorded"),
    "refund asked for": N_("refund asked for"),
    "gone": N_("gone"),
    "rated": N_("rated"),
}


def word(code: str) -> str:
    """The message for a code; a code that has none is shown with blanks."""
    return WORDS.get(code) or code.replace("_", " ")
