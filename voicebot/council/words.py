"""Word stock of the fictitious council that the examples are about.

Everything here is synthetic.  ``Norbury Vale Council`` is not a real authority,
the towns are invented, the postcodes lie in the area ``ZB``, which does not
exist, and no name belongs to a particular person.  The example dialogues, the
speech recogniser's training text and the tests share this one stock, so that a
street which the bot can look up is also a street which the recogniser has heard.

The module uses the standard library only and runs on Python 3.10 and later,
because dialogue actions may run under another interpreter than the telephony.
"""

from __future__ import annotations

from functools import lru_cache

COUNCIL_NAME = "Norbury Vale Council"
"""Name of the fictitious council as it is spoken and written."""

POSTCODE_AREA = "ZB"
"""Postcode area of every address; it is not in use anywhere in Britain."""

POSTCODE_DISTRICTS = 9
"""Number of districts, ``ZB1`` to ``ZB9``."""

POSTCODES_PER_STREET = 3
"""How many postcodes each street has."""

STREETS: tuple[str, ...] = (
    "Station Road",
    "Mill Lane",
    "Quarry Close",
    "High Street",
    "Church Lane",
    "Victoria Road",
    "Park Avenue",
    "Manor Drive",
    "Orchard Way",
    "Chapel Street",
    "London Road",
    "Queens Road",
    "Kings Avenue",
    "Albert Street",
    "Windsor Gardens",
    "Springfield Road",
    "Green Lane",
    "Grange Road",
    "School Lane",
    "North Street",
    "South View",
    "West Parade",
    "East Terrace",
    "Bridge Street",
    "Castle Hill",
    "Canal Walk",
    "Riverside Court",
    "Meadow Rise",
    "Highfield Crescent",
    "Woodlands Avenue",
    "Beech Grove",
    "Oak Tree Drive",
    "Willow Court",
    "Hawthorn Close",
    "Rowan Way",
    "Sycamore Avenue",
    "Cedar Mews",
    "Holly Bank",
    "Elm Terrace",
    "Larch Crescent",
    "Nightingale Road",
    "Kestrel Close",
    "Swan Street",
    "Foundry Row",
    "Weavers Yard",
    "Tanners Row",
    "Cobblers Hill",
    "Market Place",
    "Abbey Gardens",
    "Priory Road",
    "Jubilee Street",
    "Coronation Avenue",
    "Alexandra Parade",
    "Gladstone Terrace",
    "Wellington Road",
    "Trafalgar Square",
    "Leicester Street",
    "Belvoir Close",
    "Alnwick Drive",
    "Happisburgh Road",
    "Featherstonehaugh Way",
    "Ullswater Crescent",
    "Ridgeway",
    "Sixth Avenue",
)
"""Streets; a few at the end are hard to hear or to spell, on purpose."""

TOWNS: tuple[str, ...] = (
    "Norbury Vale",
    "Ashcombe",
    "Little Harrow",
    "Thornwick",
    "Market Selby",
    "Brackenford",
    "Westerdale",
    "Upper Marling",
)
"""Towns and villages; the first is the seat of the council."""

FIRST_NAMES: tuple[str, ...] = (
    "John",
    "Margaret",
    "David",
    "Susan",
    "Peter",
    "Patricia",
    "Michael",
    "Linda",
    "James",
    "Sarah",
    "Thomas",
    "Emily",
    "George",
    "Charlotte",
    "William",
    "Jessica",
    "Daniel",
    "Rebecca",
    "Matthew",
    "Claire",
    "Alan",
    "Jean",
    "Brian",
    "Dorothy",
    "Kevin",
    "Helen",
    "Robert",
    "Karen",
    "Mohammed",
    "Fatima",
    "Ahmed",
    "Aisha",
    "Imran",
    "Zainab",
    "Hassan",
    "Nadia",
    "Priya",
    "Raj",
    "Sanjay",
    "Anita",
    "Gurpreet",
    "Harpreet",
    "Deepak",
    "Meera",
    "Chidi",
    "Ngozi",
    "Kwame",
    "Abena",
    "Marcus",
    "Chantelle",
    "Piotr",
    "Agnieszka",
    "Tomasz",
    "Katarzyna",
    "Andrei",
    "Elena",
    "Wei",
    "Mei",
    "Siobhan",
    "Declan",
    "Rhys",
    "Megan",
    "Hamish",
    "Fiona",
)
"""First names from many of the communities of Britain."""

