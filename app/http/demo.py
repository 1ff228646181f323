"""`/demo`: a customer's and a mitra's phone side by side, in development alone.

The page is the example that app developers copy from. Its sources lie in `examples/web/`, and `make run` compiles them;
where they are not compiled, as in an installed wheel, a page says so.
"""

from pathlib import Path

import msgspec

import app as package
from app.http.docs import CONTENT_SECURITY_POLICY, HTML, JSON, KINDS, App, FixedDocument, templates
from app.runtime.ports import reachable
from app.settings import ApiSettings

MITRA_PHONE = "+628110000001"
"""A mitra of `api.seed_demo`, of whom the simulated fleet knows nothing."""

_POLICY = f"{CONTENT_SECURITY_POLICY}; require-trusted-types-for 'script'; trusted-types 'none'"
_WEB = Path(package.__file__).parents[1] / "examples" / "web"
_SCRIPTS = _WEB / "dist"
_ENTRANCE = _SCRIPTS / "web" / "src" / "page.js"


def add_routes(app: App, settings: ApiSettings) -> None:
    """Serve the page, its scripts, and what these can't know: where the control centre is, and which code logs in."""
    if not _ENTRANCE.is_file():
        app.add_route("/demo", FixedDocument(templates().get_template("demo_missing.html").render().encode, HTML))
        return
    app.add_route("/demo", FixedDocument((_WEB / "index.html").read_bytes, HTML, _POLICY))
    app.add_route("/demo/style.css", FixedDocument((_WEB / "style.css").read_bytes, KINDS["css"]))
    for script in sorted(_SCRIPTS.rglob("*.js")):
        path = script.relative_to(_SCRIPTS).as_posix()
        app.add_route(f"/demo/{path}", FixedDocument(script.read_bytes, KINDS["js"]))
    known = {
        "control_centre": f"http://{reachable(settings.internal_host)}:{settings.internal_port}",
        "code": settings.otp_fixed_code if settings.otp_provider == "fixed" else None,
        "mitra_phone": MITRA_PHONE,
    }
    app.add_route("/demo/settings.json", FixedDocument(lambda: msgspec.json.encode(known), JSON))
