"""FIREBASE_CREDENTIALS that can't be used stop the listener at its start, with what to do about it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import ListenerSettings, SettingsError, load
from tests.support.fcm.account import write_credentials
from tests.support.waiting import START_SECONDS

STORES = {"database_url": "postgresql://localhost/halobestie", "valkey_url": "valkey://localhost"}


def test_the_key_of_a_service_account_is_taken(tmp_path: Path) -> None:
    path = str(write_credentials(tmp_path / "firebase.json", token_uri="http://127.0.0.1/token"))

    assert load(ListenerSettings, **STORES, firebase_credentials=path).firebase_credentials == path


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file or directory"),
        ("", "not the key of a service account"),
        ("[]", "not the key of a service account"),
        ('{"type": "authorized_user"}', "not the key of a service account"),
    ],
)
def test_anything_else_is_refused_in_one_line(tmp_path: Path, content: str | None, why: str) -> None:
    path = tmp_path / "firebase.json"
    if content is not None:
        path.write_text(content)

    with pytest.raises(SettingsError) as refused:
        load(ListenerSettings, **STORES, firebase_credentials=str(path))
    (fault,) = refused.value.faults
    assert fault.startswith("FIREBASE_CREDENTIALS: must be a file with the credentials of a Firebase service account")
    assert why in fault


def test_a_key_that_is_damaged_is_refused_without_showing_it(tmp_path: Path) -> None:
    path = write_credentials(tmp_path / "firebase.json", token_uri="http://127.0.0.1/token")
    account = json.loads(path.read_text())
    path.write_text(json.dumps({**account, "private_key": account["private_key"][:200]}))

    with pytest.raises(SettingsError) as refused:
        load(ListenerSettings, **STORES, firebase_credentials=str(path))
    assert account["private_key"][40:80] not in str(refused.value)


def test_one_that_names_no_project_is_refused(tmp_path: Path) -> None:
    path = write_credentials(tmp_path / "firebase.json", token_uri="http://127.0.0.1/token")
    account = json.loads(path.read_text())
    del account["project_id"]
    path.write_text(json.dumps(account))

    with pytest.raises(SettingsError) as refused:
        load(ListenerSettings, **STORES, firebase_credentials=str(path))
    assert "project_id" in str(refused.value)


def test_nobody_loads_firebase_who_does_not_push() -> None:
    loaded = (
        "import sys, app.serving.apps, listeners.daemon; print([name for name in sys.modules if 'firebase' in name])"
    )

    found = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True, timeout=START_SECONDS
    )

    assert found.stdout.strip() == "[]"
