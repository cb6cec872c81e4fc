"""What admins do with flows, as the pages call it."""

import pytest
from ruamel.yaml import YAML

from tests.flows.conftest import AUTHOR, NOW, OTHER_AUTHOR, PUBLISHER, REVIEWER, VIEWER
from voicebot.accounts.audit import Audit
from voicebot.flows import drafts
from voicebot.flows.commands import (
    AddExamples,
    AddForm,
    AddService,
    Keyed,
    MoveQuestion,
    NewQuestion,
    RemoveFlow,
    SaveCall,
    SetSafetyScript,
    SetText,
)
from voicebot.flows.drafts import CallResult, DraftState, Stage
from voicebot.flows.edits import carry_out
from voicebot.flows.errors import DraftChanged, EditRefused, NotAllowed, NotReady, NotThere
from voicebot.flows.model import Finish, FlowKind, QuestionKind
from voicebot.flows.project import Project
from voicebot.flows.studio import Studio
from voicebot.flows.tables import LiveRow, PublicationRow
from voicebot.flows.versions import Versions
from voicebot.records.database import Database
from voicebot.rehearsal.script import CallScript, ScriptedCaller

SENTENCE = SetText(response="utter_collection_day", text="At {address}, we next collect {collections}.")


async def test_flows_are_listed_and_read(studio: Studio) -> None:
    services = {service.name: service for service in await studio.services()}
    assert services["none"].flows[0].intent == "start_call"
    assert services["waste"].owner == "Waste services manager"
    flow = await studio.flow("waste_missed_bin")
    assert flow.kind is FlowKind.FORM
    assert [question.slot for question in flow.questions] == [
        "postcode", "house_number", "address_ok", "bin", "put_out", "confirm",
    ]  # fmt: skip
    assert flow.questions[3].keypad["1"] == "rubbish"
    assert "utter_missed_bin_done" in {response.name for response in flow.also_says}
    assert {edge.kind for edge in flow.graph.edges} >= {"next", "cancel", "person", "fallback", "no"}
    with pytest.raises(NotThere):
        await studio.flow("waste_no_such")


async def test_an_edit_is_kept_undone_and_put_back(studio: Studio, project: Project) -> None:
    draft = await studio.open_draft(AUTHOR, "Bin day")
    edited = await studio.edit(AUTHOR, draft.id, draft.revision, SENTENCE)
    assert "now says" in edited.summary
    assert (await studio.response("utter_collection_day", draft.id)).variants[0].text == SENTENCE.text
    assert (await studio.response("utter_collection_day")).variants[0].text != SENTENCE.text
    undone = await studio.undo(AUTHOR, draft.id, edited.draft.revision)
    assert not undone.draft.can_undo
    assert undone.draft.can_redo
    assert await studio.export(draft.id) == await studio.export()
    redone = await studio.redo(AUTHOR, draft.id, undone.draft.revision)
    assert redone.draft.can_undo
    changes = (await studio.diff(draft.id)).changes
    assert [change.kind for change in changes] == ["changed"]
    with pytest.raises(EditRefused, match="nothing to put back"):
        await studio.redo(AUTHOR, draft.id, redone.draft.revision)


async def test_two_browsers_never_overwrite_each_other(studio: Studio) -> None:
    draft = await studio.open_draft(AUTHOR, "Bin day")
    await studio.edit(AUTHOR, draft.id, draft.revision, SENTENCE)
    other = AddExamples(intent="waste_garden", examples=("can you take my hedge cuttings",))
    with pytest.raises(DraftChanged) as caught:
        await studio.edit(OTHER_AUTHOR, draft.id, draft.revision, other)
    assert caught.value.revision == draft.revision + 1
    assert [since.by for since in caught.value.since] == ["amir"]
    assert "amir" in str(caught.value)
    await studio.edit(OTHER_AUTHOR, draft.id, caught.value.revision, other)


