"""Each planted mistake is found, at its place, in words that an officer understands; the project itself has none."""

import time
from collections.abc import Callable
from datetime import date

import pytest

from tests.flows.conftest import NOW
from voicebot.flows.checks import check
from voicebot.flows.model import Finding, Severity
from voicebot.flows.project import Project

TODAY = NOW.date()
WASTE, TAX = "services/waste", "services/council_tax"
Plant = Callable[[Project], Project]


def found(project: Project, today: date = TODAY) -> list[Finding]:
    return check(project, today)


def replaced(path: str, before: str, after: str) -> Plant:
    """A mistake made by writing ``after`` instead of the first ``before``."""

    def plant(project: Project) -> Project:
        text = project.files[path]
        assert before in text, f"{before!r} is not in {path}"
        return project.with_file(path, text.replace(before, after, 1))

    return plant


def added(path: str, text: str) -> Plant:
    """A mistake made by writing ``text`` at the end of a file."""
    return lambda project: project.with_file(path, project.files.get(path, "") + text)


QUESTION = "      custom:\n        ask:\n          slot: put_out\n          profile: yes_no\n"
FIRST_EXAMPLE = "      - when is my bin day\n"
KEYS = '          keypad: {"1": "yes", "2": "no"}\n'
ANSWER = '  - text: "I\'m sorry it has been missed more than once. A person should look into that."'

