"""What callers told in every scripted call is on the card, with the right value, and nothing else is.

The calls are held in text through the session, the real dialogue and its actions, as ``voicebot chat`` holds them.
What their answers mean is written down by hand in ``card_truth.yml``, not taken from the program.
"""

import re
from collections import Counter
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from voicebot.dialogue.acts import Fact, FactSource
from voicebot.dialogue.client import DialogueClient
from voicebot.handoff.titles import Titles
from voicebot.measure.calls import held
from voicebot.rehearsal.script import CallScript, find_scripts, load_script
from voicebot.safety.detector import SafetyNet
from voicebot.session.ledger import Ledger
from voicebot.settings import Settings
from voicebot.spoken.normalise import normalise

pytestmark = [pytest.mark.rasa, pytest.mark.rehearsal]

_TRUTH: dict[str, dict[str, str]] = YAML(typ="safe").load(Path(__file__).with_name("card_truth.yml"))
_FEWEST_CALLS, _FEWEST_FACTS = 60, 200
_WANTED = 0.98
_CHOSEN = "*"
_OTHER_WORDS = {"against": ("object",), "recycling": ("blue",), "rubbish": ("black", "grey")}
"""What callers say for a value that has a name of its own: who objects is against it, and bins are known by colour."""
_IMPLIED = {"vulnerable_who": "vulnerable", "moving": "need", "payment_change": "need", "light_fault": "need"}
"""Facts that the answer to another question settles, in other words: a light that "is not working" is out."""


def given(script: CallScript, ledger: Ledger) -> dict[str, str]:
    """What the caller told, by question: the last answer to each. A corrected house number is its correction."""
    asked = Counter(turn.asked for turn in ledger.turns if turn.who == "caller" and turn.asked)
    told = {}
    for slot, times in asked.items():
        lines = script.answers.get(slot, ())
        if slot in _TRUTH and lines:
            line = lines[min(times, len(lines)) - 1]
            meant = _TRUTH[slot].get(line.say or f"[{line.keys}]")
            if meant is not None:
                told[slot] = meant
    for line in script.answers.get("address_ok", ()):
        if (corrected := re.fullmatch(r"no (eleven)", line.say)) and asked["address_ok"]:
            told["house_number"] = {"eleven": "11"}[corrected[1]]
    return told


def has_ground(fact: Fact, ledger: Ledger, told: dict[str, str]) -> bool:
    """Whether a fact comes from where it says: an answer, the caller's own words, the council's data, or the line."""
    if fact.source in (FactSource.LOOKED_UP, FactSource.LINE):
        return fact.name not in told or told[fact.name] == fact.value
    asked = {turn.asked for turn in ledger.turns if turn.who == "caller"}
    said = " ".join(turn.text for turn in ledger.turns if turn.who == "caller").casefold()
    # "of nine quarry close" is written "9" where a house is meant
    words = " ".join((said, *(normalise(said, slot=slot).casefold() for slot in ("", "house_number"))))
    if fact.name in asked or _IMPLIED.get(fact.name) in asked:
        return True
    if any(other in words for other in (fact.value, *_OTHER_WORDS.get(fact.value, ()))):
        return True
    return any(
        word in words for word in re.findall(r"[a-z0-9]+", fact.value.casefold()) if len(word) > 2 or word[0].isdigit()
    )


async def test_the_card_holds_what_callers_told_and_nothing_else(client: DialogueClient, project: Path) -> None:
    net = SafetyNet.load(project)
    titles = Titles.load(project, {rule.id: rule.title for rule in net.rules.rules})
    scripts = find_scripts(project)
    wrong: list[str] = []
    without_ground: list[str] = []
    count = 0
    for path in scripts:
        script = load_script(path)
        ledger = await held(script, client, net, Settings(), titles)
        card = ledger.card(queue=ledger.queue, priority="normal", reason="The call is over.")
        told, on_card = given(script, ledger), {fact.name: fact for fact in card.facts}
        for slot, meant in told.items():
            count += 1
            value = on_card[slot].value if slot in on_card else ""
            if value != meant and not (meant == _CHOSEN and value):
                wrong.append(f"{path.stem}: {slot} is {value!r}, was told {meant!r}")
        without_ground += [
            f"{path.stem}: {fact.name} is {fact.value!r}, from nowhere"
            for fact in card.facts
            if not has_ground(fact, ledger, told)
        ]
    recall = 1 - len(wrong) / count
    print(f"\n{len(scripts)} calls, {count} facts told, {recall:.2%} of them on the card; wrong: {wrong}")
    assert len(scripts) >= _FEWEST_CALLS and count >= _FEWEST_FACTS, "enough to say something by"
    print(f"without ground: {without_ground}")
    assert without_ground == []
    assert recall >= _WANTED, wrong
