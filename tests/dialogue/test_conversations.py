"""Whole conversations through the real channel, Rasa and its actions."""

import asyncio
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from voicebot.dialogue.acts import Ask, FactSource, Profile, Say, Turn, TurnEvent
from voicebot.dialogue.client import DialogueClient

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller, Running

pytestmark = pytest.mark.rasa

REFERENCE = re.compile(r"NVC \d{3} \d{3}")
ADDRESS = ("zb3 8lp", "nine", "yes")

# What the caller says, turn by turn, and what the last reply must be: a reference, words, or a queue.
REPORTS: dict[str, tuple[str, ...]] = {
    "waste: missed bin": ("me black bin's not been emptied", *ADDRESS, "yes", "yes"),
    "waste: new container": ("i need a new bin", "the blue one", "it got smashed", *ADDRESS, "yes"),
    "waste: bulky": ("can you collect an old sofa", *ADDRESS, "the second one", "no number", "yes"),
    "waste: garden": ("i want to sign up for garden waste", *ADDRESS, "go on then"),
    "waste: assisted": (
        "my mother can't put her bins out", *ADDRESS, "she's in a wheelchair", "margaret jones", "07700 900456", "yes",
    ),
    "council tax: moving": (
        "we've just moved in", *ADDRESS, "the third of november", "john smith", "this number", "yes please",
    ),
    "council tax: single person": (
        "i live on my own can i get the discount", *ADDRESS, "the first of june", "my name is susan khan", "no", "yes",
    ),
    "highways: pothole": ("there's a pothole on mill lane", "outside the school", "yes"),
    "highways: street light by column": ("the street light outside is flickering", "one zero zero four", "yes"),
    "highways: street light by place": (
        "the lamp post on our road is out", "i don't know", "high street", "by the church", "yes",
    ),
    "highways: drain": ("the drain's blocked in the road", "canal walk", "near number five", "yes", "yes"),
    "highways: tree": ("there's a branch come down on the pavement", "swan street", "by the bridge", "no", "yes"),
    "highways: pavement": ("there's a loose paving slab on market place", "by the bank", "yes"),
    "repairs: log": ("the tap in the kitchen is dripping", *ADDRESS, "no", "the first", "this one", "yes"),
    "repairs: damp": (
        "there's black mould in the bedroom", "since august", *ADDRESS, "my baby is six months old", "no", "morning",
        "07700 900456", "yes",
    ),
    "corporate: complaint": (
        "i want to make a complaint", "your driver shouted at me in the street", "amir hussain", "no number", "yes",
    ),
}  # fmt: skip

ANSWERS: dict[str, tuple[tuple[str, ...], str]] = {
    "waste: collection day": (("when is my bin day", *ADDRESS), "Wednesday 25 November"),
    "waste: what goes where": (("what bin does cardboard go in",), "blue recycling bin"),
    "waste: what goes where, asked": (("which bin do i put this in", "an old kettle"), "recycling centre"),
    "waste: put out too late": (("my bin wasn't collected", *ADDRESS, "rubbish", "no"), "next collection"),
    "council tax: pay": (("how do i pay my council tax",), "direct debit"),
    "council tax: dates": (("when is my council tax due",), "April to January"),
    "council tax: band": (("what band is my house in", *ADDRESS), "band"),
    "council tax: discount": (("i'm a student do i have to pay council tax",), "student"),
    "corporate: hours": (("what time does the library close",), "9.30 to 6"),
    "corporate: hours, asked": (("what are your opening hours", "the tip"), "8 to 6"),
    "corporate: contact": (("what's your email address",), "website"),
    "corporate: councillor": (("who's my councillor", "zb3 8lp"), "Little Harrow Ward"),
    "corporate: freedom of information": (("i want to make a freedom of information request",), "20 working days"),
    "corporate: subject access": (("i want to see what information you hold about me",), "one month"),
    "corporate: jobs": (("have you got any vacancies",), "website"),
}

PEOPLE: dict[str, tuple[tuple[str, ...], str]] = {
    "waste: repeated": (("this is the third time my bin's been missed",), "waste_street"),
    "council tax: arrears": (("i can't afford to pay my council tax",), "revenues"),
    "council tax: bailiffs": (("the bailiffs have been round",), "revenues"),
    "council tax: balance": (("how much do i owe on my council tax", "i don't know"), "revenues"),
    "council tax: bill without number": (("can i get a copy of my council tax bill", "i don't know"), "revenues"),
    "highways: claim": (("a pothole's damaged my car",), "highways"),
    "highways: blocked": (
        ("a tree has fallen across the road on swan street by the bridge", "yes"), "highways_emergency",
    ),
    "repairs: again": (("the repair man didn't turn up",), "repairs"),
    "repairs: claim": (("i want to make a disrepair claim",), "repairs"),
    "repairs: mould and breathing": (
        ("there's mould in the bedroom", "months", *ADDRESS, "yes my son has asthma", "yes"), "repairs_emergency",
    ),
    "corporate: stage two": (("i want to take my complaint further",), "complaints"),
    "another team": (("my housing benefit has stopped",), "benefits"),
}  # fmt: skip


