"""The API in OpenAPI 3.1. Written by hand; a test holds it against real answers."""

from typing import Any

from voicebot.accounts.roles import Scope
from voicebot.records.entries import OUTCOMES
from voicebot.records.store import MAX_LIMIT
from voicebot.records.view import QUALITY_COUNTS, QUALITY_FIGURES, QUALITY_OF_PEER, STAGES
from voicebot.web.cookies import SESSION

_MOMENT = {"type": "string", "format": "date-time"}
_NUMBER = {"type": "number"}
_COUNT = {"type": "integer"}
_TEXT = {"type": "string"}
_YES_NO = {"type": "boolean"}


def _object(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _or_null(kind: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [kind, {"type": "null"}]}


def _answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


_TURN = _object(
    {
        "who": {"enum": ["caller", "bot", "agent"]},
        "text": _TEXT,
        "at_ms": _NUMBER,
        "heard": {"description": "how much of the bot's words the caller heard; null when that is not known"},
    }
)
_FACT = _object(
    {
        "name": _TEXT,
        "label": _TEXT,
        "value": _TEXT,
        "source": {"enum": ["said", "keyed", "looked_up", "line"]},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "confirmed": _YES_NO,
        "at_ms": _or_null(_NUMBER),
    }
)
_ATTEMPT = _object({"address": _TEXT, "result": _TEXT, "started_ms": _NUMBER, "ended_ms": _or_null(_NUMBER)})
_HANDOFF = _object(
    {
        "queue": _TEXT,
        "priority": _TEXT,
        "reason": _TEXT,
        "attempts": {"type": "array", "items": _ATTEMPT},
        "outcome": _TEXT,
        "at_ms": _NUMBER,
    }
)
_MESSAGE = _object({"id": _TEXT, "queue": _TEXT, "duration_ms": _NUMBER, "at_ms": _NUMBER})
_STEP = _object({"kind": _TEXT, "at_ms": _NUMBER, "data": {"type": "object", "description": "holds nothing personal"}})
_QUALITY = _object(
    {
        "leg": {"enum": ["caller", "agent"]},
        "encoding": _TEXT,
        "encrypted": {"type": "string", "description": "the SRTP suite; empty for audio in clear"},
        **dict.fromkeys(QUALITY_COUNTS, _COUNT),
        **dict.fromkeys(QUALITY_FIGURES, _NUMBER),
        **dict.fromkeys(QUALITY_OF_PEER, _or_null(_NUMBER)),
    }
)
_RECORDING = _object({"id": _TEXT, "duration_ms": _NUMBER, "at_ms": _NUMBER})
_CALL = _object(
    {
        "id": _TEXT,
        "reference": _TEXT,
        "line": _TEXT,
        "line_id": {"type": "string", "description": "what the other side calls the call: the SIP Call-ID, say"},
        "from": _TEXT,
        "to": _TEXT,
        "started_at": _MOMENT,
        "ended_at": _or_null(_MOMENT),
        "service": _TEXT,
        "need": _TEXT,
        "outcome": _or_null({"enum": list(OUTCOMES)}),
        "queue": _TEXT,
        "emergency": _or_null(_TEXT),
        "transcript": {"type": "array", "items": _TURN},
        "facts": {"type": "array", "items": _FACT},
        "latency_ms": {"type": "array", "items": _object(dict.fromkeys((*STAGES, "at_ms"), _NUMBER))},
        "handoffs": {"type": "array", "items": _HANDOFF},
        "messages": {"type": "array", "items": _MESSAGE},
        "steps": {"type": "array", "items": _STEP},
        "quality": {"type": "array", "items": _QUALITY, "description": "how well each party's line carried the call"},
        "recordings": {"type": "array", "items": _RECORDING},
        "card": {"type": "object", "description": "what the person who takes the call is shown; empty if none"},
    }
)
_READY = _object({"ready": _YES_NO, "calls": {"type": "integer"}, "parts": {
    **_object(dict.fromkeys(("media", "speech", "dialogue", "database"), _YES_NO)),
}})  # fmt: skip
_ERROR = _object({"error": _object({"code": _TEXT, "message": _TEXT})})
_UNAUTHORISED = {
    "401": _answer("The token is missing, wrong, expired or revoked", _ref("Error")),
    "403": _answer("The token's scopes, or the person's roles, don't allow it", _ref("Error")),
}
_UNAVAILABLE = {"503": _answer("The database can't be read now", _ref("Error"))}
_ACTOR = _object(
    {"kind": {"enum": ["account", "token", "command", "nobody"]}, "id": _TEXT, "name": _TEXT, "address": _TEXT}
)
_ENTRY = _object(
    {
        "id": {"type": "integer"},
        "at": _MOMENT,
        "actor": _ACTOR,
        "action": _TEXT,
        "target": {"type": "string", "description": "the account, token or call that it was done to"},
        "outcome": {"enum": ["done", "refused"]},
        "detail": {"type": "object", "description": "more about it; holds no secret and nothing of callers"},
    }
)


def _allowed(scope: Scope) -> list[dict[str, list[str]]]:
    """By a token with ``scope``, or by the session of a person with a role that it belongs to."""
    return [{"token": [scope.value]}, {"session": [role.value for role in sorted(scope.roles)]}]


_AUDIT_PARAMETERS = [
    {
        "name": "before",
        "in": "query",
        "description": "only entries older than the one with this id (for the next page)",
        "schema": {"type": "integer", "minimum": 0},
    },
    {"name": "actor", "in": "query", "description": "only what this user name or token did", "schema": _TEXT},
    {"name": "action", "in": "query", "description": "only this action, such as sign_in", "schema": _TEXT},
]


def document(version: str) -> dict[str, Any]:
    """The whole description, for ``/openapi.json``."""
    limit = {
        "name": "limit",
        "in": "query",
        "description": "how many",
        "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 50},
    }
    before = {
        "name": "before",
        "in": "query",
        "description": "only calls that began before this moment (for the next page)",
        "schema": _MOMENT,
    }
    call_id = {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "the call's id, its reference, or the line's name for it (the SIP Call-ID)",
        "schema": _TEXT,
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Voicebot", "version": version, "description": "Calls, and what became of them."},
        "paths": {
            "/api/v1/calls": {
                "get": {
                    "operationId": "listCalls",
                    "summary": "The newest calls first",
                    "security": _allowed(Scope.CALLS_READ),
                    "parameters": [limit, before],
                    "responses": {
                        "200": _answer("Calls", {"type": "array", "items": _ref("Call")}),
                        "400": _answer("A parameter is wrong", _ref("Error")),
                        **_UNAUTHORISED,
                        **_UNAVAILABLE,
                    },
                }
            },
            "/api/v1/calls/{id}": {
                "get": {
                    "operationId": "getCall",
                    "summary": "One call",
                    "security": _allowed(Scope.CALLS_READ),
                    "parameters": [call_id],
                    "responses": {
                        "200": _answer("The call", _ref("Call")),
                        "404": _answer("There is no such call", _ref("Error")),
                        **_UNAUTHORISED,
                        **_UNAVAILABLE,
                    },
                }
            },
            "/api/v1/audit": {
                "get": {
                    "operationId": "listAudit",
                    "summary": "What people and tokens did, the newest first",
                    "security": _allowed(Scope.AUDIT_READ),
                    "parameters": [limit, *_AUDIT_PARAMETERS],
                    "responses": {
                        "200": _answer("Entries", {"type": "array", "items": _ref("AuditEntry")}),
                        "400": _answer("A parameter is wrong", _ref("Error")),
                        **_UNAUTHORISED,
                        **_UNAVAILABLE,
                    },
                }
            },
            "/healthz": {
                "get": {
                    "operationId": "health",
                    "summary": "The web process is up",
                    "responses": {"200": _answer("It is", _object({"status": {"const": "ok"}}))},
                }
            },
            "/readyz": {
                "get": {
                    "operationId": "ready",
                    "summary": "A call can be taken",
                    "responses": {
                        "200": _answer("It can", _ref("Ready")),
                        "503": _answer("It can't; the parts say why", _ref("Ready")),
                    },
                }
            },
        },
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "an API token; what it may do are scopes"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": SESSION.name,
                    "description": "the cookie of somebody who is signed in; by HTTPS, its name begins with __Host-",
                },
            },
            "schemas": {"Call": _CALL, "AuditEntry": _ENTRY, "Ready": _READY, "Error": _ERROR},
        },
    }
