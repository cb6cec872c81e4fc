import { lazy, Suspense, useState } from "react";
import { Button } from "../../shared/Button";
import { Problem } from "../../shared/Notices";
import { get } from "../api";
import { Heading, Link, useLoaded, useMayEdit, useShown, useWorkspace } from "../context";
import { Findings } from "../Findings";
import { Outline } from "../Outline";
import { about } from "../state";
import type { Finding, Flow, ServicesView } from "../types";
import { capital, day, KINDS, plain } from "../words";
import { Examples } from "./Examples";

const GraphView = lazy(() => import("../GraphView").then((module) => ({ default: module.GraphView })));

type View = "outline" | "graph" | "examples";

const VIEWS: readonly (readonly [View, string])[] = [
  ["outline", "Outline"],
  ["graph", "Graph"],
  ["examples", "How callers say it"],
];

/** Everything about one thing that callers ring about. */
export function FlowPage({ intent, view }: { intent: string; view: View }) {
  const { route, stamp, findings } = useShown();
  const of = encodeURIComponent(route.draft);
  const loaded = useLoaded(`flow ${intent} ${of} ${stamp}`, () =>
    get<Flow>(`flows/${encodeURIComponent(intent)}?of=${of}`),
  );
  const services = useLoaded(`services ${of}`, () => get<ServicesView>(`services?of=${of}`));
  if (loaded.problem) return <Problem title={loaded.problem} />;
  const flow = loaded.value;
  if (!flow || !services.value) return <p className="govuk-body">Loading…</p>;
  const own = namesOf(flow);
  return (
    <>
      <Link to={{ name: "service", service: flow.service }} className="govuk-back-link">
        All of this service
      </Link>
      <Heading caption={KINDS[flow.kind]}>{capital(flow.title || plain(flow.intent))}</Heading>
      <nav aria-label="Ways to see it" className="admin-views">
        <ul className="admin-views__list">
          {VIEWS.map(([name, text]) => (
            <li key={name}>
              <Link to={{ name: "flow", intent, view: name }} current={name === view} className="admin-views__link">
                {name === "examples" ? `${text} (${flow.examples.length})` : text}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <FlowFindings findings={about(findings, ...own)} />
      {view === "outline" && (
        <>
          <p className="govuk-hint">
            {flow.owner && `Owner: ${flow.owner}. `}Last reviewed: {day(flow.reviewed)}. People who take such calls:{" "}
            {plain(flow.queue)}.
          </p>
          <Outline flow={flow} languages={services.value.languages} />
          <RemoveFlow flow={flow} />
        </>
      )}
      {view === "graph" && (
        <Suspense fallback={<p className="govuk-body">Drawing…</p>}>
          <GraphView flow={flow} languages={services.value.languages} />
        </Suspense>
      )}
      {view === "examples" && <Examples flow={flow} services={services.value.services} />}
    </>
  );
}

function namesOf(flow: Flow): string[] {
  const said = [flow.answer, flow.intro, ...flow.also_says].flatMap((response) => (response ? [response.name] : []));
  return [flow.intent, `${flow.intent}_form`, ...said, ...flow.questions.flatMap((q) => [q.response, q.slot])];
}

function FlowFindings({ findings }: { findings: Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <section aria-label="What the checks found" className="admin-box">
      <h2 className="govuk-heading-s">What the checks found</h2>
      <Findings findings={findings} />
    </section>
  );
}

function RemoveFlow({ flow }: { flow: Flow }) {
  const workspace = useWorkspace();
  const mayEdit = useMayEdit();
  const [sure, setSure] = useState(false);
  if (!mayEdit || flow.service === "none") return null;
  return sure ? (
    <section className="admin-box" aria-label="Remove this flow">
      <p className="govuk-body">
        Callers who ring about “{flow.title}” will not be understood any more. You can undo it while this is a draft.
      </p>
      <div className="govuk-button-group">
        <Button
          kind="warning"
          onClick={() =>
            void workspace
              .edit({ do: "remove_flow", intent: flow.intent })
              .then((done) => done && workspace.go({ name: "service", service: flow.service }))
          }
        >
          Remove it from the draft
        </Button>
        <Button onClick={() => setSure(false)}>Keep it</Button>
      </div>
    </section>
  ) : (
    <Button onClick={() => setSure(true)}>Remove this flow</Button>
  );
}
