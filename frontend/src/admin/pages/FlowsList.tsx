import { type FormEvent, useState } from "react";
import { Button } from "../../shared/Button";
import { Problem, Tag } from "../../shared/Notices";
import { Scroll } from "../../shared/Scroll";
import { get } from "../api";
import { Heading, Link, useLoaded, useMayEdit, useShown, useWorkspace } from "../context";
import type { FlowSummary, ServiceSummary, ServicesView, Usage } from "../types";
import { capital, day, KINDS, plain, reviewDue } from "../words";

/** Everything that callers can ring about, by service. */
export function FlowsList() {
  const { route, stamp } = useShown();
  const mayEdit = useMayEdit();
  const { value, problem } = useLoaded(`services ${route.draft} ${stamp}`, () =>
    get<ServicesView>(`services?of=${encodeURIComponent(route.draft)}`),
  );
  return (
    <>
      <Heading>What callers can ring about</Heading>
      <SearchBox />
      {mayEdit && (
        <p className="govuk-body">
          <Link to={{ name: "new_service" }}>Add a service</Link>
        </p>
      )}
      {problem && <Problem title={problem} />}
      {!value && !problem && <p className="govuk-body">Loading…</p>}
      {value && <Overview view={value} />}
      {value?.services.map((service) => (
        <ServiceTable key={service.name} service={service} view={value} />
      ))}
    </>
  );
}

export function SearchBox({ text = "" }: { text?: string }) {
  const workspace = useWorkspace();
  const [typed, setTyped] = useState(text);
  function search(event: FormEvent) {
    event.preventDefault();
    if (typed.trim()) workspace.go({ name: "search", text: typed.trim() });
  }
  return (
    <search>
      <form onSubmit={search} className="admin-search">
        <div className="govuk-form-group">
          <label className="govuk-label" htmlFor="search">
            Search everything that is said
          </label>
          <input
            id="search"
            type="search"
            className="govuk-input govuk-input--width-20"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
        <Button submit>Search</Button>
      </form>
    </search>
  );
}

function Overview({ view }: { view: ServicesView }) {
  return (
    <Scroll label="Services">
      <table className="govuk-table admin-table">
        <caption className="govuk-table__caption govuk-table__caption--m">Services</caption>
        <thead className="govuk-table__head">
          <tr className="govuk-table__row">
            <Head>Service</Head>
            <Head>Owner</Head>
            <Head>Last reviewed</Head>
            <Head>Calls last week</Head>
            <Head>Resolved by the phone</Head>
            <Head>Problems</Head>
          </tr>
        </thead>
        <tbody className="govuk-table__body">
          {view.services.map((service) => {
            const usage = view.usage.services[service.name];
            return (
              <tr key={service.name} className="govuk-table__row">
                <th scope="row" className="govuk-table__header">
                  <Link to={{ name: "service", service: service.name }}>{titleOf(service)}</Link>
                </th>
                <td className="govuk-table__cell">{service.owner || "Nobody"}</td>
                <td className="govuk-table__cell">
                  {day(service.reviewed)} {reviewDue(service.reviewed, new Date()) && <Tag colour="yellow">Due</Tag>}
                </td>
                <UsageCells usage={usage} />
                <td className="govuk-table__cell">
                  <ProblemCount problems={service.problems} warnings={service.warnings} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}

function UsageCells({ usage }: { usage: Usage | undefined }) {
  const share = usage?.calls ? `${Math.round((100 * usage.resolved) / usage.calls)} %` : "–";
  return (
    <>
      <td className="govuk-table__cell govuk-table__cell--numeric">{usage?.calls ?? 0}</td>
      <td className="govuk-table__cell govuk-table__cell--numeric">{share}</td>
    </>
  );
}

export function titleOf(service: ServiceSummary): string {
  const title = service.name === "none" ? "Greeting and small talk" : service.title;
  return capital(title);
}

function Head({ children }: { children: string }) {
  return (
    <th scope="col" className="govuk-table__header">
      {children}
    </th>
  );
}

function ProblemCount({ problems, warnings }: { problems: number; warnings: number }) {
  if (problems) return <Tag colour="red">{`${problems} to mend`}</Tag>;
  if (warnings) return <Tag colour="yellow">{`${warnings} to look at`}</Tag>;
  return <>None</>;
}

/** The flows of a service. */
export function ServiceTable({
  service,
  view,
  heading = true,
}: {
  service: ServiceSummary;
  view: ServicesView;
  heading?: boolean;
}) {
  if (service.flows.length === 0) return null;
  return (
    <details className="govuk-details" open={!heading}>
      <summary className="govuk-details__summary">
        <span className="govuk-details__summary-text">
          {titleOf(service)}: {service.flows.length} {service.flows.length === 1 ? "flow" : "flows"}
        </span>
      </summary>
      <Scroll label={`Flows of ${service.title}`}>
        <table className="govuk-table admin-table">
          <thead className="govuk-table__head">
            <tr className="govuk-table__row">
              <Head>Callers ring about</Head>
              <Head>What happens</Head>
              <Head>Examples</Head>
              <Head>Calls last week</Head>
              <Head>Resolved by the phone</Head>
              <Head>Problems</Head>
            </tr>
          </thead>
          <tbody className="govuk-table__body">
            {service.flows.map((flow) => (
              <FlowRow key={flow.intent} flow={flow} usage={view.usage.flows[flow.intent]} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </details>
  );
}

function FlowRow({ flow, usage }: { flow: FlowSummary; usage: Usage | undefined }) {
  return (
    <tr className="govuk-table__row">
      <th scope="row" className="govuk-table__header">
        <Link to={{ name: "flow", intent: flow.intent, view: "outline" }}>
          {capital(flow.title || plain(flow.intent))}
        </Link>
      </th>
      <td className="govuk-table__cell">{KINDS[flow.kind]}</td>
      <td className="govuk-table__cell govuk-table__cell--numeric">{flow.examples}</td>
      <UsageCells usage={usage} />
      <td className="govuk-table__cell">
        <ProblemCount problems={flow.problems} warnings={flow.warnings} />
      </td>
    </tr>
  );
}
