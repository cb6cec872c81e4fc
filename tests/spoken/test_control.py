"""Yes, no, and wishes about the conversation, by table."""

import pytest

from voicebot.spoken.control import besides_person, is_louder, is_repeat, is_slower, wants_person, yes_no

YES = """yes|yeah go on then|that's right|um yeah|yes please|correct|why not|no problem|yes that's not a problem|aye
no that's right|of course|that's it|okay|go on|i suppose so|i guess|yep that's the one|it is|i think so|please do
no worries|definitely|uh huh|mhm|right|sure|absolutely|oh yes|well yes|yes it is|sounds good|yeah i didn't put it out"""
NO = """no|nope|not really|no that's wrong|no thank you|i don't think so|that's not right|it isn't|of course not
no no no|never|wrong number|please don't|don't|nah|no it isn't|it was never collected|definitely not|i'm afraid not
not at all|that's wrong|absolutely not|yeah no|oh no|no the other one is right|that isn't correct"""
NEITHER = """my bin|not sure|yes no|yes but no|no but yes|well yes and no|maybe|i don't know|is that right|i don't mind
yeah that's wrong|what is it|mill lane|it depends|i'm not very sure"""
PERSON = """can I speak to someone|agent|operator|a real person|human please|advisor|I want to talk to a human being
let me speak to a person please|is there anyone I can speak to|I'd rather speak to an actual person
i don't want to talk to a machine|customer services|get me a manager|can i talk with somebody in council tax
connect me to an adviser|no i want a person|someone please|put me through to housing|Agent!
please can you transfer me to the housing team|i hate these robots|can you put me through to a member of staff"""
NO_PERSON = """can somebody come and fix my sink|speak to my daughter|i need someone to collect my fridge
a person is living in a tent|there is a person lying in the road|the council agent came|my estate agent told me
human remains|are you a real person|someone dumped a mattress|yes|my bin was missed
a single person discount|the operator of the crane"""
REPEAT = """say that again|sorry can you repeat that please|pardon|what|repeat|what did you say|sorry|come again
sorry i didn't catch that|can you repeat the question|say it again please love
what was that|again please|one more time"""
SLOWER = """could you speak more slowly
slow down|slower please|you're too fast|can you say it a bit slower for me please
can you say that again slower please|not so fast
you talk so fast|speak slowly please my english is not good|i can't keep up with you|that was too quick for me"""
LOUDER = """speak up|i can't hear you|can you speak up a bit please|louder|i'm hard of hearing
sorry i'm deaf in one ear speak up|it's a bad line i can hardly hear|your voice is too low
could you talk louder please
you're very quiet|could you repeat that a bit louder"""
OTHER = """it happened again|my bin was missed again|repeat prescription|the traffic is going too fast|not again
the music is louder|the neighbours are too loud|what time do you open|what do i do with batteries|yes|my bin
i can't hear my alarm in the flat|sorry i want to report a pothole|what day is my bin"""


def table(text: str) -> list[str]:
    return [phrase for line in text.splitlines() for phrase in line.split("|")]


@pytest.mark.parametrize("said", table(YES))
def test_yes(said: str) -> None:
    assert yes_no(said) is True


@pytest.mark.parametrize("said", table(NO))
def test_no(said: str) -> None:
    assert yes_no(said) is False


@pytest.mark.parametrize("said", ["", *table(NEITHER)])
def test_neither_or_both(said: str) -> None:
    assert yes_no(said) is None


@pytest.mark.parametrize("said", table(PERSON))
def test_a_person_is_wanted(said: str) -> None:
    assert wants_person(said)


@pytest.mark.parametrize("said", table(NO_PERSON))
def test_a_person_is_only_spoken_of(said: str) -> None:
    assert not wants_person(said)


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        *((said, "repeat") for said in table(REPEAT)),
        *((said, "slower") for said in table(SLOWER)),
        *((said, "louder") for said in table(LOUDER)),
        *((said, "") for said in table(OTHER)),
    ],
)
def test_wishes_about_the_voice(said: str, wish: str) -> None:
    heard = {"repeat": is_repeat(said), "slower": is_slower(said), "louder": is_louder(said)}
    assert [name for name, is_it in heard.items() if is_it] == [wish] * bool(wish)


def test_long_speech_is_decided_quickly() -> None:
    rambling = "sorry could you please just " * 60 + "tell me about the bins"
    assert not is_repeat(rambling)
    assert not wants_person(rambling)
    assert yes_no(rambling) is None or yes_no(rambling)


@pytest.mark.parametrize(
    ("said", "about"),
    [
        ("i want to speak to someone about my council tax i've got behind", "council tax i've got behind"),
        ("can i talk to a person about a parking ticket", "parking ticket"),
        ("my boiler has packed in can you put me through to somebody", "boiler has packed in"),
        ("agent", ""),
        ("can i speak to a person please", ""),
        ("i don't want to talk to a machine get me a person", ""),
        ("hello love can i talk to somebody please", ""),
        ("my bin was not emptied", ""),
    ],
)
def test_what_is_said_beside_the_wish_for_a_person(said: str, about: str) -> None:
    rest = besides_person(said)
    assert bool(rest) == bool(about)
    assert about in rest
