"""The 49 messages of RFC 4475, and what the RFC says that a user agent server like ours does with each.

The messages are in ``torture/``, in the RFC's own notation (section 2): ``<allOneLine>`` joins lines, ``<hex>`` holds
octets, ``<repeat count=n>`` a string that comes n times. Lines end with CRLF.
"""

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "torture"

_REPEAT = re.compile(r"<repeat count=(\d+)>(.*?)</repeat>")
_ONE_LINE = re.compile(r"<allOneLine>\n(.*?)\n</allOneLine>", re.DOTALL)
_HEX = re.compile(rb"<hex>([0-9A-F]+)</hex>")


def torture_message(name: str) -> bytes:
    """The octets of a message, by the RFC's name for it."""
    text = (FOLDER / f"{name}.txt").read_text(encoding="ascii")
    text = _REPEAT.sub(lambda found: found[2] * int(found[1]), text)
    text = _ONE_LINE.sub(lambda found: found[1].replace("\n", ""), text)
    return _HEX.sub(lambda found: bytes.fromhex(found[1].decode()), text.replace("\n", "\r\n").encode())


@dataclass(frozen=True, slots=True)
class Torture:
    """A message, the section that describes it, and what we answer.

    ``status`` is the final answer, :data:`CALL` when the message is taken as a new call, :data:`DROPPED` when there is
    no answer. ``stream`` is what comes over TCP and TLS where that differs; ``closed`` says whether the stream is, and
    ``waits`` whether it ends within a message.
    """

    name: str
    section: str
    status: int
    why: str
    stream: tuple[int, ...] | None = None
    closed: bool = False
    waits: bool = False

    @property
    def answers(self) -> tuple[int, ...]:
        """What comes over a stream."""
        return self.stream if self.stream is not None else (self.status,)


DROPPED = 0
CALL = 1

TORTURES = (
    Torture("wsinv", "3.1.1.1", 481, "well formed; its To has a tag, and there is no such dialog"),
    Torture("intmeth", "3.1.1.2", 501, "well formed; nobody knows the method"),
    Torture("esc01", "3.1.1.3", CALL, "well formed"),
    Torture("escnull", "3.1.1.4", 405, "well formed; we are no registrar"),
    Torture("esc02", "3.1.1.5", 501, "percent signs escape nothing in a method"),
    Torture("lwsdisp", "3.1.1.6", 200, "taken for well formed"),
    Torture("longreq", "3.1.1.7", CALL, "well formed"),
    Torture("dblreq", "3.1.1.8", 405, "what follows is noise, but in a stream an INVITE", (405, 400), waits=True),
    Torture("semiuri", "3.1.1.9", 200, "well formed"),
    Torture("transports", "3.1.1.10", 200, "well formed"),
    Torture("mpart01", "3.1.1.11", 405, "well formed; we take no MESSAGE"),
    Torture("unreason", "3.1.1.12", DROPPED, "well formed, and an answer to nothing that we asked"),
    Torture("noreason", "3.1.1.13", DROPPED, "well formed, and an answer to nothing that we asked"),
    Torture("badinv01", "3.1.2.1", 400, "should be 400"),
    Torture("clerr", "3.1.2.2", 400, "should be 400; in a stream we can but wait, and close it", (), waits=True),
    Torture("ncl", "3.1.2.3", 400, "an error; a stream must be closed", closed=True),
    Torture("scalar02", "3.1.2.4", 400, "should be 400 because of CSeq"),
    Torture("scalarlg", "3.1.2.5", DROPPED, "simply discarded"),
    Torture("quotbal", "3.1.2.6", 400, "should be 400"),
    Torture("ltgtruri", "3.1.2.7", 400, "400 is always reasonable"),
    Torture("lwsruri", "3.1.2.8", 400, "should be 400"),
    Torture("lwsstart", "3.1.2.9", 400, "may be rejected as malformed"),
    Torture("trws", "3.1.2.10", 400, "may be rejected as malformed"),
    Torture("escruri", "3.1.2.11", 400, "400 is acceptable"),
    Torture("baddate", "3.1.2.12", CALL, "should not be rejected by who does not use the date"),
    Torture("regbadct", "3.1.2.13", 400, "400 is reasonable"),
    Torture("badaspec", "3.1.2.14", 200, "the liberal may ignore the spaces"),
    Torture("baddn", "3.1.2.15", 200, "the liberal may infer the quotes"),
    Torture("badvers", "3.1.2.16", 505, "should be 505"),
    Torture("mismatch01", "3.1.2.17", 400, "will be 400"),
    Torture("mismatch02", "3.1.2.18", 501, "should be 501"),
    Torture("bigcode", "3.1.2.19", DROPPED, "simply dropped"),
    Torture("badbranch", "3.2.1", 200, "may be matched as RFC 2543 did"),
    Torture("insuf", "3.3.1", 400, "must not break us; should be 400"),
    Torture("unkscm", "3.3.2", 416, "should be 416"),
    Torture("novelsc", "3.3.3", 416, "416 from who will never accept that scheme"),
    Torture("unksm2", "3.3.4", 405, "must not break a parser; we are no registrar"),
    Torture("bext01", "3.3.5", 420, "we support neither"),
    Torture("invut", "3.3.6", 415, "must be 415"),
    Torture("regaut01", "3.3.7", 405, "well formed; we are no registrar"),
    Torture("multi01", "3.3.8", 400, "should be 400"),
    Torture("mcl01", "3.3.9", 400, "an error; a stream must be closed", closed=True),
    Torture("bcast", "3.3.10", DROPPED, "an endpoint simply discards it"),
    Torture("zeromf", "3.3.11", 200, "only a proxy would refuse it"),
    Torture("cparam01", "3.3.12", 405, "well formed; we are no registrar"),
    Torture("cparam02", "3.3.13", 405, "well formed; we are no registrar"),
    Torture("regescrt", "3.3.14", 405, "well formed; we are no registrar"),
    Torture("sdp01", "3.3.15", 406, "could be 406"),
    Torture(
        "inv2543", "3.4.1", CALL, "should be accepted for old times' sake; no length, no stream", (400,), closed=True
    ),
)
