"""The held-out set: well-formed, balanced over the council's services, and apart from everything that teaches."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from rapidfuzz import fuzz, process
from ruamel.yaml import YAML

from voicebot.council.seed import build
from voicebot.errors import ConfigurationError
from voicebot.measure.held_out import ANY, NONE, Utterance, load_utterances
from voicebot.rehearsal.script import find_scripts, load_script

FOLDER = Path(__file__).parent / "held_out"
PROJECT = Path(__file__).parents[2] / "dialogues"

TOO_NEAR = 90.0
"""rapidfuzz's ``token_sort_ratio`` from which a line counts as a copy: nearly the same words, in whatever order."""

NOBODYS_WORDS = 3
"""Lines of so few words ("say that again", "real person please") are what everybody says, and cannot be kept apart."""

_split = str.split

SERVICES = frozenset(
    _split(
        "waste council_tax benefits housing_repairs council_housing homelessness adult_social_care childrens_services "
        "parking blue_badge highways street_scene registrars electoral planning school_admissions environmental_health "
        "corporate"
    )
)
QUEUES = frozenset(
    _split(
        "waste_street revenues benefits repairs housing homelessness adult_social_care childrens_services parking "
        "customer_services highways registrars elections planning schools environmental_health complaints "
        "emergency_999 gas_emergency power_emergency homelessness_urgent safeguarding_adults safeguarding_children "
        "repairs_emergency highways_emergency dangerous_structures priority_human none any"
    )
)
TOPICS = {
    "waste": "collection_day missed_bin new_container bulky_collection garden_waste assisted_collection "
    "what_goes_where repeated_misses",
    "council_tax": "how_to_pay payment_dates bands discounts moving copy_bill arrears summons bailiff hardship balance",
    "benefits": "council_tax_support housing_benefit evidence report_change overpayment crisis stopped_claim",
    "housing_repairs": "report_fault appointment damp_mould repeat_job disrepair_claim",
    "council_housing": "register exchange rent possession_notice threats",
    "homelessness": "prevention approach nowhere_safe_tonight",
    "adult_social_care": "information callback abuse_adult",
    "childrens_services": "information abuse_child",
    "parking": "pcn permits disabled_bay bailiff hardship",
    "blue_badge": "eligibility lost renewal bus_pass refusal form_help",
    "highways": "pothole street_light drain tree pavement damage_claim",
    "street_scene": "fly_tipping litter dog_fouling graffiti abandoned_car repeated",
    "registrars": "documents birth death marriage certificates urgent_burial correction",
    "electoral": "register polling_station postal_vote photo_id missing_postal_vote",
    "planning": "process comment building_control enforcement dangerous_structure",
    "school_admissions": "dates apply free_meals transport uniform exclusion no_place",
    "environmental_health": "noise pests food dogs smoke private_damp repeated_noise",
    "corporate": "opening_hours contact complaint councillor foi_sar jobs stage_two",
}
"""Every need that a row of the council's table of services lists."""


@pytest.fixture(scope="module")
def utterances() -> list[Utterance]:
    return load_utterances(FOLDER / "utterances.yml")


def _rules() -> set[str]:
    content = YAML(typ="safe").load(PROJECT / "safety" / "rules.yml")
    return {rule["id"] for rule in content["rules"]}


def test_every_value_is_one_that_there_is(utterances: list[Utterance]) -> None:
    rules = _rules()
    for one in utterances:
        assert set(one.service) <= SERVICES | {NONE, ANY}, one.text
        assert set(one.queue) <= QUEUES, one.text
        assert set(one.emergency) <= rules | {ANY}, one.text
        assert one.near in rules | {""}, one.text
        assert one.text == " ".join(one.text.split()).lower(), one.text
        assert not re.search(r"[.,;:!?\"]", one.text), one.text
        if one.need == ("out_of_scope",) or one.need == ("answer",):
            assert one.queue == (NONE,), one.text


def test_no_line_is_said_twice(utterances: list[Utterance]) -> None:
    said = Counter((one.text, one.asked) for one in utterances)
    assert [text for text, times in said.items() if times > 1] == []


def test_every_need_of_every_service_is_there_in_several_words(utterances: list[Utterance]) -> None:
    said = Counter((service, one.topic) for one in utterances for service in one.service)
    assert set(TOPICS) == SERVICES
    thin = [
        (service, topic) for service, topics in TOPICS.items() for topic in topics.split() if said[service, topic] < 3
    ]
    assert thin == []


