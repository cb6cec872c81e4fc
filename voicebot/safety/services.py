"""Which service of the council's an emergency belongs to."""

SERVICE_OF_RULE = {
    "abuse_child": "childrens_services",
    "abuse_adult": "adult_social_care",
    "nowhere_safe_tonight": "homelessness",
    "dangerous_structure": "planning",
    "repairs_emergency": "housing_repairs",
    "damp_mould_hazard": "housing_repairs",
    "highways_emergency": "highways",
}
"""Whose emergency it is; those not named belong to no service of the council's."""