MISTAKES: dict[str, tuple[Plant, str, str, str]] = {
    # mistake: (how it is made, check that finds it, name at its place, words of the message)
    "a colon too many": (
        replaced(f"{WASTE}/rules.yml", "  - rule: the missed bin\n", "  - rule: the missed: bin\n"),
        "unreadable", f"{WASTE}/rules.yml", "can't be read",
    ),
    "a misspelt section": (
        replaced(f"{WASTE}/domain.yml", "\nresponses:\n", "\nresponces:\n"),
        "unknown-section", f"{WASTE}/domain.yml", "responces",
    ),
    "an answer twice": (
        added(f"{TAX}/domain.yml", '  utter_waste_bulky_intro:\n    - text: "Hello."\n'),
        "defined-twice", "utter_waste_bulky_intro", "two places",
    ),
    "a rule for no flow": (
        replaced(f"{WASTE}/rules.yml", "- intent: waste_bulky\n", "- intent: waste_bulk\n"),
        "unknown-intent", "the bulky collection", "waste_bulk",
    ),
    "examples of no flow": (
        replaced(f"{WASTE}/nlu.yml", "- intent: waste_garden\n", "- intent: waste_gardens\n"),
        "unknown-intent", "waste_gardens", "no flow",
    ),
    "a rule that says nothing there is": (
        replaced(f"{WASTE}/rules.yml", "- action: action_service_person", "- action: utter_no_such"),
        "unknown-action", "waste repeated misses goes to a person", "does not exist",
    ),
    "a form that is not there": (
        replaced(f"{WASTE}/rules.yml", "- active_loop: waste_bulky_form\n", "- active_loop: waste_bulk_form\n"),
        "unknown-form", "the bulky collection", "waste_bulk_form",
    ),
    "a question that is not there": (
        replaced(f"{WASTE}/domain.yml", "      - bulky_items\n", "      - bulky_thing\n"),
        "unknown-slot", "waste_bulky_form", "bulky_thing",
    ),
    "a queue of nobody": (
        replaced(f"{WASTE}/service.yml", "queue: waste_street\n", "queue: waste_streets\n"),
        "unknown-queue", "waste", "waste_streets",
    ),
    "a kind of need that is none": (
        replaced(f"{WASTE}/service.yml", "waste_garden: {need: transact", "waste_garden: {need: transaction"),
        "unknown-need", "waste_garden", "transaction",
    ),
    "nobody to take the call": (
        replaced(f"{WASTE}/service.yml", "_misses: {need: human", "_misses: {queue: none, need: human"),
        "no-queue", "waste_repeated_misses", "no queue",
    ),
    "nothing follows": (
        lambda project: project.with_document(
            project.at(f"{WASTE}/rules.yml").removed("rules", "waste repeated misses goes to a person")
        ),
        "unanswered", "waste_repeated_misses", "nothing follows",
    ),
    "a form without its end": (
        lambda project: project.with_document(
            project.at(f"{WASTE}/rules.yml").removed("rules", "the bulky collection, all known")
        ),
        "unfinished-form", "waste_bulky_form", "nothing is done",
    ),
    "a form that never begins": (
        lambda project: project.with_document(
            project.at(f"{WASTE}/rules.yml").removed("rules", "the bulky collection")
        ),
        "unreachable-form", "waste_bulky_form", "begins this form",
    ),
    "an action that nobody programmed": (
        replaced(f"{WASTE}/domain.yml", "\nactions:\n", "\nactions:\n  - action_waste_magic\n"),
        "unprogrammed", "action_waste_magic", "action_waste_magic",
    ),
    "silence at the end": (
        added(
            f"{WASTE}/rules.yml",
            "\n  - rule: silence\n    condition:\n      - slot_was_set:\n          - guess: null\n    steps:\n"
            "      - intent: waste_repeated_misses\n      - action: utter_waste_repeated_misses\n",
        ),
        "ends-in-silence", "silence", "asked nothing",
    ),
    "an answer that is never said": (
        added(f"{WASTE}/domain.yml", '  utter_waste_nobody_hears:\n    - text: "Hello."\n'),
        "never-said", "utter_waste_nobody_hears", "never said",
    ),
    "two rules that contradict": (
        added(
            f"{WASTE}/rules.yml",
            "\n  - rule: another way\n    steps:\n      - intent: waste_bulky\n      - action: action_service_person\n",
        ),
        "contradiction", "another way", "only one can hold",
    ),
    "too few examples": (
        lambda project: project.with_document(
            project.at(f"{WASTE}/nlu.yml").changed("nlu", "waste_garden", lambda b: b.update(examples="- my hedge\n"))
        ),
        "few-examples", "waste_garden", "only 1 examples",
    ),
    "no examples": (
        lambda project: project.with_document(project.at(f"{WASTE}/nlu.yml").removed("nlu", "waste_garden")),
        "no-examples", "waste_garden", "no example",
    ),
    "an example of two flows": (
        replaced(f"{TAX}/nlu.yml", "    examples: |\n", "    examples: |\n      - my bin wasn't collected\n"),
        "overlap", "", "also an example of",
    ),
    "nearly the same example": (
        replaced(f"{TAX}/nlu.yml", "    examples: |\n", "    examples: |\n      - please collected my bin wasn't\n"),
        "near-overlap", "", "is nearly",
    ),
    "an example twice": (
        replaced(f"{WASTE}/nlu.yml", FIRST_EXAMPLE, FIRST_EXAMPLE * 2),
        "repeated-example", "waste_collection_day", "stands twice",
    ),
    "an example that is written": (
        replaced(f"{WASTE}/nlu.yml", "      - when is my bin day\n", "      - see https://bins.example\n"),
        "odd-example", "waste_collection_day", "not how callers speak",
    ),
    "no words for not understanding": (
        replaced(f"{WASTE}/domain.yml", 'retries: ["Was the bin at the kerb', 'hints: ["Was the bin at the kerb'),
        "no-retry", "utter_ask_put_out", "isn't understood",
    ),
    "no way to a person": (
        replaced(
            f"{WASTE}/domain.yml",
            'retries: ["Was the bin at the kerb by 7 o\'clock? Say yes or no, or press 0 for a person.", '
            '"Press 1 for yes, 2 for no, or 0 for a person."]',
            'retries: ["Was the bin at the kerb? Say yes or no."]',
        ),
        "no-person-exit", "utter_ask_put_out", "how to get a person",
    ),
    "no words to ask with": (
        lambda project: project.with_document(
            project.at(f"{WASTE}/domain.yml").removed("responses", "utter_ask_bulky_items")
        ),
        "no-question", "waste_bulky_form", "no words",
    ),
    "no answer is waited for": (
        lambda project: project.with_document(
            project.at(f"{WASTE}/domain.yml").changed(
                "responses", "utter_ask_bulky_items", lambda variants: variants[0].pop("custom") and None
            )
        ),
        "not-a-question", "utter_ask_bulky_items", "waited for",
    ),
    "another answer is taken": (
        replaced(f"{WASTE}/domain.yml", "          slot: bulky_items\n", "          slot: bulky_day\n"),
        "wrong-slot", "utter_ask_bulky_items", "bulky_day",
    ),
    "something the phone can't do": (
        replaced(f"{WASTE}/domain.yml", "          profile: patient\n", "          profile: hasty\n"),
        "invalid-act", "utter_ask_assisted_reason", "can't carry this out",
    ),
    "two keys for the same": (
        replaced(f"{WASTE}/domain.yml", '"3": "garden", "4": "food"}', '"3": "garden", "4": "garden"}'),
        "duplicate-key", "utter_ask_bin", "mean the same",
    ),
    "the person's key": (
        replaced(f"{WASTE}/domain.yml", '"3": "garden", "4": "food"}', '"3": "garden", "0": "food"}'),
        "person-key", "utter_ask_bin", "always for a person",
    ),
    "a key that does nothing": (
        replaced(f"{WASTE}/domain.yml", "Press 1 for rubbish", "Press 7 for rubbish"),
        "key-not-there", "utter_ask_bin", "press 7",
    ),
    "yes and no without keys": (
        replaced(f"{WASTE}/domain.yml", QUESTION + KEYS, QUESTION),
        "yes-no-keys", "utter_ask_put_out", "no keys",
    ),
    "missing in the other language": (
        replaced(f"{WASTE}/domain.yml", ANSWER, ANSWER + "\n      metadata: {languages: {cy: {spoken: dim}}}"),
        "missing-language", "utter_waste_repeated_misses", "Welsh",
    ),
    "another language tells less": (
        replaced(
            f"{WASTE}/domain.yml",
            '  utter_collection_day_more:\n    - text: "After that, {collections}."',
            '  utter_collection_day_more:\n    - text: "After that, {collections}."\n'
            "      metadata: {languages: {cy: {text: Wedyn}}}",
        ),
        "languages-apart", "utter_collection_day_more", "{collections}",
    ),
    "a lecture": (
        replaced(f"{WASTE}/domain.yml", ANSWER, f'  - text: "{"We are sorry to hear it. " * 20}"'),
        "long-prompt", "utter_waste_repeated_misses", "seconds to say",
    ),
    "a sentence without end": (
        replaced(f"{WASTE}/domain.yml", ANSWER, f'  - text: "It is {"so very " * 14}sad."'),
        "long-sentence", "utter_waste_repeated_misses", "make two of it",
    ),
    "a word of the office": (
        replaced(f"{WASTE}/domain.yml", ANSWER, '  - text: "Prior to that, a person should look into it."'),
        "hard-word", "utter_waste_repeated_misses", "before",
    ),
    "a web address": (
        replaced(f"{WASTE}/domain.yml", ANSWER, '  - text: "See www.norburyvale.example for that."'),
        "web-address", "utter_waste_repeated_misses", "our website",
    ),
    "a sign": (
        replaced(f"{WASTE}/domain.yml", ANSWER, '  - text: "Bins & bags should be looked into."'),
        "sign", "utter_waste_repeated_misses", "can't be heard",
    ),
    "shouting": (
        replaced(f"{WASTE}/domain.yml", ANSWER, '  - text: "PLEASE wait for a person."'),
        "capitals", "utter_waste_repeated_misses", "letter by letter",
    ),
    "braces that nothing fills": (
        replaced(f"{WASTE}/domain.yml", ANSWER, '  - text: "Sorry, {first_name}, a person should look into that."'),
        "unknown-placeholder", "utter_waste_repeated_misses", "{first_name}",
    ),
    "somebody's number": (
        replaced(f"{WASTE}/domain.yml", ANSWER, '  - text: "Ring John on 07911 123456."'),
        "personal-data", "utter_waste_repeated_misses", "phone number",
    ),
    "somebody's email in an example": (
        replaced(f"{WASTE}/nlu.yml", FIRST_EXAMPLE, "      - it's jo.bloggs@mail.test when is bin day\n"),
        "personal-data", "waste_collection_day", "email address",
    ),
    "no owner": (
        replaced(f"{WASTE}/service.yml", "owner: Waste services manager", "owner: ''"),
        "no-owner", "waste", "Nobody answers for this",
    ),
    "no review date": (
        replaced(f"{WASTE}/service.yml", "reviewed: 2026-11-02\n", ""), "no-review-date", "waste", "last read",
    ),
    "reviewed in the future": (
        replaced(f"{WASTE}/service.yml", "reviewed: 2026-11-02", "reviewed: 2027-11-02"),
        "review-in-future", "waste", "has not come yet",
    ),
    "a review long past": (
        replaced(f"{WASTE}/service.yml", "reviewed: 2026-11-02", "reviewed: 2024-11-02"),
        "review-overdue", "waste", "look at it again",
    ),
    "no source": (
        replaced(f"{WASTE}/service.yml", "source: https://", "source: http://"), "no-source", "waste", "website",
    ),
    "no title": (
        replaced(f"{WASTE}/service.yml", "title: the bulky collection", "title: ''"), "no-title", "waste_bulky", "name",
    ),
    "a call that can't be held": (
        added(f"{WASTE}/calls/bulky.yml", "whatever: true\n"), "unholdable-call", "bulky", "can't be held",
    ),
    "a call that answers what is never asked": (
        replaced(f"{WASTE}/calls/bulky.yml", "  bulky_day:", "  bulky_daytime:"),
        "unasked-answer", "bulky", "never asked",
    ),
    "a safety rule without words": (
        replaced("safety/rules.yml", "question: Is anyone in danger, or badly hurt, right now?", "question: ''"),
        "empty-script", "life_at_risk", "say something",
    ),
}  # fmt: skip