def test_the_set_is_large_enough_and_balanced(utterances: list[Utterance]) -> None:
    emergencies = [one for one in utterances if one.is_emergency]
    harmless = [one for one in utterances if one.near and one.is_harmless]
    assert len(utterances) >= 450
    assert len(emergencies) >= 90
    assert {one.emergency[0] for one in emergencies} == _rules(), "every rule, as the first of those that are right"
    assert min(Counter(one.emergency[0] for one in emergencies).values()) >= 5
    assert len(harmless) >= 120
    assert {one.near for one in harmless} == _rules()
    assert sum(one.is_out_of_scope for one in utterances) >= 40
    assert sum(one.need[0] in ("control", "smalltalk") for one in utterances) >= 30
    services = Counter(one.service[0] for one in utterances)
    assert min(services[service] for service in SERVICES) >= 18
    assert max(services[service] for service in SERVICES) <= len(utterances) / 8, "none outweighs the others"
    slices = Counter(name for one in utterances for name in one.slices)
    for name in ("regional", "elderly", "indirect", "third_party", "angry", "esl", "short", "long", "in_a_form"):
        assert slices[name] >= 10, name


def test_there_are_calls_of_every_service_and_ones_that_go_wrong() -> None:
    calls = [load_script(path) for path in find_scripts(FOLDER / "calls")]
    assert len(calls) >= 60
    assert len({call.name for call in calls}) == len(calls)
    assert {service for call in calls for service in call.expect.service or ()} == SERVICES
    assert {queue for call in calls for queue in call.expect.queue or ()} <= QUEUES
    alarms = [call for call in calls if call.expect.emergency]
    assert len(alarms) >= 10
    assert {rule for call in alarms for rule in call.expect.emergency or ()} <= _rules()
    assert not any(call.answers for call in calls), "a caller knows no slots"
    lines = [line for call in calls for said in call.when_bot_says.values() for line in said]
    assert any(line.silence for line in lines)
    assert sum(len(said) > 1 for call in calls for said in call.when_bot_says.values()) >= 8, "second thoughts"


def test_the_people_who_ring_live_in_the_council(tmp_path: Path) -> None:
    build(tmp_path / "council.db")
    with closing(sqlite3.connect(tmp_path / "council.db")) as council:
        found = council.execute(
            "SELECT number || ' ' || street, name, postcode, reference FROM addresses JOIN council_tax USING (uprn)"
        ).fetchall()
    there = {address: (name.lower(), postcode, reference) for address, name, postcode, reference in found}
    assert there["12 Mill Lane"] == ("michael patel", "ZB2 4GT", "65117744")
    assert there["10 Mill Lane"] == ("declan nowak", "ZB2 4GT", "35224304")
    assert there["21 Station Road"] == ("brian chen", "ZB1 4DN", "24987938")
    assert there["9A Mill Lane"] == ("meera walker", "ZB2 4GT", "35661538")
    assert there["34 Station Road"] == ("priya davies", "ZB1 6LB", "47879465")


def _taught() -> Iterator[tuple[str, str]]:
    """(where, text) of every example and every line of the safety lists."""
    for path in sorted(PROJECT.glob("**/nlu.yml")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if re.match(r"\s*- (?!intent:|synonym:|lookup:|regex:)", line):
                text = re.sub(r"\[([^\]]*)\](\([^)]*\)|\{[^}]*\})", r"\1", line.strip().removeprefix("- "))
                yield f"{path.relative_to(PROJECT)}:{number}", text
    for path in (PROJECT / "safety" / "caught.txt", PROJECT / "safety" / "harmless.txt"):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                yield f"{path.relative_to(PROJECT)}:{number}", line
    for text in _strings(YAML(typ="safe").load(PROJECT / "safety" / "rules.yml")):
        yield "safety/rules.yml", text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _words(text: str) -> str:
    return re.sub(r"[^\w' ]+", " ", text.lower().replace("’", "'"))


def too_near(held_out: list[str], taught: list[tuple[str, str]]) -> list[str]:
    """Where a taught line is nearly one of the held-out ones. Names the place only: the line stays unread."""
    lines = [_words(text) for text in held_out if len(text.split()) > NOBODYS_WORDS]
    texts = [_words(text) for _, text in taught]
    scores = process.cdist(texts, lines, scorer=fuzz.token_sort_ratio, score_cutoff=TOO_NEAR)
    return [f"{where}: say it otherwise" for (where, _), row in zip(taught, scores, strict=True) if row.max() > 0]


def test_nothing_that_teaches_is_near_to_a_held_out_line(utterances: list[Utterance]) -> None:
    assert too_near([one.text for one in utterances], list(_taught())) == []


def test_a_near_copy_is_found_wherever_its_words_stand() -> None:
    taught = [("nlu.yml:7", "My recycling hasn’t been collected, this week!"), ("nlu.yml:8", "the pond wants cleaning")]

    found = too_near(["this week my recycling hasn't been collected", "i'd like the pond looking at"], taught)

    assert found == ["nlu.yml:7: say it otherwise"]


def test_a_broken_set_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "utterances.yml"
    path.write_text("groups:\n  - {service: waste, topic: x, need: shout, queue: none, say: [me bin]}\n")

    with pytest.raises(ConfigurationError, match=r"groups\.0\.need"):
        load_utterances(path)
