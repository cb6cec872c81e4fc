"""People whom the council's own identity provider vouches for, and which account here is theirs."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts.account import Account, is_name, sign_in_name
from voicebot.accounts.audit import Action, Actor, Audit
from voicebot.accounts.keys import digest, utc_now
from voicebot.accounts.models import CredentialRow
from voicebot.accounts.people import People, known_roles
from voicebot.accounts.roles import Role
from voicebot.errors import IdentityRefused, NoSuchAccount
from voicebot.records.database import Database
from voicebot.settings import OidcSettings

OIDC = "oidc"
"""The kind of credential; its subject is the provider and the person's name there, which never change."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider vouches for. ``groups`` is None when it told none."""

    issuer: str
    subject: str
    name: str
    display_name: str
    groups: frozenset[str] | None

    @classmethod
    def of(cls, claims: Mapping[str, Any], settings: OidcSettings) -> "Identity":
        """From the claims of an ID token that has been checked. Raises :class:`IdentityRefused`."""
        name = sign_in_name(str(claims.get(settings.name_claim, "")))
        if not is_name(name):
            raise IdentityRefused(f"The identity provider sent no usable user name ({settings.name_claim})")
        if settings.name_claim == "email" and claims.get("email_verified") is not True:
            raise IdentityRefused("The identity provider has not checked this email address")
        listed = claims.get(settings.groups_claim)
        groups = frozenset(map(str, listed)) if isinstance(listed, list | tuple) else None
        return cls(str(claims["iss"]), str(claims["sub"]), name, str(claims.get("name", "")), groups)


class Identities:
    """Finds, links and makes accounts for identities."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        people: People,
        settings: OidcSettings,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._audit = audit
        self._people = people
        self._settings = settings
        self._now = now

    async def account(self, identity: Identity, address: str) -> Account:
        """The account of ``identity``, linked at its first sign-in, with the roles that its groups give.

        Once linked, only the provider's own name for the person counts: whoever takes over a user name there does not
        take over the account here. Raises :class:`IdentityRefused`.
        """
        actor = Actor("nobody", name="identity provider", address=address)
        roles = self._roles(identity)
        account = await self._linked(identity)
        if account is None:
            account = await self._first(actor, identity, roles)
        if roles is not None and roles != account.roles:
            account = await self._people.set_roles(actor, account.id, roles)
        return account

    def _roles(self, identity: Identity) -> frozenset[Role] | None:
        if not self._settings.roles:
            return None
        given = {role for group in identity.groups or () for role in self._settings.roles.get(group, ())}
        roles = known_roles(given)
        if not roles:
            raise IdentityRefused("None of your groups may use the phone service")
        return roles

    async def _linked(self, identity: Identity) -> Account | None:
        query = select(CredentialRow.account_id).where(
            CredentialRow.kind == OIDC, CredentialRow.subject == _subject(identity)
        )
        async with self._database.session() as session:
            account_id = (await session.execute(query)).scalar_one_or_none()
        return await self._people.by_id(account_id) if account_id else None

    async def _first(self, actor: Actor, identity: Identity, roles: Collection[Role] | None) -> Account:
        try:
            account = await self._people.by_name(identity.name)
        except NoSuchAccount:
            if roles is None:
                raise IdentityRefused(
                    f"There is no account here for {identity.name}. Ask whoever manages accounts"
                ) from None
            account, _ = await self._people.add(actor, identity.name, roles, display_name=identity.display_name)
        async with self._database.session(alone=True) as session:
            if await _has_another(session, account.id, identity.issuer):
                raise IdentityRefused("This account belongs to somebody else at the identity provider")
            session.add(
                CredentialRow(
                    account_id=account.id,
                    kind=OIDC,
                    subject=_subject(identity),
                    secret="",
                    must_change=False,
                    changed_at=self._now(),
                )
            )
            self._audit.put(session, actor, Action.IDENTITY_LINK, account.name, detail={"issuer": identity.issuer})
        return account


async def _has_another(session: AsyncSession, account_id: str, issuer: str) -> bool:
    query = select(CredentialRow.subject).where(CredentialRow.account_id == account_id, CredentialRow.kind == OIDC)
    return any(subject.startswith(_of(issuer)) for subject in (await session.execute(query)).scalars())


def _of(issuer: str) -> str:
    return f"{digest(issuer)[:32]} "


def _subject(identity: Identity) -> str:
    """Fits the column however long a provider's names are (OpenID Connect Core 1.0, section 2: up to 255 each)."""
    return f"{_of(identity.issuer)}{digest(identity.subject)}"
