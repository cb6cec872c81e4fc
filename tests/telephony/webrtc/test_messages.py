"""What pages and the media process say to each other, and that both sides know the same."""

import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.errors import ProtocolError
from voicebot.telephony.webrtc import messages

PROTOCOL = Path(__file__).parents[3] / "frontend" / "src" / "phone" / "protocol.ts"


def declared(union: str) -> dict[str, set[str]]:
    """The messages of a union in the page's own words: each type with the names of its fields."""
    text = PROTOCOL.read_text(encoding="utf-8")
    body = re.search(rf"export type {union} =(.*?);\n\n|export type {union} =(.*?);\n\Z", text, re.DOTALL)
    assert body is not None
    found = {}
    for line in (body[1] or body[2]).splitlines():
        name = re.search(r'type: "(\w+)"', line)
        if name is not None:
            found[name[1]] = set(re.findall(r"(\w+):", line)) - {"type"}
    return found


@pytest.mark.parametrize(("union", "ours"), [("ToService", messages.FromPage), ("FromService", messages.ToPage)])
def test_both_sides_know_the_same_messages(union: str, ours: object) -> None:
    known = {
        model.model_fields["type"].annotation.__args__[0]: set(model.model_fields) - {"type"}
        for model in get_args(ours)
    }
    theirs = declared(union)
    if union == "FromService":
        theirs["caption"] = {"index", "who", "text"}  # an interface of its own there
    assert theirs == known


def test_states_and_problems_are_the_same() -> None:
    text = PROTOCOL.read_text(encoding="utf-8")
    for name, field in (
        ("BotState", messages.State.model_fields["state"]),
        ("ProblemCode", messages.Problem.model_fields["code"]),
    ):
        body = re.search(rf"export type {name} =(.*?);", text, re.DOTALL)
        assert body is not None
        assert set(re.findall(r'"(\w+)"', body[1])) == set(get_args(field.annotation))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"type":"dial","address":"sip:0900@example.org"}',
        '{"type":"press","key":"A"}',
        '{"type":"press","key":"12"}',
        '{"type":"ring"}',
        '{"type":"ring","sdp":"v=0","quality":{"loss":0.9}}',
        '{"type":"ring","sdp":"v=0","to":"sip:0900@example.org"}',
        '{"type":"say","text":""}',
        '{"type":"say","text":"' + "x" * 2001 + '"}',
        "x" * 70000,
    ],
)
def test_what_is_no_message_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        messages.read(text)
    assert "example" not in str(refused.value)


def test_a_message_is_read() -> None:
    ring = messages.read('{"type":"ring","sdp":"v=0","quality":{"narrow":true,"noise_db":-40}}')
    assert isinstance(ring, messages.Ring)
    assert ring.quality.line().narrow
    assert ring.quality.line().noise_db == -40


@given(st.text(max_size=100) | st.dictionaries(st.sampled_from(["type", "key", "sdp"]), st.text(max_size=9)).map(str))
def test_no_text_escapes(text: str) -> None:
    with pytest.raises(ProtocolError):
        messages.read(text)