SURNAMES: tuple[str, ...] = (
    "Smith",
    "Jones",
    "Taylor",
    "Brown",
    "Williams",
    "Wilson",
    "Johnson",
    "Davies",
    "Robinson",
    "Wright",
    "Thompson",
    "Evans",
    "Walker",
    "White",
    "Roberts",
    "Green",
    "Hall",
    "Wood",
    "Jackson",
    "Clarke",
    "Harris",
    "Cooper",
    "Turner",
    "Hughes",
    "Edwards",
    "Baker",
    "Morgan",
    "Murphy",
    "Kelly",
    "O'Brien",
    "Campbell",
    "MacDonald",
    "Stewart",
    "Fraser",
    "Khan",
    "Ahmed",
    "Hussain",
    "Ali",
    "Begum",
    "Malik",
    "Patel",
    "Singh",
    "Kaur",
    "Sharma",
    "Shah",
    "Gupta",
    "Okafor",
    "Adeyemi",
    "Mensah",
    "Boateng",
    "Nwosu",
    "Francis",
    "Kowalski",
    "Nowak",
    "Wozniak",
    "Popescu",
    "Ionescu",
    "Chen",
    "Wong",
    "Nguyen",
    "Cohen",
    "Featherstone",
    "Pritchard",
    "Yilmaz",
)
"""Surnames from many of the communities of Britain."""

SCHOOLS: tuple[str, ...] = (
    "Ashcombe Primary School",
    "Thornwick Infant School",
    "Mill Lane Primary School",
    "Saint Aidan's Catholic Primary School",
    "Riverside Junior School",
    "Brackenford Church of England Primary School",
    "Norbury Vale Academy",
    "Castle Hill High School",
    "Westerdale Community College",
    "Oak Tree Special School",
)
"""Schools in the council's area."""

OFFICES: tuple[str, ...] = (
    "Norbury Vale Town Hall",
    "Ashcombe Civic Centre",
    "Thornwick Library",
    "Brackenford Contact Point",
    "Market Selby Register Office",
    "Westerdale Leisure Centre",
    "Quarry Close Recycling Centre",
)
"""Offices and other places of the council that citizens may visit."""

_INWARD_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
"""Letters that Royal Mail allows in the inward half (no C, I, K, M, O, V)."""


@lru_cache(maxsize=1)
def street_postcodes() -> dict[str, tuple[str, ...]]:
    """Return the postcodes of every street, always the same.

    Keys are the entries of :data:`STREETS`; each value holds
    :data:`POSTCODES_PER_STREET` different postcodes such as ``"ZB3 8LP"``,
    all in one district.  No postcode belongs to two streets.
    """
    state = 20_240_501
    taken: set[str] = set()
    result: dict[str, tuple[str, ...]] = {}
    for number, street in enumerate(STREETS):
        district = number % POSTCODE_DISTRICTS + 1
        codes: list[str] = []
        while len(codes) < POSTCODES_PER_STREET:
            # A linear congruential generator: the same list on every Python version.
            state = (state * 1_103_515_245 + 12_345) % 2**31
            value = state >> 8
            sector = value % 10
            first = _INWARD_LETTERS[value // 10 % len(_INWARD_LETTERS)]
            second = _INWARD_LETTERS[value // 10 // len(_INWARD_LETTERS) % len(_INWARD_LETTERS)]
            code = f"{POSTCODE_AREA}{district} {sector}{first}{second}"
            if code not in taken:
                taken.add(code)
                codes.append(code)
        result[street] = tuple(codes)
    # The address that examples and manuals use is fixed by hand.
    result["Quarry Close"] = ("ZB3 8LP", *result["Quarry Close"][1:])
    return result


def postcodes() -> tuple[str, ...]:
    """Return every postcode of the council's area in the order of the streets."""
    return tuple(code for codes in street_postcodes().values() for code in codes)


def street_of(postcode: str) -> str | None:
    """Return the street that a postcode belongs to, or ``None``.

    ``postcode`` may be written in lower case and with or without the space.
    """
    wanted = "".join(postcode.upper().split())
    for street, codes in street_postcodes().items():
        if wanted in (code.replace(" ", "") for code in codes):
            return street
    return None


def town_of(street: str) -> str:
    """Return the town of a street of :data:`STREETS`; ``ValueError`` if unknown."""
    return TOWNS[STREETS.index(street) % POSTCODE_DISTRICTS % len(TOWNS)]
