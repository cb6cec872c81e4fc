"""The web application: the pages and the API on records and accounts."""

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from voicebot.accounts.service import Accounts, open_accounts
from voicebot.errors import ConfigurationError, NoSuchAccount, RecordsUnavailable, SignInBusy
from voicebot.facts.defaults import council_defaults
from voicebot.facts.model import CouncilFacts
from voicebot.facts.store import FactsStore
from voicebot.flows.studio import Studio
from voicebot.handoff.desk import Desk
from voicebot.handoff.titles import Titles
from voicebot.records.database import RecordRejected
from voicebot.records.store import RecordStore
from voicebot.settings import Settings
from voicebot.web import (
    account_pages,
    agent,
    api,
    audit_page,
    call_audio,
    failures,
    manage_accounts,
    second_factor,
    sign_in,
    status,
    supervisor,
    supervisor_calls,
    supervisor_reports,
    work,
)
from voicebot.web.admin.routes import routes as admin_routes
from voicebot.web.media_status import MediaStatusSource
from voicebot.web.oidc import OidcSignIn
from voicebot.web.phone import Phone
from voicebot.web.phone_links import PhoneLinks
from voicebot.web.security import BodyLimit, SecurityHeaders
from voicebot.web.state import Services
from voicebot.web.static_files import BuiltFiles
from voicebot.web.tokens import api_token

log = structlog.get_logger(__name__)


def create_app(
    settings: Settings, store: RecordStore, media: MediaStatusSource, accounts: Accounts | None = None
) -> Starlette:
    """The application on a store and the media process's status; the caller closes the store.

    ``accounts`` are those in the store's database unless given. Raises
    :class:`~voicebot.errors.ConfigurationError` when there can be no API token.
    """
    proxies = [str(network) for network in settings.web.trusted_proxies]
    app = Starlette(
        routes=[
            *status.routes(),
            *api.routes(),
            *sign_in.routes(),
            *(OidcSignIn(settings.oidc).routes() if settings.oidc.issuer else ()),
            *account_pages.routes(),
            *second_factor.routes(),
            *manage_accounts.routes(),
            *audit_page.routes(),
            *agent.routes(),
            *work.routes(),
            *call_audio.routes(),
            *supervisor.routes(),
            *supervisor_calls.routes(),
            *supervisor_reports.routes(),
            *(Phone(PhoneLinks(settings)).routes() if settings.browser.enabled else ()),
            *admin_routes(),
            Mount("/static", BuiltFiles(), name="static"),
        ],
        middleware=[
            Middleware(ProxyHeadersMiddleware, trusted_hosts=proxies),
            Middleware(SecurityHeaders),
            Middleware(BodyLimit),
        ],
        exception_handlers={
            HTTPException: failures.refused,
            NoSuchAccount: failures.missing,
            RecordRejected: failures.unusable,
            RecordsUnavailable: failures.unavailable,
            SignInBusy: failures.busy,
            500: failures.broken,
        },
    )
    accounts = accounts or open_accounts(settings, store.database)
    facts = _facts(settings)
    app.state.services = Services(
        settings,
        store,
        media,
        accounts,
        Studio(settings, store.database, accounts.audit, now=accounts.now),
        FactsStore(store.database, facts, now=accounts.now),
        api_token(settings),
        Desk(store.database, settings.handoff),
        Titles.load(settings.dialogue.project),
        _queues(settings, facts),
    )
    return app


def _facts(settings: Settings) -> CouncilFacts:
    """The council's defaults; none when they are wrong: pages are wanted all the same, and the check says what is."""
    try:
        return council_defaults(settings)
    except ConfigurationError as error:
        log.warning("web.no_facts", error=type(error).__name__)
        return CouncilFacts()


def _queues(settings: Settings, facts: CouncilFacts) -> dict[str, str]:
    """Every queue that is known, and what its team is called."""
    names = {name: "" for name in settings.handoff.queues if name != "default"}
    return names | {name: queue.title for name, queue in facts.queue.items()}
