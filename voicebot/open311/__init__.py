"""Open311 GeoReport v2 (wiki.open311.org/GeoReport_v2): reports in the systems of the teams that deal with them."""
