"""The first page: what this is, whether it works, where to go. Plain HTML that every reader can use."""

from html import escape
from pathlib import Path

from voicebot.settings import Settings
from voicebot.web.readiness import Readiness

STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")

_WORDS = {"media": "Phone line", "speech": "Hearing and speaking", "dialogue": "Dialogue", "database": "Records"}


def home(settings: Settings, state: Readiness) -> str:
    """The page at ``/``."""
    council = escape(settings.council)
    status = "Calls can be taken." if state.ready else "Calls can’t be taken now: a part below is not working."
    rows = "".join(
        f'<tr><th scope="row">{_WORDS[part]}</th><td>{"Working" if well else "Not working"}</td></tr>'
        for part, well in state.parts.items()
    )
    return f"""<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Phone service – {council}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<a class="skip" href="#main">Skip to main content</a>
<header><p>{council}</p></header>
<main id="main">
<h1>Phone service</h1>
<p class="lead">An automated assistant answers this council’s phone, deals with everyday requests, and hands the caller
to a person with what it has learned.</p>
<h2>Now</h2>
<p role="status"><strong>{status}</strong> Calls in progress: {state.calls}.</p>
<table>
<caption>Parts of the service</caption>
<thead><tr><th scope="col">Part</th><th scope="col">State</th></tr></thead>
<tbody>{rows}</tbody>
</table>
<h2>For developers and operators</h2>
<ul>
<li><a href="/openapi.json">Description of the API</a> (OpenAPI). Calls are at <code>/api/v1/calls</code>, with the
API token as a bearer token.</li>
<li><a href="/readyz">Readiness</a>, for load balancers</li>
<li><a href="/metrics">Metrics</a>, for Prometheus</li>
</ul>
</main>
<footer><p>Free software under the GNU General Public License, version 3 or later.</p></footer>
</body>
</html>
"""
