"""The four SIP transactions as pure state machines (RFC 3261 section 17, RFC 6026).

Each method takes what happened and gives a list of effects in the order in which they are to be done. Time is not
known here: a :class:`StartTimer` effect asks to be called back by :meth:`Transaction.timer` with its name.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from voicebot.telephony.sip.message import Headers, Request, Response


@dataclass(frozen=True, slots=True)
class TimerValues:
    """The base times of RFC 3261 17.1.1.1 in seconds."""

    t1: float = 0.5
    t2: float = 4.0
    t4: float = 5.0

    @property
    def limit(self) -> float:
        """64*T1: after that long nobody waits for a message any more."""
        return 64 * self.t1


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send this message to the transaction's peer."""

    message: Request | Response


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Call back after ``delay`` seconds; a running timer of that name starts anew."""

    name: str
    delay: float


@dataclass(frozen=True, slots=True)
class StopTimer:
    """Do not call back."""

    name: str


@dataclass(frozen=True, slots=True)
class Deliver:
    """Give this response to the transaction's user."""

    response: Response


class Failure(StrEnum):
    """Why a transaction failed."""

    TIMEOUT = "timeout"
    TRANSPORT = "transport"


@dataclass(frozen=True, slots=True)
class Failed:
    """Tell the transaction's user that it came to nothing."""

    why: Failure


@dataclass(frozen=True, slots=True)
class Terminated:
    """Forget the transaction."""


Effect = Transmit | StartTimer | StopTimer | Deliver | Failed | Terminated


class State(StrEnum):
    """States of all four machines."""

    CALLING = "calling"
    TRYING = "trying"
    PROCEEDING = "proceeding"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


class Transaction(Protocol):
    """What all four have in common."""

    state: State
    request: Request

    def timer(self, name: str) -> list[Effect]:
        """A timer fired."""
        ...

    def transport_failed(self) -> list[Effect]:
        """The message could not be sent."""
        ...


def ack_for_failure(invite: Request, response: Response) -> Request:
    """The ACK of a 3xx–6xx answer, which belongs to the INVITE's own transaction (RFC 3261 17.1.1.3)."""
    headers = Headers([("Via", invite.headers.get("via")), ("Max-Forwards", "70")])
    for route in invite.headers.lines("route"):
        headers.add("Route", route)
    headers.add("From", invite.headers.get("from"))
    headers.add("To", response.headers.get("to"))
    headers.add("Call-ID", invite.headers.get("call-id"))
    headers.add("CSeq", f"{invite.headers.get('cseq').split()[0]} ACK")
    return Request("ACK", invite.uri, headers)


class _Machine:
    def __init__(self, request: Request, *, reliable: bool, timers: TimerValues, state: State) -> None:
        self.request = request
        self.state = state
        self._reliable = reliable
        self._timers = timers

    def _end(self) -> list[Effect]:
        self.state = State.TERMINATED
        return [Terminated()]

    def _fail(self, why: Failure) -> list[Effect]:
        return [Failed(why), *self._end()]

    def transport_failed(self) -> list[Effect]:
        """The transport refused a message: the transaction is over (RFC 3261 17.1.4, 17.2.4)."""
        return [] if self.state is State.TERMINATED else self._fail(Failure.TRANSPORT)


class InviteClient(_Machine):
    """INVITE, seen from the side that sends it (RFC 3261 17.1.1, RFC 6026 7.2)."""

    def __init__(self, request: Request, *, reliable: bool, timers: TimerValues) -> None:
        super().__init__(request, reliable=reliable, timers=timers, state=State.CALLING)
        self._interval = timers.t1
        self._ack: Request | None = None
        self._cancelled = False

    def start(self) -> list[Effect]:
        """Send it."""
        effects: list[Effect] = [Transmit(self.request), StartTimer("B", self._timers.limit)]
        if not self._reliable:
            effects.append(StartTimer("A", self._interval))
        return effects

    def receive(self, response: Response) -> list[Effect]:
        """A response came."""
        match self.state:
            case State.CALLING | State.PROCEEDING:
                if response.status < 200:
                    first = self.state is State.CALLING
                    self.state = State.PROCEEDING
                    backstop = self.cancelled() if first and self._cancelled else []
                    return [StopTimer("A"), StopTimer("B"), *backstop, Deliver(response)]
                if response.status < 300:
                    self.state = State.ACCEPTED
                    return [
                        StopTimer("A"),
                        StopTimer("B"),
                        StopTimer("X"),
                        StartTimer("M", self._timers.limit),
                        Deliver(response),
                    ]
                self.state = State.COMPLETED
                self._ack = ack_for_failure(self.request, response)
                wait = 0.0 if self._reliable else max(32.0, self._timers.limit)
                return [
                    StopTimer("A"),
                    StopTimer("B"),
                    StopTimer("X"),
                    Transmit(self._ack),
                    Deliver(response),
                    *([StartTimer("D", wait)] if wait else self._end()),
                ]
            case State.ACCEPTED if 200 <= response.status < 300:
                return [Deliver(response)]
            case State.COMPLETED if response.status >= 300 and self._ack is not None:
                return [Transmit(self._ack)]
        return []

    def cancelled(self) -> list[Effect]:
        """We sent a CANCEL, or lost interest: do not wait for ever for a final answer (RFC 3261 9.1)."""
        self._cancelled = True
        return [StartTimer("X", self._timers.limit)] if self.state is State.PROCEEDING else []

    def timer(self, name: str) -> list[Effect]:
        """A: send again; B and X: give up; D and M: forget."""
        match name, self.state:
            case "A", State.CALLING:
                self._interval *= 2
                return [Transmit(self.request), StartTimer("A", self._interval)]
            case ("B", State.CALLING) | ("X", State.PROCEEDING):
                return self._fail(Failure.TIMEOUT)
            case ("D", State.COMPLETED) | ("M", State.ACCEPTED):
                return self._end()
        return []


