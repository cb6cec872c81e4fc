"""What other systems are told: kept in the database with what it is about, and sent until they have it."""
