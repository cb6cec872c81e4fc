import { Link } from "./context";
import type { Page } from "./route";
import type { Finding, Place } from "./types";

/** The page on which a place is edited. */
export function pageOf(place: Place, usedBy: string[] = []): Page {
  switch (place.kind) {
    case "need":
    case "examples":
      return { name: "flow", intent: place.name, view: place.kind === "examples" ? "examples" : "outline" };
    case "form":
      return { name: "flow", intent: place.name.replace(/_form$/, ""), view: "outline" };
    case "response":
    case "question": {
      const intent = usedBy[0];
      if (intent) return { name: "flow", intent, view: "outline" };
      return { name: "words", service: place.service || "none" };
    }
    case "safety":
      return { name: "safety" };
    case "service":
      return { name: "service", service: place.name };
    default:
      return place.service ? { name: "service", service: place.service } : { name: "flows" };
  }
}

/** Findings, each leading to its place. */
export function Findings({ findings }: { findings: Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <ul className="govuk-list admin-findings">
      {findings.map((finding) => (
        <li key={`${finding.check}${finding.place.name}${finding.place.field}${finding.message}`}>
          <FindingText finding={finding} />{" "}
          <Link to={pageOf(finding.place)}>
            Go there<span className="govuk-visually-hidden">: {finding.message}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

export function FindingText({ finding }: { finding: Finding }) {
  return (
    <>
      <strong>{finding.severity === "error" ? "Problem:" : "Look at this:"}</strong> {finding.message}
    </>
  );
}

/** What was found about a field, beside it. */
export function Beside({ findings }: { findings: Finding[] }) {
  return (
    <div role="status">
      {findings.map((finding) => (
        <p key={`${finding.check}${finding.message}`} className={`admin-beside admin-beside--${finding.severity}`}>
          <FindingText finding={finding} />
        </p>
      ))}
    </div>
  );
}
