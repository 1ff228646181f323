"""Who shows phone numbers and messages to an operator writes it down."""

from tests.support.sources import ALL_FUNCTIONS, FUNCTIONS, reached_from


def test_every_function_that_shows_an_operator_personal_data_writes_it_into_the_audit_log() -> None:
    showing = {
        name
        for name in FUNCTIONS
        if name.startswith("api.")
        and any("pii" in ALL_FUNCTIONS[each].strings for each in reached_from(name) - {"core.audit_reading"})
    }
    assert {"api.find_session", "api.list_mitras"} <= showing
    silent = {name for name in showing if "core.audit_reading" not in reached_from(name)}
    assert silent == {
        "api.create_mitra",  # the operator gave the number; the creation is in the log
        "api.read_along",  # it has an entry of its own
    }
