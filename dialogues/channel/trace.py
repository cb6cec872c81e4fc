"""How the latest answer of a call came about, for those who try a flow out."""

from typing import Any

TOLD_SLOTS = frozenset({"requested_slot", "reference", "guess", "paused_form"})
"""Slots of the engine's own that explain something; the others are its bookkeeping."""


def steps_of(events: list[dict[str, Any]], labels: dict[str, str]) -> list[dict[str, Any]]:
    """The steps since the caller last spoke: what it was taken for, rule or form, actions, what was learned."""
    start = max((index for index, event in enumerate(events) if event.get("event") == "user"), default=0)
    steps: list[dict[str, Any]] = []
    for event in events[start:]:
        kind, name = event.get("event"), str(event.get("name") or "")
        if kind == "user":
            intent = (event.get("parse_data") or {}).get("intent") or {}
            confidence = round(float(intent.get("confidence") or 0.0), 4)
            steps.append({"kind": "intent", "name": str(intent.get("name") or ""), "confidence": confidence})
        elif kind == "action" and name not in ("action_listen", "action_session_start"):
            policy = str(event.get("policy") or "")
            if "RulePolicy" in policy:
                steps.append({"kind": "rule", "name": policy.rsplit("_", 1)[-1], "value": name})
            steps.append({"kind": "action", "name": name})
        elif kind == "active_loop":
            steps.append({"kind": "form", "name": name, "value": "goes on" if name else "has ended"})
        elif kind == "slot" and (name in labels or name in TOLD_SLOTS) and event.get("value") is not None:
            steps.append({"kind": "slot", "name": name, "value": str(event["value"])})
    return steps
