"""Webhooks: what happens in calls, sent as signed JSON to a URL of the council's."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

import httpx

from voicebot.accounts.keys import utc_now
from voicebot.outbox.destination import NotNow, Refused, Told
from voicebot.outbox.signing import ID_HEADER, KIND_HEADER, SIGNATURE_HEADER, TIME_HEADER, signature
from voicebot.settings import WebhookSettings

_LONGEST_WAIT_S = 3600.0


class Webhook:
    """One URL. Each attempt is signed anew; the id stays, by which the receiver knows a repetition.

    Any 2xx means that it was taken. 410 means that the receiver is gone for good; all else is tried again, because a
    wrong path or secret can be put right. Redirects are not followed: what is sent is meant for this URL alone.
    """

    def __init__(
        self,
        settings: WebhookSettings,
        secret: str,
        http: httpx.AsyncClient,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.name = f"webhook:{settings.name}"
        self._settings = settings
        self._secret = secret.encode()
        self._http = http
        self._now = now

    def wants(self, kind: str, payload: Mapping[str, Any]) -> bool:
        """By the patterns of its settings, such as ``call.*``."""
        return any(fnmatchcase(kind, pattern) for pattern in self._settings.kinds)

    async def deliver(self, told: Told) -> dict[str, Any]:
        """POST it."""
        content = {
            "id": told.uid,
            "kind": told.kind,
            "at": told.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "call_id": told.call_id,
            "data": dict(told.payload),
        }
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        timestamp = int(self._now().timestamp())
        headers = {
            "Content-Type": "application/json",
            ID_HEADER: told.uid,
            KIND_HEADER: told.kind,
            TIME_HEADER: str(timestamp),
            SIGNATURE_HEADER: signature(self._secret, timestamp, body),
        }
        try:
            answer = await self._http.post(
                self._settings.url, content=body, headers=headers, timeout=self._settings.timeout_s
            )
        except httpx.HTTPError as error:
            raise NotNow(type(error).__name__) from error
        if answer.status_code == httpx.codes.GONE:
            raise Refused("the receiver answered 410 Gone")
        if not answer.is_success:
            raise NotNow(f"the receiver answered {answer.status_code}", retry_after(answer))
        return {"status": answer.status_code}


def retry_after(answer: httpx.Response) -> float:
    """Seconds that a receiver asks to wait (RFC 9110, 10.2.3, in seconds), 0 when it does not."""
    asked = answer.headers.get("retry-after", "")
    return min(float(asked), _LONGEST_WAIT_S) if asked.isascii() and asked.isdigit() else 0.0
