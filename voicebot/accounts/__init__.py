"""Who may use the pages and the API, what each may do, and what they did."""