def test_the_project_itself_has_no_finding(project: Project) -> None:
    assert found(project) == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_found_at_its_place(project: Project, mistake: str) -> None:
    plant, kind, name, words = MISTAKES[mistake]
    findings = [finding for finding in found(plant(project)) if finding.check == kind]
    assert findings, f"nothing of the kind {kind} was found"
    assert any(finding.place.name == name or not name for finding in findings), [f.place for f in findings]
    assert any(words in finding.message for finding in findings), [f.message for f in findings]
    assert all(finding.message[0].isupper() or finding.message[0] in "“" for finding in findings)


def test_a_locked_script_changes_only_with_a_reason(project: Project) -> None:
    other = replaced("safety/rules.yml", "question: Is anyone in danger", "question: Is somebody in danger")(project)
    assert [f.check for f in check(other, TODAY, base=project)] == ["locked-script"]
    assert check(other, TODAY, base=project, reasons=frozenset({"life_at_risk"})) == []


def test_every_response_must_be_there_in_a_language_that_is_asked_for(project: Project) -> None:
    findings = check(project, TODAY, languages=("en", "cy"))
    assert {(f.check, f.severity) for f in findings} == {("missing-language", Severity.ERROR)}


def test_what_lacks_a_language_already_stops_no_other_change(project: Project) -> None:
    snow = 'responses:\n  utter_waste_snow:\n    - text: "It snows."\n'
    new = replaced(f"{WASTE}/domain.yml", "responses:\n", snow)(project)
    findings = [f for f in check(new, TODAY, base=project, languages=("en", "cy")) if f.check == "missing-language"]
    assert [f.place.name for f in findings if f.severity is Severity.ERROR] == ["utter_waste_snow"]
    told = {f.place.name: f.message for f in findings if f.severity is Severity.WARNING}
    once = "things that are said about waste are not written in Welsh."
    assert told["waste"].endswith(once), "once for a service, not for each"
    assert len(told) == len([f for f in findings if f.severity is Severity.WARNING])


