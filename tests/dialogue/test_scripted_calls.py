"""The scripted calls of every service, in text: the caller answers what is asked, and the call ends as it must."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from voicebot.rehearsal.asked_twice import AskedTwice, lasting_facts, said_before_asking_again
from voicebot.rehearsal.script import Line, ScriptedCaller, find_scripts, load_script

if TYPE_CHECKING:
    from tests.dialogue.conftest import Caller

pytestmark = pytest.mark.rasa

PROJECT = Path(__file__).parents[2] / "dialogues"
SERVICES = PROJECT / "services"
SCRIPTS = find_scripts(SERVICES)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parent.parent.name}/{path.stem}")
async def test_the_call_ends_as_it_must(caller: "Caller", path: Path) -> None:
    script = load_script(path)
    citizen = ScriptedCaller(script)
    said: list[str] = []
    service = "none"
    watched = AskedTwice(lasting_facts(PROJECT), said_before_asking_again(PROJECT))
    for _ in range(script.max_turns):
        line: Line = citizen.next_line(caller.asked, caller.words or None)
        watched.caller(line.say, caller.asked or "")
        reply = await (caller.key(line.keys) if line.keys else caller.say(line.say))
        said.append(caller.words)
        watched.knows({fact.name: fact.value for fact in reply.facts})
        watched.bot(caller.words)
        service = reply.service
        if caller.ended or caller.queue:
            break

    assert watched.repeats == [], said
    expected = script.expect
    outcome = "transferred" if caller.queue else caller.ended
    assert expected.outcome is None or outcome in expected.outcome, said
    assert expected.service is None or service in expected.service
    assert expected.queue is None or caller.queue in expected.queue
    for name, value in expected.facts.items():
        assert caller.facts[name].value == value
    for words in expected.said:
        assert words.lower() in " ".join(said).lower()
