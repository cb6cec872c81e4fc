"""What is said with a caller who waits: every wish by voice and by key, and nothing that is not true."""

import pytest

from voicebot.dialogue.acts import Profile
from voicebot.handoff.overview import Place
from voicebot.session.keys import KeyEntry, KeyMeaning
from voicebot.session.phrases import Phrase
from voicebot.session.queue_talk import (
    Correct,
    LeaveMessage,
    QueueTalk,
    RingBack,
    RingIfCut,
    SendLink,
    Sound,
    Tell,
    number_of,
    place_sentence,
)

NUMBER = "01632960123"
SECOND = Place(2, 200.0, 3)


def talk(caller: str = NUMBER) -> QueueTalk:
    return QueueTalk(caller, choices_s=60)


def key(text: str, keys: str) -> KeyEntry:
    return KeyEntry(KeyMeaning.ANSWER, text, keys)


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        (Place(1, 0.0, 1), "You are number 1 in the queue. It should be less than a minute."),
        (Place(2, 200.0, 3), "You are number 2 in the queue. The wait is about 4 minutes."),
        (Place(9, 4000.0, 1), "You are number 9 in the queue. The wait is long just now."),
        (Place(3, None, 2), "You are number 3 in the queue."),
        (Place(1, None, 0), "You are number 1 in the queue. Nobody is free at the moment."),
    ],
)
def test_no_figure_is_said_that_is_not_known(place: Place, sentence: str) -> None:
    assert place_sentence(place) == sentence


@pytest.mark.parametrize(
    ("caller", "number"),
    [
        ("01632 960 123", NUMBER),
        ("+441632960123", "+441632960123"),
        ("", ""),
        ("browser:ann", ""),
        ("anonymous", ""),
        ("999", ""),
    ],
)
def test_only_a_phone_number_is_rung_back(caller: str, number: str) -> None:
    assert number_of(caller) == number


def test_first_the_place_and_then_the_choices() -> None:
    waiting = talk()
    place, cut_off = waiting.passed(30, SECOND)
    assert isinstance(place, Tell)
    assert place.otherwise is Phrase.STILL_TRYING, "without a voice something fixed is said"
    assert cut_off == Tell(str(Phrase.IF_CUT_OFF))
    assert waiting.passed(60, SECOND)[1] == Tell(str(Phrase.CHOICES))
    assert talk("").passed(30, None) == (Tell(str(Phrase.STILL_TRYING)),), "no number: nothing to ring back"


@pytest.mark.parametrize("yes", [key("yes", "1"), "yes please"])
def test_being_rung_if_cut_off_is_agreed_to(yes: KeyEntry | str) -> None:
    waiting = talk()
    waiting.passed(30, SECOND)
    assert waiting.asked.profile is Profile.YES_NO
    moves = waiting.keyed(yes) if isinstance(yes, KeyEntry) else waiting.said(yes)
    assert moves[0] == RingIfCut(NUMBER)


def test_no_is_no_agreement() -> None:
    waiting = talk()
    waiting.passed(30, SECOND)
    assert waiting.said("no thanks") == ()


@pytest.mark.parametrize("wish", [key("ring me back", "1"), "can you ring me back", "I'd like a callback please"])
def test_a_callback_is_confirmed_by_number(wish: KeyEntry | str) -> None:
    waiting = talk()
    (asked,) = waiting.keyed(wish) if isinstance(wish, KeyEntry) else waiting.said(wish)
    assert isinstance(asked, Tell)
    assert NUMBER in asked.text
    assert waiting.keyed(key("yes", "1")) == (RingBack(NUMBER),)


def test_another_number_may_be_keyed_or_said_and_is_read_back() -> None:
    waiting = talk()
    waiting.said("call me back")
    (asked,) = waiting.keyed(KeyEntry(KeyMeaning.DIGITS, "07700900456", "07700900456"))
    assert isinstance(asked, Tell)
    assert "07700900456" in asked.text
    (asked,) = waiting.said("no it's 0 7 7 0 0 9 0 0 7 8 9")
    assert isinstance(asked, Tell)
    assert "07700900789" in asked.text
    assert waiting.said("yes") == (RingBack("07700900789"),)


def test_a_withheld_number_is_asked_for_and_nonsense_refused() -> None:
    waiting = talk("")
    assert waiting.said("ring me back") == (Tell(str(Phrase.WHICH_NUMBER)),)
    assert waiting.keyed(KeyEntry(KeyMeaning.DIGITS, "12", "12")) == (Tell(str(Phrase.WHICH_NUMBER)),)
    assert "1" not in talk("").asked.keypad or waiting.asked.keypad == {}


def test_who_thinks_better_of_it_keeps_waiting() -> None:
    waiting = talk()
    waiting.said("ring me back")
    assert waiting.passed(90, SECOND) == (), "nothing is announced in between"
    assert waiting.said("no, I'll wait") == (Tell(str(Phrase.KEEPS_PLACE)),)
    assert waiting.passed(120, SECOND) != ()


