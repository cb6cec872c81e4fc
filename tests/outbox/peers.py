"""The other systems, as one small server process: ``python -m tests.outbox.peers PORT``.

``/open311/v2`` follows GeoReport v2 (services, definitions, requests with tokens, error arrays), ``/v2/notifications``
the HTTP API of GOV.UK Notify (its JSON web tokens and errors), ``/hook`` takes webhooks, ``/search/places`` and
``/postcodes`` answer as OS Places and postcodes.io do. ``/_play`` says how they behave, ``/_seen`` what they got.
"""

import base64
import binascii
import hashlib
import hmac
import json
import sys
import time
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

OPEN311_KEY = "open311-key"
SERVICE_ID = "26785a09-ab16-4eb0-8407-a37497a57506"
NOTIFY_SECRET = "3d844edf-8d35-48ac-975b-e847b4f122b0"
NOTIFY_KEY = f"tests-{SERVICE_ID}-{NOTIFY_SECRET}"
TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a"

SERVICES = [
    {"service_code": "POT", "service_name": "Pothole", "description": "A hole", "metadata": True, "type": "realtime"},
    {"service_code": "SLT", "service_name": "Street light", "description": "Dark", "metadata": False, "type": "batch"},
    {"service_code": "TRE", "service_name": "Tree", "description": "A tree", "metadata": True, "type": "realtime"},
]
DEFINITIONS = {
    "POT": [
        {"variable": True, "code": "where_on_road", "datatype": "text", "required": True, "order": 2},
        {
            "variable": True,
            "code": "size",
            "datatype": "singlevaluelist",
            "required": False,
            "order": 1,
            "values": [{"key": "L", "name": "Large"}, {"key": "S", "name": "Small"}],
        },
        {"variable": False, "code": "help", "datatype": "string", "required": False, "order": 3},
    ],
    "TRE": [{"variable": True, "code": "height", "datatype": "number", "required": True, "order": 1}],
}


class Play:
    """How the peers behave, and what they got."""

    def __init__(self) -> None:
        self.status: dict[str, list[int]] = {}
        self.seen: dict[str, list[dict[str, Any]]] = {}
        self.requests: dict[str, dict[str, Any]] = {}
        self.sent: list[dict[str, Any]] = []
        self.lose_answer = False

    def note(self, peer: str, **what: Any) -> None:
        self.seen.setdefault(peer, []).append(what)

    def failure(self, peer: str) -> int | None:
        """The status that the peer fails with this time."""
        waiting = self.status.get(peer) or []
        return waiting.pop(0) if waiting else None


PLAY = Play()


async def play(request: Request) -> Response:
    wanted = await request.json()
    if wanted.get("forget"):
        PLAY.__init__()  # type: ignore[misc]
    PLAY.status.update(wanted.get("status", {}))
    PLAY.lose_answer = wanted.get("lose_answer", PLAY.lose_answer)
    for request_id, state in wanted.get("requests", {}).items():
        PLAY.requests[request_id].update(state)
    return JSONResponse({})


async def seen(request: Request) -> Response:
    return JSONResponse({"seen": PLAY.seen, "requests": PLAY.requests, "sent": PLAY.sent})


def _error(status: int, text: str) -> Response:
    return JSONResponse([{"code": status, "description": text}], status)


async def services(request: Request) -> Response:
    return JSONResponse(SERVICES)


async def definition(request: Request) -> Response:
    code = request.path_params["code"]
    if code not in DEFINITIONS:
        return _error(404, "service_code was not found")
    return JSONResponse({"service_code": code, "attributes": DEFINITIONS[code]})


async def make_request(request: Request) -> Response:
    fields = dict(await request.form())
    PLAY.note("open311", **{name: str(value) for name, value in fields.items()})
    if status := PLAY.failure("open311"):
        return _error(status, "the system is being looked after")
    if fields.get("api_key") != OPEN311_KEY:
        return _error(403, "api_key is missing or not known")
    code = str(fields.get("service_code", ""))
    if code not in {each["service_code"] for each in SERVICES}:
        return _error(404, "service_code was not found")
    if not (fields.get("lat") or fields.get("address_string") or fields.get("address_id")):
        return _error(400, "address_string or lat and long are missing")
    for attribute in DEFINITIONS.get(code, []):
        if attribute["required"] and not fields.get(f"attribute[{attribute['code']}]"):
            return _error(400, f"attribute[{attribute['code']}] is required")
    number = str(1000 + len(PLAY.requests))
    PLAY.requests[number] = {"service_request_id": number, "status": "open", "status_notes": None}
    if next(each for each in SERVICES if each["service_code"] == code)["type"] == "batch":
        PLAY.requests[number]["hidden"] = True
        return JSONResponse([{"token": f"T{number}", "service_notice": "", "account_id": None}], 201)
    return JSONResponse([{"service_request_id": number, "service_notice": "", "account_id": None}], 201)


async def token(request: Request) -> Response:
    number = request.path_params["token"].removeprefix("T")
    if number not in PLAY.requests:
        return _error(404, "token was not found")
    known = "" if PLAY.requests[number].get("hidden") else number
    return JSONResponse([{"service_request_id": known, "token": f"T{number}"}])


