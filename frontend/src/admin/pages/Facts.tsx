import { useState } from "react";
import { Done, Problem } from "../../shared/Notices";
import { get, post } from "../api";
import { Heading, useLoaded, useShown, useWorkspace } from "../context";
import { of } from "../facts";
import type { Fact, FactChange, ServicesView } from "../types";
import { moment, plain } from "../words";
import { message } from "../workspace";
import { Contacts } from "./facts/Contacts";
import { Holidays } from "./facts/Holidays";
import { Notices } from "./facts/Notices";
import type { Change } from "./facts/part";
import { Queues } from "./facts/Queues";
import { Timetables } from "./facts/Timetables";

interface View {
  facts: Fact[];
  changes: FactChange[];
}

/** What holds today, and needs no training: in calls within five seconds. */
export function Facts() {
  const workspace = useWorkspace();
  const { route } = useShown();
  const loaded = useLoaded("facts", () => get<View>("facts"));
  const services = useLoaded("services for facts", () => get<ServicesView>("services"));
  const [changed, setChanged] = useState<View | null>(null);
  const [said, setSaid] = useState("");
  const [problem, setProblem] = useState("");
  const view = changed ?? loaded.value;
  const may = workspace.may("publisher");
  const change: Change = async (kind, key, value, why) => {
    setProblem("");
    setSaid("");
    try {
      setChanged(await post<View>("facts", { do: value ? "set" : "remove", kind, key, value: value ?? {}, why }));
      setSaid("Changed. Calls go by it within five seconds.");
      return true;
    } catch (error) {
      setProblem(message(error));
      return false;
    }
  };
  return (
    <>
      <Heading>Hours and notices</Heading>
      <p className="govuk-body">
        What is changed here needs no draft and no publication: <strong>calls go by it within five seconds</strong>.
        {!may && " Only a publisher can change it."}
      </p>
      {route.draft && <p className="govuk-inset-text">These are no part of the draft.</p>}
      {loaded.problem && <Problem title={loaded.problem} />}
      {problem && (
        <Problem title="That was not changed" key={problem}>
          <p>{problem}</p>
        </Problem>
      )}
      {said && <Done>{said}</Done>}
      {view && (
        <>
          <Notices facts={of(view.facts, "notice")} may={may} change={change} services={services.value} />
          <Timetables facts={of(view.facts, "timetable")} may={may} change={change} />
          <Holidays facts={of(view.facts, "holiday")} may={may} change={change} />
          <Queues
            facts={of(view.facts, "queue")}
            timetables={of(view.facts, "timetable").map((fact) => fact.key)}
            may={may}
            change={change}
          />
          <Contacts facts={of(view.facts, "contact")} may={may} change={change} />
          <Latest changes={view.changes} />
        </>
      )}
    </>
  );
}

function Latest({ changes }: { changes: FactChange[] }) {
  return (
    <section aria-labelledby="latest">
      <h2 id="latest" className="govuk-heading-m">
        Changed last
      </h2>
      {changes.length === 0 && <p className="govuk-body">Nothing yet.</p>}
      <ul className="govuk-list govuk-list--bullet">
        {changes.map((change) => (
          <li key={`${change.changed_at}${change.kind}${change.key}`}>
            {moment(change.changed_at)}, {change.changed_by}: {plain(change.kind)} {plain(change.key)}{" "}
            {change.after === null ? "removed" : change.before === null ? "added" : "changed"} ({change.why})
          </li>
        ))}
      </ul>
    </section>
  );
}
