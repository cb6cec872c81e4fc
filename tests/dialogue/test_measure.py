"""The measure itself: what counts as right, and what noise does to words."""

import json
from pathlib import Path
from typing import Any

import pytest

from voicebot.cli.measure import check_floors
from voicebot.dialogue.client import DialogueClient
from voicebot.errors import ConfigurationError
from voicebot.measure.confusions import Counts, words_of
from voicebot.measure.held_out import Utterance
from voicebot.measure.noise import Noise, word_error_rate
from voicebot.measure.run import calls, utterances
from voicebot.measure.score import (
    Judged,
    by_group,
    confusions,
    false_by_rule,
    figures,
    percent,
    recall_by_rule,
    rule_confusions,
    services,
    slices,
)
from voicebot.rehearsal.script import CallScript, Line
from voicebot.safety.detector import SafetyNet
from voicebot.settings import DialogueSettings, Settings


def judged(got: dict[str, Any] | None = None, **wanted: Any) -> Judged:
    values: dict[str, Any] = {"service": ("waste",), "need": ("report",), "queue": ("waste_street",), **wanted}
    understood: dict[str, Any] = {
        "service": "waste",
        "need": "report",
        "queue": "waste_street",
        "emergency": None,
        "emergency_ask": None,
        "facts": {},
    }
    return Judged(Utterance("me bin", "a topic", **values), {**understood, **(got or {})})


def test_any_of_several_is_right_and_any_is_not_judged() -> None:
    one = judged({"need": "transact", "queue": "none"}, need=("report", "transact"), queue=("any",))

    assert figures([one])["need"] == (1, 1)
    assert figures([one])["queue"] == (0, 0)
    assert percent(figures([one])["queue"]) is None


def test_an_emergency_counts_as_caught_by_its_own_rule_raised_or_asked() -> None:
    wanted: dict[str, Any] = {
        "service": ("none",),
        "need": ("emergency",),
        "queue": ("gas_emergency",),
        "emergency": ("gas_or_co",),
    }
    raised = judged({"emergency": "gas_or_co", "need": "emergency", "queue": "gas_emergency"}, **wanted)
    asked = judged({"emergency_ask": "gas_or_co"}, **wanted)
    other = judged({"emergency": "power_line", "need": "emergency"}, **wanted)
    missed = judged(**wanted)

    found = figures([raised, asked, other, missed])

    assert found["emergency_recall"] == (2, 4)
    assert found["emergency_noticed"] == (3, 4)
    assert found["queue"] == (2, 4), "what is rightly asked about decides the queue with the next answer"
    assert found["false_alarms"] == (0, 0)
    assert recall_by_rule([raised, missed]) == {"gas_or_co": (1, 2)}
    assert rule_confusions([raised, asked, other, missed]) == {
        ("gas_or_co", "power_line"): 1,
        ("gas_or_co", "none"): 1,
    }


def test_alarms_at_harmless_words_are_false_but_a_careful_question_may_be_right() -> None:
    asked = judged({"emergency_ask": "suicide"})
    careful = judged({"emergency_ask": "suicide"}, may_ask=True)
    raised = judged({"emergency": "suicide"}, may_ask=True)

    found = figures([asked, careful, raised])

    assert found["false_alarms"] == (2, 3)
    assert found["false_alarms_raised"] == (1, 3)
    assert false_by_rule([asked, careful, raised]) == {"suicide": 2}


def test_out_of_scope_must_be_said_and_facts_understood() -> None:
    wanted: dict[str, Any] = {"service": ("none",), "need": ("out_of_scope",), "queue": ("none",)}
    said = judged({"service": "none", "need": "out_of_scope", "queue": "none"}, **wanted)
    taken = judged(**wanted)
    fact = judged({"facts": {"postcode": "zb38lp"}}, facts={"postcode": "ZB3 8LP"})

    found = figures([said, taken, fact])

    assert found["out_of_scope_rejected"] == (1, 2)
    assert found["facts"] == (1, 1)


