"""nginx before both apps as deploy/ has it: TLS, sockets, the address of the client, and no metrics for the public."""

import json
import re
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from app.development.processes import free_port
from tests.support.certificates import certificate
from tests.support.command import ROOT
from tests.support.market import PASSWORD, Market, Person
from tests.support.visitors import Served, serving
from tests.support.waiting import PATIENCE_SECONDS, START_SECONDS, until

CONFIGURATION = ROOT / "deploy" / "nginx" / "halobestie.conf"


class Front:
    """nginx, and how to reach what it serves."""

    def __init__(self, port: int, plain_port: int, certificate_file: Path) -> None:
        self.port = port
        self.plain_port = plain_port
        self.trusts = ssl.create_default_context(cafile=str(certificate_file))
        self.client = httpx.Client(verify=self.trusts, trust_env=False, timeout=PATIENCE_SECONDS)

    def ask(self, host: str, path: str, method: str = "GET", **request: object) -> httpx.Response:
        headers = {"Host": host, **request.pop("headers", {})}  # type: ignore[dict-item]
        return self.client.request(method, f"https://127.0.0.1:{self.port}{path}", headers=headers, **request)  # type: ignore[arg-type]


@pytest.fixture
def served(app_url: Callable[[str], str], valkey_url: str) -> Iterator[Served]:
    urls = {"api": app_url("halo_app"), "internal": app_url("halo_cc")}
    with serving(
        ["api", "internal"],
        place=ROOT,
        url=urls,
        valkey_url=valkey_url,
        APP_ENV="production",
        OTP_PROVIDER="http",
        OTP_HTTP_URL="http://127.0.0.1:1/",
        TRUSTED_PROXIES="127.0.0.1/32",
    ) as served:
        yield served


@pytest.fixture
def front(served: Served) -> Iterator[Front]:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("this machine has no nginx (Debian: apt-get install nginx)")
    with TemporaryDirectory(prefix="halobestie-test-") as name:
        place, port, plain_port = Path(name), free_port(), free_port()
        certificate_file, key_file = certificate(place)
        text = CONFIGURATION.read_text()
        for found, instead in (
            (r"listen \[::\]:\d+.*;", ""),
            (r"listen 443\b", f"listen 127.0.0.1:{port}"),
            (r"listen 80\b", f"listen 127.0.0.1:{plain_port}"),
            (r"/etc/ssl/halobestie/\w+\.crt", str(certificate_file)),
            (r"/etc/ssl/halobestie/\w+\.key", str(key_file)),
            (r"127\.0\.0\.1:3000", served.addresses["api"].removeprefix("http://")),
            (r"127\.0\.0\.1:3001", served.addresses["internal"].removeprefix("http://")),
        ):
            text, count = re.subn(found, instead, text)
            assert count, found
        (place / "halobestie.conf").write_text(text)
        temporary = "".join(
            f"{kind}_temp_path {place}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (place / "nginx.conf").write_text(
            f"daemon off; pid {place}/pid; error_log {place}/error.log; events {{}}"
            f" http {{ access_log off; {temporary} include {place}/halobestie.conf; }}"
        )
        command = [program, "-p", str(place), "-e", f"{place}/error.log", "-c", f"{place}/nginx.conf"]
        said = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stderr
        assert "[warn]" not in said.stderr.replace('the "user" directive', ""), said.stderr
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        front = Front(port, plain_port, certificate_file)

        def answers() -> bool:
            assert process.poll() is None, (place / "error.log").read_text()
            try:
                return front.ask("api.example.com", "/readyz").is_success
            except httpx.TransportError:
                return False

        try:
            until(answers, "nginx answers")
            yield front
        finally:
            front.client.close()
            process.terminate()
            process.wait(START_SECONDS)


def test_both_apps_and_sockets_are_reached_through_tls_and_the_client_is_known(
    front: Front, served: Served, market: Market, customer: Person
) -> None:
    api, control = "api.example.com", "control.example.com"
    refused, led = (
        httpx.get(f"http://127.0.0.1:{front.plain_port}/login", headers={"Host": host}, trust_env=False)
        for host in (api, control)
    )
    assert (refused.status_code, refused.text) == (403, "https only\n")
    assert (led.status_code, led.headers["Location"]) == (308, f"https://{control}/login")

    answer = front.ask(api, "/api/packages", headers=customer.headers)
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert "nginx/" not in answer.headers["Server"]
    assert front.ask(api, "/api/auth/otp/request", "POST", content=b" " * 70_000).status_code == 413

    # A socket.
    with connect(
        f"wss://127.0.0.1:{front.port}/ws",
        ssl=front.trusts,
        subprotocols=[Subprotocol("halobestie.v1"), Subprotocol(f"bearer.{customer.token()}")],
        additional_headers={"X-Forwarded-For": "198.51.100.7"},
        proxy=None,
    ) as socket:
        assert json.loads(socket.recv(10))["type"] == "ready"

    # The control centre's page, whose cookie a browser gives back only through TLS.
    assert front.ask(control, "/metrics").status_code == 404
    assert httpx.get(served.addresses["internal"] + "/metrics", trust_env=False).status_code == 200
    form = front.ask(control, "/login")
    csrf = re.search(r'name="csrf" value="([0-9a-f]{64})"', form.text)
    assert csrf is not None, form.text
    answer = front.ask(
        control,
        "/login",
        "POST",
        data={"act": "login", "email": market.email(market.operator()), "password": PASSWORD, "csrf": csrf[1]},
        headers={
            "Origin": f"https://{control}",
            "Cookie": "; ".join(cookie.partition(";")[0] for cookie in form.headers.get_list("set-cookie")),
            "X-Forwarded-For": "198.51.100.7",  # what a client says of itself is not believed
        },
    )
    assert answer.status_code == 303, answer.text
    assert answer.headers["Set-Cookie"].startswith("__Host-halo=")
    assert "; Secure" in answer.headers["Set-Cookie"]
    assert market.value("SELECT string_agg(DISTINCT address, ' ') FROM core.login_addresses") == "127.0.0.1"
