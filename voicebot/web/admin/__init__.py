"""``/admin/``: the pages of those who look after what the phone says, and the JSON that they speak.

The pages are a React application (``frontend/src/admin``); each module here is one part of its API. Everything goes by
session, role and CSRF token, as every page does (:mod:`voicebot.web.access`).
"""
