"""Open or closed, until when and again when: over the year, its holidays and its changes of the clock."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from voicebot.facts.defaults import council_defaults
from voicebot.facts.model import NEVER_CLOSE, CouncilFacts, FactRefused, checked, load_defaults
from voicebot.facts.opening import is_open, place_opening, queue_opening
from voicebot.facts.wording import closed_words, place_sentence, queue_sentence, spoken_time
from voicebot.settings import DialogueSettings, Settings

PROJECT = Path(__file__).parents[2] / "dialogues"
HALL = "Norbury Vale Town Hall"
TIP = "Quarry Close Recycling Centre"


@pytest.fixture(scope="module")
def facts() -> CouncilFacts:
    return load_defaults(PROJECT)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "opened"),
    [
        ("2026-11-25T08:59", False),
        ("2026-11-25T09:00", True),
        ("2026-11-25T16:59", True),
        ("2026-11-25T17:00", False),
        ("2026-11-28T10:00", False),  # a Saturday
        ("2026-12-24T12:00", True),
        ("2026-12-24T13:00", False),
        ("2026-12-25T10:00", False),
        ("2026-12-28T10:00", False),  # for Boxing Day, which is a Saturday
        ("2026-12-29T10:00", True),
        ("2027-06-07T08:30", True),  # half past nine by the council's clock
        ("2027-06-07T16:30", False),
    ],
)
def test_a_queue_opens_by_its_week_its_holidays_and_the_councils_clock(
    facts: CouncilFacts, moment: str, opened: bool
) -> None:
    assert is_open(facts, "revenues", at(moment)) is opened


def test_emergency_queues_and_unknown_ones_never_close(facts: CouncilFacts) -> None:
    christmas_night = at("2026-12-25T03:00")
    assert is_open(facts, "safeguarding_children", christmas_night)
    assert is_open(facts, "dangerous_structures", christmas_night)
    assert is_open(facts, "a_queue_of_tomorrow", christmas_night)
    assert not is_open(facts, "revenues", christmas_night)


def test_nobody_can_close_an_emergency_queue(facts: CouncilFacts) -> None:
    content = facts.model_dump()
    content["queue"]["repairs_emergency"] = {"title": "the duty team", "timetable": "office"}
    with pytest.raises(FactRefused, match="repairs_emergency is for emergencies and never closes"):
        checked(content)


def test_the_example_councils_queues_keep_hours_and_its_duty_officers_none(facts: CouncilFacts) -> None:
    at_night = {queue for queue in facts.queue if is_open(facts, queue, at("2026-12-25T03:00"))}
    by_day = {queue for queue in facts.queue if is_open(facts, queue, at("2026-11-25T10:00"))}
    assert at_night == NEVER_CLOSE
    assert by_day == facts.queue.keys()


def test_until_queues_are_to_keep_their_hours_they_answer_round_the_clock() -> None:
    trial = Settings(dialogue=DialogueSettings(project=PROJECT))
    live = trial.model_copy(update={"handoff": trial.handoff.model_copy(update={"keep_hours": True})})
    sunday = at("2026-11-29T03:00")
    open_all_day = council_defaults(trial)
    assert all(is_open(open_all_day, queue, sunday) for queue in open_all_day.queue)
    assert place_opening(open_all_day, HALL, sunday) == place_opening(council_defaults(live), HALL, sunday)
    assert council_defaults(live) == load_defaults(PROJECT)


def test_every_queue_of_the_dialogues_has_facts() -> None:
    """What a service names as its queue must have hours and a way out of hours, or be an emergency's."""
    defaults = load_defaults(PROJECT)
    named = set()
    for path in PROJECT.glob("services/*/service.yml"):
        for line in path.read_text("utf-8").splitlines():
            if "queue:" in line and not line.lstrip().startswith("#"):
                named.add(line.split("queue:")[1].strip().split(",")[0].split("}")[0].strip())
    assert named - {"none"} - set(defaults.queue) <= {"safeguarding_adults", "safeguarding_children"}


def test_places_are_told_as_they_stand(facts: CouncilFacts) -> None:
    told = {
        "2026-11-25T10:00": "It's open until five today.",
        "2026-11-25T07:00": "It's closed now. It opens today at nine.",
        "2026-11-25T18:00": "It's closed now. It opens again tomorrow at nine.",
        "2026-11-27T18:00": "It's closed now. It opens again on Monday at nine.",
        "2026-12-24T10:00": "It's open until one today.",
        "2026-12-24T15:00": "It's closed now. It opens again on Tuesday at nine.",
        "2026-12-25T10:00": "It's closed for Christmas Day. It opens again on Tuesday at nine.",
        "2027-03-26T10:00": "It's closed for Good Friday. It opens again on Tuesday at nine.",
    }
    assert {moment: place_sentence(facts, HALL, at(moment)) for moment in told} == told


def test_what_is_open_on_bank_holidays_closes_only_for_everyone(facts: CouncilFacts) -> None:
    easter, christmas = at("2027-03-29T10:00"), at("2026-12-25T10:00")
    assert place_sentence(facts, TIP, easter) == "It's open until six today."
    assert place_sentence(facts, TIP, christmas) == "It's closed for Christmas Day. It opens again on Sunday at eight."
    assert place_opening(facts, "the moon", easter) is None
    assert place_sentence(facts, "the moon", easter) == ""


def test_a_queue_is_told_with_its_other_way(facts: CouncilFacts) -> None:
    night = at("2026-11-25T20:00")
    assert closed_words(facts, "revenues", night) == (
        "The council tax team is closed now. It opens again tomorrow at nine."
    )
    assert closed_words(facts, "repairs", night).endswith("If it can't wait, ring 01632 960199.")
    assert queue_sentence(facts, "repairs_emergency", night) == "The emergency repairs team is open day and night."


def test_something_closed_for_a_month_names_no_day(facts: CouncilFacts) -> None:
    content = facts.model_dump()
    content["timetable"]["office"] = {"hours": {"mon": "closed"}}
    shut = checked(content)
    opening = queue_opening(shut, "revenues", at("2026-11-25T10:00"))
    assert (opening.open, opening.opens) == (False, None)
    assert queue_sentence(shut, "revenues", at("2026-11-25T10:00")) == "The council tax team is closed now."


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("09:00", "nine"),
        ("12:00", "twelve noon"),
        ("00:00", "midnight"),
        ("16:30", "half past four"),
        ("16:15", "quarter past four"),
        ("16:45", "quarter to five"),
        ("12:30", "half past twelve"),
        ("10:40", "10.40"),
    ],
)
def test_times_are_said_as_people_say_them(moment: str, said: str) -> None:
    assert spoken_time(datetime.fromisoformat(f"2026-11-25T{moment}")) == said
