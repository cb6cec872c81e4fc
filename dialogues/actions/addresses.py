"""Homes that the council's own records don't hold: asked of OS Places or postcodes.io, behind one interface.

Which one is in the environment (``VOICEBOT_ADDRESS_SOURCE``, ``_URL``, ``_KEY``, ``_TIMEOUT_S``), set from the settings.
A caller waits for it, so it has two seconds; when it does not answer, the council's own records are all there is.
"""

import logging
import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import requests

logger = logging.getLogger(__name__)

OS_PLACES = "https://api.os.uk/search/places/v1"
POSTCODES_IO = "https://api.postcodes.io"

_OK, _NOT_FOUND = 200, 404
_REMEMBERED = 2000


class NoAnswer(Exception):
    """The source could not be asked now."""


@dataclass(frozen=True)
class Home:
    """A home as a source tells it."""

    uprn: str
    number: str
    street: str
    town: str
    postcode: str


class Source(Protocol):
    """Where homes are looked up."""

    def homes(self, postcode: str) -> tuple[Home, ...] | None:
        """The homes with that postcode; empty when it exists and its homes are not told, ``None`` when there is no such
        postcode. Raises :class:`NoAnswer`."""
        ...


class OwnRecords:
    """No other source: what is not in the council's records is not known."""

    def homes(self, postcode: str) -> tuple[Home, ...] | None:
        """None."""
        return None


class OsPlaces:
    """The Ordnance Survey's addresses, of Royal Mail's delivery points (DPA)."""

    def __init__(self, key: str, url: str = OS_PLACES, timeout_s: float = 2.0) -> None:
        self._key, self._url, self._timeout_s = key, url, timeout_s

    def homes(self, postcode: str) -> tuple[Home, ...] | None:
        """Every delivery point of the postcode."""
        query = {"postcode": postcode, "dataset": "DPA", "key": self._key}
        status, content = _get(f"{self._url}/postcode", query, self._timeout_s)
        if status != _OK:
            raise NoAnswer(f"OS Places answered {status}")
        found = [_home(each["DPA"]) for each in content.get("results") or [] if "DPA" in each]
        return tuple(home for home in found if home.street and home.number) or None


def _home(point: dict[str, Any]) -> Home:
    number = point.get("SUB_BUILDING_NAME") or point.get("BUILDING_NUMBER") or point.get("BUILDING_NAME") or ""
    if point.get("SUB_BUILDING_NAME") and point.get("BUILDING_NUMBER"):
        number = f"{point['SUB_BUILDING_NAME']}, {point['BUILDING_NUMBER']}"
    street = point.get("THOROUGHFARE_NAME") or point.get("DEPENDENT_THOROUGHFARE_NAME") or ""
    return Home(
        str(point.get("UPRN", "")),
        str(number).upper() if str(number)[:1].isdigit() else str(number).title(),
        str(street).title(),
        str(point.get("POST_TOWN", "")).title(),
        str(point.get("POSTCODE", "")),
    )


class PostcodesIo:
    """Only whether a postcode exists: one that does is not taken for another that sounds like it."""

    def __init__(self, url: str = POSTCODES_IO, timeout_s: float = 2.0) -> None:
        self._url, self._timeout_s = url, timeout_s

    def homes(self, postcode: str) -> tuple[Home, ...] | None:
        """Empty when the postcode exists."""
        status, _ = _get(f"{self._url}/postcodes/{requests.utils.quote(postcode)}", {}, self._timeout_s)
        if status not in (_OK, _NOT_FOUND):
            raise NoAnswer(f"postcodes.io answered {status}")
        return () if status == _OK else None


def _get(url: str, query: dict[str, str], timeout_s: float) -> tuple[int, dict[str, Any]]:
    try:
        answer = requests.get(url, params=query, timeout=timeout_s, headers={"Accept": "application/json"})
        content = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise NoAnswer(type(error).__name__) from error
    return answer.status_code, content if isinstance(content, dict) else {}


@lru_cache(maxsize=1)
def source() -> Source:
    """The source that the environment names."""
    named = os.environ.get("VOICEBOT_ADDRESS_SOURCE", "")
    url = os.environ.get("VOICEBOT_ADDRESS_URL", "")
    timeout_s = float(os.environ.get("VOICEBOT_ADDRESS_TIMEOUT_S") or 2.0)
    if named == "os_places":
        return OsPlaces(os.environ.get("VOICEBOT_ADDRESS_KEY", ""), url or OS_PLACES, timeout_s)
    if named == "postcodes_io":
        return PostcodesIo(url or POSTCODES_IO, timeout_s)
    return OwnRecords()


_known: dict[str, tuple[Home, ...] | None] = {}
"""What was answered, by postcode."""


def homes_at(postcode: str) -> tuple[Home, ...] | None:
    """As :meth:`Source.homes`; also ``None`` when the source does not answer now. The postcode is not logged."""
    if postcode not in _known:
        try:
            found = source().homes(postcode)
        except NoAnswer as error:
            logger.warning("addresses can't be looked up: %s", error)
            return None
        if len(_known) >= _REMEMBERED:
            _known.clear()
        _known[postcode] = found
    return _known[postcode]


def home(street: str, number: str) -> Home | None:
    """A home that was found by its postcode before, in this process."""
    wanted = number.upper()
    every = (each for homes in _known.values() for each in homes or ())
    return next((each for each in every if each.street == street and each.number.upper() == wanted), None)


def home_of(uprn: str) -> Home | None:
    """The same by its UPRN."""
    return next((each for homes in _known.values() for each in homes or () if each.uprn == uprn), None)
