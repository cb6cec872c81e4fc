"""Digest authentication as bytes and text: challenges, answers, and their arithmetic (RFC 7616, RFC 2617, RFC 8760).

Nothing here keeps state: :mod:`~voicebot.telephony.sip.authenticator` answers challenges with it, and
:mod:`~voicebot.telephony.sip.challenger` makes and checks them.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from voicebot.errors import ProtocolError
from voicebot.telephony.sip.message import is_token, split_list

MAX_AUTH_PARAMS = 32
"""Most parameters taken in one challenge or answer."""

_SCHEME = re.compile(r"\s*digest\s+", re.IGNORECASE)


class Algorithm(StrEnum):
    """A hash of RFC 8760, weakest first."""

    MD5 = "MD5"
    SHA256 = "SHA-256"
    SHA512_256 = "SHA-512-256"

    def hash(self, text: bytes) -> str:
        """The hash in lower-case hexadecimal."""
        match self:
            case Algorithm.MD5:
                return hashlib.md5(text, usedforsecurity=False).hexdigest()
            case Algorithm.SHA256:
                return hashlib.sha256(text).hexdigest()
            case Algorithm.SHA512_256:
                return hashlib.new("sha512_256", text).hexdigest()

    @property
    def strength(self) -> int:
        """The higher the better."""
        return list(Algorithm).index(self)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and password. With a ``realm``, challenges of another realm are not answered."""

    user: str
    password: str = field(repr=False)
    realm: str = ""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server wants answered. ``session`` is the ``-sess`` variant; ``qop`` is empty for RFC 2069 servers.

    ``algorithm_name`` is the algorithm as the server wrote it, or "" when it wrote none.
    """

    realm: str
    nonce: str
    algorithm: Algorithm = Algorithm.MD5
    session: bool = False
    algorithm_name: str = ""
    qop: tuple[str, ...] = ()
    opaque: str | None = None
    stale: bool = False

    @classmethod
    def parse(cls, text: str) -> "Challenge":
        """Parse a WWW-Authenticate or Proxy-Authenticate value.

        Raises :class:`ProtocolError` when it is not Digest, is incomplete, or wants what we do not know.
        """
        params = parse_auth_params(text)
        name = params.get("algorithm", "")
        algorithm, session = parse_algorithm(name or "MD5")
        qop = tuple(option.strip().lower() for option in params.get("qop", "").split(",") if option.strip())
        if qop and not {"auth", "auth-int"} & set(qop):
            raise ProtocolError("a challenge wants an unknown quality of protection")
        if "realm" not in params or not params.get("nonce"):
            raise ProtocolError("a challenge without realm or nonce")
        return cls(
            realm=params["realm"],
            nonce=params["nonce"],
            algorithm=algorithm,
            session=session,
            algorithm_name=name,
            qop=qop,
            opaque=params.get("opaque"),
            stale=params.get("stale", "").lower() == "true",
        )

    def __str__(self) -> str:
        fields = [f'realm="{quote(self.realm)}"', f'nonce="{quote(self.nonce)}"']
        if self.opaque is not None:
            fields.append(f'opaque="{quote(self.opaque)}"')
        if self.stale:
            fields.append("stale=true")
        fields.append(f"algorithm={self.algorithm}{'-sess' if self.session else ''}")
        if self.qop:
            fields.append(f'qop="{",".join(self.qop)}"')
        return "Digest " + ", ".join(fields)

    @property
    def chosen_qop(self) -> str:
        """The protection we answer with: ``auth`` where it is offered, since proxies may touch bodies; "" for none."""
        return "auth" if "auth" in self.qop else ("auth-int" if self.qop else "")


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a challenge, as an Authorization or Proxy-Authorization value carries it."""

    user: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: Algorithm = Algorithm.MD5
    session: bool = False
    qop: str = ""
    nc: int = 0
    cnonce: str = ""

    @classmethod
    def parse(cls, text: str) -> "Answer":
        """Parse a value. Raises :class:`ProtocolError` when something is missing or wrong."""
        params = parse_auth_params(text)
        algorithm, session = parse_algorithm(params.get("algorithm", "MD5"))
        missing = [name for name in ("username", "realm", "nonce", "uri", "response") if name not in params]
        if missing:
            raise ProtocolError("an answer to a challenge is incomplete")
        qop, count = params.get("qop", "").lower(), params.get("nc", "")
        if qop and (qop not in ("auth", "auth-int") or not params.get("cnonce")):
            raise ProtocolError("an answer to a challenge has a wrong quality of protection")
        if (qop or count) and not re.fullmatch(r"[0-9a-fA-F]{8}", count):
            raise ProtocolError("an answer to a challenge has a wrong nonce count")
        return cls(
            user=params["username"],
            realm=params["realm"],
            nonce=params["nonce"],
            uri=params["uri"],
            response=params["response"].lower(),
            algorithm=algorithm,
            session=session,
            qop=qop,
            nc=int(count or "0", 16),
            cnonce=params.get("cnonce", ""),
        )

    def proves(self, password: str, method: str, body: bytes) -> bool:
        """Whether it was made with that password; takes the same time whatever the difference."""
        expected = _response(self, password, method, body)
        return hmac.compare_digest(expected.encode(), self.response.encode("utf-8", "replace"))


