"""Being registered with a provider, without I/O or a clock (RFC 3261 10.2, RFC 3608, back-off of RFC 5626 4.5).

Ask for a :meth:`Registration.request`, send it, and tell what came of it; each answer says what to do next.
"""

import re
from enum import StrEnum
from random import Random

from voicebot.errors import ProtocolError
from voicebot.telephony.sip.address import Address
from voicebot.telephony.sip.fields import CSeq
from voicebot.telephony.sip.message import Headers, Request, Response
from voicebot.telephony.sip.uri import Uri, param

BACK_OFF_S = 10.0
"""Upper bound of the first wait after a failure; each further failure doubles it."""
MAX_BACK_OFF_S = 600.0
MAX_RETRY_AFTER_S = 3600.0
MAX_EXPIRES_S = 7 * 86400
MAX_ROUTES = 8


class RegistrationState(StrEnum):
    """How it stands."""

    UNREGISTERED = "unregistered"
    REGISTERED = "registered"
    REFUSED = "refused"
    """The registrar answered, and does not want us: wrong credentials, say."""
    UNREACHABLE = "unreachable"
    """No registrar answers."""


class Registration:
    """One binding of an address of record at its registrar.

    ``aor`` is whom calls are for, ``domain`` the registrar's, ``user`` the user part of our Contact by which calls
    that come by this binding are known.
    """

    def __init__(self, aor: Uri, domain: str, user: str, *, expires: int, random: Random) -> None:
        self.state = RegistrationState.UNREGISTERED
        self.service_route: tuple[str, ...] = ()
        """Route values for our own calls (RFC 3608)."""
        self.failures = 0
        self.granted = 0
        self._aor = aor
        self._domain = domain
        self._user = user
        self._expires = expires
        self._random = random
        self._call_id = f"{random.getrandbits(64):016x}"
        self._tag = f"{random.getrandbits(64):016x}"
        self._cseq = 0

    def request(self, contact: str, *, leave: bool = False) -> Request:
        """The next REGISTER, without Via. ``contact`` is our Contact value; ``leave`` takes the binding away."""
        self._cseq += 1
        expires = 0 if leave else self._expires
        headers = Headers(
            [
                ("Max-Forwards", "70"),
                ("From", f"<{self._aor}>;tag={self._tag}"),
                ("To", f"<{self._aor}>"),
                ("Call-ID", self._call_id),
                ("CSeq", str(CSeq(self._cseq, "REGISTER"))),
                ("Contact", f"{contact};expires={expires}"),
                ("Expires", str(expires)),
                ("Supported", "path"),
            ]
        )
        return Request("REGISTER", f"sip:{self._domain}", headers)

    def answered(self, response: Response) -> float | None:
        """A final answer came: the seconds until the next request, 0 to ask again at once, None to ask elsewhere."""
        self._follow(response)
        status = response.status
        if 200 <= status < 300:
            return self._registered(response)
        if status == 423 and (least := _number(response.headers.get("min-expires"))) > self._expires:
            self._expires = min(least, MAX_EXPIRES_S)
            return 0.0
        self.granted = 0
        if status in (408, 480) or 500 <= status < 600:
            self.unanswered()
            return None
        self.state = RegistrationState.REFUSED
        return max(self.back_off(), retry_after(response))

    def unanswered(self) -> None:
        """Nothing came, or nothing could be sent: ask elsewhere."""
        self.state = RegistrationState.UNREACHABLE
        self.granted = 0

    def back_off(self) -> float:
        """The wait after a failure: between half and all of a bound that doubles with each (RFC 5626 4.5)."""
        bound = min(BACK_OFF_S * 2.0 ** min(self.failures, 16), MAX_BACK_OFF_S)
        self.failures += 1
        return bound * self._random.uniform(0.5, 1.0)

    def left(self) -> None:
        """The binding was taken away, or is to be thought so."""
        self.state = RegistrationState.UNREGISTERED
        self.granted = 0

    def _registered(self, response: Response) -> float:
        self.granted = self._expiry(response)
        if self.granted <= 0:
            self.state = RegistrationState.REFUSED
            return self.back_off()
        self.state = RegistrationState.REGISTERED
        self.failures = 0
        self.service_route = tuple(response.headers.values("service-route")[:MAX_ROUTES])
        # Early enough that a server which is lost meanwhile can be replaced by another before the binding ends.
        return self.granted * self._random.uniform(0.65, 0.85)

    def _expiry(self, response: Response) -> int:
        """Seconds that the registrar gives us (RFC 3261 10.2.4); 0 when ours is not among the bindings it lists."""
        contacts = response.headers.values("contact")
        for contact in contacts:
            try:
                address = Address.parse(contact)
            except ProtocolError:
                continue
            if address.uri.number == self._user:
                given = param(address.params, "expires")
                if given is not None:
                    return _number(given)
                break
        else:
            if contacts:
                return 0
        header = response.headers.get("expires")
        return _number(header) if header else self._expires

    def _follow(self, response: Response) -> None:
        """The request may have been sent again with credentials and a higher number."""
        try:
            self._cseq = max(self._cseq, CSeq.parse(response.headers.get("cseq")).number)
        except ProtocolError:
            return


def retry_after(response: Response) -> float:
    """Seconds that a server asks to be left alone (RFC 3261 20.33), within reason; 0 when it does not."""
    return min(float(_number(response.headers.get("retry-after"))), MAX_RETRY_AFTER_S)


def _number(text: str) -> int:
    """The number that a header begins with (Retry-After may go on with a comment), or 0."""
    match = re.match(r"\s*(\d{1,9})", text, re.ASCII)
    return int(match[1]) if match else 0
