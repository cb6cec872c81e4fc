"""Several lines as one."""

import pytest

from voicebot.errors import ConfigurationError, DialFailed
from voicebot.telephony.leg import CallLeg
from voicebot.telephony.memory import MemoryExchange, MemoryLine
from voicebot.telephony.router import LineRouter


async def take(leg: CallLeg) -> None:
    await leg.answer()
    await leg.wait_ended()


async def test_an_address_is_rung_on_the_line_of_its_scheme() -> None:
    exchange = MemoryExchange()
    ours = {scheme: MemoryLine(exchange, f"{scheme}:council") for scheme in ("sip", "browser")}
    desks = [MemoryLine(exchange, f"{scheme}:jane") for scheme in ("sip", "browser")]
    router = LineRouter(ours)
    await router.start(take)
    for desk in desks:
        await desk.start(take)
    for scheme in ("sip", "browser"):
        leg = await router.dial(f"{scheme}:jane", caller_name="Mo")
        assert leg.facts.caller == f"{scheme}:council"
    assert router.schemes == {"sip", "browser"}
    for wrong in ("tel:01632960123", "jane", ""):
        with pytest.raises(DialFailed, match="416"):
            await router.dial(wrong)
    await router.stop()
    with pytest.raises(DialFailed, match="404"):
        await desks[0].dial("sip:council")
    await exchange.close()


async def test_a_line_that_cannot_open_leaves_none_open() -> None:
    exchange = MemoryExchange()
    taken = MemoryLine(exchange, "b:council")
    await taken.start(take)
    router = LineRouter({"a": MemoryLine(exchange, "a:council"), "b": MemoryLine(exchange, "b:council")})
    with pytest.raises(ConfigurationError):
        await router.start(take)
    assert set(exchange.handlers) == {"b:council"}
