"""A second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when the phone is lost."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts import throttle
from voicebot.accounts.account import Account
from voicebot.accounts.audit import Action, Actor, Audit
from voicebot.accounts.keys import READABLE, digest, utc_now
from voicebot.accounts.models import CredentialRow
from voicebot.accounts.throttle import Admission, Rule
from voicebot.accounts.vault import Vault
from voicebot.errors import AccountError
from voicebot.records.database import Database

TOTP, RECOVERY = "totp", "recovery"
"""Kinds of credential. A TOTP secret must be read to be compared, so it is sealed; a recovery code's row holds its
fingerprint."""
_CODES, _GROUPS, _GROUP = 10, 3, 4
_WINDOW = 1
"""Steps of 30 s that a clock may be off (RFC 6238, section 5.2)."""
_TO_CONFIRM = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an app is told: ``secret`` to type, ``uri`` to photograph; ``ticket`` carries it until it is confirmed."""

    secret: str
    uri: str
    ticket: str


class SecondFactor:
    """Sets up, checks and removes it. ``issuer`` is what the app shows beside the user name."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        vault: Vault,
        *,
        issuer: str,
        rule: Rule,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._audit = audit
        self._vault = vault
        self._issuer = issuer
        self._rule = rule
        self._now = now

    def begin(self, account: Account) -> Enrolment:
        """A new secret, which counts only once a code of it has been seen."""
        secret = pyotp.random_base32()
        return self._enrolment(account, secret, self._vault.seal({"of": account.id, "secret": secret}, self._now()))

    def again(self, account: Account, ticket: str) -> Enrolment:
        """The same secret once more, for who mistyped a code; a new one if the ticket is no good."""
        opened = self._vault.open(ticket, self._now(), valid_s=int(_TO_CONFIRM.total_seconds()))
        if opened is None or opened.get("of") != account.id:
            return self.begin(account)
        return self._enrolment(account, str(opened["secret"]), ticket)

    def _enrolment(self, account: Account, secret: str, ticket: str) -> Enrolment:
        uri = pyotp.TOTP(secret).provisioning_uri(name=account.name, issuer_name=self._issuer)
        return Enrolment(secret, uri, ticket)

    async def confirm(self, actor: Actor, account: Account, ticket: str, code: str) -> list[str]:
        """Begin to ask for codes at the sign-in; the recovery codes, which are not kept in clear.

        Raises :class:`AccountError` when the code is not one of the secret's or the set-up took too long.
        """
        now = self._now()
        opened = self._vault.open(ticket, now, valid_s=int(_TO_CONFIRM.total_seconds()))
        if opened is None or opened.get("of") != account.id:
            raise AccountError("Setting this up took too long. Scan the new code")
        secret = str(opened["secret"])
        step = _step_of(secret, code, now)
        if step is None:
            raise AccountError("The code is not right. Enter the one that the app shows now")
        codes = [_recovery_code() for _ in range(_CODES)]
        async with self._database.session() as session:
            await self._forget(session, account.id)
            sealed = self._vault.seal({"secret": secret, "used": step}, now)
            session.add(_row(account.id, TOTP, "", sealed, now))
            session.add_all(_row(account.id, RECOVERY, self._fingerprint(code), "", now) for code in codes)
            self._audit.put(session, actor, Action.SECOND_FACTOR_ADD, account.name)
        return codes

    async def remove(self, actor: Actor, account: Account) -> bool:
        """Ask for no code any more; False when none was asked for."""
        async with self._database.session() as session:
            had = await self._forget(session, account.id)
            await throttle.clear(session, _tries(account.id))
            if had:
                self._audit.put(session, actor, Action.SECOND_FACTOR_REMOVE, account.name)
        return had

    async def is_on(self, account: Account) -> bool:
        """Whether ``account`` is asked for a code."""
        async with self._database.session() as session:
            return await self.wanted(session, account.id)

    async def codes_left(self, account: Account) -> int:
        """How many recovery codes have not been used."""
        query = select(func.count()).where(CredentialRow.account_id == account.id, CredentialRow.kind == RECOVERY)
        async with self._database.session() as session:
            return (await session.execute(query)).scalar_one()

    @staticmethod
    async def wanted(session: AsyncSession, account_id: str) -> bool:
        """The same within a transaction."""
        query = select(CredentialRow.id).where(CredentialRow.account_id == account_id, CredentialRow.kind == TOTP)
        return (await session.execute(query)).first() is not None

    async def count(self, session: AsyncSession, account_id: str) -> Admission:
        """Count a try, in a transaction that must be ``alone``."""
        return await throttle.admit(session, _tries(account_id), self._rule, self._now())

    async def prove(self, session: AsyncSession, account_id: str, code: str) -> str | None:
        """Which kind of code this is: :data:`TOTP` or :data:`RECOVERY`; either is good once. None: neither."""
        query = select(CredentialRow).where(CredentialRow.account_id == account_id, CredentialRow.kind == TOTP)
        row = (await session.execute(query.with_for_update())).scalar_one_or_none()
        kept = self._vault.open(row.secret, self._now()) if row is not None else None
        kind: str | None = None
        if row is not None and kept is not None:
            step = _step_of(str(kept["secret"]), code, self._now())
            if step is not None and step > int(kept["used"]):
                row.secret = self._vault.seal({**kept, "used": step}, self._now())
                kind = TOTP
        if kind is None:
            used = delete(CredentialRow).where(
                CredentialRow.account_id == account_id,
                CredentialRow.kind == RECOVERY,
                CredentialRow.subject == self._fingerprint(code),
            )
            kind = RECOVERY if (await session.execute(used.returning(CredentialRow.id))).all() else None
        if kind is not None:
            await throttle.clear(session, _tries(account_id))
        return kind

    @staticmethod
    async def _forget(session: AsyncSession, account_id: str) -> bool:
        gone = delete(CredentialRow).where(
            CredentialRow.account_id == account_id, CredentialRow.kind.in_((TOTP, RECOVERY))
        )
        return bool((await session.execute(gone.returning(CredentialRow.id))).all())

    def _fingerprint(self, code: str) -> str:
        return self._vault.fingerprint("".join(c for c in code.lower() if c.isalnum()))


def _row(account_id: str, kind: str, subject: str, secret: str, now: datetime) -> CredentialRow:
    return CredentialRow(
        account_id=account_id, kind=kind, subject=subject, secret=secret, must_change=False, changed_at=now
    )


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step of which ``code`` is, if it is one of now."""
    digits = "".join(code.split())
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(digits, for_time=now, valid_window=_WINDOW)
    except OTPVerificationError:
        return None


def _recovery_code() -> str:
    """About 59 bits, in letters that can be copied from paper."""
    return "-".join("".join(secrets.choice(READABLE) for _ in range(_GROUP)) for _ in range(_GROUPS))


def _tries(account_id: str) -> str:
    return digest(f"code:{account_id}")
