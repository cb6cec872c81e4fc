"""Sending a peer on, and being sent on: REFER with its NOTIFYs (RFC 3515, RFC 4488, RFC 3892)."""

import re
from urllib.parse import unquote

from voicebot.errors import ProtocolError, TransferRefused
from voicebot.telephony.sip.address import Address
from voicebot.telephony.sip.call import Call, Referral
from voicebot.telephony.sip.dialog import Dialog
from voicebot.telephony.sip.endpoint import ALLOW, Endpoint
from voicebot.telephony.sip.events import TransferRequested, TransferSettled
from voicebot.telephony.sip.fields import CSeq
from voicebot.telephony.sip.layer import Server
from voicebot.telephony.sip.message import REASONS, Request, Response
from voicebot.telephony.sip.transaction import Failure
from voicebot.telephony.sip.uri import Uri, param, parse_params

_SIPFRAG = "message/sipfrag"
_STATUS = re.compile(rb"SIP/2\.0 ([1-6]\d\d)(?: |\r|\n|\Z)")
_CARRIED = ("replaces", "user-to-user")
"""Headers of a Refer-To URI that go into the INVITE; all others are the peer's wish alone (RFC 3261 19.1.5)."""
_SECONDS = 60
"""How long a subscription is said to last; it ends with the outcome."""


class Refer:
    """Both sides of a referral within a call; one each way at a time."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    # --- we send the peer on ----------------------------------------------------------------------

    def refer(self, call: Call, target: str) -> None:
        """Ask the peer to ring ``target`` (a Refer-To value). Raises TransferRefused when that cannot be asked."""
        endpoint, dialog = self._endpoint, call.dialog
        if not call.answered or dialog is None:
            raise TransferRefused("the call is not up")
        if call.referring is not None:
            raise TransferRefused("the peer is being sent on already")
        if call.allow and "REFER" not in call.allow:
            raise TransferRefused("the peer takes no REFER")
        request = dialog.request("REFER")
        endpoint.identify(request, dialog)
        request.headers.add("Refer-To", target)
        request.headers.add(
            "Referred-By", endpoint.contact(endpoint.next_hop(dialog)).partition(";")[0].rstrip(">") + ">"
        )
        referral = call.referring = Referral(CSeq.parse(request.headers.get("cseq")).number)
        endpoint.timers.start(call, "refer limit", endpoint.layer.now + endpoint.config.refer_limit)
        endpoint.request(
            call,
            dialog,
            request,
            lambda response: self._response(call, referral, response),
            lambda why: self._settle(call, referral, 408 if why is Failure.TIMEOUT else 503),
            lambda renewed: referral.renewed(CSeq.parse(renewed.headers.get("cseq")).number),
        )

    def _response(self, call: Call, referral: Referral, response: Response) -> None:
        if response.status >= 300:
            self._settle(call, referral, response.status)
        elif response.status >= 200 and response.headers.get("refer-sub").strip().lower() == "false":
            self._settle(call, referral, 200)  # No NOTIFY will come (RFC 4488): its word must do.

    def _settle(self, call: Call, referral: Referral, status: int) -> None:
        if call.referring is not referral:
            return
        call.referring = None
        self._endpoint.timers.stop(call, "refer limit")
        if not call.ended:
            self._endpoint.outputs.append(TransferSettled(call, status))

    def fire(self, call: Call) -> None:
        """The peer does not say what has become of it."""
        if call.referring is not None:
            self._settle(call, call.referring, 408)

    def notified(self, server: Server, call: Call) -> None:
        """A NOTIFY came (RFC 3515 2.4.4)."""
        endpoint, headers = self._endpoint, server.request.headers
        event, _, rest = headers.get("event").partition(";")
        referral = call.referring
        if event.strip().lower() != "refer":
            endpoint.respond(server, 489, Allow_Events="refer")
            return
        named = param(parse_params(rest), "id")
        if referral is None or (named is not None and named != str(referral.number)):
            endpoint.respond(server, 481)
            return
        if headers.get("content-type").partition(";")[0].strip().lower() not in (_SIPFRAG, ""):
            endpoint.respond(server, 415, Accept=_SIPFRAG)
            return
        endpoint.respond(server, 200)
        found = _STATUS.match(server.request.body)
        status = int(found[1]) if found else 0
        over = headers.get("subscription-state").partition(";")[0].strip().lower() == "terminated"
        if status >= 200:
            self._settle(call, referral, 200 if status < 300 else status)
        elif over:
            self._settle(call, referral, 480)

    # --- the peer sends us on ---------------------------------------------------------------------

    def asked(self, server: Server, call: Call) -> None:
        """A REFER came: only where we may be sent, and only one at a time."""
        endpoint, request = self._endpoint, server.request
        try:
            referral = _read(request)
        except ProtocolError:
            endpoint.respond(server, 400)
            return
        if not call.answered or referral.target is None:
            endpoint.respond(server, 603)
            return
        if call.referred is not None or call.referring is not None:
            endpoint.respond(server, 491)
            return
        if not endpoint.config.may_refer(referral.target):
            endpoint.respond(server, 403)
            return
        referral.named = call.referrals > 0
        call.referrals += 1
        response = endpoint.within_dialog(server, 202)
        response.headers.add("Allow", ALLOW)
        if not referral.subscribed:
            response.headers.add("Refer-Sub", "false")
        endpoint.layer.respond(server, response)
        call.referred = referral
        self.progress(call, 100)
        endpoint.outputs.append(TransferRequested(call))

    def progress(self, call: Call, status: int) -> None:
        """Tell the peer how its referral fares; a final status ends it. Harmless when there is none."""
        referral, dialog = call.referred, call.dialog
        if referral is None or dialog is None:
            return
        final = status >= 200
        if final:
            call.referred = None
        if referral.subscribed:
            self._notify(call, dialog, referral, status)
        self._endpoint.release(call)

    def _notify(self, call: Call, dialog: Dialog, referral: Referral, status: int) -> None:
        request = dialog.request("NOTIFY")
        self._endpoint.identify(request, dialog)
        request.headers.add("Event", f"refer;id={referral.number}" if referral.named else "refer")
        state = "terminated;reason=noresource" if status >= 200 else f"active;expires={_SECONDS}"
        request.headers.add("Subscription-State", state)
        request.headers.add("Content-Type", f"{_SIPFRAG};version=2.0")
        request.body = f"SIP/2.0 {status} {REASONS.get(status, 'Unknown')}\r\n".encode()
        self._endpoint.last_words(call, dialog, request)


def _read(request: Request) -> Referral:
    """What a REFER asks for. ``target`` is None for what we would never do. Raises :class:`ProtocolError`."""
    headers = request.headers
    values = headers.values("refer-to")
    if len(values) != 1:
        raise ProtocolError("a REFER must have one Refer-To")
    uri = Address.parse(values[0]).uri
    plain = Uri(uri.scheme, uri.user, uri.host, uri.port, tuple(p for p in uri.params if p[0].lower() != "method"))
    method = param(uri.params, "method") or "INVITE"
    return Referral(
        number=CSeq.parse(headers.get("cseq")).number,
        target=plain if method.upper() == "INVITE" else None,
        headers=tuple(pair for pair in _uri_headers(uri) if pair[0] in _CARRIED and pair[1].isprintable()),
        referred_by=headers.get("referred-by"),
        subscribed=headers.get("refer-sub").strip().lower() != "false",
    )


def _uri_headers(uri: Uri) -> list[tuple[str, str]]:
    pairs = (part.partition("=") for part in uri.headers.split("&") if part)
    return [(unquote(name).lower(), unquote(value)) for name, _, value in pairs]
