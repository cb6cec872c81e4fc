"""Where a peer may send us on to: by REFER, or by a 3xx answer to our call. Nowhere, unless it was set."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from voicebot.errors import ConfigurationError, ProtocolError
from voicebot.telephony.sip.uri import Uri, param


class Targets:
    """Addresses such as ``sip:0161*@pbx.example``: the user part may hold ``*`` and ``?``, the host may not.

    An address without a port stands for all ports of its host. Raises ConfigurationError for a wrong one.
    """

    def __init__(self, addresses: Iterable[str]) -> None:
        self._allowed: list[Uri] = []
        for address in addresses:
            try:
                uri = Uri.parse(address)
            except ProtocolError as error:
                raise ConfigurationError(f"sip.transfer_targets: {address!r} is no address ({error})") from error
            self._allowed.append(uri)

    def allows(self, target: Uri) -> bool:
        """Whether we may be sent there."""
        return any(_covers(allowed, target) for allowed in self._allowed)


def is_address(text: str) -> bool:
    """Whether that is an address, rather than a number that a trunk dials."""
    try:
        Uri.parse(text)
    except ProtocolError:
        return False
    return True


def _covers(allowed: Uri, target: Uri) -> bool:
    # sips is sip by a safer road (RFC 3261 26.2.2): whoever may be rung by the one may be rung by the other.
    if {allowed.scheme, target.scheme} - {"sip", "sips"} and allowed.scheme != target.scheme:
        return False
    if allowed.host.lower() != target.host.lower() or (allowed.port and allowed.port != target.port):
        return False
    # The trunk is ours to choose: an extension of a PBX must not become a number that a provider is asked to ring.
    if param(allowed.params, "trunk") != param(target.params, "trunk"):
        return False
    return fnmatchcase(target.number, allowed.number or "*")
