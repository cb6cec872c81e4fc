"""GOV.UK Notify: texts and emails by its own client, to people who agreed to it."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient

from voicebot.outbox.destination import NotNow, Refused, Told
from voicebot.settings import NotifySettings

SMS, EMAIL = "send.sms", "send.email"
"""Kinds of the outbox. The payload has ``to``, ``template`` (a name of the settings), ``values`` and ``consent``."""

_BUSY = frozenset({403, 408, 429})
"""Statuses after which it is worth trying again: a key that is put right, a limit that is over."""
_SERVER_ERROR = 500

logging.getLogger("notifications_python_client").setLevel(logging.ERROR)
# Its warnings repeat what Notify answered, which may hold a phone number.


class Notify:
    """One service of Notify's. A message that may have been taken already is looked for before it is sent again."""

    name = "notify"

    def __init__(self, settings: NotifySettings) -> None:
        self._templates = settings.templates
        # Its own timeout counts for each request; the library works in threads of ours.
        self._client = NotificationsAPIClient(
            settings.api_key.get_secret_value(), base_url=settings.url, timeout=settings.timeout_s
        )

    def wants(self, kind: str, payload: Mapping[str, Any]) -> bool:
        """Texts and emails."""
        return kind in (SMS, EMAIL)

    async def deliver(self, told: Told) -> dict[str, Any]:
        """Send it. Without consent nothing is ever sent."""
        if told.payload.get("consent") is not True:
            raise Refused("the person did not agree to be sent anything")
        template = self._templates.get(str(told.payload.get("template")))
        if template is None:
            raise Refused(f"the settings name no template {told.payload.get('template')}")
        try:
            return await asyncio.to_thread(self._send, told, template)
        except APIError as error:
            status = error.status_code
            if status >= _SERVER_ERROR or status in _BUSY:
                raise NotNow(f"Notify answered {status}") from error
            raise Refused(f"Notify answered {status}") from error

    def _send(self, told: Told, template: str) -> dict[str, Any]:
        if told.attempt > 1:
            before = self._client.get_all_notifications(reference=told.uid)["notifications"]
            if before:
                return {"id": before[0]["id"], "sent_before": True}
        values = dict(told.payload.get("values") or {})
        to = str(told.payload["to"])
        if told.kind == SMS:
            answer = self._client.send_sms_notification(to, template, personalisation=values, reference=told.uid)
        else:
            answer = self._client.send_email_notification(to, template, personalisation=values, reference=told.uid)
        return {"id": answer["id"]}
