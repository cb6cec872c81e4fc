"""What the settings say about trunks and callers, with the passwords that the environment holds."""

import asyncio
import ipaddress
import os
from random import SystemRandom

from voicebot.errors import ConfigurationError
from voicebot.settings import SipSettings
from voicebot.telephony.sip.challenger import Account, Challenger
from voicebot.telephony.sip.digest import Algorithm
from voicebot.telephony.sip.health import Health
from voicebot.telephony.sip.hosts import Hosts
from voicebot.telephony.sip.resolver import DnsRecords
from voicebot.telephony.sip.routing import Router
from voicebot.telephony.sip.trunk import Trunk, TrunkLine


def make_router(settings: SipSettings, line: TrunkLine, hosts: Hosts, health: Health) -> Router:
    """The ways that the settings describe. Raises :class:`ConfigurationError` naming what is wrong."""
    bind = ipaddress.ip_address(settings.bind)
    both = bind.version == 6 and bind.is_unspecified
    records = DnsRecords(settings.dns_servers, ipv4=both or bind.version == 4, ipv6=bind.version == 6)
    names = [trunk.name for trunk in settings.trunks]
    if len(set(names)) != len(names):
        raise ConfigurationError("sip.trunks: two trunks have the same name")
    random = SystemRandom()
    trunks = [
        Trunk(
            trunk,
            password_of(trunk.password_env, f"sip.trunks: {trunk.name}") if trunk.password_env else None,
            line,
            records,
            health,
            random,
            learn=hosts.learn,
            failover_s=settings.failover_s,
        )
        for trunk in settings.trunks
    ]
    return Router(
        trunks,
        records,
        health,
        random,
        allowed=hosts.peer,
        now=lambda: asyncio.get_running_loop().time(),
    )


def make_challenger(settings: SipSettings, router: Router) -> Challenger | None:
    """Asks the callers for passwords that the settings say must give one; None when there are none."""
    if not settings.callers:
        return None
    accounts = [
        Account(caller.user, password_of(caller.password_env, f"sip.callers: {caller.user}"), tuple(caller.networks))
        for caller in settings.callers
    ]
    algorithms = [Algorithm(name) for name in settings.digest_algorithms]
    return Challenger(settings.realm, accounts, algorithms, exempt=lambda host: router.trunk_at(host) is not None)


def password_of(variable: str, whose: str) -> str:
    """A password from the environment. Raises :class:`ConfigurationError` when it is not there."""
    password = os.environ.get(variable, "")
    if not password:
        raise ConfigurationError(f"{whose}: set the environment variable {variable} to the password")
    return password
