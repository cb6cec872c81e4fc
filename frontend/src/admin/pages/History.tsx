import { type FormEvent, useState } from "react";
import { Button } from "../../shared/Button";
import { TextField } from "../../shared/Field";
import { Problem, Tag } from "../../shared/Notices";
import { get, post } from "../api";
import { Heading, useLoaded, useWorkspace } from "../context";
import { PublicationProgress, usePublication } from "../PublicationProgress";
import type { Publication, Version } from "../types";
import { moment } from "../words";
import { message } from "../workspace";

/** Every version: who changed what, when and why; and the way back to it. */
export function History() {
  const workspace = useWorkspace();
  const [running, setRunning] = useState<string | null>(null);
  const { value, problem, again } = useLoaded("versions", () =>
    get<{ versions: Version[]; publications: Publication[] }>("versions"),
  );
  const publication = usePublication(running, () => {
    again();
    void workspace.refresh();
  });
  async function rollBack(version: string, reason: string) {
    try {
      setRunning((await post<Publication>("versions/roll-back", { version, reason })).id);
    } catch (error) {
      workspace.problem(message(error));
    }
  }
  return (
    <>
      <Heading>History</Heading>
      {publication && <PublicationProgress publication={publication} />}
      {problem && <Problem title={problem} />}
      {value?.versions.map((version) => (
        <section key={version.name} className="admin-box" aria-label={`Version of ${moment(version.at)}`}>
          <h2 className="govuk-heading-s">
            {moment(version.at)}, by {version.by || "an engineer"}{" "}
            {version.live && <Tag colour="green">Callers hear this</Tag>}
          </h2>
          {version.notes && <p className="govuk-body">{version.notes}</p>}
          <ul className="govuk-list govuk-list--bullet">
            {version.changes.map((change) => (
              <li key={change}>{change}</li>
            ))}
          </ul>
          <p className="govuk-hint">
            Version {version.name.slice(0, 12)}
            {version.trained ? "" : ": going back to it takes a minute, since it must be trained again"}
          </p>
          {!version.live && workspace.may("publisher") && (
            <RollBack version={version} roll={(reason) => void rollBack(version.name, reason)} />
          )}
        </section>
      ))}
    </>
  );
}

function RollBack({ version, roll }: { version: Version; roll(reason: string): void }) {
  const [asked, setAsked] = useState(false);
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const about = `to the version of ${moment(version.at)}`;
  if (!asked) {
    return (
      <Button small about={about} onClick={() => setAsked(true)}>
        Go back to this
      </Button>
    );
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (reason.trim()) roll(reason.trim());
  }
  return (
    <form onSubmit={submit}>
      <TextField
        label="Why?"
        hint="It is kept with the history"
        value={reason}
        onChange={setReason}
        error={tried && !reason.trim() ? "Enter why you go back" : undefined}
      />
      <Button submit kind="warning" about={about}>
        Go back now
      </Button>
    </form>
  );
}
