"""``/sign-in/oidc``: signing in with the council's own identity provider (OpenID Connect Core 1.0, authorization code
flow with PKCE)."""

import secrets
import time
from typing import Any

import httpx2
import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from voicebot.accounts.audit import Actor
from voicebot.accounts.identities import OIDC, Identity
from voicebot.errors import AccountError, IdentityRefused, SignInRefused
from voicebot.settings import OidcSettings
from voicebot.web.access import address_of, visit_of
from voicebot.web.cookies import FORM, SESSION, Cookie
from voicebot.web.rendering import page
from voicebot.web.sign_in import safe_next
from voicebot.web.state import services

log = structlog.get_logger(__name__)

PENDING = Cookie("voicebot-oidc")
"""What this browser was sent away with, sealed; so that nobody can be signed in by a link that another one made."""
BACK = "/sign-in/oidc/back"
_WITHIN_S = 600
_TIMEOUT_S = 10.0
_LEEWAY_S = 60
_ALGORITHMS = ("RS256", "ES256", "PS256")
_KEEP_S = 600.0


class Provider:
    """The provider, as far as a sign-in needs it; what it publishes of itself is kept for ten minutes."""

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings
        self._described: tuple[float, dict[str, Any]] | None = None

    async def send_to(self, redirect: str, state: str, nonce: str, verifier: str) -> str:
        """The address that the browser is sent to. Raises :class:`IdentityRefused` when the provider is away."""
        described = await self._description()
        async with self._client(redirect) as client:
            url, _ = client.create_authorization_url(
                described["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return str(url)

    async def identity(self, redirect: str, code: str, nonce: str, verifier: str) -> Identity:
        """Whom the provider vouches for with ``code``. Raises :class:`IdentityRefused`."""
        described = await self._description()
        try:
            async with self._client(redirect) as client:
                answer = await client.fetch_token(described["token_endpoint"], code=code, code_verifier=verifier)
                keys = (
                    (await client.request("GET", described["jwks_uri"], withhold_token=True)).raise_for_status().json()
                )
        except (OAuthError, httpx2.HTTPError, ValueError) as error:
            log.warning("oidc.no_token", error=type(error).__name__)
            raise IdentityRefused("The identity provider did not confirm the sign-in") from error
        return Identity.of(self._claims(str(answer.get("id_token", "")), keys, nonce), self._settings)

    def _claims(self, token: str, keys: dict[str, Any], nonce: str) -> dict[str, Any]:
        """The claims of an ID token, checked as section 3.1.3.7 wants."""
        wanted = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = jwt.decode(token, KeySet.import_key_set({"keys": keys["keys"]}), algorithms=_ALGORITHMS).claims
            wanted.validate(claims)
        except (JoseError, KeyError, ValueError) as error:
            log.warning("oidc.bad_token", error=type(error).__name__)
            raise IdentityRefused("What the identity provider sent can’t be trusted") from error
        return claims

    async def _description(self) -> dict[str, Any]:
        if self._described is not None and time.monotonic() < self._described[0] + _KEEP_S:
            return self._described[1]
        url = get_well_known_url(self._settings.issuer, external=True)
        try:
            async with httpx2.AsyncClient(timeout=_TIMEOUT_S) as client:
                described: dict[str, Any] = (await client.get(url)).raise_for_status().json()
        except (httpx2.HTTPError, ValueError) as error:
            log.warning("oidc.provider_away", error=type(error).__name__)
            raise IdentityRefused("The identity provider can’t be reached. Try again soon") from error
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if described.get("issuer") != self._settings.issuer or not all(name in described for name in needed):
            raise IdentityRefused("The identity provider says it is somebody else: check oidc.issuer")
        self._described = (time.monotonic(), described)
        return described

    def _client(self, redirect: str) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self._settings.client_id,
            self._settings.client_secret.get_secret_value(),
            scope="openid profile email",
            redirect_uri=redirect,
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
        )


class OidcSignIn:
    """The two routes; without ``settings.oidc.issuer`` there are none."""

    def __init__(self, settings: OidcSettings) -> None:
        self._provider = Provider(settings)

    def routes(self) -> list[Route]:
        """Their routes."""
        return [Route("/sign-in/oidc", self._go), Route(BACK, self._come_back)]

    async def _go(self, request: Request) -> Response:
        """Send the browser to the provider."""
        accounts = services(request).accounts
        pending = {
            "state": secrets.token_urlsafe(32),
            "nonce": secrets.token_urlsafe(32),
            "verifier": secrets.token_urlsafe(48),
            "next": safe_next(request.query_params.get("next", "/")),
        }
        try:
            url = await self._provider.send_to(
                _redirect(request), pending["state"], pending["nonce"], pending["verifier"]
            )
        except IdentityRefused as error:
            return await _sorry(request, f"{error}.", 503)
        response = RedirectResponse(url, 303)
        PENDING.write(request, response, accounts.vault.seal(pending, accounts.now()))
        return response

    async def _come_back(self, request: Request) -> Response:
        """Take what the provider sent the browser back with: a new session, or why not."""
        accounts, address = services(request).accounts, address_of(request)
        pending = accounts.vault.open(PENDING.read(request), accounts.now(), valid_s=_WITHIN_S)
        sent = request.query_params
        if pending is None or not secrets.compare_digest(sent.get("state", "").encode(), pending["state"].encode()):
            return await _sorry(request, "This sign-in was begun elsewhere or too long ago.", 400)
        if "code" not in sent:
            return await _sorry(request, "The identity provider did not let you in.", 403)
        try:
            identity = await self._provider.identity(
                _redirect(request), sent["code"], pending["nonce"], pending["verifier"]
            )
            account = await accounts.identities.account(identity, address)
            key = await accounts.sign_in.with_identity(account, OIDC, address)
        except SignInRefused:
            return await _sorry(request, "Your account here is disabled.", 403)
        except AccountError as error:
            return await _sorry(request, f"{error}.", 403)
        old = await visit_of(request)
        if old is not None:
            await accounts.sessions.end(Actor.of(old.account, address), old)
        response = RedirectResponse(safe_next(pending["next"]), 303)
        SESSION.write(request, response, key)
        FORM.erase(request, response)
        PENDING.erase(request, response)
        return response


def _redirect(request: Request) -> str:
    """Where the provider sends browsers back to: it must know this address exactly."""
    public = services(request).settings.web.public_url.rstrip("/")
    return f"{public or str(request.base_url).rstrip('/')}{BACK}"


async def _sorry(request: Request, message: str, status: int) -> Response:
    response = await page(request, "error.html", status=status, title="You are not signed in", message=message)
    PENDING.erase(request, response)
    return response
