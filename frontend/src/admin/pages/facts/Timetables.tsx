import { type FormEvent, useState } from "react";
import { Button } from "../../../shared/Button";
import { TextField } from "../../../shared/Field";
import { byDay, DAY_NAMES, DAYS, shortly } from "../../facts";
import type { Fact } from "../../types";
import { plain } from "../../words";
import { type Change, type Part, Why } from "./part";

/** The hours of a week, by name. */
export function Timetables({ facts, may, change }: Part) {
  return (
    <section aria-labelledby="timetables">
      <h2 id="timetables" className="govuk-heading-m">
        Opening hours
      </h2>
      {facts.map((fact) => (
        <Timetable key={`${fact.key}${JSON.stringify(fact.value)}`} fact={fact} may={may} change={change} />
      ))}
    </section>
  );
}

function Timetable({ fact, may, change }: { fact: Fact; may: boolean; change: Change }) {
  const always = fact.value.hours === "always";
  const [days, setDays] = useState(byDay(fact.value.hours));
  const [why, setWhy] = useState("");
  const [tried, setTried] = useState(false);
  function save(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (why.trim()) void change("timetable", fact.key, { hours: shortly(days) }, why.trim());
  }
  const shown = always
    ? "always open"
    : Object.entries(shortly(days))
        .map(([span, times]) => `${span} ${times}`)
        .join(", ");
  return (
    <details className="govuk-details govuk-!-margin-bottom-3">
      <summary className="govuk-details__summary">
        <span className="govuk-details__summary-text">
          {plain(fact.key)}: {shown || "always closed"}
        </span>
      </summary>
      <form onSubmit={save} className="govuk-details__text">
        {DAYS.map((name) => (
          <TextField
            key={name}
            label={DAY_NAMES[name]}
            width="20"
            hint={name === "mon" ? "Such as 09:00-17:00, or 09:00-12:30, 13:30-17:00, or closed" : undefined}
            value={days[name]}
            onChange={(times) => setDays({ ...days, [name]: times })}
          />
        ))}
        {may && (
          <>
            <Why value={why} onChange={setWhy} tried={tried} />
            <Button submit kind="primary" about={`the hours: ${plain(fact.key)}`}>
              Save
            </Button>
          </>
        )}
      </form>
    </details>
  );
}
