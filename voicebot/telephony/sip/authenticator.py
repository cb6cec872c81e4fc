"""The client side of digest authentication: which credentials go with which request (RFC 3261 22.2 and 22.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from voicebot.errors import ProtocolError
from voicebot.telephony.sip.digest import Challenge, Credentials, answer, strongest
from voicebot.telephony.sip.message import Request, Response

MAX_REALMS = 8
"""Most realms remembered for one account: as many proxies as anybody has on the way."""

_KINDS = {"www-authenticate": "Authorization", "proxy-authenticate": "Proxy-Authorization"}

Realm = tuple[str, str]
"""The header that answers (Authorization or Proxy-Authorization) and the realm."""


@dataclass(slots=True)
class _Known:
    """A challenge seen before, and how often its nonce has been used."""

    challenge: Challenge
    uses: int = 0


class Authenticator:
    """Answers challenges to our requests, and remembers them so that the next request need not be challenged.

    An account is the name under which ``credentials`` finds a name and password; a request that belongs to none is
    never answered, so that nobody but whom an account is meant for is given a hash of its password.
    """

    def __init__(self, credentials: Callable[[str], Credentials | None], random: Random) -> None:
        self._credentials = credentials
        self._random = random
        self._known: dict[str, dict[Realm, _Known]] = {}

    def prepare(self, account: str, request: Request) -> None:
        """Add the answers to the challenges that earlier requests of the account met."""
        credentials = self._credentials(account) if account else None
        if credentials is not None:
            self._write(request, credentials, self._known.get(account, {}))

    def answer(self, account: str, request: Request, response: Response, tried: set[Realm]) -> bool:
        """Write the answers to a 401 or 407 into the request that is to be sent again; False when there are none.

        ``tried`` holds the realms that this request has answered before, which are answered once more only when the
        server says that the nonce was stale.
        """
        credentials = self._credentials(account) if account else None
        if credentials is None:
            return False
        known = self._known.setdefault(account, {})
        answered = False
        for realm, challenge in _challenges(response, credentials):
            if realm in tried and not challenge.stale:
                known.pop(realm, None)
                continue
            known.pop(realm, None)
            known[realm] = _Known(challenge)
            tried.add(realm)
            answered = True
        while len(known) > MAX_REALMS:
            del known[next(iter(known))]
        if answered:
            self._write(request, credentials, known)
        return answered

    def _write(self, request: Request, credentials: Credentials, known: dict[Realm, _Known]) -> None:
        for name in _KINDS.values():
            request.headers.remove(name)
        for (name, _), entry in known.items():
            entry.uses += 1
            cnonce = f"{self._random.getrandbits(64):016x}"
            value = answer(
                entry.challenge, credentials, request.method, request.uri, request.body, nc=entry.uses, cnonce=cnonce
            )
            request.headers.add(name, value)


def _challenges(response: Response, credentials: Credentials) -> list[tuple[Realm, Challenge]]:
    """The strongest challenge of each realm that we can answer."""
    offered: dict[Realm, list[Challenge]] = {}
    for header, name in _KINDS.items():
        for line in response.headers.lines(header):
            try:
                challenge = Challenge.parse(line)
            except ProtocolError:
                continue  # Another scheme or hash: the server may offer one that we know in the next line.
            if credentials.realm in ("", challenge.realm):
                offered.setdefault((name, challenge.realm), []).append(challenge)
    return [(realm, strongest(challenges)) for realm, challenges in offered.items()]