def answer(
    challenge: Challenge, credentials: Credentials, method: str, uri: str, body: bytes, *, nc: int, cnonce: str
) -> str:
    """The Authorization value for a request. ``nc`` counts the answers given to this nonce, from 1."""
    qop = challenge.chosen_qop
    made = Answer(
        user=credentials.user,
        realm=challenge.realm,
        nonce=challenge.nonce,
        uri=uri,
        response="",
        algorithm=challenge.algorithm,
        session=challenge.session,
        qop=qop,
        nc=nc,
        cnonce=cnonce,
    )
    fields = [
        f'username="{quote(made.user)}"',
        f'realm="{quote(made.realm)}"',
        f'nonce="{quote(made.nonce)}"',
        f'uri="{quote(uri)}"',
        f'response="{_response(made, credentials.password, method, body)}"',
    ]
    if challenge.algorithm_name:
        fields.append(f"algorithm={challenge.algorithm_name}")
    if qop or made.session:
        fields.append(f'cnonce="{quote(cnonce)}"')
    if qop:
        fields += [f"qop={qop}", f"nc={nc:08x}"]
    if challenge.opaque is not None:
        fields.append(f'opaque="{quote(challenge.opaque)}"')
    return "Digest " + ", ".join(fields)


def strongest(challenges: Iterable[Challenge]) -> Challenge:
    """The challenge with the strongest hash; of equal ones the first, which the server prefers (RFC 8760 2.3)."""
    return max(challenges, key=lambda challenge: challenge.algorithm.strength)


def parse_algorithm(name: str) -> tuple[Algorithm, bool]:
    """The hash and whether it is a ``-sess`` variant. Raises :class:`ProtocolError` for one that we do not know."""
    upper = name.upper()
    session = upper.endswith("-SESS")
    try:
        return Algorithm(upper.removesuffix("-SESS")), session
    except ValueError as error:
        raise ProtocolError("an unknown digest algorithm") from error


def parse_auth_params(text: str) -> dict[str, str]:
    """The parameters of a Digest value: names in lower case, values without quotes.

    Raises :class:`ProtocolError` for another scheme, or one parameter given twice.
    """
    scheme = _SCHEME.match(text)
    if scheme is None:
        raise ProtocolError("not the Digest scheme")
    params: dict[str, str] = {}
    parts = split_list(text[scheme.end() :])
    if len(parts) > MAX_AUTH_PARAMS:
        raise ProtocolError("too many digest parameters")
    for part in parts:
        name, equals, value = part.partition("=")
        name, value = name.strip().lower(), value.strip()
        if not equals or not is_token(name) or name in params:
            raise ProtocolError("a wrong digest parameter")
        if value.startswith('"'):
            if len(value) < 2 or not value.endswith('"'):
                raise ProtocolError("a quoted digest parameter does not end")
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        params[name] = value
    return params


def quote(text: str) -> str:
    """What may stand between double quotes."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _response(made: Answer, password: str, method: str, body: bytes) -> str:
    def hashed(*parts: str) -> str:
        return made.algorithm.hash(":".join(parts).encode("utf-8", "surrogateescape"))

    secret = hashed(made.user, made.realm, password)
    if made.session:
        secret = hashed(secret, made.nonce, made.cnonce)
    what = hashed(method, made.uri, *([made.algorithm.hash(body)] if made.qop == "auth-int" else []))
    if made.qop:
        return hashed(secret, made.nonce, f"{made.nc:08x}", made.cnonce, made.qop, what)
    return hashed(secret, made.nonce, what)
