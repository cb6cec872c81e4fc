import { type FormEvent, useState } from "react";
import { Button } from "../../../shared/Button";
import { Checkbox, TextField } from "../../../shared/Field";
import { day } from "../../words";
import type { Part } from "./part";

/** Days with other hours. */
export function Holidays({ facts, may, change }: Part) {
  const [date, setDate] = useState("");
  const [name, setName] = useState("");
  const [everyone, setEveryone] = useState(false);
  const [tried, setTried] = useState(false);
  function add(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (!date || !name.trim()) return;
    void change("holiday", date, { name: name.trim(), hours: "closed", everyone }, `closed for ${name.trim()}`);
  }
  return (
    <section aria-labelledby="holidays">
      <h2 id="holidays" className="govuk-heading-m">
        Holidays
      </h2>
      <ul className="govuk-list admin-examples">
        {facts.map((fact) => (
          <li key={fact.key}>
            <span>
              {day(fact.key)}: {String(fact.value.name)} ({String(fact.value.hours)})
            </span>
            {may && (
              <Button
                small
                about={String(fact.value.name)}
                onClick={() => void change("holiday", fact.key, null, `${String(fact.value.name)} is not kept`)}
              >
                Remove
              </Button>
            )}
          </li>
        ))}
      </ul>
      {may && (
        <form onSubmit={add} className="admin-box" noValidate>
          <h3 className="govuk-heading-s">A new holiday</h3>
          <div className="admin-pair">
            <TextField
              label="Day"
              type="date"
              width="10"
              value={date}
              onChange={setDate}
              error={tried && !date ? "Enter the day" : undefined}
            />
            <TextField
              label="Its name"
              width="20"
              value={name}
              onChange={setName}
              error={tried && !name.trim() ? "Enter its name" : undefined}
            />
          </div>
          <Checkbox label="Closes also what is open on bank holidays" checked={everyone} onChange={setEveryone} />
          <Button submit>Add the holiday</Button>
        </form>
      )}
    </section>
  );
}