async def test_only_a_second_person_reviews_and_only_a_publisher_publishes(studio: Studio, audit: Audit) -> None:
    draft = await studio.open_draft(AUTHOR, "Bin day")
    with pytest.raises(NotReady, match="changes nothing"):
        await studio.submit(AUTHOR, draft.id, draft.revision)
    draft = (await studio.edit(OTHER_AUTHOR, draft.id, draft.revision, SENTENCE)).draft
    with pytest.raises(NotReady, match="second person"):
        await studio.releases.publish(PUBLISHER, draft.id, draft.revision)
    draft = await studio.submit(AUTHOR, draft.id, draft.revision)
    with pytest.raises(NotAllowed, match="no hand"):
        await studio.review(OTHER_AUTHOR, draft.id, draft.revision, approve=True, comment="fine")
    with pytest.raises(NotAllowed):
        await studio.review(VIEWER, draft.id, draft.revision, approve=True, comment="fine")
    draft = await studio.review(REVIEWER, draft.id, draft.revision, approve=True, comment="fine")
    assert draft.state is DraftState.APPROVED
    with pytest.raises(NotAllowed):
        await studio.releases.publish(AUTHOR, draft.id, draft.revision)
    publication = await studio.releases.publish(PUBLISHER, draft.id, draft.revision, "one sentence, read twice")
    assert publication.stage is Stage.WAITING
    assert (await studio.releases.publications())[0].id == publication.id
    done = [entry["action"] for entry in reversed(await audit.entries())]
    assert done == ["flow.draft.open", "flow.edit", "flow.draft.submit", "flow.review.approve", "flow.publish"]


async def test_nothing_is_published_untested_without_a_reason(studio: Studio, database: Database) -> None:
    draft = await studio.open_draft(AUTHOR, "Bin day")
    draft = (await studio.edit(AUTHOR, draft.id, draft.revision, SENTENCE)).draft
    draft = await studio.submit(AUTHOR, draft.id, draft.revision)
    draft = await studio.review(REVIEWER, draft.id, draft.revision, approve=True, comment="")
    with pytest.raises(NotReady, match="full test has not been held"):
        await studio.releases.publish(PUBLISHER, draft.id, draft.revision)
    assert await studio.releases.tested(draft.id) is None
    begun = await studio.releases.test(AUTHOR, draft.id, draft.revision)
    with pytest.raises(NotReady, match="not over yet"):
        await studio.releases.publish(PUBLISHER, draft.id, draft.revision)
    calls = [
        CallResult(name="how to pay", passed=False, passed_live=True),
        CallResult(name="new", passed=False, passed_live=None),
        CallResult(name="sad", passed=False, passed_live=False),
    ]
    await ended(database, begun.id, drafts.TestReport(calls=tuple(calls)))
    with pytest.raises(NotReady, match=r"fail in the full test \(how to pay\)"):
        await studio.releases.publish(PUBLISHER, draft.id, draft.revision)
    await ended(database, begun.id, drafts.TestReport(calls=tuple(calls[1:])))
    assert (await studio.releases.publish(PUBLISHER, draft.id, draft.revision)).stage is Stage.WAITING


async def ended(database: Database, publication: str, report: drafts.TestReport) -> None:
    """As the publisher leaves a test."""
    async with database.session(alone=True) as session:
        row = await session.get(PublicationRow, publication)
        assert row is not None
        row.stage, row.report = Stage.DONE, report.model_dump(mode="json")


async def test_an_edit_after_the_review_opens_the_draft_again(studio: Studio) -> None:
    draft = await studio.open_draft(AUTHOR, "Bin day")
    draft = (await studio.edit(AUTHOR, draft.id, draft.revision, SENTENCE)).draft
    draft = await studio.submit(AUTHOR, draft.id, draft.revision)
    draft = await studio.review(REVIEWER, draft.id, draft.revision, approve=True, comment="")
    draft = (await studio.undo(AUTHOR, draft.id, draft.revision)).draft
    assert draft.state is DraftState.OPEN
    with pytest.raises(NotReady):
        await studio.releases.publish(PUBLISHER, draft.id, draft.revision)


async def test_a_safety_script_is_a_publishers_and_keeps_its_reason(studio: Studio, audit: Audit) -> None:
    draft = await studio.open_draft(AUTHOR, "Plainer")
    command = SetSafetyScript(rule="suicide", question="Do you think of ending your life?", reason="plainer")
    with pytest.raises(NotAllowed):
        await studio.edit(AUTHOR, draft.id, draft.revision, command)
    edited = await studio.edit(PUBLISHER, draft.id, draft.revision, command)
    assert edited.draft.edits[0].reason == "plainer"
    assert (await audit.entries())[0]["detail"]["reason"] == "plainer"


async def test_what_was_exported_can_be_brought_in(studio: Studio) -> None:
    draft = await studio.open_draft(AUTHOR, "Bin day")
    await studio.edit(AUTHOR, draft.id, draft.revision, SENTENCE)
    archive = await studio.export(draft.id)
    brought = await studio.import_draft(OTHER_AUTHOR, "The same", archive)
    assert await studio.export(brought.draft.id) == archive
    with pytest.raises(EditRefused, match="no archive"):
        await studio.import_draft(AUTHOR, "Nonsense", b"PK nonsense")


