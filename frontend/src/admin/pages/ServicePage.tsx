import { type FormEvent, useState } from "react";
import { Button } from "../../shared/Button";
import { TextField } from "../../shared/Field";
import { Problem } from "../../shared/Notices";
import { get } from "../api";
import { Heading, Link, useLoaded, useMayEdit, useShown, useWorkspace } from "../context";
import { Findings } from "../Findings";
import type { Command, ServiceSummary, ServicesView } from "../types";
import { day, plain } from "../words";
import { ServiceTable, titleOf } from "./FlowsList";

/** One service: who answers for it, and its flows. */
export function ServicePage({ name }: { name: string }) {
  const { route, stamp, findings } = useShown();
  const mayEdit = useMayEdit();
  const { value, problem } = useLoaded(`services ${route.draft} ${stamp}`, () =>
    get<ServicesView>(`services?of=${encodeURIComponent(route.draft)}`),
  );
  const service = value?.services.find((known) => known.name === name);
  if (problem) return <Problem title={problem} />;
  if (!value) return <p className="govuk-body">Loading…</p>;
  if (!service) return <Heading>There is no such service</Heading>;
  return (
    <>
      <Heading caption="Service">{titleOf(service)}</Heading>
      <Findings findings={findings.filter((finding) => finding.place.service === name).slice(0, 10)} />
      <dl className="govuk-summary-list">
        <Row name="Owner" value={service.owner} />
        <Row name="Last reviewed" value={day(service.reviewed)} />
        <Row name="Published at" value={service.source} />
        <Row name="Queue" value={plain(service.queue)} />
      </dl>
      <ServiceTable service={service} view={value} heading={false} />
      <p className="govuk-body">
        <Link to={{ name: "words", service: name }}>Everything it says</Link>
      </p>
      {mayEdit && name !== "none" && (
        <>
          <p className="govuk-body">
            <Link to={{ name: "new_flow", service: name }}>Add something callers ring about</Link>
          </p>
          <About key={stamp} service={service} />
        </>
      )}
    </>
  );
}

function Row({ name, value }: { name: string; value: string }) {
  return (
    <div className="govuk-summary-list__row">
      <dt className="govuk-summary-list__key">{name}</dt>
      <dd className="govuk-summary-list__value">{value || "Not told"}</dd>
    </div>
  );
}

function About({ service }: { service: ServiceSummary }) {
  const workspace = useWorkspace();
  const [owner, setOwner] = useState(service.owner);
  const [reviewed, setReviewed] = useState(service.reviewed ?? "");
  const [source, setSource] = useState(service.source);
  const [queue, setQueue] = useState(service.queue);
  function save(event: FormEvent) {
    event.preventDefault();
    const command: Command = { do: "set_service", name: service.name };
    if (owner !== service.owner) command.owner = owner;
    if (reviewed !== (service.reviewed ?? "")) command.reviewed = reviewed;
    if (source !== service.source) command.source = source;
    if (queue !== service.queue) command.queue = queue;
    void workspace.edit(command);
  }
  return (
    <details className="govuk-details">
      <summary className="govuk-details__summary">
        <span className="govuk-details__summary-text">Change who answers for it, or remove it</span>
      </summary>
      <form className="govuk-details__text" onSubmit={save}>
        <TextField label="Owner" hint="A post, not a person’s name" value={owner} onChange={setOwner} width="20" />
        <TextField label="Last reviewed" type="date" value={reviewed} onChange={setReviewed} width="10" />
        <TextField label="Published at" value={source} onChange={setSource} />
        <TextField label="Queue that takes its callers" value={queue} onChange={setQueue} width="20" />
        <div className="govuk-button-group">
          <Button submit kind="primary">
            Save
          </Button>
          <Button kind="warning" onClick={() => void workspace.edit({ do: "remove_service", name: service.name })}>
            Remove the service from the draft
          </Button>
        </div>
      </form>
    </details>
  );
}
