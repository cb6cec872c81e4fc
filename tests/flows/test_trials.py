"""Which calls a draft is tested with, and how its report compares with what callers hear now."""

from tests.flows.test_studio import ALLOTMENTS, APPLY
from voicebot.flows import drafts
from voicebot.flows.aloud import chosen
from voicebot.flows.commands import AddExamples
from voicebot.flows.drafts import CallResult
from voicebot.flows.edits import carry_out
from voicebot.flows.project import Project
from voicebot.flows.trials import compared, scripts_by_path
from voicebot.settings import Settings


def test_calls_of_what_changed_are_held_aloud_beside_those_that_always_are(project: Project) -> None:
    always = list(Settings().flows.rehearse_aloud)
    assert sorted(chosen(Settings(), project, project)) == sorted(always), "each of them is a call of the example"
    changed = carry_out(project, AddExamples(intent="highways_pothole", examples=("a hole by the bus stop",))).project
    names = chosen(Settings(), changed, project)
    more = [name for name in names if name not in always]
    of_highways = {s.name for path, s in scripts_by_path(project).items() if path.startswith("services/highways/")}
    assert 0 < len(more) <= 6 and set(more) <= of_highways
    added = carry_out(carry_out(project, ALLOTMENTS).project, APPLY).project
    assert len(chosen(Settings(), added, project)) == len(always), "a new service has no calls yet"


def test_the_report_says_what_passed_until_now() -> None:
    report = drafts.TestReport(
        calls=(
            CallResult(name="pay", passed=True),
            CallResult(name="pay", passed=False, aloud=True),
            CallResult(name="bin", passed=False),
            CallResult(name="new", passed=False),
        )
    )
    live = (CallResult(name="bin", passed=False), CallResult(name="pay", passed=True, aloud=True))
    beside = compared(report, {"pay", "bin"}, live)
    assert [call.passed_live for call in beside.calls] == [True, True, False, None]
    assert beside.summary == (
        "1 of 4 calls pass (0 of 1 held aloud); 1 call that passed now fail; 2 fail that did not pass before either"
    )
