"""Which way a call goes: by which trunk, and to which servers one after another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from voicebot.errors import DialFailed, ProtocolError
from voicebot.telephony.sip.address import Address
from voicebot.telephony.sip.digest import Credentials
from voicebot.telephony.sip.events import Peer
from voicebot.telephony.sip.health import Health
from voicebot.telephony.sip.locate import Records, locate
from voicebot.telephony.sip.message import Request
from voicebot.telephony.sip.trunk import Trunk
from voicebot.telephony.sip.uri import Uri, escape_user, param

_SEPARATORS = str.maketrans("", "", "-.() ")
"""What people write into numbers (RFC 3966 5.1.1)."""


@dataclass(frozen=True, slots=True)
class Route:
    """A way to ring ``target``: by these servers, best first, which belong to ``trunk`` if there is one."""

    target: Uri
    peers: tuple[Peer, ...]
    trunk: Trunk | None = None

    def identity(self, local_host: str, caller: str, caller_name: str) -> Address:
        """Who rings: the From of a call by this way."""
        if self.trunk is None:
            return Address(Uri("sip", escape_user(caller) or "voicebot", local_host), caller_name)
        settings = self.trunk.settings
        shown = settings.caller_id or caller or settings.user or "voicebot"
        return Address(Uri("sip", escape_user(shown), self.trunk.host), caller_name)


class Router:
    """Finds routes. Nothing is rung but hosts that are allowed as peers, and what trunks lead to."""

    def __init__(
        self,
        trunks: Sequence[Trunk],
        records: Records,
        health: Health,
        random: Random,
        *,
        allowed: Callable[[str], bool],
        now: Callable[[], float],
    ) -> None:
        self.trunks = tuple(trunks)
        self._records = records
        self._health = health
        self._random = random
        self._allowed = allowed
        self._now = now

    async def route(self, address: str) -> Route:
        """The way to an address: ``sip:``, ``sips:``, or ``tel:`` by a trunk.

        ``;trunk=NAME`` in it takes that trunk; else it is the one of its domain. Raises :class:`DialFailed`.
        """
        try:
            uri = Uri.parse(address)
        except ProtocolError as error:
            raise DialFailed(404, "not a SIP address") from error
        trunk = self._trunk_for(uri)
        target = replace(uri, params=tuple(pair for pair in uri.params if pair[0].lower() != "trunk"))
        if trunk is not None:
            return await self._by_trunk(target, trunk)
        if target.scheme == "tel" or target.transport not in ("UDP", "TCP", "TLS"):
            raise DialFailed(416, "only sip addresses over UDP, TCP and TLS can be rung without a trunk")
        named = param(target.params, "transport") is not None or target.scheme == "sips"
        found = await locate(
            target.host,
            self._records,
            self._random,
            port=target.port,
            transport=target.transport if named else "",
        )
        if not found:
            raise DialFailed(404, "the host is not known")
        peers = [peer for peer in found if self._allowed(peer.host)]
        if not peers:
            raise DialFailed(403, "the host is not among the allowed peers")
        return Route(target, tuple(self._health.order(peers, self._now())))

    def _trunk_for(self, uri: Uri) -> Trunk | None:
        name = param(uri.params, "trunk")
        if name is not None:
            named = next((trunk for trunk in self.trunks if trunk.name == name), None)
            if named is None:
                raise DialFailed(404, "there is no such trunk")
            return named
        if uri.scheme == "tel":
            return self.trunks[0] if self.trunks else None
        return next((trunk for trunk in self.trunks if trunk.serves(uri)), None)

    async def _by_trunk(self, target: Uri, trunk: Trunk) -> Route:
        if target.scheme == "tel":
            number = target.number.translate(_SEPARATORS)
            target = Uri("sip", escape_user(number), trunk.host, trunk.port, (("user", "phone"),))
        peers = await trunk.targets()
        if not peers:
            raise DialFailed(503, "no server of the trunk is known")
        return Route(target, tuple(peers), trunk)

    # --- accounts -----------------------------------------------------------------------------------

    def credentials(self, account: str) -> Credentials | None:
        """The name and password of the trunk of that name."""
        return next((trunk.credentials for trunk in self.trunks if trunk.name == account), None)

    def account_of(self, request: Request, peer: Peer) -> str:
        """The name of the trunk by which a call came, or ""."""
        trunk = self.trunk_of(request, peer)
        return trunk.name if trunk is not None else ""

    # --- calls to us --------------------------------------------------------------------------------

    def trunk_of(self, request: Request, peer: Peer) -> Trunk | None:
        """The trunk by which a call came: the one whose registration it names, or whose server sent it."""
        return self.bound(request) or self.trunk_at(peer.host)

    def bound(self, request: Request) -> Trunk | None:
        """The trunk whose registration a Request-URI names."""
        try:
            user = Uri.parse(request.uri).number
        except ProtocolError:
            return None
        return next((trunk for trunk in self.trunks if trunk.registration and trunk.contact_user == user), None)

    def trunk_at(self, host: str) -> Trunk | None:
        """The trunk that a host belongs to."""
        return next((trunk for trunk in self.trunks if trunk.is_from(host)), None)
