"""What is served under /static, and for how long a browser may keep it."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from voicebot.web.security import SecurityHeaders
from voicebot.web.static_files import FOLDER, BuiltFiles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    static = tmp_path / "static"
    (static / "chunks").mkdir(parents=True)
    (static / "pages.css").write_text("body{}")
    (static / "chunks" / "shared-a1b2c3.js").write_text("export {}")
    (static / ".sources").write_text("hash")
    (tmp_path / "secret").write_text("no")
    return static


def client(folder: Path) -> httpx.AsyncClient:
    app = Starlette(routes=[Mount("/static", BuiltFiles(folder))], middleware=[Middleware(SecurityHeaders)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://web")


async def test_a_page_bundle_is_checked_again_and_not_sent_twice(folder: Path) -> None:
    async with client(folder) as web:
        first = await web.get("/static/pages.css")
        again = await web.get("/static/pages.css", headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, first.headers["cache-control"]) == (200, "public, no-cache")
    assert first.headers["content-type"].startswith("text/css")
    assert "script-src 'self'" in first.headers["content-security-policy"]
    assert (again.status_code, again.content) == (304, b"")


async def test_a_file_named_by_its_content_is_kept(folder: Path) -> None:
    async with client(folder) as web:
        answer = await web.get("/static/chunks/shared-a1b2c3.js")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/static/.sources", "/static/../secret", "/static/%2e%2e/secret", "/static/none.css"])
async def test_nothing_else_is_there(folder: Path, path: str) -> None:
    async with client(folder) as web:
        assert (await web.get(path)).status_code == 404


async def test_a_checkout_that_built_nothing_still_starts(tmp_path: Path) -> None:
    async with client(tmp_path / "none") as web:
        assert (await web.get("/static/pages.css")).status_code == 404


def test_the_build_goes_where_it_is_served_from() -> None:
    config = (FOLDER.parents[2] / "frontend" / "vite.config.ts").read_text(encoding="utf-8")
    assert f'outDir: "../{FOLDER.relative_to(FOLDER.parents[2])}"' in config


def test_the_lock_file_names_no_host() -> None:
    lock = (FOLDER.parents[2] / "frontend" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert '"integrity"' in lock
