"""Spoken forms to written ones, by table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.council.words import postcodes
from voicebot.dialogue.acts import Profile
from voicebot.spoken.normalise import normalise, spelled_characters


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("my postcode is zed bee three eight ell pea", "my postcode is ZB3 8LP"),
        ("z b three eight l p", "ZB3 8LP"),
        ("zb3 8lp", "ZB3 8LP"),
        ("it's ZB3 8LP.", "it's ZB3 8LP."),
        ("Z-B-3 8-L-P", "ZB3 8LP"),
        ("zulu bravo three eight lima papa", "ZB3 8LP"),
        ("zebra bravo three eight lima papa", "ZB3 8LP"),
        ("that would be twelve", "that would be 12"),
        ("z for zebra b for bravo three eight l as in lima p like peter", "ZB3 8LP"),
        ("zed b three, eight ell pea please", "ZB3 8LP please"),
        ("um it's er zed bee three eight ell pea you know", "it's ZB3 8LP"),
        ("number nine mill lane", "number 9 mill lane"),
        ("it's nine a", "it's 9A"),
        ("I live at flat twenty three b", "I live at flat 23B"),
        ("one oh seven mill lane", "107 mill lane"),
        ("one hundred and twelve station road", "112 station road"),
        ("there are twenty three bins", "there are 23 bins"),
        ("twenty-three", "23"),
        ("two thousand and six", "2006"),
        ("nineteen eighty four", "1984"),
        ("my number is oh seven seven double oh nine hundred one two three", "my number is 07700900123"),
        ("n v c four eight two nine one three", "NVC 482 913"),
        ("my p c n is n v one two three four five six seven eight", "my p c n is NV12345678"),
        ("double you one two", "W12"),
        ("one one triple five", "11555"),
    ],
)
def test_codes_and_numbers_anywhere(said: str, meant: str) -> None:
    assert normalise(said) == meant


@pytest.mark.parametrize(
    "said",
    [
        "",
        "I have two bins",
        "i want to pay for my council tax for two houses",
        "can you see why i am here",
        "do you know when my bin is collected",
        "what are you on about",
        "tea for two",
        "be a dear",
        "see you at eight",
        "mike came to the hotel in november",
        "the third of november",
        "what do you mean",
        "i don't know if you know",
        "double yellow lines",
        "one of my two bins",
        "oh no",
        "oh i see",
        "uh huh",
        "a hundred pounds",
        "I'm waiting for you to be here",
        "is that you",
        "f o i request please",
        "are we on the a b c list",
        "i waited in all day and no one came",
    ],
)
@pytest.mark.parametrize("slot", ["", "need"])
def test_everyday_words_stay(said: str, slot: str) -> None:
    assert normalise(said, slot=slot) == said


@pytest.mark.parametrize(
    ("said", "slot", "meant"),
    [
        ("zed bee three ate ell pea", "postcode", "ZB3 8LP"),
        ("said be three eight el pea", "postcode", "ZB3 8LP"),
        ("zed bee three oh ell pea", "postcode", "ZB3 0LP"),
        ("zb three eight lp", "postcode", "ZB3 8LP"),
        ("it's sw one a one a a", "postcode", "it's SW1A 1AA"),
        ("nine a", "house_number", "9A"),
        ("nine", "house_number", "9"),
        ("nine a mill lane", "address", "9A mill lane"),
        ("flat two fourteen mill lane", "address", "flat 2 14 mill lane"),
        ("to oh four", "reference", "204"),
        ("oh one six three two nine six oh one two three", "phone", "01632960123"),
        ("plus four four seven seven double oh nine hundred one two three", "phone", "+447700900123"),
        ("k h a n", "name", "Khan"),
        ("a b one two c d e", "registration", "AB12CDE"),
        ("i want to change my address", "postcode", "i want to change my address"),
        ("what do you mean", "postcode", "what do you mean"),
        ("can i speak to you for a minute", "postcode", "can i speak to you for a minute"),
        ("to be honest no", "postcode", "to be honest no"),
        ("i don't know it", "postcode", "i don't know it"),
    ],
)
def test_what_was_asked_widens_the_reading(said: str, slot: str, meant: str) -> None:
    assert normalise(said, slot=slot) == meant


def test_the_profile_alone_widens_it_too() -> None:
    assert normalise("won too four", profile=Profile.SPELLING) == "124"
    assert normalise("won too four") == "won too four"


_NAMES = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        (
            *("ay", "bee", "cee", "dee", "ee", "eff", "gee", "haitch", "eye", "jay", "kay", "ell", "em"),
            *("en", "o", "pea", "queue", "are", "ess", "tea", "you", "vee", "double-you", "ex", "why", "zed"),
        ),
        strict=True,
    )
)
_FIGURES = ("oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@pytest.mark.parametrize("style", ["letters", "names"])
def test_every_postcode_of_the_council_is_understood(style: str) -> None:
    for code in postcodes():
        said = " ".join(
            _FIGURES[int(c)] if c.isdecimal() else c.lower() if style == "letters" else _NAMES[c.lower()]
            for c in code.replace(" ", "")
        )
        assert normalise(said, slot="postcode") == code, said
        assert spelled_characters(f"it is {said} please") == code.replace(" ", "")


@given(st.text(alphabet="abezo0134 .,-'?ü", max_size=60), st.sampled_from(["", "postcode", "house_number", "name"]))
def test_any_text_is_taken(text: str, slot: str) -> None:
    once = normalise(text, slot=slot)
    assert "  " not in once
    assert once == once.strip()


@given(
    st.lists(
        st.sampled_from(
            (
                *("zed", "bee", "three", "double", "oh", "a", "i", "to", "for", "and", "nine", "hundred", "thousand"),
                *("twenty", "flat", "you", "mean", "know", "um", "b", "p", "like", "as", "in"),
            )
        ),
        max_size=12,
    ),
    st.sampled_from(list(Profile)),
)
def test_any_words_are_taken(words: list[str], profile: Profile) -> None:
    normalise(" ".join(words), profile=profile)
    spelled_characters(" ".join(words))
