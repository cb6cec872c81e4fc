"""Replaces (RFC 3891): a new INVITE that takes the place of a dialog."""

from dataclasses import dataclass

from voicebot.errors import ProtocolError
from voicebot.telephony.leg import Direction
from voicebot.telephony.sip.address import tag_of
from voicebot.telephony.sip.call import Call, CallState
from voicebot.telephony.sip.dialog import Dialog, DialogKey
from voicebot.telephony.sip.message import Headers
from voicebot.telephony.sip.uri import param, parse_params


@dataclass(frozen=True, slots=True)
class Replaces:
    """A Replaces value: the dialog as the one who reads it knows it (``to_tag`` is the reader's own)."""

    call_id: str
    to_tag: str
    from_tag: str
    early_only: bool = False

    @classmethod
    def parse(cls, text: str) -> "Replaces":
        """Parse. Raises :class:`ProtocolError`."""
        call_id, _, rest = text.partition(";")
        params = parse_params(rest)
        to_tag, from_tag = param(params, "to-tag"), param(params, "from-tag")
        if not call_id.strip() or to_tag is None or from_tag is None:
            raise ProtocolError("wrong Replaces")
        return cls(call_id.strip(), to_tag, from_tag, param(params, "early-only") is not None)

    @classmethod
    def naming(cls, dialog: Dialog) -> "Replaces":
        """The value that names our dialog to its other side."""
        return cls(dialog.call_id, tag_of(dialog.remote), tag_of(dialog.local))

    def __str__(self) -> str:
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}"

    @property
    def key(self) -> DialogKey:
        """What the dialog is found by."""
        return (self.call_id, self.to_tag, self.from_tag)


def replaced(headers: Headers, dialogs: dict[DialogKey, Call]) -> Call | int | None:
    """The call whose place an INVITE wants, the status with which to refuse it, or None when it wants nobody's (3)."""
    lines = headers.lines("replaces")
    if not lines:
        return None
    if len(lines) > 1:
        return 400
    try:
        wanted = Replaces.parse(lines[0])
    except ProtocolError:
        return 400
    call = dialogs.get(wanted.key)
    if call is None:
        return 481
    if call.ended:
        return 603
    if call.answered:
        return 486 if wanted.early_only else call
    # An early dialog may be taken over only where we are the one who rings.
    return call if call.state is CallState.CALLING and call.direction is Direction.OUTBOUND else 481