async def test_a_conversation_with_keys_and_second_tries_is_kept_as_a_test(project: Project) -> None:
    answers = {"postcode": ("er", "zb3 8lp"), "house_number": Keyed(keys="9#"), "bin": (Keyed(keys="7"), "recycling")}
    command = SaveCall(
        service="waste", file="tried", name="tried", opening="my bin was missed", answers=answers, expect={}
    )
    text = carry_out(project, command).project.files["services/waste/calls/tried.yml"]
    kept = CallScript.model_validate(YAML(typ="safe").load(text))
    caller = ScriptedCaller(kept)
    assert caller.next_line(None, None).say == "my bin was missed"
    asked = ("postcode", "postcode", "house_number", "bin", "bin")
    lines = [caller.next_line(slot, "") for slot in asked]
    assert [line.keys or line.say for line in lines] == ["er", "zb3 8lp", "9#", "7", "recycling"]
    with pytest.raises(ValueError, match="pattern"):
        Keyed(keys="yes")


async def test_what_is_said_can_be_searched(studio: Studio) -> None:
    found = await studio.search("QUARRY close")
    assert "utter_waste_item_unknown" in {one.place.name for one in found}


ALLOTMENTS = AddService(
    name="allotments",
    title="allotments",
    queue="customer_services",
    owner="Parks manager",
    reviewed=NOW.date(),
    source="https://www.norburyvale.example/allotments",
)
APPLY = AddForm(
    service="allotments",
    topic="apply",
    title="the allotment",
    need="transact",
    examples=tuple(f"allotment please {way}" for way in "abcdefghijklmnopqrstuvwxyz"),
    questions=(
        NewQuestion(
            slot="allotment_site",
            text="Which site would you like, north or south?",
            kind=QuestionKind.CHOICE,
            choices={"north": ("north",), "south": ("south",)},
        ),
        NewQuestion(slot="name"),
    ),
    confirm="I'll put {name} on the list for {allotment_site}. Is that right?",
    finish=Finish(text="You're on the list. Your reference is {reference}."),
)


async def test_a_service_is_made_without_touching_a_file(studio: Studio) -> None:
    draft = await studio.open_draft(AUTHOR, "Allotments")
    draft = (await studio.edit(AUTHOR, draft.id, draft.revision, ALLOTMENTS)).draft
    edited = await studio.edit(AUTHOR, draft.id, draft.revision, APPLY)
    assert edited.findings == ()
    flow = await studio.flow("allotments_apply", draft.id)
    assert [question.slot for question in flow.questions] == ["allotment_site", "name", "confirm"]
    assert flow.questions[0].keypad == {"1": "north", "2": "south"}
    assert all(len(question.retries) >= 2 for question in flow.questions)
    assert flow.finish is not None
    moved = MoveQuestion(intent="allotments_apply", slot="name", position=0)
    early = (await studio.edit(AUTHOR, draft.id, edited.draft.revision, moved)).draft
    assert [q.slot for q in (await studio.flow("allotments_apply", draft.id)).questions][:2] == [
        "name",
        "allotment_site",
    ]
    changes = [change.summary for change in (await studio.diff(draft.id)).changes]
    assert "New service: “allotments”" in changes
    assert "New flow: “the allotment”" in changes
    gone = RemoveFlow(intent="allotments_apply")
    await studio.edit(AUTHOR, draft.id, early.revision, gone)
    with pytest.raises(NotThere):
        await studio.flow("allotments_apply", draft.id)


async def test_a_draft_is_carried_over_to_a_newer_live_version(
    studio: Studio, database: Database, project: Project
) -> None:
    draft = await studio.open_draft(AUTHOR, "Bin day")
    draft = (await studio.edit(AUTHOR, draft.id, draft.revision, SENTENCE)).draft
    other = carry_out(project, AddExamples(intent="waste_garden", examples=("hedge cuttings to go",))).project
    async with database.session(alone=True) as session:
        name = await Versions().add(
            session, other, parent=draft.base, at=NOW, by=("", "the files"), notes="", changes=[]
        )
        session.add(LiveRow(version=name, at=NOW, by_name="the files", reason=""))
    assert (await studio.draft(draft.id)).behind
    updated = await studio.update(AUTHOR, draft.id, draft.revision)
    assert updated.draft.base == name
    assert not updated.draft.behind
    assert "hedge cuttings to go" in (await studio.flow("waste_garden", draft.id)).examples
    assert (await studio.response("utter_collection_day", draft.id)).variants[0].text == SENTENCE.text
