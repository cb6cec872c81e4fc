"""Load over SIP and RTP: one process, one socket for all audio, arrival times taken by the kernel.

It rings the server so many times, talks in all calls at once, and tells how punctually the answers came.
"""

import argparse
import json
import re
import select
import socket
import struct
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from bench import sound
from bench.arrivals import FRAME_S, Heard, judge
from bench.load_result import LoadResult
from voicebot.audio.g711 import encode_alaw

_TIMESTAMP = getattr(socket, "SO_TIMESTAMPNS", 35)
_HEADER = struct.Struct("!BBHII")
_TIME = struct.Struct("qq")
_SLOTS = 20
_RING_EVERY_S = 0.015
_BUFFER = 1 << 25


@dataclass(eq=False, slots=True)
class LoadCall:
    """One call of ours."""

    number: int
    ringing: bool = True
    to_tag: str = ""
    port: int = 0
    sent: int = 0
    headers: list[bytes] = field(default_factory=list)
    times: list[float] = field(default_factory=list)


class SipLoad:
    """All calls of one run."""

    def __init__(self, port: int, speech: Path, calls: int) -> None:
        self.calls = [LoadCall(number) for number in range(calls)]
        self.by_port: dict[int, LoadCall] = {}
        self._server = ("127.0.0.1", port)
        samples = sound.load(speech, "caller")
        self._payloads = [encode_alaw(samples[at : at + 160]) for at in range(0, len(samples), 160)]
        self._signalling = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._signalling.bind(("127.0.0.1", 0))
        self._media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._media.bind(("127.0.0.1", 0))
        # Beyond what the system allows to everybody; refused without the right, and then the usual must do.
        for option in (getattr(socket, "SO_RCVBUFFORCE", 33), socket.SO_RCVBUF):
            try:
                self._media.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
                break
            except PermissionError:
                continue
        self._media.setsockopt(socket.SOL_SOCKET, _TIMESTAMP, 1)
        for own in (self._signalling, self._media):
            own.setblocking(False)

    # signalling

    def _request(self, call: LoadCall, method: str, body: str = "") -> bytes:
        host, port = self._signalling.getsockname()
        tag = f";tag={call.to_tag}" if call.to_tag else ""
        number = 2 if method == "BYE" else 1
        lines = [
            f"{method} sip:bot@127.0.0.1:{self._server[1]} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{method}{call.number}",
            "Max-Forwards: 70",
            f"From: <sip:load@{host}>;tag=l{call.number}",
            f"To: <sip:bot@127.0.0.1>{tag}",
            f"Call-ID: load-{port}-{call.number}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:load@{host}:{port}>",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    def _offer(self) -> str:
        host, port = self._media.getsockname()
        return (
            f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 8\r\na=ptime:20\r\na=rtcp-mux\r\n"
        )

    def _send(self, call: LoadCall, method: str, body: str = "") -> None:
        self._signalling.sendto(self._request(call, method, body), self._server)

    def _take_answers(self) -> None:
        while True:
            try:
                data = self._signalling.recv(65536)
            except BlockingIOError:
                return
            answer = re.match(rb"SIP/2\.0 (\d+)", data)
            which = re.search(rb"\r\nCall-ID: load-\d+-(\d+)\r\n", data)
            if answer is None or which is None or answer[1] != b"200" or b"INVITE" not in data:
                continue
            call = self.calls[int(which[1])]
            tag, port = re.search(rb"\r\nTo: [^\r]*;tag=([^;\r]+)", data), re.search(rb"\r\nm=audio (\d+)", data)
            if tag is None or port is None:
                raise RuntimeError("an answer without a tag or a port")
            call.to_tag, call.port, call.ringing = tag[1].decode(), int(port[1]), False
            self.by_port[call.port] = call
            self._send(call, "ACK")

    # media

    def _talk(self, slot: int) -> None:
        for call in self.calls[slot::_SLOTS]:
            if call.ringing:
                continue
            n = call.sent
            call.sent = n + 1
            head = _HEADER.pack(0x80, 8, n & 0xFFFF, 160 * n & 0xFFFFFFFF, call.number + 1)
            payload = self._payloads[(n + 13 * call.number) % len(self._payloads)]
            self._media.sendto(head + payload, ("127.0.0.1", call.port))

    def _listen(self) -> None:
        while True:
            try:
                data, control, _, source = self._media.recvmsg(256, 64)
            except BlockingIOError:
                return
            if data[1] & 0x7F != 8:
                continue
            seconds, nanoseconds = _TIME.unpack_from(control[0][2])
            call = self.by_port.get(source[1])
            if call is not None:
                call.headers.append(data[:12])
                call.times.append(seconds + nanoseconds * 1e-9)

    def run(self, seconds: float) -> LoadResult:
        """Ring, wait until all are up, measure for ``seconds``, hang up."""
        begun = time.time()
        ring_at = begun
        rung = 0
        settled = end = 0.0
        slot, next_at = 0, begun
        late = 0.0
        while not end or next_at < end:
            now = time.time()
            if rung < len(self.calls) and now >= ring_at:
                self._send(self.calls[rung], "INVITE", self._offer())
                rung += 1
                ring_at = max(ring_at + _RING_EVERY_S, now - 0.1)
            self._take_answers()
            if now >= next_at:
                if settled:
                    late = max(late, now - next_at)
                self._talk(slot)
                slot = (slot + 1) % _SLOTS
                next_at += FRAME_S / _SLOTS
            self._listen()
            if not end and len(self.by_port) == len(self.calls):
                settled = time.time() + 1.0
                end = settled + seconds
            if not end and now - begun > 60:
                raise RuntimeError(f"only {len(self.by_port)} of {len(self.calls)} calls were answered")
            select.select([self._media, self._signalling], [], [], max(0.0, next_at - time.time()))
        for call in self.calls:
            self._send(call, "BYE")
        time.sleep(0.3)
        self._listen()
        heard = [_heard(call) for call in self.calls]
        repeated = sum(len(call.headers) - len(set(call.headers)) for call in self.calls)
        return LoadResult(judge(heard, settled, end), sum(call.sent for call in self.calls), repeated, late * 1000)


def _heard(call: LoadCall) -> Heard:
    heads = np.frombuffer(b"".join(call.headers), dtype=">u4").reshape(-1, 3)
    ticks = heads[:, 1].astype(np.int64)
    ticks = ticks[0] + ((ticks - ticks[0] + 0x80000000) % 0x100000000 - 0x80000000) if len(ticks) else ticks
    return Heard(np.array(call.times), ticks / 8000, np.full(len(ticks), FRAME_S))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("speech", type=Path)
    parser.add_argument("calls", type=int)
    parser.add_argument("seconds", type=float)
    options = parser.parse_args()
    print(json.dumps(asdict(SipLoad(options.port, options.speech, options.calls).run(options.seconds))))
