import { type FormEvent, useState } from "react";
import { Button } from "../../../shared/Button";
import { Select, TextField } from "../../../shared/Field";
import type { Fact } from "../../types";
import { plain } from "../../words";
import { type Change, type Part, Why } from "./part";

const OUT_OF_HOURS = [
  ["message", "Take a message"],
  ["callback", "Offer to ring back"],
  ["number", "Tell another number"],
] as const;

/** When people answer, and what happens when they do not. */
export function Queues({ facts, timetables, may, change }: Part & { timetables: string[] }) {
  return (
    <section aria-labelledby="queues">
      <h2 id="queues" className="govuk-heading-m">
        Queues: when people answer
      </h2>
      {facts.map((fact) => (
        <Queue
          key={`${fact.key}${JSON.stringify(fact.value)}`}
          fact={fact}
          timetables={timetables}
          may={may}
          change={change}
        />
      ))}
    </section>
  );
}

function Queue({ fact, timetables, may, change }: { fact: Fact; timetables: string[]; may: boolean; change: Change }) {
  const value = fact.value as Record<string, string>;
  const [title, setTitle] = useState(value.title ?? "");
  const [timetable, setTimetable] = useState(value.timetable ?? "");
  const [out, setOut] = useState(value.out_of_hours ?? "message");
  const [number, setNumber] = useState(value.out_of_hours_number ?? "");
  const [why, setWhy] = useState("");
  const [tried, setTried] = useState(false);
  function save(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (!why.trim()) return;
    const told = { ...fact.value, title, timetable, out_of_hours: out, out_of_hours_number: number };
    void change("queue", fact.key, told, why.trim());
  }
  return (
    <details className="govuk-details govuk-!-margin-bottom-3">
      <summary className="govuk-details__summary">
        <span className="govuk-details__summary-text">
          {plain(fact.key)}: {plain(timetable)}
        </span>
      </summary>
      <form onSubmit={save} className="govuk-details__text">
        <TextField label="Its people, inside a sentence" width="20" value={title} onChange={setTitle} />
        <Select
          label="Opening hours"
          value={timetable}
          options={timetables.map((name) => [name, plain(name)] as const)}
          onChange={setTimetable}
        />
        <Select label="When nobody is there" value={out} options={OUT_OF_HOURS} onChange={setOut} />
        {out === "number" && <TextField label="The other number" width="20" value={number} onChange={setNumber} />}
        {may && (
          <>
            <Why value={why} onChange={setWhy} tried={tried} />
            <Button submit kind="primary" about={`the queue: ${plain(fact.key)}`}>
              Save
            </Button>
          </>
        )}
      </form>
    </details>
  );
}