class NonInviteClient(_Machine):
    """Any other request, seen from the side that sends it (RFC 3261 17.1.2)."""

    def __init__(self, request: Request, *, reliable: bool, timers: TimerValues) -> None:
        super().__init__(request, reliable=reliable, timers=timers, state=State.TRYING)
        self._interval = timers.t1

    def start(self) -> list[Effect]:
        """Send it."""
        effects: list[Effect] = [Transmit(self.request), StartTimer("F", self._timers.limit)]
        if not self._reliable:
            effects.append(StartTimer("E", self._interval))
        return effects

    def receive(self, response: Response) -> list[Effect]:
        """A response came."""
        if self.state not in (State.TRYING, State.PROCEEDING):
            return []
        if response.status < 200:
            self.state = State.PROCEEDING
            return [Deliver(response)]
        self.state = State.COMPLETED
        effects: list[Effect] = [StopTimer("E"), StopTimer("F"), Deliver(response)]
        return effects + (self._end() if self._reliable else [StartTimer("K", self._timers.t4)])

    def timer(self, name: str) -> list[Effect]:
        """E: send again; F: give up; K: forget."""
        match name, self.state:
            case "E", State.TRYING | State.PROCEEDING:
                slow = self.state is State.PROCEEDING
                self._interval = self._timers.t2 if slow else min(self._interval * 2, self._timers.t2)
                return [Transmit(self.request), StartTimer("E", self._interval)]
            case "F", State.TRYING | State.PROCEEDING:
                return self._fail(Failure.TIMEOUT)
            case "K", State.COMPLETED:
                return self._end()
        return []


class InviteServer(_Machine):
    """INVITE, seen from the side that answers it (RFC 3261 17.2.1, RFC 6026 7.1)."""

    def __init__(self, request: Request, *, reliable: bool, timers: TimerValues) -> None:
        super().__init__(request, reliable=reliable, timers=timers, state=State.PROCEEDING)
        self._interval = timers.t1
        self._last: Response | None = None

    def repeated(self) -> list[Effect]:
        """The INVITE came again."""
        if self.state in (State.PROCEEDING, State.COMPLETED) and self._last is not None:
            return [Transmit(self._last)]
        return []

    def respond(self, response: Response) -> list[Effect]:
        """The user answers; in the Accepted state this is its repetition of the 2xx."""
        if self.state is State.ACCEPTED and 200 <= response.status < 300:
            return [Transmit(response)]
        if self.state is not State.PROCEEDING:
            return []
        self._last = response
        if response.status < 200:
            return [Transmit(response)]
        if response.status < 300:
            self.state = State.ACCEPTED
            return [Transmit(response), StartTimer("L", self._timers.limit)]
        self.state = State.COMPLETED
        effects: list[Effect] = [Transmit(response), StartTimer("H", self._timers.limit)]
        if not self._reliable:
            effects.append(StartTimer("G", self._interval))
        return effects

    def acknowledged(self) -> list[Effect]:
        """The ACK of a 3xx–6xx came."""
        if self.state is not State.COMPLETED:
            return []
        self.state = State.CONFIRMED
        effects: list[Effect] = [StopTimer("G"), StopTimer("H")]
        return effects + (self._end() if self._reliable else [StartTimer("I", self._timers.t4)])

    def timer(self, name: str) -> list[Effect]:
        """G: answer again; H: nobody acknowledged; I and L: forget."""
        match name, self.state:
            case "G", State.COMPLETED if self._last is not None:
                self._interval = min(self._interval * 2, self._timers.t2)
                return [Transmit(self._last), StartTimer("G", self._interval)]
            case "H", State.COMPLETED:
                return self._fail(Failure.TIMEOUT)
            case ("I", State.CONFIRMED) | ("L", State.ACCEPTED):
                return self._end()
        return []


class NonInviteServer(_Machine):
    """Any other request, seen from the side that answers it (RFC 3261 17.2.2)."""

    def __init__(self, request: Request, *, reliable: bool, timers: TimerValues) -> None:
        super().__init__(request, reliable=reliable, timers=timers, state=State.TRYING)
        self._last: Response | None = None

    def repeated(self) -> list[Effect]:
        """The request came again."""
        return [Transmit(self._last)] if self._last is not None and self.state is not State.TERMINATED else []

    def respond(self, response: Response) -> list[Effect]:
        """The user answers."""
        if self.state not in (State.TRYING, State.PROCEEDING):
            return []
        self._last = response
        if response.status < 200:
            self.state = State.PROCEEDING
            return [Transmit(response)]
        self.state = State.COMPLETED
        effects: list[Effect] = [Transmit(response)]
        return effects + (self._end() if self._reliable else [StartTimer("J", self._timers.limit)])

    def timer(self, name: str) -> list[Effect]:
        """J: forget."""
        return self._end() if name == "J" and self.state is State.COMPLETED else []
