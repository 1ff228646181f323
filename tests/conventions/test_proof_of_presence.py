"""Every command that a mitra can give proves that the mitra is there, or a reason says here why it does not."""

import re

from tests.support.sources import FUNCTIONS, reached_from

ITS_ROW_IS_PROOF = {"api.send_messages": "a message, which core.last_sign_of finds"}
NO_COMMAND = {
    "api.conversation_partner": "only reads",
    "api.data_export": "only reads",
    "api.deliver_messages": "the device acknowledges",
    "api.forget_push_token": "the app does it by itself",
    "api.list_sessions": "only reads",
    "api.messages_after": "only reads",
    "api.mitra_earnings": "only reads",
    "api.mitra_offers": "only reads",
    "api.mitra_stats": "only reads",
    "api.mitra_status": "only reads",
    "api.note_connected": "an instance tells of its sockets",
    "api.profile": "only reads",
    "api.push_again": "an instance tells of a socket that died",
    "api.record_heartbeat": "the app does it by itself",
    "api.refresh_login": "the app does it by itself",
    "api.register_push_token": "the app does it by itself",
    "api.release_idempotency_key": "part of another request",
    "api.request_otp": "nobody is logged in yet",
    "api.store_idempotent_reply": "part of another request",
    "api.verify_otp": "nobody is logged in yet",
}

_FOR_A_MITRA = re.compile(
    r"\bp_(mitra_id|user|user_types?|user_ids?|sender_types?|parties|recipients?) [^)]*\).*\bVOLATILE\b", re.DOTALL
)


def test_what_a_mitra_commands_proves_that_it_is_there() -> None:
    commands = {
        name
        for name, function in FUNCTIONS.items()
        if name.startswith("api.")
        and re.search(r"\bGRANT EXECUTE\b[^;]*\bTO\b[^;]*\bhalo_app\b", function.text)
        and _FOR_A_MITRA.search(function.text.partition("AS $$")[0])
    }
    silent = {name for name in commands if "core.prove_presence" not in reached_from(name)}

    assert silent == ITS_ROW_IS_PROOF.keys() | NO_COMMAND.keys()
