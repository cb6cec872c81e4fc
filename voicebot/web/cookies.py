"""The two cookies: the session's, and the one that the sign-in form is bound to before there is a session."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.responses import Response

from voicebot.web.state import services


def is_https(connection: HTTPConnection) -> bool:
    """Whether people reach us by HTTPS, by the settings or as a trusted proxy says."""
    public = services(connection).settings.web.public_url.lower()
    return public.startswith("https:") or connection.url.scheme in ("https", "wss")


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie of ours. By HTTPS its name has the prefix ``__Host-``, which browsers let no other host set."""

    name: str

    def _name(self, connection: HTTPConnection) -> str:
        return f"__Host-{self.name}" if is_https(connection) else self.name

    def read(self, connection: HTTPConnection) -> str:
        """What the browser sent, or nothing."""
        return connection.cookies.get(self._name(connection), "")

    def write(self, connection: HTTPConnection, response: Response, value: str) -> None:
        """Until the browser is closed; how long it is worth something is decided here, not there."""
        response.set_cookie(
            self._name(connection), value, path="/", secure=is_https(connection), httponly=True, samesite="lax"
        )

    def erase(self, connection: HTTPConnection, response: Response) -> None:
        """Make the browser forget it."""
        response.delete_cookie(
            self._name(connection), path="/", secure=is_https(connection), httponly=True, samesite="lax"
        )


SESSION = Cookie("voicebot-session")
FORM = Cookie("voicebot-form")
