"""``voicebot phone-link``: a link to the browser phone for somebody without an account."""

from pathlib import Path

from voicebot.accounts.audit import Actor
from voicebot.accounts.command import run
from voicebot.accounts.service import Accounts
from voicebot.errors import ConfigurationError
from voicebot.settings import load
from voicebot.web.phone_links import PARAMETER, PATH, PHONE_LINK, PhoneLinks


def phone_link_command(hours: float, config: Path | None) -> None:
    """Print the link, with the address at which people reach the pages, and note in the audit that it was made.

    Raises ConfigurationError when browsers may not ring.
    """
    settings = load(config)
    if not settings.browser.enabled:
        raise ConfigurationError("browsers may not ring: set VOICEBOT_BROWSER__ENABLED=true first")

    async def work(accounts: Accounts, actor: Actor) -> None:
        await accounts.audit.add(actor, PHONE_LINK, detail={"hours": str(hours)})

    run(config, work)
    base = settings.web.public_url.rstrip("/") or f"http://{settings.http_bind}:{settings.http_port}"
    print(f"{base}{PATH}?{PARAMETER}={PhoneLinks(settings).make(hours)}")
