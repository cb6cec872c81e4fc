"""``voicebot phone-link``: a link to the browser phone for somebody without an account."""

from pathlib import Path

from voicebot.errors import ConfigurationError
from voicebot.settings import load
from voicebot.web.phone_links import PARAMETER, PATH, PhoneLinks


def phone_link_command(hours: float, config: Path | None) -> None:
    """Print the link, with the address at which people reach the pages. Raises ConfigurationError when disabled."""
    settings = load(config)
    if not settings.browser.enabled:
        raise ConfigurationError("browsers may not ring: set VOICEBOT_BROWSER__ENABLED=true first")
    base = settings.web.public_url.rstrip("/") or f"http://{settings.http_bind}:{settings.http_port}"
    print(f"{base}{PATH}?{PARAMETER}={PhoneLinks(settings).make(hours)}")
