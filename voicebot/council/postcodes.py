"""The postcodes of the council's area, for repairing one that was misheard."""

import sqlite3
from pathlib import Path


def postcodes(database: Path) -> frozenset[str]:
    """Every postcode of an address, as "ZB3 8LP"; none while there is no database."""
    if not database.is_file():
        return frozenset()
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
    try:
        rows = connection.execute("SELECT DISTINCT postcode FROM addresses").fetchall()
    except sqlite3.OperationalError:
        # The database is being built.
        return frozenset()
    finally:
        connection.close()
    return frozenset(str(row[0]) for row in rows)