@pytest.mark.parametrize("wish", [key("leave a message", "2"), "I'd rather leave a message"])
def test_a_message_instead(wish: KeyEntry | str) -> None:
    assert (talk().keyed(wish) if isinstance(wish, KeyEntry) else talk().said(wish)) == (LeaveMessage(),)


def test_silence_and_the_sound_again() -> None:
    waiting = talk()
    assert waiting.keyed(key("silence", "3")) == (Sound(on=False),)
    assert waiting.keyed(key("silence", "3")) == (Sound(on=True),)
    assert waiting.said("turn off that music") == (Sound(on=False),)
    assert waiting.said("music back on please") == (Sound(on=True),)


def test_how_long_is_answered() -> None:
    waiting = talk()
    waiting.passed(30, SECOND)
    (told,) = waiting.said("how long will it be")
    assert isinstance(told, Tell)
    assert "number 2" in told.text
    assert waiting.keyed(KeyEntry(KeyMeaning.REPEAT, keys="*")) == (told,)


def test_what_is_passed_on_can_be_put_right() -> None:
    waiting = talk()
    assert waiting.begin("I'll pass on: the missed bin.") == (Tell("I'll pass on: the missed bin."),)
    assert waiting.said("yes that's right") == ()
    correct, thanks = waiting.said("it's the green bin not the black one")
    assert correct == Correct("it's the green bin not the black one")
    assert thanks == Tell(str(Phrase.PASSED_ON))


def test_a_bare_no_is_asked_what_instead() -> None:
    waiting = talk()
    waiting.begin("I'll pass on: the missed bin.")
    assert waiting.said("no") == (Tell(str(Phrase.WHAT_INSTEAD)),)
    assert waiting.said("the green bin")[0] == Correct("the green bin")


def test_in_an_emergency_nothing_is_told_and_talk_is_not_taken_for_a_correction() -> None:
    waiting = talk()
    assert waiting.begin("") == ()
    assert waiting.said("please hurry up") == ()


MOBILE = "07700900456"


def texting(caller: str = MOBILE) -> QueueTalk:
    return QueueTalk(caller, choices_s=60, texts=True)


def test_a_text_is_offered_only_where_one_can_be_sent() -> None:
    assert texting().passed(60, SECOND)[1] == Tell(str(Phrase.CHOICES_WITH_TEXT))
    assert texting().asked.keypad["4"] == "text me the link"
    assert "4" not in talk().asked.keypad
    assert talk().said("text me the link") == ()


@pytest.mark.parametrize(
    "wish",
    [key("text me the link", "4"), "can you text me the link", "send me a text please", "I'd like the link"],
)
def test_the_link_is_sent_to_who_says_yes_to_it(wish: KeyEntry | str) -> None:
    waiting = texting()
    (asked,) = waiting.keyed(wish) if isinstance(wish, KeyEntry) else waiting.said(wish)
    assert isinstance(asked, Tell)
    assert MOBILE in asked.text
    assert waiting.said("yes") == (SendLink(MOBILE), Tell(str(Phrase.TEXT_IS_COMING)))
    assert waiting.said("text me the link") == (Tell(str(Phrase.TEXT_IS_COMING)),), "it is sent once"
    assert waiting.passed(90, SECOND)[1] == Tell(str(Phrase.CHOICES))


def test_nothing_is_sent_without_a_yes() -> None:
    waiting = texting()
    waiting.said("text me the link")
    assert waiting.passed(90, SECOND) == (), "nothing is announced in between"
    assert waiting.said("no, I'll wait") == (Tell(str(Phrase.KEEPS_PLACE)),)


def test_a_landline_is_asked_for_a_mobile_number() -> None:
    waiting = texting(NUMBER)
    assert waiting.said("text me the link") == (Tell(str(Phrase.WHICH_MOBILE)),)
    assert waiting.asked.keypad == {}
    assert waiting.keyed(KeyEntry(KeyMeaning.DIGITS, NUMBER, NUMBER)) == (Tell(str(Phrase.WHICH_MOBILE)),)
    (asked,) = waiting.keyed(KeyEntry(KeyMeaning.DIGITS, MOBILE, MOBILE))
    assert isinstance(asked, Tell)
    assert MOBILE in asked.text
    assert waiting.keyed(key("yes", "1"))[0] == SendLink(MOBILE)


def test_the_callback_keeps_its_own_number() -> None:
    waiting = texting(NUMBER)
    waiting.said("text me the link")
    waiting.keyed(KeyEntry(KeyMeaning.DIGITS, MOBILE, MOBILE))
    waiting.said("yes")
    waiting.said("ring me back")
    assert waiting.said("yes") == (RingBack(NUMBER),)
