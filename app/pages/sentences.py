"""The sentences that the API makes of values, as messages to translate."""

import re

from app.pages.words import N_

SENTENCES = (
    N_("for %(time)s"),
    N_("%(taken)s of %(slots)s taken"),
    N_("customers with an open report: %(number)s; held from %(limit)s on"),
    N_("%(outcome)s after %(time)s; waves: %(waves)s, offers: %(offers)s"),
    N_("still searching, for another %(time)s; waves: %(waves)s, offers: %(offers)s"),
    N_("offered; may answer for %(time)s"),
    N_("offered; did not answer in time"),
    N_("offered; accepted after %(time)s"),
    N_("offered; declined after %(time)s"),
    N_("offered; did not answer in %(time)s"),
    N_("offered; another mitra accepted first"),
    N_("offered; withdrawn, because the search ended: %(reason)s"),
    N_("offered; withdrawn, because the mitra went out of service"),
    N_("offered; withdrawn, because the mitra went offline: %(reason)s"),
    N_("offered; withdrawn, because the mitra had no free slot left"),
    N_("excluded since a reroute"),
    N_("offered to in this round already"),
    N_("no free slot"),
    N_("no free slot: %(taken)s of %(slots)s"),
    N_("no free slot as the round began: %(taken)s of %(slots)s"),
    N_("no heartbeat yet"),
    N_("heartbeat %(age)s old, older than %(limit)s"),
    N_("busy row: another transaction held the mitra or its stream"),
    N_("the wave was full before its turn came"),
    N_("came online %(time)s into the round, and was in no wave"),
    N_(
        "online with a free slot, yet in no wave: others came first, its heartbeat was stale, or no listener was asking"
    ),
    N_("would be offered next, as number %(place)s"),
    N_("available, but number %(place)s for a wave of %(size)s"),
    N_("its link ran out, and nobody swept it"),
    N_("paid, with nothing to show for it"),
    N_("a webhook says it is paid, and the provider was not heard yet"),
    N_("a webhook was flagged: %(outcome)s"),
    N_("a refund was asked for, and the provider does not settle it"),
    N_("a refund by transfer was asked for, and nobody says whether it was paid"),
    N_("its refund failed: %(failure)s"),
)
"""What the API says of a pairing, and of a payment that is stuck; values in places of their own."""

