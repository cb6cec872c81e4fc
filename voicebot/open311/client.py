"""The client: one HTTP request for each method of GeoReport v2, in JSON."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from voicebot.open311.messages import (
    Attribute,
    Malformed,
    Open311Error,
    Report,
    Service,
    Status,
    Taken,
    read_definition,
    read_errors,
    read_services,
    read_status,
    read_taken,
)
from voicebot.settings import Open311Settings


class Open311Client:
    """Asks one endpoint. Raises :class:`Open311Error` when it refuses, :class:`Malformed` when it answers nonsense, and
    httpx's errors when it can't be reached."""

    def __init__(self, settings: Open311Settings, http: httpx.AsyncClient) -> None:
        self._settings = settings
        self._http = http

    async def services(self) -> tuple[Service, ...]:
        """What can be reported there."""
        return read_services(await self._ask("GET", "services.json"))

    async def definition(self, service_code: str) -> tuple[Attribute, ...]:
        """What else the server wants to know about a kind of report."""
        return read_definition(await self._ask("GET", f"services/{quote(service_code, safe='')}.json"))

    async def submit(self, report: Report) -> Taken:
        """Make a report."""
        return read_taken(await self._ask("POST", "requests.json", report.fields()))

    async def by_token(self, token: str) -> Taken:
        """The number of a report of which only the token is known yet: empty until there is one."""
        return read_taken(await self._ask("GET", f"tokens/{quote(token, safe='')}.json"))

    async def status(self, request_id: str) -> Status:
        """How a report stands."""
        return read_status(await self._ask("GET", f"requests/{quote(request_id, safe='')}.json"))

    async def _ask(self, method: str, path: str, fields: Mapping[str, str] | None = None) -> Any:
        url = f"{self._settings.endpoint.rstrip('/')}/{path}"
        known = {"jurisdiction_id": self._settings.jurisdiction} if self._settings.jurisdiction else {}
        if method == "POST":
            key = self._settings.api_key.get_secret_value()
            data = {**known, **({"api_key": key} if key else {}), **(fields or {})}
            answer = await self._http.post(url, data=data, timeout=self._settings.timeout_s)
        else:
            answer = await self._http.get(url, params=known, timeout=self._settings.timeout_s)
        try:
            content = answer.json()
        except ValueError:
            content = None
        if not answer.is_success:
            raise Open311Error(answer.status_code, read_errors(content))
        if content is None:
            raise Malformed("the answer is no JSON")
        return content