async def one_request(request: Request) -> Response:
    found = PLAY.requests.get(request.path_params["number"])
    if found is None:
        return _error(404, "service_request_id was not found")
    return JSONResponse([found])


def _jwt_problem(request: Request) -> Response | None:
    """Notify's own rules: HS256, the service as issuer, made within 30 seconds."""
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        header, claims, signature = given.split(".")
        expected = hmac.new(NOTIFY_SECRET.encode(), f"{header}.{claims}".encode(), hashlib.sha256).digest()
        said = json.loads(base64.urlsafe_b64decode(claims + "=="))
        right = hmac.compare_digest(base64.urlsafe_b64decode(signature + "=="), expected)
    except (ValueError, binascii.Error):
        right, said = False, {}
    if not right or said.get("iss") != SERVICE_ID or abs(time.time() - said.get("iat", 0)) > 30:
        return _notify_error(403, "AuthError", "Invalid token: API key not found")
    return None


def _notify_error(status: int, error: str, message: str) -> Response:
    return JSONResponse({"status_code": status, "errors": [{"error": error, "message": message}]}, status)


async def notify(request: Request) -> Response:
    if problem := _jwt_problem(request):
        return problem
    if request.method == "GET":
        reference = request.query_params.get("reference")
        found = [each for each in PLAY.sent if each["reference"] == reference]
        return JSONResponse({"notifications": found, "links": {}})
    body = await request.json()
    channel = request.path_params["channel"]
    PLAY.note("notify", channel=channel, **body)
    if status := PLAY.failure("notify"):
        return _notify_error(status, "Exception", "Internal server error")
    if body["template_id"] != TEMPLATE:
        return _notify_error(400, "BadRequestError", "Template not found")
    made = {"id": f"740e5834-3a29-46b4-9a6f-{len(PLAY.sent):012d}", "reference": body.get("reference")}
    PLAY.sent.append(made)
    if PLAY.lose_answer:
        PLAY.lose_answer = False
        return Response(status_code=504)
    return JSONResponse({**made, "content": {}, "uri": "", "template": {"id": TEMPLATE, "version": 1}}, 201)


async def hook(request: Request) -> Response:
    body = await request.body()
    PLAY.note("hook", body=body.decode(), headers=dict(request.headers))
    status = PLAY.failure("hook")
    return Response(status_code=status or 204, headers={"Retry-After": "90"} if status == 429 else None)


OS_KEY = "os-key"
DELIVERY_POINTS = [
    {
        "DPA": {
            "UPRN": "100031234567",
            "ADDRESS": "14, ALMA ROAD, SOMEWHERE, ZC1 1AA",
            "BUILDING_NUMBER": "14",
            "THOROUGHFARE_NAME": "ALMA ROAD",
            "POST_TOWN": "SOMEWHERE",
            "POSTCODE": "ZC1 1AA",
        }
    },
    {
        "DPA": {
            "UPRN": "100031234568",
            "ADDRESS": "FLAT 2, 16, ALMA ROAD, SOMEWHERE, ZC1 1AA",
            "SUB_BUILDING_NAME": "FLAT 2",
            "BUILDING_NUMBER": "16",
            "THOROUGHFARE_NAME": "ALMA ROAD",
            "POST_TOWN": "SOMEWHERE",
            "POSTCODE": "ZC1 1AA",
        }
    },
]


async def os_places(request: Request) -> Response:
    PLAY.note("os_places", **dict(request.query_params))
    if status := PLAY.failure("os_places"):
        return JSONResponse({"error": {"statuscode": status, "message": "failed"}}, status)
    if request.query_params.get("key") != OS_KEY:
        return JSONResponse({"fault": {"faultstring": "Invalid ApiKey"}}, 401)
    found = DELIVERY_POINTS if request.query_params["postcode"] == "ZC1 1AA" else []
    header = {"uri": str(request.url), "totalresults": len(found), "format": "JSON", "dataset": "DPA"}
    return JSONResponse({"header": header, **({"results": found} if found else {})})


async def postcodes_io(request: Request) -> Response:
    postcode = request.path_params["postcode"]
    PLAY.note("postcodes_io", postcode=postcode)
    if status := PLAY.failure("postcodes_io"):
        return JSONResponse({"status": status, "error": "failed"}, status)
    if postcode != "ZC1 1AA":
        return JSONResponse({"status": 404, "error": "Postcode not found"}, 404)
    return JSONResponse({"status": 200, "result": {"postcode": postcode, "admin_district": "Somewhere"}})


def app() -> Starlette:
    return Starlette(
        routes=[
            Route("/_play", play, methods=["POST"]),
            Route("/_seen", seen),
            Route("/open311/v2/services.json", services),
            Route("/open311/v2/services/{code}.json", definition),
            Route("/open311/v2/requests.json", make_request, methods=["POST"]),
            Route("/open311/v2/requests/{number}.json", one_request),
            Route("/open311/v2/tokens/{token}.json", token),
            Route("/v2/notifications/{channel}", notify, methods=["POST"]),
            Route("/v2/notifications", notify),
            Route("/search/places/v1/postcode", os_places),
            Route("/postcodes/{postcode}", postcodes_io),
            Route("/hook", hook, methods=["POST"]),
        ]
    )


if __name__ == "__main__":
    uvicorn.run(app(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
