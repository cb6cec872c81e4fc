"""The server side of digest authentication: challenges, and whether they were met (RFC 3261 22.1 and 22.4, RFC 8760).

Nonces hold their own time and a seal made with a key of this process, so nothing is remembered for a challenge that
nobody answers. What is remembered is the highest count of each nonce that was used well, until it expires.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address

from voicebot.errors import ProtocolError
from voicebot.settings import Network
from voicebot.telephony.sip.digest import Algorithm, Answer, Challenge
from voicebot.telephony.sip.message import Request

NONCE_S = 300.0
"""How long a nonce is good for, in seconds."""
MAX_NONCES = 4096
"""Most used nonces remembered; beyond that the oldest ones are called stale before their time."""
MAX_FAILURES = 10
"""Wrong answers from one host after which it is refused unheard for :data:`LOCKED_S`."""
LOCKED_S = 60.0
MAX_HOSTS = 1024

_SEAL = 16


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may ring us from ``networks`` (empty: from anywhere) with a password."""

    user: str
    password: str = field(repr=False)
    networks: Sequence[Network] = ()

    def covers(self, host: str) -> bool:
        """Whether calls from that IP address are to be made with an account such as this."""
        return not self.networks or any(ip_address(host) in network for network in self.networks)


class Verdict(StrEnum):
    """What an answer was worth."""

    PROVEN = "proven"
    UNPROVEN = "unproven"
    STALE = "stale"
    LOCKED = "locked"


class Challenger:
    """Challenges requests and checks the answers. ``now`` is in seconds of any steady clock.

    ``exempt`` hosts (the servers of trunks, which have no password to give) are asked only by accounts whose networks
    name them.
    """

    def __init__(
        self,
        realm: str,
        accounts: Sequence[Account],
        algorithms: Sequence[Algorithm] = (Algorithm.SHA256, Algorithm.MD5),
        key: bytes = b"",
        exempt: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._realm = realm
        self._accounts = tuple(accounts)
        self._algorithms = tuple(algorithms)
        self._exempt = exempt
        self._key = key or secrets.token_bytes(32)
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._floor = float("-inf")
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wants(self, host: str) -> bool:
        """Whether that host must prove who it is."""
        exempt = self._exempt(host)
        return any(account.covers(host) for account in self._accounts if account.networks or not exempt)

    def challenges(self, now: float, *, stale: bool = False) -> list[str]:
        """The WWW-Authenticate values of a 401, the one we like best first (RFC 8760 2.4)."""
        nonce = self._nonce(now)
        return [
            str(Challenge(self._realm, nonce, algorithm, qop=("auth",), stale=stale)) for algorithm in self._algorithms
        ]

    def check(self, request: Request, host: str, now: float) -> Verdict:
        """Whether the request proves an account that is good for that host.

        The URI in the answer need not be the Request-URI: a proxy on the way may have rewritten that (RFC 3261 16.6),
        and an answer can't be used twice.
        """
        failures, since = self._failures.get(host, (0, now))
        if now - since > LOCKED_S:
            self._failures.pop(host, None)
        elif failures >= MAX_FAILURES:
            return Verdict.LOCKED
        answer = self._answer(request)
        if answer is None:
            return Verdict.UNPROVEN
        issued = self._issued(answer.nonce)
        if issued is None or not self._right(answer, request, host):
            self._failed(host, now)
            return Verdict.UNPROVEN
        if now - issued > NONCE_S or issued <= self._floor:
            return Verdict.STALE
        return Verdict.PROVEN if self._count(answer, issued, now) else Verdict.STALE

    def _answer(self, request: Request) -> Answer | None:
        """The answer to a challenge of ours among those the request carries."""
        for line in request.headers.lines("authorization"):
            try:
                answer = Answer.parse(line)
            except ProtocolError:
                continue
            if answer.realm == self._realm and answer.algorithm in self._algorithms and not answer.session:
                return answer
        return None

    def _right(self, answer: Answer, request: Request, host: str) -> bool:
        found = [account for account in self._accounts if account.user == answer.user and account.covers(host)]
        # An unknown name costs as much time as a known one.
        password = found[0].password if found else secrets.token_hex(8)
        return answer.proves(password, request.method, request.body) and bool(found)

    def _failed(self, host: str, now: float) -> None:
        count, since = self._failures.pop(host, (0, now))
        self._failures[host] = (count + 1, since)
        while len(self._failures) > MAX_HOSTS:
            self._failures.popitem(last=False)

    # --- nonces -------------------------------------------------------------------------------------

    def _nonce(self, now: float) -> str:
        content = struct.pack(">d", now) + secrets.token_bytes(8)
        return base64.urlsafe_b64encode(content + self._seal(content)).decode()

    def _seal(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content + self._realm.encode(), hashlib.sha256)[:_SEAL]

    def _issued(self, nonce: str) -> float | None:
        """When we made the nonce, or None when we didn't."""
        try:
            raw = base64.b64decode(nonce.encode("ascii"), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            return None
        content, seal = raw[:-_SEAL], raw[-_SEAL:]
        if len(content) != 16 or not hmac.compare_digest(seal, self._seal(content)):
            return None
        return float(struct.unpack(">d", content[:8])[0])

    def _count(self, answer: Answer, issued: float, now: float) -> bool:
        """Take the answer's count; False when it was used before. An answer without one can be used once."""
        while self._counts and next(iter(self._counts.values()))[1] < now - NONCE_S:
            self._counts.popitem(last=False)
        used, _ = self._counts.get(answer.nonce, (0, issued))
        count = answer.nc if answer.qop else 1
        if count <= used:
            return False
        self._counts[answer.nonce] = (count, issued)
        while len(self._counts) > MAX_NONCES:
            _, (_, oldest) = self._counts.popitem(last=False)
            self._floor = max(self._floor, oldest)
        return True