def test_checks_keep_up_with_typing(project: Project) -> None:
    found(project)
    times = []
    for number in range(5):
        edited = replaced(f"{WASTE}/domain.yml", "Which bin is it?", f"Which bin is it, {number}?")(project)
        began = time.process_time()
        found(edited)
        times.append(time.process_time() - began)
    # Time on the processor: a busy machine is not slower by what others do.
    assert min(times) < 0.3


def test_a_safety_script_whose_english_has_changed_wants_its_welsh_read_again(project: Project) -> None:
    other = replaced("safety/rules.yml", "I am glad you told me. You matter", "Thank you for telling me. You matter")(
        project
    )
    behind = [f for f in check(other, TODAY) if f.check == "welsh-behind"]
    assert [f.place.name for f in behind] == ["suicide"] and behind[0].severity is Severity.WARNING
    told = behind[0].message.split("“")[1].split("”")[0]
    old = next(line for line in other.files["cy/welsh.yml"].splitlines() if line.startswith('  suicide: "'))
    mended = replaced("cy/welsh.yml", old, f"  {told}")(other)
    assert not [f for f in check(mended, TODAY) if f.check == "welsh-behind"]
    without = replaced("cy/welsh.yml", "  power_line: >-", "  power_lines: >-")(project)
    assert [f.place.name for f in check(without, TODAY) if f.check == "missing-language"] == ["power_line"]


def test_a_council_without_welsh_is_told_nothing_of_it(project: Project) -> None:
    assert not check(project.with_file("cy/welsh.yml", None), TODAY)
