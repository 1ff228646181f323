"""A null that makes no sense is refused with 422 VALIDATION_ERROR and its name; one that makes sense is a default."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tests.support.people import People


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function."""

    name: str
    type: str
    may_be_null: bool
    """The signature or the comment says what null means."""

    @property
    def fields(self) -> set[str]:
        """What a refusal may call it: a party of a session is a user, too."""
        return {self.name.removeprefix("p_")} | ({"user_id"} if self.name in ("p_customer_id", "p_mitra_id") else set())


PARAMETERS = """
SELECT p.proname,
    array_agg(argument.name ORDER BY argument.position),
    array_agg(format_type(argument.type, NULL) ORDER BY argument.position),
    array_agg(
        coalesce(pg_get_function_arg_default(p.oid, argument.position::integer) LIKE 'NULL%%', false)
        OR obj_description(p.oid, 'pg_proc') LIKE '%%' || argument.name || ' null =%%'
        ORDER BY argument.position)
FROM pg_proc AS p
CROSS JOIN LATERAL unnest(p.proargnames[1:p.pronargs], p.proargtypes::oid[])
    WITH ORDINALITY AS argument (name, type, position)
WHERE p.pronamespace = 'api'::regnamespace AND p.pronargs > 0
GROUP BY p.oid
"""


@pytest.fixture
def functions(conn: psycopg.Connection) -> dict[str, list[Parameter]]:
    """The parameters of every function in api that has any."""
    return {
        name: [Parameter(*parameter) for parameter in zip(names, types, nullable, strict=True)]
        for name, names, types, nullable in conn.execute(PARAMETERS, [])
    }


@pytest.fixture
def values(people: People) -> Callable[[Parameter], object]:
    """A value that makes sense for a parameter, by its name or else by its type."""
    mitra, customer = people.mitra(), people.customer()
    session = people.session(mitra, customer)
    by_name: dict[str, object] = {
        "p_mitra_id": mitra,
        "p_customer_id": customer,
        "p_session_id": session,
        "p_offer_id": people.value("SELECT id FROM core.pairing_offers WHERE session_id = %s", session),
        "p_payment_request_id": people.value("SELECT id FROM core.payment_requests WHERE session_id = %s", session),
        "p_package_id": people.package(),
        "p_outcome": "dismissed",
        "p_user_type": "customer",
        "p_user_id": customer,
        "p_sender_type": "customer",
        "p_sender_id": customer,
        "p_cc_user_id": uuid4(),
        "p_auth_session_id": uuid4(),
        "p_phone": "+628123456789",
        "p_email": "somebody@example.com",
        "p_password_hash": "$argon2id$x",
        "p_permissions": "{}",
        "p_screen": "sessions",
        "p_query": "status=failed",
        "p_role": "super_admin",
        "p_key": "blast_size",
        "p_value": "10",
        "p_topic_sensitivity": "normal",
        "p_rating": 5,
        "p_provider": "manual",
        "p_way": "provider",
        "p_status text": "sent",
        "p_since": "10:20:",
        "p_looked": "10:20:",
        "p_from_at": datetime.now(UTC) - timedelta(hours=1),
    }
    by_type: dict[str, object] = {
        "uuid": uuid4(),
        "uuid[]": [mitra],
        "text": "text",
        "text[]": [f"customer:{customer}"],
        "integer": 1,
        "bigint": 1,
        "bigint[]": [1],
        "double precision": 1.0,
        "boolean": False,
        "boolean[]": [False],
        "bytea": b"\x01",
        "bytea[]": [b"\x01"],
        "interval": "0",
        "jsonb": "{}",
        "timestamp with time zone": datetime.now(UTC),
        "timestamp with time zone[]": [datetime.now(UTC)],
    }
    return lambda parameter: by_name.get(
        f"{parameter.name} {parameter.type}", by_name.get(parameter.name, by_type[parameter.type])
    )


def outcome(
    conn: psycopg.Connection, function: str, parameters: Sequence[Parameter], values: Sequence[object]
) -> tuple[str, str]:
    """What a call is refused with, (code, field); ("", "") when it answers. Nothing it does stays."""
    arguments = sql.SQL(", ").join(
        sql.SQL("{} => %s::{}").format(sql.Identifier(parameter.name), sql.SQL(parameter.type))
        for parameter in parameters
    )
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(sql.SQL("SELECT * FROM api.{}({})").format(sql.Identifier(function), arguments), values)
    except psycopg.Error as error:
        return error.diag.message_primary or "", error.diag.column_name or ""
    return "", ""


def test_nothing_but_nulls_is_refused(conn: psycopg.Connection, functions: dict[str, list[Parameter]]) -> None:
    assert len(functions) > 40
    answered = {
        name: answer[0]
        for name, parameters in functions.items()
        if not all(parameter.may_be_null for parameter in parameters)
        and (answer := outcome(conn, name, parameters, [None] * len(parameters)))[0] != "VALIDATION_ERROR"
    }

    assert answered == {}


def test_each_null_that_the_signature_does_not_allow_is_refused_by_its_name(
    conn: psycopg.Connection, functions: dict[str, list[Parameter]], values: Callable[[Parameter], object]
) -> None:
    wrong = {}
    for name, parameters in functions.items():
        for missing in parameters:
            if not missing.may_be_null:
                given = [None if parameter is missing else values(parameter) for parameter in parameters]
                code, field = outcome(conn, name, parameters, given)
                if code != "VALIDATION_ERROR" or field not in missing.fields:
                    wrong[name, missing.name] = code, field

    assert wrong == {}


def test_a_null_that_the_signature_allows_is_no_fault(
    conn: psycopg.Connection, functions: dict[str, list[Parameter]], values: Callable[[Parameter], object]
) -> None:
    wrong = {}
    for name, parameters in functions.items():
        allowed = [parameter for parameter in parameters if parameter.may_be_null]
        if allowed:
            given = [None if parameter in allowed else values(parameter) for parameter in parameters]
            answer = outcome(conn, name, parameters, given)
            if answer[0] == "VALIDATION_ERROR" or " " in answer[0]:
                wrong[name] = answer

    assert wrong == {}


def test_a_call_without_nulls_reaches_what_the_function_is_about(
    conn: psycopg.Connection, functions: dict[str, list[Parameter]], values: Callable[[Parameter], object]
) -> None:
    """The values of this module are good ones: what they are refused with is never that one is missing."""
    answers = {
        name: outcome(conn, name, parameters, [values(parameter) for parameter in parameters])
        for name, parameters in functions.items()
    }

    assert {name: code for name, (code, _) in answers.items() if " " in code} == {}


def test_ids_are_uuids_unless_a_client_chooses_them(functions: dict[str, list[Parameter]]) -> None:
    assert all(
        parameter.type in ("uuid", "uuid[]")
        for parameters in functions.values()
        for parameter in parameters
        if parameter.name.endswith(("_id", "_ids")) and not parameter.name.startswith("p_client_")
    )
