"""The tables of the synthetic council and what its household waste rules say.

``SEEDED_TABLES`` are written anew by :func:`voicebot.council.seed.build`; ``CALLERS_TABLES`` hold what callers
left (reports, bookings) and are only ever created.
"""

SEEDED_TABLES: dict[str, str] = {
    "meta": "key TEXT PRIMARY KEY, value TEXT NOT NULL",
    "addresses": (
        "uprn TEXT PRIMARY KEY, number TEXT NOT NULL, street TEXT NOT NULL, town TEXT NOT NULL,"
        " postcode TEXT NOT NULL, ward TEXT NOT NULL, council_home INTEGER NOT NULL"
    ),
    "containers": "uprn TEXT NOT NULL, kind TEXT NOT NULL",
    "rounds": "street TEXT NOT NULL, kind TEXT NOT NULL, first_day TEXT NOT NULL, every_days INTEGER NOT NULL",
    "holidays": "day TEXT PRIMARY KEY, moved_to TEXT NOT NULL",
    "council_tax": "reference TEXT PRIMARY KEY, name TEXT NOT NULL, uprn TEXT NOT NULL, band TEXT NOT NULL",
    "street_lights": "column_number TEXT PRIMARY KEY, street TEXT NOT NULL, house TEXT NOT NULL",
    "councillors": "ward TEXT NOT NULL, name TEXT NOT NULL, phone TEXT NOT NULL",
    "offices": (
        "name TEXT PRIMARY KEY, called TEXT NOT NULL, place TEXT NOT NULL, hours TEXT NOT NULL, days TEXT NOT NULL"
    ),
    "capacity": "kind TEXT NOT NULL, part TEXT NOT NULL, per_day INTEGER NOT NULL",
    "waste_items": "item TEXT PRIMARY KEY, advice TEXT NOT NULL",
}
"""Column definitions by table; services add theirs (:mod:`voicebot.council.services`)."""

CALLERS_TABLES: tuple[str, ...] = (
    "CREATE TABLE IF NOT EXISTS reports (reference TEXT PRIMARY KEY, kind TEXT NOT NULL, service TEXT NOT NULL,"
    " call TEXT NOT NULL, uprn TEXT, place TEXT, details TEXT NOT NULL, at TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS bookings (reference TEXT NOT NULL, kind TEXT NOT NULL, day TEXT NOT NULL,"
    " part TEXT NOT NULL)",
)
"""What calls write. ``details`` is JSON, ``at`` an ISO time with zone, ``call`` the call's id."""

BIN_COLOURS: dict[str, str] = {"rubbish": "black", "recycling": "blue", "garden": "brown", "food": "green caddy"}
"""The colour by which callers know each container."""

_RECYCLING = "goes in the blue recycling bin, rinsed and loose"
_RUBBISH = "goes in the black rubbish bin"
_FOOD = "goes in the green food caddy"
_GARDEN = "goes in the brown garden waste bin"
_TIP = "goes to the recycling centre on Quarry Close, not in any bin"
_SHOP = "goes back to a shop that sells them, or to the recycling centre"

WASTE_ITEMS: tuple[tuple[str, str], ...] = (
    ("cardboard", "goes in the blue recycling bin, flattened"),
    ("paper", _RECYCLING.replace(", rinsed", ", clean")),
    ("glass", _RECYCLING),
    ("bottles", _RECYCLING),
    ("jars", _RECYCLING),
    ("plastic bottles", _RECYCLING),
    ("plastic", "goes in the blue recycling bin if it is a bottle, pot, tub or tray"),
    ("yoghurt pots", _RECYCLING),
    ("tins", _RECYCLING),
    ("cans", _RECYCLING),
    ("foil", "goes in the blue recycling bin, clean and scrunched into a ball"),
    ("cartons", _RECYCLING),
    ("newspapers", _RECYCLING.replace(", rinsed", ", dry")),
    ("envelopes", _RECYCLING.replace(", rinsed", ", dry")),
    ("pizza boxes", "go in the blue recycling bin if they are clean, and in the black bin if they are greasy"),
    ("aerosols", "go in the blue recycling bin, empty"),
    ("carrier bags", "go to the collection points of large supermarkets"),
    ("crisp packets", "go to the collection points of large supermarkets"),
    ("polystyrene", _RUBBISH),
    ("nappies", "go in the black rubbish bin, bagged"),
    ("cat litter", "goes in the black rubbish bin, bagged"),
    ("dog poo", "goes in the black rubbish bin, double bagged"),
    ("ash", "goes in the black rubbish bin, cold and bagged"),
    ("wet wipes", "go in the black rubbish bin"),
    ("cups", "go in the black rubbish bin"),
    ("food", _FOOD),
    ("bones", "go in the green food caddy"),
    ("tea bags", "go in the green food caddy"),
    ("vegetable peelings", "go in the green food caddy"),
    ("egg shells", "go in the green food caddy"),
    ("leaves", "go in the brown garden waste bin"),
    ("grass", _GARDEN),
    ("hedge cuttings", "go in the brown garden waste bin"),
    ("branches", "go in the brown garden waste bin if they are thinner than your wrist"),
    ("soil", _TIP),
    ("rubble", _TIP),
    ("plasterboard", _TIP),
    ("wood", _TIP),
    ("metal", _TIP),
    ("paint", "goes in the black bin once it has dried out, or to the recycling centre"),
    ("oil", _TIP),
    ("batteries", _SHOP.replace("goes", "go")),
    ("light bulbs", _SHOP.replace("goes", "go")),
    ("television", _TIP),
    ("kettle", _TIP),
    ("toaster", _TIP),
    ("electricals", "go to the recycling centre on Quarry Close, or in a tied bag on top of your blue bin"),
    ("clothes", "go to a charity shop or a textile bank, or to the recycling centre"),
    ("shoes", "go to a charity shop or a textile bank, in pairs"),
    ("mattress", "can be taken to the recycling centre, or I can book a bulky collection"),
    ("sofa", "can be taken to the recycling centre, or I can book a bulky collection"),
    ("fridge", "can be taken to the recycling centre, or I can book a bulky collection"),
    ("gas bottles", _TIP),
    ("asbestos", "must never go in a bin: ask a person here for a licensed collection"),
    ("needles", "must never go in a bin: your pharmacist or our clinical collection takes them"),
    ("vapes", "go back to a shop that sells them, never in a bin"),
    ("coffee pods", _TIP),
    ("christmas tree", "goes in the brown garden waste bin, cut up, or to the recycling centre"),
)
"""(item as it is said, what to do with it); the bot says "cardboard goes in …"."""
