"""What relay assistants say of themselves is left out; everybody else's words stay."""

import pytest

from voicebot.spoken.relay import relayed


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("hello this is relay uk the caller says my bin was missed", "my bin was missed"),
        ("This is a text relay call. She types: I need a new bin.", "I need a new bin."),
        ("hi, relay assistant here, caller is asking when is my bin day", "when is my bin day"),
        ("it's typetalk, he says that the lamp is out", "the lamp is out"),
    ],
)
def test_the_message_is_the_callers(said: str, message: str) -> None:
    assert relayed(said) == message


@pytest.mark.parametrize(
    "said",
    ["my bin was missed", "i'm ringing with relay uk", "the relay in my boiler clicks", "she says the lamp is out", ""],
)
def test_where_nobody_is_announced_nothing_is_left_out(said: str) -> None:
    assert relayed(said) is None
