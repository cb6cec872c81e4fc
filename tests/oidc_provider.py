"""A small identity provider (OpenID Connect) in a process of its own: ``python -m tests.oidc_provider PORT``.

It lets in whoever ``/be`` named last, as their claims say, without asking: what a person does there is not what is
tested. ``/lie`` makes it wrong in one way from then on, ``/honest`` ends that.
"""

import base64
import hashlib
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import httpx
import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "phone-service", "a secret of the client"


class Provider:
    """Its state: one key, one person, codes that were handed out."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
        self.other = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
        self.person: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.lie = ""

    async def describe(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer if self.lie != "issuer" else "https://somebody.else",
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
        )

    async def keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["client_id"] == CLIENT and asked["response_type"] == "code"
        assert "openid" in asked["scope"].split() and asked["code_challenge_method"] == "S256"
        if self.lie == "denied":
            return RedirectResponse(
                f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked['state']})}", 302
            )
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}", 302)

    async def token(self, request: Request) -> Response:
        form = await request.form()
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        client = base64.b64decode(given).decode() if scheme == "Basic" else ""
        asked = self.codes.pop(str(form["code"]), None)
        proof = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        if client != f"{CLIENT}:{SECRET}" or asked is None or asked["code_challenge"] != challenge:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time()) - (3600 if self.lie == "old" else 0)
        claims = {
            "iss": self.issuer,
            "aud": CLIENT if self.lie != "aud" else "somebody-else",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"] if self.lie != "nonce" else "another",
            **self.person,
        }
        key = self.other if self.lie == "key" else self.key
        token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, key)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": token})

    async def be(self, request: Request) -> Response:
        self.person = await request.json()
        self.lie = request.query_params.get("lie", "")
        return Response()


def application(issuer: str) -> Starlette:
    provider = Provider(issuer)
    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", provider.describe),
            Route("/keys", provider.keys),
            Route("/authorize", provider.authorize),
            Route("/token", provider.token, methods=["POST"]),
            Route("/be", provider.be, methods=["POST"]),
        ]
    )


@contextmanager
def running_provider() -> Iterator[str]:
    """Its issuer, for as long as the process runs."""
    process = subprocess.Popen([sys.executable, "-m", "tests.oidc_provider"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        issuer = process.stdout.readline().strip()
        with httpx.Client() as client:
            deadline = time.monotonic() + 30
            while True:
                try:
                    client.get(f"{issuer}/keys")
                    break
                except httpx.TransportError:
                    assert time.monotonic() < deadline, "the provider did not start"
        yield issuer
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


if __name__ == "__main__":
    import socket

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    issuer = f"http://127.0.0.1:{listener.getsockname()[1]}"
    print(issuer, flush=True)
    uvicorn.Server(uvicorn.Config(application(issuer), log_config=None)).run([listener])
