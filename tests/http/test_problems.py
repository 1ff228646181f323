"""How PostgreSQL's errors become answers."""

from typing import LiteralString

import falcon
import psycopg
import pytest

from app.problems import CODES, Problem


@pytest.mark.parametrize(
    ("sql", "status", "code"),
    [
        ("SELECT core.refuse('OFFER_TAKEN', 'x')", 409, "OFFER_TAKEN"),
        ("DO $$ BEGIN RAISE unique_violation; END $$", 409, "CONFLICT"),
        ("DO $$ BEGIN RAISE foreign_key_violation; END $$", 409, "CONFLICT"),
        ("DO $$ BEGIN RAISE check_violation; END $$", 422, "VALIDATION_ERROR"),
        ("SELECT 'x'::uuid", 422, "VALIDATION_ERROR"),
        ("SELECT 1 / 0", 422, "VALIDATION_ERROR"),
        ("SELECT 3000000000::integer", 422, "VALIDATION_ERROR"),
        ("DO $$ BEGIN RAISE insufficient_privilege; END $$", 403, "FORBIDDEN"),
        ("DO $$ BEGIN RAISE lock_not_available; END $$", 503, "SERVICE_UNAVAILABLE"),
        ("DO $$ BEGIN RAISE connection_failure; END $$", 503, "SERVICE_UNAVAILABLE"),
        ("DO $$ BEGIN RAISE too_many_connections; END $$", 503, "SERVICE_UNAVAILABLE"),
        ("DO $$ BEGIN RAISE query_canceled; END $$", 503, "SERVICE_UNAVAILABLE"),
        ("DO $$ BEGIN RAISE serialization_failure; END $$", 503, "SERVICE_UNAVAILABLE"),
        ("DO $$ BEGIN RAISE deadlock_detected; END $$", 503, "SERVICE_UNAVAILABLE"),
        ("DO $$ BEGIN RAISE 'somebody forgot a code'; END $$", 500, "INTERNAL_ERROR"),
        ("DO $$ BEGIN RAISE not_null_violation; END $$", 500, "INTERNAL_ERROR"),
        ("SELECT nothing_of_the_kind()", 500, "INTERNAL_ERROR"),
        ("DO $$ BEGIN RAISE SQLSTATE 'PTabc'; END $$", 500, "INTERNAL_ERROR"),
    ],
)
def test_an_error_of_the_database_becomes_its_answer(
    conn: psycopg.Connection, sql: LiteralString, status: int, code: str
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        conn.execute(sql)
    problem = Problem.of(caught.value)
    assert (problem.status, problem.code) == (status, code)
    if status == 503:
        assert int(problem.headers["Retry-After"]) > 0


def test_a_refusal_keeps_its_sentence_hint_and_field(conn: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error) as caught:
        conn.execute("SELECT core.refuse('VALIDATION_ERROR', 'Too long.', 'Shorten it.', 'comment')")
    details = Problem.of(caught.value).details("an id")
    assert (details.detail, details.hint, details.field) == ("Too long.", "Shorten it.", "comment")
    assert (details.kind, details.title) == ("urn:halobestie:problem:validation-error", "Validation error")


def test_a_refusal_without_hint_and_field_has_none(conn: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error) as caught:
        conn.execute("SELECT core.refuse('NOT_FOUND', 'No such thing.')")
    problem = Problem.of(caught.value)
    assert (problem.hint, problem.field) == (None, None)


def test_a_value_that_postgresql_has_no_form_for_is_the_askers_fault(conn: psycopg.Connection) -> None:
    with pytest.raises(psycopg.DataError) as caught:
        conn.execute("SELECT %s::text", ["\x00"])
    assert Problem.of(caught.value).code == "VALIDATION_ERROR"


def test_no_connection_is_a_503() -> None:
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect("postgresql://nobody@127.0.0.1:1/nothing", connect_timeout=2)
    assert Problem.of(caught.value).code == "SERVICE_UNAVAILABLE"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (falcon.HTTPNotFound(), 404, "NOT_FOUND"),
        (falcon.HTTPMethodNotAllowed(["GET"]), 405, "METHOD_NOT_ALLOWED"),
        (falcon.HTTPInvalidHeader("is odd", "Content-Length"), 400, "BAD_REQUEST"),
        (falcon.HTTPUnsupportedMediaType(), 415, "BAD_REQUEST"),
        (falcon.HTTPInternalServerError(), 500, "INTERNAL_ERROR"),
        (RuntimeError("with a secret in it"), 500, "INTERNAL_ERROR"),
    ],
    ids=repr,
)
def test_every_other_exception_has_an_answer_too(error: Exception, status: int, code: str) -> None:
    problem = Problem.of(error)
    assert (problem.status, problem.code) == (status, code)
    assert "secret" not in problem.detail


def test_the_app_and_the_database_agree_on_every_code(conn: psycopg.Connection) -> None:
    refusals: dict[str, int] = dict(conn.execute("SELECT code, status FROM core.refusals()").fetchall())
    assert refusals == {code: CODES[code].status for code in refusals}
    of_http = {
        "BAD_REQUEST", "METHOD_NOT_ALLOWED", "CONFLICT", "PAYLOAD_TOO_LARGE", "INTERNAL_ERROR",
        "SERVICE_UNAVAILABLE", "PAYMENT_PROVIDER_UNAVAILABLE", "REQUEST_TIMEOUT", "URI_TOO_LONG", "EXPECTATION_FAILED",
        "HEADERS_TOO_LARGE", "VERSION_REQUIRED", "NOT_IMPLEMENTED", "HTTP_VERSION_NOT_SUPPORTED",
    }  # fmt: skip
    assert CODES.keys() - refusals.keys() == of_http
