"""The outbox at work: opened from the settings, run beside the web process."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import httpx

from voicebot.errors import ConfigurationError
from voicebot.outbox.back_office import BackOffice, Watch
from voicebot.outbox.courier import Courier
from voicebot.outbox.destination import Destination
from voicebot.outbox.notify import Notify
from voicebot.outbox.webhook import Webhook
from voicebot.records.database import Database
from voicebot.settings import Settings, WebhookSettings

_LEAST_SECRET = 16


def destinations(settings: Settings, database: Database, http: httpx.AsyncClient) -> list[Destination]:
    """All that the settings name. Raises :class:`ConfigurationError` when a secret is missing."""
    found: list[Destination] = [Webhook(each, _secret(each), http) for each in settings.outbox.webhooks]
    if settings.notify.api_key.get_secret_value():
        found.append(Notify(settings.notify))
    if settings.open311.endpoint:
        found.append(BackOffice(settings.open311, database, http))
    if len({each.name for each in found}) < len(found):
        raise ConfigurationError("two webhooks have the same name")
    return found


def _secret(webhook: WebhookSettings) -> str:
    secret = os.environ.get(webhook.secret_env, "")
    if len(secret) < _LEAST_SECRET:
        raise ConfigurationError(
            f"set {webhook.secret_env} to the secret of the webhook {webhook.name}, at least {_LEAST_SECRET} characters"
        )
    return secret


@asynccontextmanager
async def courier_at_work(settings: Settings, database: Database) -> AsyncIterator[None]:
    """Deliver for as long as the block lasts. Raises :class:`ConfigurationError` before anything is sent."""
    async with httpx.AsyncClient(follow_redirects=False) as http:
        every = destinations(settings, database, http)
        courier = Courier(database, every, give_up=timedelta(days=settings.outbox.give_up_days))
        working = [asyncio.create_task(courier.run(), name="courier")]
        if settings.open311.endpoint:
            working.append(asyncio.create_task(Watch(settings.open311, database, http).run(), name="open311"))
        try:
            yield
        finally:
            for task in working:
                task.cancel()
            for task in working:
                with suppress(asyncio.CancelledError):
                    await task
