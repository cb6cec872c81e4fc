"""Load over Twilio Media Streams: one process plays the provider for all calls, over sockets without a library.

It opens the streams, talks in all at once, plays what comes (so that marks return when their audio has been played),
and tells how punctually it came.
"""

import argparse
import base64
import heapq
import itertools
import json
import re
import select
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from twilio.request_validator import RequestValidator

from bench import sound
from bench.arrivals import FRAME_S, Heard, judge
from bench.load_result import LoadResult
from voicebot.audio.g711 import encode_ulaw

SECRET = "benchbenchbenchbenchbenchbench00"
_SLOTS = 20
_AUDIO = re.compile(rb'"payload": ?"([A-Za-z0-9+/=]*)"')
_NAME = re.compile(rb'"name": ?"([^"]*)"')
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_FORMAT = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}


@dataclass(eq=False, slots=True)
class Stream:
    """One call."""

    number: int
    link: socket.socket
    sequence: int = 1
    sent: int = 0
    unread: bytes = b""
    unsent: bytes = b""
    plays_until: float = 0.0
    closed: bool = False
    times: list[float] = field(default_factory=list)
    lengths: list[float] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its ``streamSid``."""
        return f"MZ{self.number:032x}"

    def send(self, opcode: int, payload: bytes) -> None:
        """A frame. The mask is zero, which leaves the payload as it is."""
        size = len(payload)
        length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        data = self.unsent + bytes((0x80 | opcode,)) + length + b"\0\0\0\0" + payload
        try:
            done = self.link.send(data)
        except BlockingIOError:
            done = 0
        except OSError:
            self.closed = True
            return
        self.unsent = data[done:]


class StreamLoad:
    """All calls of one run. ``signed``: the call is announced by a webhook first, as Twilio does, and all is signed."""

    def __init__(self, port: int, speech: Path, calls: int, path: str, *, signed: bool) -> None:
        self._port, self._path, self._signed = port, path, signed
        samples = sound.load(speech, "caller")
        payloads = [encode_ulaw(samples[at : at + 160]) for at in range(0, len(samples), 160)]
        self._payloads = [base64.b64encode(payload).decode() for payload in payloads]
        self._wanted = calls
        self._streams: list[Stream] = []
        self._poll = select.epoll()
        self._by_file: dict[int, Stream] = {}
        self._marks: list[tuple[float, int, Stream, bytes]] = []
        self._order = itertools.count()
        self._validator = RequestValidator(SECRET)

    # opening

    def _open(self, number: int) -> None:
        token = self._announce(number) if self._signed else {}
        link = socket.create_connection(("127.0.0.1", self._port), timeout=20)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host = f"127.0.0.1:{self._port}"
        lines = [
            f"GET {self._path} HTTP/1.1",
            f"Host: {host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(number.to_bytes(16, 'big')).decode()}",
            "Sec-WebSocket-Version: 13",
        ]
        if self._signed:
            lines.append(f"X-Twilio-Signature: {self._validator.compute_signature(f'ws://{host}{self._path}', {})}")
        link.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += link.recv(4096)
        if b" 101 " not in answer.split(b"\r\n")[0]:
            raise RuntimeError(f"the stream was refused: {answer[:80]!r}")
        link.setblocking(False)
        stream = Stream(number, link, unread=answer.partition(b"\r\n\r\n")[2])
        stream.send(_TEXT, json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}).encode())
        start = {
            "accountSid": "AC" + "0" * 32,
            "streamSid": stream.name,
            "callSid": self._call(number),
            "tracks": ["inbound"],
            "mediaFormat": _FORMAT,
            "customParameters": token,
        }
        said = {"event": "start", "sequenceNumber": "1", "start": start, "streamSid": stream.name}
        stream.send(_TEXT, json.dumps(said).encode())
        self._streams.append(stream)
        self._by_file[link.fileno()] = stream
        self._poll.register(link, select.EPOLLIN)

    @staticmethod
    def _call(number: int) -> str:
        return f"CA{number:032x}"

    def _announce(self, number: int) -> dict[str, str]:
        """The webhook; gives the parameters that its answer wants back in the stream."""
        fields = {"CallSid": self._call(number), "From": "anonymous", "To": "+441632960000", "CallStatus": "ringing"}
        path = "/twilio/voice"
        signature = self._validator.compute_signature(f"http://127.0.0.1:{self._port}{path}", fields)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
        http = HTTPConnection("127.0.0.1", self._port, timeout=20)
        http.request("POST", path, urlencode(fields), headers)
        document = http.getresponse().read().decode()
        http.close()
        return dict(re.findall(r'<Parameter name="([^"]*)" value="([^"]*)"', document))

    # media

    def _talk(self, slot: int) -> None:
        for stream in self._streams[slot::_SLOTS]:
            if stream.closed:
                continue
            n = stream.sent
            stream.sent = n + 1
            stream.sequence += 1
            payload = self._payloads[(n + 13 * stream.number) % len(self._payloads)]
            stream.send(
                _TEXT,
                f'{{"event":"media","sequenceNumber":"{stream.sequence}","media":{{"track":"inbound","chunk":"{n + 1}",'
                f'"timestamp":"{20 * n}","payload":"{payload}"}},"streamSid":"{stream.name}"}}'.encode(),
            )

    def _listen(self, timeout: float) -> None:
        for file, _ in self._poll.poll(timeout):
            stream = self._by_file[file]
            try:
                data = stream.link.recv(65536)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if not data:
                stream.closed = True
                self._poll.unregister(file)
                continue
            self._take(stream, stream.unread + data, time.time())

    def _take(self, stream: Stream, data: bytes, now: float) -> None:
        at = 0
        while len(data) - at >= 2:
            size, head = data[at + 1] & 0x7F, 2
            if size == 126:
                if len(data) - at < 4:
                    break
                size, head = int.from_bytes(data[at + 2 : at + 4], "big"), 4
            elif size == 127:
                if len(data) - at < 10:
                    break
                size, head = int.from_bytes(data[at + 2 : at + 10], "big"), 10
            if len(data) - at < head + size:
                break
            self._message(stream, data[at] & 0x0F, data[at + head : at + head + size], now)
            at += head + size
        stream.unread = data[at:]

    def _message(self, stream: Stream, opcode: int, payload: bytes, now: float) -> None:
        if opcode == _PING:
            stream.send(_PONG, payload)
        elif opcode == _CLOSE:
            stream.closed = True
        audio = _AUDIO.search(payload)
        if audio is not None:
            octets = len(audio[1]) * 3 // 4 - audio[1].count(b"=")
            stream.times.append(now)
            stream.lengths.append(octets / 8000)
            stream.plays_until = max(stream.plays_until, now) + octets / 8000
        elif b'"mark"' in payload and (name := _NAME.search(payload)) is not None:
            heapq.heappush(self._marks, (stream.plays_until, next(self._order), stream, name[1]))

    def _return_marks(self, now: float) -> None:
        while self._marks and self._marks[0][0] <= now:
            _, _, stream, name = heapq.heappop(self._marks)
            stream.sequence += 1
            mark = {"event": "mark", "sequenceNumber": str(stream.sequence), "mark": {"name": name.decode()}}
            stream.send(_TEXT, json.dumps({**mark, "streamSid": stream.name}).encode())

    def run(self, seconds: float, now: Callable[[], float] = time.time) -> LoadResult:
        """Open the streams, measure for ``seconds`` once all talk, close them."""
        settled = end = late = 0.0
        slot, next_at = 0, now()
        while not end or next_at < end:
            if len(self._streams) < self._wanted and slot == 0:
                self._open(len(self._streams))
                if len(self._streams) == self._wanted:
                    settled = now() + 2.0
                    end = settled + seconds
            at = now()
            if at >= next_at:
                if settled and at >= settled:
                    late = max(late, at - next_at)
                self._talk(slot)
                slot = (slot + 1) % _SLOTS
                next_at += FRAME_S / _SLOTS
            self._return_marks(at)
            self._listen(max(0.0, next_at - now()))
        for stream in self._streams:
            stream.send(_TEXT, json.dumps({"event": "stop", "streamSid": stream.name}).encode())
        heard = [_heard(stream) for stream in self._streams]
        lost = sum(stream.closed for stream in self._streams)
        if lost:
            raise RuntimeError(f"{lost} streams were closed by the server")
        sent = sum(stream.sent for stream in self._streams)
        return LoadResult(judge(heard, settled, end), sent, 0, late * 1000)


def _heard(stream: Stream) -> Heard:
    lengths = np.array(stream.lengths)
    return Heard(np.array(stream.times), np.concatenate((np.zeros(1), np.cumsum(lengths)))[:-1], lengths)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("speech", type=Path)
    parser.add_argument("calls", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--path", default="/twilio/stream")
    parser.add_argument("--unsigned", action="store_true")
    options = parser.parse_args()
    load = StreamLoad(options.port, options.speech, options.calls, options.path, signed=not options.unsigned)
    print(json.dumps(asdict(load.run(options.seconds))))