def test_groups_and_confusions_name_what_went_wrong() -> None:
    right, wrong = judged(slices=frozenset({"regional"})), judged({"service": "highways"}, service=("waste", "none"))

    assert by_group([right, wrong], slices)["regional"]["service"] == (1, 1)
    assert by_group([right, wrong], services)["waste"]["service"] == (1, 2)
    assert confusions([right, wrong], "service") == {("waste/none", "highways"): 1}


@pytest.mark.rasa
async def test_lines_and_calls_go_through_the_dialogue(client: DialogueClient, project: Path) -> None:
    settings = Settings(dialogue=DialogueSettings(project=project))
    net = SafetyNet.load(project)
    spoken = [
        Utterance("somebody has nicked the recycling bin", "x", ("waste",), ("transact",), ("waste_street",)),
        Utterance("i can smell gas", "x", ("none",), ("emergency",), ("gas_emergency",), ("gas_or_co",)),
    ]
    script = CallScript.model_validate(
        {
            "name": "gas in a form",
            "opening": "my recycling bin has not been emptied",
            "when_bot_says": {"postcode": "hang on i can smell gas"},
            "expect": {"outcome": "emergency", "emergency": "gas_or_co", "queue": "gas_emergency"},
        }
    )
    leaving = script.model_copy(update={"when_bot_says": {"postcode": (Line(hangup=True),)}})

    lines, word_errors = await utterances(client, net, spoken)
    verdict, left = await calls(client, net, [script, leaving], settings)

    assert word_errors == 0
    assert [one.got["service"] for one in lines] == ["waste", "none"]
    assert lines[1].caught
    assert verdict.passed, verdict.problems
    assert left.end.outcome == "abandoned"
    assert left.end.transcript[-1][0] == "bot"


def test_floors_and_ceilings() -> None:
    found = {"service": {"percent": 92.9}, "false_alarms": {"percent": 2.4}}

    assert check_floors(["service=90", "false_alarms=3"], found) == []
    assert check_floors(["service=93", "false_alarms=2"], found) == [
        "service is 92.9 %, under 93 %",
        "false_alarms is 2.4 %, over 2 %",
    ]
    with pytest.raises(ConfigurationError, match="--floor servic=93"):
        check_floors(["servic=93"], found)


def test_alignment_counts_lost_misheard_joined_and_added_words() -> None:
    counts = Counts()

    counts.add(words_of("My bin has not been emptied."), words_of("My been not been emptied, please."))
    counts.add(words_of("Hello there."), words_of("Hello their now then."))

    assert counts.heard["bin"] == {"been": 1}
    assert counts.heard["has"] == {"": 1}
    assert sum(counts.added.values()) + sum(" " in heard for heard in counts.heard["there"]) >= 1
    assert counts.said["my"] == 1
    assert words_of("It’s number 9A, isn't it?") == ["it's", "number", "9a", "isn't", "it"]


def test_noise_follows_the_counts_the_rate_and_the_seed(tmp_path: Path) -> None:
    table = tmp_path / "table.json"
    words = {"bin": [10, {"been": 9}], "the": [1000, {"": 1}], "emptied": [20, {}], "my": [20, {"by": 1}]}
    table.write_text(json.dumps({"added": {"uh": 1}, "words": words}))
    texts = [f"my bin number {number} emptied the bin" for number in range(200)]

    noisy = Noise(table).make(texts, 0.2)

    assert noisy == Noise(table).make(texts, 0.2)
    assert noisy != Noise(table, seed=2).make(texts, 0.2)
    assert 0.16 < word_error_rate(texts, noisy) < 0.24
    changed = " ".join(noisy)
    assert changed.count("been") > 5 * changed.count("by"), "what is misheard often goes wrong often"
    assert Noise(table).make(texts, 0.0) == texts


def test_the_kept_table_was_measured_on_enough_speech() -> None:
    noise = Noise()
    about = json.loads((Path(__file__).parents[2] / "voicebot/measure/confusions.json").read_text())["about"]

    assert about["words"] >= 5000
    assert len(about["voices"]) >= 4
    assert 0.02 < about["word_error_rate"] < 0.3
    assert noise.make(["my bin has not been emptied"], 0.5) != ["my bin has not been emptied"]


def test_a_broken_table_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "table.json"
    table.write_text("[]")

    with pytest.raises(ConfigurationError, match=r"table\.json"):
        Noise(table)
