"""The situations that calls meet each other in: rows made by the API itself, and what may be called then."""

from inspect import getmembers, isfunction

from tests.proof.situations import absence, links, money, others, pairing, parties, payouts, running

SITUATIONS = {
    name: build
    for module in (pairing, links, running, absence, money, others, parties, payouts)
    for name, build in getmembers(module, isfunction)
    if build.__module__ == module.__name__ and not name.startswith("_")
}
