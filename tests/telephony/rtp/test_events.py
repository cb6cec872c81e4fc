"""Keys as RTP events."""

import pytest

from voicebot.errors import ProtocolError
from voicebot.telephony.rtp.events import EventPayload, EventReceiver, EventSender, ReceivedKey, parse_event

# (event, end, duration, timestamp, arrival)
Row = tuple[int, bool, int, int, int]
PRESS_5: list[Row] = [
    (5, False, 160, 1000, 0),
    (5, False, 320, 1000, 160),
    (5, True, 480, 1000, 320),
    (5, True, 480, 1000, 480),
    (5, True, 480, 1000, 640),
]


def received(rows: list[Row], until: int = 8000) -> list[ReceivedKey]:
    receiver = EventReceiver()
    keys: list[ReceivedKey] = []
    rows = list(rows)
    for now in range(0, until, 160):
        while rows and rows[0][4] <= now:
            event, end, duration, timestamp, _ = rows.pop(0)
            keys += receiver.receive(EventPayload(event, end, 10, duration).build(), timestamp, now)
        keys += receiver.tick(now)
    return keys


@pytest.mark.parametrize(
    ("rows", "keys"),
    [
        pytest.param(PRESS_5, [ReceivedKey("5", 1000, 480)], id="whole"),
        pytest.param(PRESS_5[2:], [ReceivedKey("5", 1000, 480)], id="start lost"),
        pytest.param(PRESS_5[-1:], [ReceivedKey("5", 1000, 480)], id="only the last end arrives"),
        pytest.param(PRESS_5[:2], [ReceivedKey("5", 1000, 320)], id="end lost"),
        pytest.param([PRESS_5[1], PRESS_5[0], *PRESS_5[2:]], [ReceivedKey("5", 1000, 480)], id="reordered"),
        pytest.param(
            [*PRESS_5[:2], (5, False, 160, 1800, 320), (5, True, 320, 1800, 480)],
            [ReceivedKey("5", 1000, 320), ReceivedKey("5", 1800, 320)],
            id="same key twice, first end lost",
        ),
        pytest.param(
            [*PRESS_5, (11, True, 800, 3000, 2000), (5, True, 480, 1000, 2160)],
            [ReceivedKey("5", 1000, 480), ReceivedKey("#", 3000, 800)],
            id="an old end comes late",
        ),
        pytest.param(
            [(1, False, 160 * n, 0, 160 * n) for n in range(1, 100)],
            [ReceivedKey("1", 0, 2400)],
            id="held: reported after 300 ms, once",
        ),
        pytest.param(
            [(1, False, 0xFFFF, 0, 0), (1, False, 160, 0xFFFF, 160), (1, True, 320, 0xFFFF, 320)],
            [ReceivedKey("1", 0, 0xFFFF)],
            id="longer than the field holds",
        ),
        pytest.param([(16, True, 800, 0, 0)], [], id="flash hook is no key"),
        pytest.param(
            [(0, True, 800, 0xFFFFFFF0, 0), (10, True, 800, 100, 160)],
            [ReceivedKey("0", 0xFFFFFFF0, 800), ReceivedKey("*", 100, 800)],
            id="timestamps wrap",
        ),
    ],
)
def test_one_key_an_event(rows: list[Row], keys: list[ReceivedKey]) -> None:
    assert received(rows) == keys


def test_a_packet_may_hold_several_events_one_after_another() -> None:
    packed = [EventPayload(1, True, 10, 800), EventPayload(2, True, 10, 640), EventPayload(11, False, 10, 160)]
    payload = b"".join(event.build() for event in packed)
    receiver = EventReceiver()
    assert receiver.receive(payload, 0xFFFFFF00, 0) == [ReceivedKey("1", 0xFFFFFF00, 800), ReceivedKey("2", 544, 640)]
    assert receiver.receive(payload, 0xFFFFFF00, 160) == [], "sent again"
    assert receiver.receive(EventPayload(11, True, 10, 800).build(), 544 + 640, 320) == [ReceivedKey("#", 1184, 800)]
    assert receiver.receive(payload[:10], 0xFFFFFF00, 480) == [], "cut short inside an event"


def test_a_short_payload_is_refused() -> None:
    with pytest.raises(ProtocolError, match="3 octets"):
        parse_event(b"abc")


def test_a_pressed_key_is_sent_as_the_rfc_says() -> None:
    sender = EventSender()
    sender.press("7")
    sent = [sender.frame(5000 + 160 * n) for n in range(12)]
    packets = [event for event in sent if event is not None]
    payloads = [parse_event(event.payload) for event in packets]
    assert [event.marker for event in packets] == [True] + [False] * 6
    assert {event.timestamp for event in packets} == {5000}
    assert [payload.duration for payload in payloads] == [160, 320, 480, 640, 800, 800, 800]
    assert [payload.end for payload in payloads] == [False] * 4 + [True] * 3
    assert {payload.event for payload in payloads} == {7}
    assert not sender.busy


def test_what_is_sent_is_received() -> None:
    sender, receiver = EventSender(), EventReceiver()
    sender.press("0123456789*#abcd")
    heard = ""
    now = 0
    while sender.busy:
        event = sender.frame(now)
        if event is not None:
            heard += "".join(key.key for key in receiver.receive(event.payload, event.timestamp, now))
        now += 160
    assert heard == "0123456789*#ABCD"


def test_a_wrong_key_is_refused_before_anything_is_sent() -> None:
    sender = EventSender()
    with pytest.raises(ValueError, match="'x'"):
        sender.press("12x")
    assert not sender.busy
