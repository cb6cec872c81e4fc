"""What the council's services keep records of: a module for each service, found by being here.

A module has ``TABLES`` (columns by table, as in :data:`voicebot.council.tables.SEEDED_TABLES`) and
``rows(choose, homes)``, which gives the rows by table. ``choose`` is the module's own source of chance, so that a new
service changes nothing in the others.
"""

import importlib
import pkgutil
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

Rows = Mapping[str, Iterable[tuple[object, ...]]]


@dataclass(frozen=True, slots=True)
class Home:
    """A home, and who lives there as far as the council tax account says."""

    uprn: str
    number: str
    street: str
    town: str
    postcode: str
    ward: str
    council_home: bool
    account: str
    holder: str


class ServiceRecords(Protocol):
    """A module of this package."""

    TABLES: Mapping[str, str]

    def rows(self, choose: random.Random, homes: Sequence[Home]) -> Rows:
        """The rows of its tables."""
        ...


def service_records() -> dict[str, ServiceRecords]:
    """Every module of this package by its name, in the order of the names."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: cast(ServiceRecords, importlib.import_module(f"{__name__}.{name}")) for name in names}
