"""What Prometheus is told. Nothing in it is about a person."""

import asyncio
from collections.abc import Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from voicebot.errors import RecordsUnavailable
from voicebot.records.entries import OUTCOMES
from voicebot.records.store import RecordStore
from voicebot.records.view import STAGES
from voicebot.web.media_status import MediaStatusSource
from voicebot.web.readiness import readiness

_RECENT = 50


async def render(store: RecordStore, media: MediaStatusSource) -> bytes:
    """The metrics now, in Prometheus' text format."""
    registry = CollectorRegistry()
    state, recent, outcomes = await asyncio.gather(readiness(store, media), _recent(store), _outcomes(store))
    up = Gauge("voicebot_part_up", "Whether a part of the service can serve a call.", ["part"], registry=registry)
    for part, well in state.parts.items():
        up.labels(part).set(well)
    Gauge("voicebot_ready", "Whether a call can be taken.", registry=registry).set(state.ready)
    Gauge("voicebot_calls_in_progress", "Calls being held now.", registry=registry).set(state.calls)
    ways = Gauge("voicebot_trunk_up", "Whether calls can come and go by a trunk.", ["trunk"], registry=registry)
    for trunk in state.trunks:
        ways.labels(trunk.name).set(trunk.up)
    if state.certificate_ends is not None:
        ends = Gauge(
            "voicebot_sip_certificate_ends_timestamp_seconds",
            "When the certificate of the SIP line ends, in Unix time.",
            registry=registry,
        )
        ends.set(state.certificate_ends)
    kept = Gauge("voicebot_calls_recorded", "Calls kept in the records, by outcome.", ["outcome"], registry=registry)
    for outcome in OUTCOMES:
        kept.labels(outcome).set(outcomes.get(outcome, 0))
    latency = Gauge(
        "voicebot_answer_latency_ms",
        f"Where the time from the caller's last sound to the bot's first goes, in the last {_RECENT} calls.",
        ["stage", "quantile"],
        registry=registry,
    )
    for stage in STAGES:
        values = sorted(turn[stage] for call in recent for turn in call["latency_ms"])
        for quantile in (0.5, 0.95):
            if values:
                latency.labels(stage, str(quantile)).set(_quantile(values, quantile))
    _guesses(recent, registry)
    _media_quality(recent, registry)
    return generate_latest(registry)


def _guesses(recent: Sequence[dict[str, Any]], registry: CollectorRegistry) -> None:
    """What was guessed while callers paused: how often it came true, and the work for what did not."""
    counted = [step["data"] for call in recent for step in call["steps"] if step["kind"] == "guessed_ahead"]
    came_true = Gauge(
        "voicebot_guessed_ahead_share",
        f"Turns of the last {_RECENT} calls whose words, or whose answer, were there before the turn was over.",
        ["what"],
        registry=registry,
    )
    turns = sum(one["turns"] for one in counted)
    for what in ("heard", "foreseen"):
        if turns:
            came_true.labels(what).set(sum(one[f"{what}_used"] for one in counted) / turns)
    wasted = Gauge(
        "voicebot_guessed_ahead_wasted_ms",
        f"Work in the last {_RECENT} calls for words and answers that did not come, a call.",
        registry=registry,
    )
    if counted:
        wasted.set(sum(one["wasted_ms"] for one in counted) / len(counted))


def _media_quality(recent: Sequence[dict[str, Any]], registry: CollectorRegistry) -> None:
    quality = Gauge(
        "voicebot_media_quality",
        f"How well the lines carried the last {_RECENT} calls: estimated opinion score, loss, jitter, round trip.",
        ["leg", "figure", "quantile"],
        registry=registry,
    )
    for leg in ("caller", "agent"):
        for figure in ("mos", "lost_percent", "jitter_ms", "round_trip_ms"):
            carried = (one[figure] for call in recent for one in call["quality"] if one["leg"] == leg)
            values = sorted(value for value in carried if value is not None)
            for quantile in (0.05, 0.5, 0.95):
                if values:
                    quality.labels(leg, figure, str(quantile)).set(_quantile(values, quantile))


def _quantile(ordered: Sequence[float], quantile: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * quantile))]


async def _recent(store: RecordStore) -> list[dict[str, Any]]:
    try:
        return await store.recent_calls(_RECENT)
    except RecordsUnavailable:
        return []


async def _outcomes(store: RecordStore) -> dict[str, int]:
    try:
        return await store.outcomes()
    except RecordsUnavailable:
        return {}
