"""The server: gives out access tokens for signed assertions, takes messages, and answers as it is told to."""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import jwt

from tests.support.fcm.account import EMAIL, PROJECT, key

AUDIENCE = "https://oauth2.googleapis.com/token"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class Answer(NamedTuple):
    """What FCM says to a message; a status of 0 is silence."""

    status: int
    code: str = ""
    headers: Mapping[str, str] = {}


TAKEN = Answer(200)
UNREGISTERED = Answer(404, "UNREGISTERED")
INVALID = Answer(400, "INVALID_ARGUMENT")
BROKEN = Answer(500, "INTERNAL")
UNAVAILABLE = Answer(503, "UNAVAILABLE")
SILENCE = Answer(0)


class FcmServer:
    """What was sent to it, and what it is going to say."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        """Every message it was asked to send, those it refused included."""
        self.taken: list[dict[str, Any]] = []
        """Those that a phone will get."""
        self.access_tokens: list[str] = []
        self.answer: Callable[[dict[str, Any]], Answer] = lambda _message: TAKEN
        self.gives_tokens = True
        self.ended = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def send_url(self) -> str:
        """Where messages go, with a place for the project, as firebase-admin keeps it."""
        return self.url + "/v1/projects/{0}/messages:send"

    @contextmanager
    def running(self) -> Iterator["FcmServer"]:
        """Serve."""
        serving = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield self
        finally:
            self.ended.set()
            self._http.shutdown()
            serving.join()
            self._http.server_close()

    def grant(self, form: Mapping[str, list[str]]) -> tuple[int, dict[str, Any]]:
        """An access token for an assertion that the account signed."""
        if not self.gives_tokens:
            return 503, {"error": "backend_error"}
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        claims = jwt.decode(form["assertion"][0], key().public_key(), ["RS256"], audience=AUDIENCE)
        if claims["iss"] != EMAIL or SCOPE not in claims["scope"].split():
            return 400, {"error": "invalid_grant"}
        self.access_tokens.append(secrets.token_urlsafe())
        return 200, {"access_token": self.access_tokens[-1], "expires_in": 3600, "token_type": "Bearer"}

    def send(self, authorization: str | None, body: dict[str, Any]) -> Answer:
        """Take a message, if it comes from the account."""
        if authorization not in [f"Bearer {token}" for token in self.access_tokens]:
            return Answer(401, "UNAUTHENTICATED")
        message = body["message"]
        assert "validate_only" not in body
        assert all(isinstance(text, str) for text in message["data"].values())
        assert len(json.dumps([message["data"], message["notification"]], ensure_ascii=False).encode()) <= 4096
        self.messages.append(message)
        answer = self.answer(message)
        if answer is TAKEN:
            self.taken.append(message)
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # the library's name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/token":
                    self.reply(*server.grant(parse_qs(body.decode())))
                    return
                assert self.path == f"/v1/projects/{PROJECT}/messages:send"
                answer = server.send(self.headers["Authorization"], json.loads(body))
                if answer is SILENCE:
                    server.ended.wait(30)
                    self.close_connection = True
                    return
                if answer.status == 200:
                    self.reply(200, {"name": f"projects/{PROJECT}/messages/{time.monotonic_ns()}"})
                    return
                details = [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": answer.code}]
                error = {"code": answer.status, "message": "No.", "status": answer.code, "details": details}
                self.reply(answer.status, {"error": error}, answer.headers)

            def reply(self, status: int, document: object, headers: Mapping[str, str] | None = None) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        return Handler
