"""Speech models that come with the package, and the recipe that makes them."""
