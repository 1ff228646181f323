"""`/demo` is for development alone, and says so when its scripts are not compiled."""

import re
from pathlib import Path

import httpx
import pytest

from app.http import demo
from app.serving.apps import create_public_app
from app.settings import ApiSettings
from tests.support.http_apps import serving

HOLE = re.compile(r"^  (\w+):.*(\{\w+\})", re.MULTILINE)
WEB = Path(__file__).parents[2] / "examples" / "web"


async def test_production_has_no_demo(api_settings: ApiSettings) -> None:
    production = api_settings.model_copy(
        update={"app_env": "production", "otp_provider": "http", "otp_http_url": "http://127.0.0.1:9"}
    )
    async with serving(create_public_app(production)) as client:
        for path in ("/demo", "/demo/style.css", "/demo/settings.json"):
            assert (await client.get(path)).status_code == 404, path


async def test_a_page_that_was_not_compiled_says_so(
    api_settings: ApiSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(demo, "_ENTRANCE", tmp_path / "page.js")
    async with serving(create_public_app(api_settings)) as client:
        page = await client.get("/demo")
    assert page.status_code == 200
    assert "not compiled here: start <code>make run</code>" in page.text


async def test_every_file_that_the_page_loads_is_there_and_nothing_is_inline(api: httpx.AsyncClient) -> None:
    page = await api.get("/demo")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert not re.search(r"<style|\bstyle=|\bon\w+=|<script(?![^>]*src=)", page.text)
    loaded = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert sorted(loaded) == ["/demo/style.css", "/demo/web/src/page.js"]
    for path in loaded:
        assert (await api.get(path)).status_code == 200, path
    for script in (WEB / "dist").rglob("*.js"):
        answer = await api.get(f"/demo/{script.relative_to(WEB / 'dist').as_posix()}")
        assert answer.headers["content-type"].startswith("text/javascript"), script


async def test_the_page_learns_the_code_only_where_it_is_always_the_same(api_settings: ApiSettings) -> None:
    for provider, code in (("fixed", "000000"), ("console", None)):
        settings = api_settings.model_copy(update={"otp_provider": provider, "internal_port": 4321})
        async with serving(create_public_app(settings)) as client:
            known = (await client.get("/demo/settings.json")).json()
        assert known["code"] == code
        assert known["control_centre"] == "http://127.0.0.1:4321"


def test_the_example_holds_no_secret_and_both_languages_fill_in_the_same() -> None:
    sources = {file.name: file.read_text() for file in WEB.rglob("src/*.ts")}
    assert not [name for name, text in sources.items() if re.search(r"password|secret_key|halobestie-demo", text)]
    english, indonesian = re.findall(r"^const \w+.*? = \{\n(.*?)\n\};", sources["texts.ts"], re.DOTALL | re.MULTILINE)
    assert HOLE.findall(english)
    assert HOLE.findall(english) == HOLE.findall(indonesian)