@pytest.mark.parametrize("turns", REPORTS.values(), ids=REPORTS.keys())
async def test_reports_and_transactions_end_with_a_reference(
    caller: "Caller", dialogue: "Running", turns: tuple[str, ...]
) -> None:
    reply = await caller.say(*turns)

    found = REFERENCE.search(caller.words)
    assert found, caller.words
    assert reply.reference == found.group(0)
    assert caller.asked == "anything_else"
    with closing(sqlite3.connect(dialogue.council)) as council:
        row = council.execute("SELECT service, call FROM reports WHERE reference = ?", (reply.reference,)).fetchone()
    assert row == (reply.service, caller.sender)
    await caller.say("no that's all thanks")
    assert caller.ended == "reported"


@pytest.mark.parametrize(("turns", "words"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_questions_are_answered(caller: "Caller", turns: tuple[str, ...], words: str) -> None:
    await caller.say(*turns)

    assert words in caller.words
    assert caller.asked == "anything_else"
    await caller.say("no thank you")
    assert caller.ended == "answered"


@pytest.mark.parametrize(("turns", "queue"), PEOPLE.values(), ids=PEOPLE.keys())
async def test_needs_of_a_person_go_to_their_queue(caller: "Caller", turns: tuple[str, ...], queue: str) -> None:
    reply = await caller.say(*turns)

    assert caller.queue == queue
    assert reply.queue == queue
    assert reply.acts[-1].act == "transfer", "nothing may follow a transfer"


async def test_the_greeting_asks_how_to_help(client: DialogueClient) -> None:
    reply = await client.turn(Turn(sender="greeting-test", event=TurnEvent.START))

    (ask,) = reply.acts
    assert isinstance(ask, Ask)
    assert ask.text.startswith("Hello, you're through to Norbury Vale Council's automated assistant.")
    assert (reply.service, reply.need, reply.queue) == ("none", "control", "none")


async def test_a_correction_at_the_address_is_read_back(caller: "Caller") -> None:
    await caller.say("my bin hasn't been emptied", "zb3 8lp", "nine", "no, nine A, it's the flat above")

    assert "9A Quarry Close" in caller.words
    assert caller.asked == "address_ok"


async def test_a_correction_said_in_passing_is_taken_wherever_it_comes(caller: "Caller") -> None:
    await caller.say("the tap in the kitchen is dripping", "zb3 8lp", "twelve", "yes")
    asked = caller.asked

    await caller.say("actually it's number eleven not twelve")
    assert "11 Quarry Close" in caller.words
    assert caller.asked == "address_ok"
    await caller.say("yes")
    assert caller.asked == asked, "the question is asked again, as it was not answered"

    await caller.say("sorry it should be number forty")
    assert "40" in caller.words, "there is no such house"
    assert caller.asked == asked
    await caller.say("no", "the first", "this one")
    assert "11 Quarry Close" in caller.words
    await caller.say("yes")
    assert caller.facts["house_number"].value == "11"


async def test_another_bin_is_named_when_the_next_thing_is_asked(caller: "Caller") -> None:
    await caller.say("my black bin hasn't been emptied", *ADDRESS)
    asked = caller.asked

    await caller.say("sorry it's not the black one it's the blue one")
    assert "put that right" in caller.words
    assert caller.asked == asked
    await caller.say("yes")
    assert "recycling bin as missed" in caller.words


async def test_a_correction_at_the_end_changes_only_what_was_wrong(caller: "Caller") -> None:
    await caller.say("my black bin hasn't been emptied", *ADDRESS, "yes")
    assert caller.asked == "confirm"

    await caller.say("no it's the blue one")
    assert "recycling bin as missed at 9 Quarry Close" in caller.words

    await caller.say("no", "the address is wrong", "twelve", "yes")
    assert "recycling bin as missed at 12 Quarry Close" in caller.words

    await caller.say("yes")
    assert REFERENCE.search(caller.words)
    assert caller.facts["house_number"].value == "12"
    assert caller.facts["bin"].value == "recycling"


async def test_a_question_in_a_form_is_answered_and_the_form_goes_on(caller: "Caller") -> None:
    await caller.say("my black bin hasn't been emptied", "how do i pay my council tax")

    assert "direct debit" in caller.words
    assert caller.asked == "postcode"
    reply = await caller.say(*ADDRESS, "yes", "yes")
    assert REFERENCE.search(caller.words)
    assert reply.service == "waste"


async def test_another_task_in_a_form_is_done_and_the_first_is_offered_again(caller: "Caller") -> None:
    await caller.say("my black bin hasn't been emptied", "actually there's a pothole on mill lane i want to report")
    assert caller.asked == "road_spot"

    await caller.say("by the school", "yes")
    assert REFERENCE.search(caller.words)
    assert caller.asked == "resume"

    await caller.say("yes")
    assert caller.asked == "postcode"
    await caller.say(*ADDRESS, "yes", "yes")
    assert "That's reported" in caller.words


async def test_an_address_is_not_asked_for_twice(caller: "Caller") -> None:
    await caller.say("when is my bin day", *ADDRESS, "i need a new brown bin mine's been stolen")

    assert "9 Quarry Close" in caller.words
    assert caller.asked == "confirm"


@pytest.mark.parametrize("words", ["agent", "can i speak to someone please", "put me through to a human"])
async def test_a_person_can_be_had_in_any_form(caller: "Caller", words: str) -> None:
    await caller.say("there's a pothole in our road", words)

    assert caller.queue == "highways"


async def test_a_person_without_a_topic_is_customer_services(caller: "Caller") -> None:
    await caller.say("agent")

    assert caller.queue == "customer_services"


async def test_cancelling_sends_nothing(caller: "Caller", dialogue: "Running") -> None:
    await caller.say("i want to report a missed bin", "zb3 8lp", "never mind")

    assert caller.asked == "anything_else"
    with closing(sqlite3.connect(dialogue.council)) as council:
        assert not council.execute("SELECT 1 FROM reports WHERE call = ?", (caller.sender,)).fetchall()


async def test_what_is_not_understood_is_asked_again_in_other_words_and_then_a_person_helps(caller: "Caller") -> None:
    await caller.say("my black bin hasn't been emptied")
    first = caller.words
    await caller.say("zzz wibble")
    second = caller.words
    await caller.say("grr flonk")
    assert caller.asked == "postcode"
    assert len({first, second, caller.words}) == 3
    assert "press 0" in second

    await caller.say("blip")
    assert caller.queue == "waste_street"


async def test_nonsense_at_the_start_ends_with_a_person(caller: "Caller") -> None:
    await caller.say("qwx jjk", "vvz pqr", "xxq zzj")

    assert caller.queue == "customer_services"


async def test_starting_again_forgets(caller: "Caller") -> None:
    await caller.say("when is my bin day", *ADDRESS)
    await caller.say("start again")

    assert caller.asked == "need"
    assert caller.facts == {}


async def test_going_back_asks_the_question_before(caller: "Caller") -> None:
    await caller.say("there's a pothole on mill lane", "by the school")
    assert caller.asked == "confirm"

    await caller.say("go back")
    assert caller.asked == "road_spot"


async def test_slower_lasts(caller: "Caller") -> None:
    await caller.say("how do i pay my council tax", "can you speak slower please")
    reply = await caller.say("what are the payment dates for council tax")

    assert all(act.rate < 1 for act in reply.acts if isinstance(act, Say | Ask))


async def test_an_address_in_one_breath_fills_all_of_it(caller: "Caller") -> None:
    await caller.say("when are the bins collected at nine quarry close")

    assert caller.asked == "address_ok"
    assert "9 Quarry Close" in caller.words


async def test_an_unknown_number_is_said_so(caller: "Caller") -> None:
    await caller.say("when is my bin day", "zb3 8lp", "two hundred and twelve")

    assert "I can't find number" in caller.words
    assert caller.asked == "house_number"


async def test_facts_tell_where_they_come_from(caller: "Caller") -> None:
    await caller.say("my bin hasn't been emptied", "zb3 8lp")
    await caller.key("9")
    await caller.say("yes")

    facts = caller.facts
    assert facts["postcode"].source is FactSource.SAID
    assert facts["postcode"].confidence == pytest.approx(0.9)
    assert facts["street"].source is FactSource.LOOKED_UP
    assert facts["house_number"].source is FactSource.KEYED
    assert facts["address"].value == "9 Quarry Close, Little Harrow"
    assert facts["address"].confirmed


async def test_questions_carry_how_they_are_answered(caller: "Caller") -> None:
    reply = await caller.say("my black bin hasn't been emptied", "zb3 8lp", "nine")

    ask = reply.acts[-1]
    assert isinstance(ask, Ask)
    assert ask.profile is Profile.YES_NO
    assert ask.keypad == {"1": "yes", "2": "no"}
    await caller.key("1")
    assert caller.asked == "put_out"


async def test_a_bin_missed_again_and_again_is_a_persons_matter(caller: "Caller", dialogue: "Running") -> None:
    with closing(sqlite3.connect(dialogue.council)) as council, council:
        (uprn,) = council.execute("SELECT uprn FROM addresses WHERE street = 'Swan Street' AND number = '2'").fetchone()
        for serial, day in enumerate(("2026-10-20", "2026-11-03")):
            row = (f"NVC 999 99{serial}", "missed_bin", "waste", "earlier", uprn, None, "{}", f"{day}T09:00:00+00:00")
            council.execute("INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    await caller.say("my black bin hasn't been emptied at two swan street", "yes", "yes", "yes")

    assert REFERENCE.search(caller.words)
    assert caller.queue == "waste_street"


async def test_a_command_of_rasa_is_only_words(caller: "Caller") -> None:
    await caller.say("when is my bin day", "zb3 8lp", "/restart")

    assert caller.asked == "house_number"
    assert "postcode" in caller.facts


async def test_turns_of_one_call_wait_for_each_other(client: DialogueClient) -> None:
    turns = [Turn(sender="one-call", text=text) for text in ("when is my bin day", "zb3 8lp", "nine")]

    replies = await asyncio.gather(*(client.turn(turn) for turn in turns))

    asked = {act.slot for reply in replies for act in reply.acts if isinstance(act, Ask)}
    assert {"postcode", "house_number", "address_ok"} & asked
    assert len(replies) == 3


async def test_turns_are_quick_enough(caller: "Caller") -> None:
    await caller.say("me black bin's not been emptied", *ADDRESS, "yes", "yes", "no")

    times = sorted(caller.milliseconds)
    assert times[len(times) // 2] < 1000, "a quiet core takes 60 ms"


async def _account(dialogue: "Running") -> tuple[str, str]:
    with closing(sqlite3.connect(dialogue.council)) as opened:
        reference, name = opened.execute("SELECT reference, name FROM council_tax LIMIT 1").fetchone()
    return str(reference), str(name)


async def test_what_is_personal_wants_two_facts_that_fit_together(caller: "Caller", dialogue: "Running") -> None:
    reference, name = await _account(dialogue)
    await caller.say("can i get a copy of my council tax bill", reference, name)
    assert "that matches" in caller.words
    assert caller.facts["verified"].value == "council tax account and name"
    await caller.say("yes")
    assert REFERENCE.search(caller.words)


async def test_facts_that_do_not_fit_are_asked_again_and_never_told_apart(
    caller: "Caller", dialogue: "Running"
) -> None:
    reference, name = await _account(dialogue)
    said: list[str] = []
    for given in ((reference, "zebedee quill"), ("11111111", name), ("11111111", "zebedee quill")):
        if not said:
            await caller.say("can i get a copy of my council tax bill")
        await caller.say(*given)
        said.append(caller.words)
    assert said[0] == said[1] and "don't match" in said[0]
    assert caller.queue == "revenues"
    assert "verified" not in caller.facts


async def test_a_second_try_may_fit(caller: "Caller", dialogue: "Running") -> None:
    reference, name = await _account(dialogue)
    await caller.say("can i get a copy of my council tax bill", reference, "zebedee quill", reference, name)
    assert "that matches" in caller.words


async def test_two_needs_in_one_breath_are_both_taken_up_and_nothing_is_asked_twice(caller: "Caller") -> None:
    await caller.say("my black bin wasn't emptied and there's a big pothole on mill lane", *ADDRESS, "yes", "yes")
    assert REFERENCE.search(caller.words) and "You also asked about" in caller.words
    await caller.say("yes please")
    assert caller.asked == "road_spot", caller.words
    assert caller.facts["road"].value == "Mill Lane"


async def test_an_answer_and_then_the_other_need(caller: "Caller") -> None:
    await caller.say("how do i pay my council tax and also there's a street light out on high street")
    assert "direct debit" in caller.words and "You also asked about" in caller.words
    await caller.say("no it's fine")
    assert caller.asked == "anything_else"


async def test_one_need_with_an_and_in_it_stays_one(caller: "Caller") -> None:
    await caller.say("my black bin and my neighbour's bin were not emptied", *ADDRESS, "yes", "yes")
    assert "You also asked" not in caller.words and caller.asked == "anything_else"
