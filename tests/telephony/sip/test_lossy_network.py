"""Two cores over a network that loses, doubles and reorders: every call ends cleanly, and nothing stays behind."""

import pytest

from tests.telephony.sip.sip_harness import Network, Node
from voicebot.telephony.leg import EndReason
from voicebot.telephony.sip.events import ChangeSettled, IncomingCall, Output


def _answerer(network: Network, ring_s: float, hang_up_s: float | None) -> Node:
    def on_event(node: Node, event: Output) -> None:
        if not isinstance(event, IncomingCall):
            return
        call = event.call
        node.ring(call)
        network.at(ring_s, lambda: None if call.ended else node.answer(call))
        if hang_up_s is not None:
            network.at(ring_s + hang_up_s, lambda: node.hangup(call))

    node = network.node("bot")
    node.on_event = on_event
    return node


@pytest.mark.parametrize("seed", range(60))
def test_every_call_ends_and_is_forgotten(seed: int) -> None:
    """Ten calls at 15 % loss, some hung up by us, some by them, some cancelled."""
    network = Network(seed, loss=0.15, double=0.1, jitter=0.4)
    ann, bot = network.node("ann"), _answerer(network, 0.5, 3.0 if seed % 2 else None)
    calls = []
    for index in range(10):

        def dial(index: int = index) -> None:
            call = ann.invite(bot)
            calls.append(call)
            # Every third caller gives up while it may still be ringing.
            network.at(0.6 if index % 3 == 0 else 6.0, lambda: ann.hangup(call))

        network.at(index * 0.2, dial)
    network.run()

    assert len(calls) == 10
    assert ann.ua.idle
    assert bot.ua.idle
    for node, mine in ((ann, calls), (bot, bot.incoming)):
        for call in mine:
            assert len(node.ends(call)) == 1
            assert node.released(call)
    assert len(bot.incoming) <= 10, "the application saw a repetition as a new call"


def test_almost_every_call_is_answered_at_ten_percent_loss() -> None:
    """64*T1 of repetitions carry a call through: 200 of 200."""
    network = Network(7, loss=0.1, jitter=0.05)
    ann, bot = network.node("ann"), _answerer(network, 0.2, None)
    bot.ua._endpoint.config.max_calls = 1000
    calls = []

    def dial() -> None:
        call = ann.invite(bot)
        calls.append(call)
        network.at(20.0, lambda: ann.hangup(call))

    for index in range(200):
        network.at(index * 0.1, dial)
    network.run()
    assert sum(ann.established(call) for call in calls) == 200
    assert sum(bot.established(call) for call in bot.incoming) == 200
    assert {reason for call in bot.incoming for reason, _ in bot.ends(call)} == {EndReason.REMOTE_HANGUP}
    assert ann.ua.idle
    assert bot.ua.idle


def test_a_dead_network_leaves_nothing_behind() -> None:
    """The network goes away in the middle of calls in every state."""
    network = Network(3, jitter=0.1)
    ann, bot = network.node("ann"), _answerer(network, 1.0, 2.0)
    for index in range(30):
        network.at(index * 0.15, lambda: ann.invite(bot))

    def cut() -> None:
        network.loss = 1.0

    network.at(2.5, cut)
    network.run(until=60.0)
    for call in ann.ua.calls:
        ann.hangup(call)
    network.run()
    assert ann.ua.idle
    assert bot.ua.idle


@pytest.mark.parametrize("seed", range(40))
def test_holds_of_both_sides_come_through(seed: int) -> None:
    """Each of two sides holds and resumes, when it likes, at 15 % loss: all is settled once, and both agree."""
    network = Network(seed, loss=0.15, double=0.1, jitter=0.3)
    ann, bot = network.node("ann"), network.node("bot")

    def on_event(node: Node, event: Output) -> None:
        if isinstance(event, IncomingCall):
            node.answer(event.call)

    bot.on_event = on_event
    call = ann.invite(bot)
    network.run(until=20.0)
    assert ann.established(call)
    assert bot.established(bot.incoming[0])
    for node, theirs in ((ann, call), (bot, bot.incoming[0])):
        for on in (True, False, True):
            network.at(
                network.random.random() * 10,
                lambda node=node, theirs=theirs, on=on: node.do(node.ua.hold(theirs, on, network.now)),  # type: ignore[misc]
            )
    network.run(until=120.0)
    for node in (ann, bot):
        assert len([event for event in node.events if isinstance(event, ChangeSettled)]) == 3
    agreed = [c.negotiation.parameters for c in (call, bot.incoming[0]) if c.negotiation is not None]
    assert agreed[0] is not None
    assert agreed[1] is not None
    assert (agreed[0].send, agreed[0].receive) == (agreed[1].receive, agreed[1].send)
    ann.hangup(call)
    network.run()
    assert ann.ua.idle
    assert bot.ua.idle