REFUSALS = (
    N_("%(name)s is required."),
    N_("Give a value for %(name)s."),
    N_("This needs the permission %(permission)s."),
    N_("%(thing)s is at version %(now)s now, not %(then)s."),
    N_("Read it again and decide anew."),
    N_("No such %(thing)s."),
    N_("Check the id."),
    N_("This login has ended."),
    N_("Log in again."),
    N_("E-mail or password is wrong."),
    N_("The old password is wrong."),
    N_("This form is from another session."),
    N_("Load the page again."),
    N_("A page of another site may not do this."),
    N_("A display may only look at the figures."),
    N_("A phone number may not be in an address."),
    N_("A phone is found under Customers, a mitra by name, an id by its first 8 characters."),
    N_("A customer is found by the beginning of the id."),
    N_("Nobody with this e-mail is in the audit log."),
    N_("Choose a user, or look at the e-mail again."),
    N_("Give its first 8 characters or more, or look for the phone."),
    N_("A phone number is written as +6281234567890."),
    N_("Give it with its country code."),
    N_("Another mitra has this phone number."),
    N_("Use another number."),
    N_("This mitra was offered sessions, and stays in their history."),
    N_("Deactivate the mitra."),
    N_("max_sessions is a number from 1 to 100."),
    N_("Leave it out for the general maximum."),
    N_("mitra_share_percent is a number from 0 to 100."),
    N_("Leave it out for the general share."),
    N_("%(key)s must be a whole number of %(unit)s from %(least)s to %(most)s."),
    N_("%(key)s must be a list of whole numbers of %(unit)s from %(least)s to %(most)s."),
    N_("%(key)s must be one of %(choices)s."),
    N_("%(key)s must be true or false."),
    N_("%(key)s was never changed."),
    N_("There is nothing to undo."),
    N_("There is a role of this name."),
    N_("Choose another name."),
    N_("%(number)s users have this role."),
    N_("This is no e-mail address."),
    N_("Give one such as name@example.com."),
    N_("There is a user with this e-mail address."),
    N_("Use another address."),
    N_("This is the last active super_admin."),
    N_("Make another one first."),
    N_("The role super_admin always has every permission."),
    N_("Make another role."),
    N_("Nobody changes the role that they have themselves."),
    N_("Ask somebody with another role."),
    N_("Only a super_admin makes or changes a super_admin."),
    N_("Ask one of them."),
    N_("Nobody gives or takes rights that they do not have: %(rights)s."),
    N_("Nobody changes their own role or switches themselves off."),
    N_("Ask a colleague."),
    N_("This user has logged in or acted, and stays in the history."),
    N_("Switch the user off."),
    N_("A role's name has 2 to 63 small letters, digits and _, a letter first."),
    N_("Choose one such as night_shift."),
    N_("Who asked for it and who confirms it are two users, both of them active."),
    N_("Let another user confirm it; if who asked has left, another user asks again first."),
    N_("Another user reset the password of one of the two, and may know it."),
    N_("This one must first choose a password of their own."),
    N_("No transfer of this payment request waits to be confirmed."),
    N_("Look at its refunds: it may be confirmed already."),
    N_("It was paid back after the customer paid, and not in the future."),
    N_("Give the time that the bank says."),
    N_("Money becomes credit only when the customer agrees."),
    N_("A refund of %(amount)s rupiah by %(way)s has been asked for and is not settled."),
    N_("No money has arrived for this payment request."),
    N_("There is nothing to refund."),
    N_("This money can't be paid back by %(way)s."),
    N_("Money that is not used yet is refunded whole."),
    N_("Its extension waits for the mitra's answer."),
    N_("Try again when it is answered."),
    N_("All of it has been given back."),
    N_("There is nothing left to refund."),
    N_("From 1 to %(most)s rupiah can be refunded."),
    N_("This customer has no balance."),
    N_("There is nothing to return."),
    N_("A period ends in the past."),
    N_("Earnings of the future are not known."),
    N_("Only an open payout can be held."),
    N_("Only an open payout can be paid: release it first, or close the next period."),
    N_("duration_minutes is a number from 1 to 1440."),
    N_("Sell a day at most."),
    N_("price is whole rupiah, more than 0."),
    N_("Give what a customer pays."),
    N_("An extension has no first-session price."),
    N_("first_session_price is whole rupiah, from 1 to the price."),
    N_("%(name)s has no such placeholder: %(place)s"),
    N_("A session that is %(status)s cannot be ended."),
    N_("Cancel the search instead."),
    N_("Reading along needs a reason."),
    N_("Say why; the audit log keeps it."),
    N_("This report is %(status)s already."),
    N_("Write a note instead."),
    N_("A replay is of a time that is over."),
    N_("Give from, and a later to."),
    N_("A replay is of at most 7 days."),
    N_("Replay a part of it."),
)
"""Why the API refuses an operator, and what to do; values in places of their own. A code says the rest."""

REWORDED = {
    "none yet; fresh in PostgreSQL below %(slack)s, in Valkey below %(limit)s": N_("none yet"),
    "%(age)s old; fresh in PostgreSQL below %(slack)s, in Valkey below %(limit)s": N_(
        "%(age)s old; fresh for %(limit)s, and in PostgreSQL, which hears of it later, for %(slack)s"
    ),
}
"""What the API says for DBAs, and how a page says it."""

_PATTERNS = [
    (re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+?)", re.escape(said))), message)
    for said, message in (*REWORDED.items(), *((known, known) for known in (*SENTENCES, *REFUSALS)))
]


def sentence(said: str) -> tuple[str | None, dict[str, str]]:
    """The message for a sentence of the API, and its values; None where there is no message for it."""
    for pattern, message in _PATTERNS:
        if found := pattern.fullmatch(said):
            return message, found.groupdict()
    return None, {}
