"""Which dialogue a call talks to."""

from pathlib import Path

from voicebot.app.minds import Minds
from voicebot.flows.running import Dialogue, Running, running_file, tell, told
from voicebot.safety.rules import RuleWords
from voicebot.settings import Settings

OLD = Dialogue(version="old", url="http://127.0.0.1:1001", model="a.tar.gz")
NEW = Dialogue(
    version="new",
    url="http://127.0.0.1:1002",
    model="b.tar.gz",
    safety={"fire": RuleWords(script="Get out. Ring nine nine nine.", question="Is there a fire now?")},
)


async def test_a_call_keeps_the_dialogue_that_was_live_when_it_began(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    minds = Minds(settings, "http://127.0.0.1:1000", "secret")
    unnamed = minds.now()
    tell(settings, Running(live=OLD))
    with minds.pinned() as early:
        tell(settings, Running(live=NEW, beside=(OLD,)))
        with minds.pinned() as late, minds.pinned("old") as named, minds.pinned("gone") as other:
            assert late.mind is other.mind
            assert early.mind is named.mind
            assert len({id(client) for client in (unnamed, early.mind, late.mind)}) == 3
            assert early.safety == {} and late.safety["fire"].script == "Get out. Ring nine nine nine."
            assert minds.calls == {OLD.url: 2, NEW.url: 2}
    assert not minds.calls
    await minds.close()


def test_nothing_told_or_nonsense_is_no_dialogue(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert told(settings) is None
    running_file(settings).parent.mkdir(parents=True)
    running_file(settings).write_text("{", "utf-8")
    assert told(settings) is None
