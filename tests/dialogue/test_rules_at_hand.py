"""Rules are found by their last step as Rasa finds them by all of theirs."""

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.dialogue.conftest import Running

pytestmark = pytest.mark.rasa

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / ".venv-rasa"

COMPARED = """
import copy, json, random, sys, tarfile
from rasa.core.policies.rule_policy import RulePolicy
from channel.rules_at_hand import _every_key, _possible_keys

with tarfile.open(sys.argv[1]) as model:
    (place,) = [name for name in model.getnames() if name.endswith("rule_policy.json")]
    lookup = json.load(model.extractfile(place))["lookup"]
policy = object.__new__(RulePolicy)
rules = [json.loads(key) for key in lookup["rules"]]
intents = sorted({state["user"]["intent"] for states in rules for state in states if "intent" in state.get("user", {})})
draw = random.Random(1)
tried = found = 0
for states in rules:
    for changed in range(3):
        states = copy.deepcopy(states)
        last = states[-1]
        if changed == 1:
            last["user"] = {"intent": draw.choice(intents)}
        if changed == 2:
            earlier = draw.choice(rules)
            last["prev_action"] = earlier[-1].get("prev_action", {})
            states = [*earlier, *states]
        for name in ("rules", "rules_for_loop_unhappy_path"):
            theirs = _every_key(policy, lookup[name], states)
            assert _possible_keys(policy, lookup[name], states) == theirs, (name, states)
            found += len(theirs)
        tried += 1
assert _possible_keys(policy, lookup["rules"], []) == set(lookup["rules"])
print(tried, found)
"""


def test_the_same_rules_apply(dialogue: "Running") -> None:
    done = subprocess.run(
        [str(ENVIRONMENT / "bin" / "python"), "-W", "ignore", "-c", COMPARED, str(dialogue.model)],
        env={"PYTHONPATH": str(ROOT / "dialogues")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    tried, found = map(int, done.stdout.split())
    assert tried > 1000 and found > tried / 2
