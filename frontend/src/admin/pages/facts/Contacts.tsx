import { type FormEvent, useState } from "react";
import { Button } from "../../../shared/Button";
import { TextField } from "../../../shared/Field";
import { nameOf } from "../../NewQuestion";
import { plain } from "../../words";
import { type Part, Why } from "./part";

/** Phone numbers that callers may be given. */
export function Contacts({ facts, may, change }: Part) {
  const [key, setKey] = useState("");
  const [number, setNumber] = useState("");
  const [why, setWhy] = useState("");
  const [tried, setTried] = useState(false);
  function save(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (nameOf(key) && number.trim() && why.trim())
      void change("contact", nameOf(key), { number: number.trim() }, why.trim());
  }
  return (
    <section aria-labelledby="contacts">
      <h2 id="contacts" className="govuk-heading-m">
        Contact numbers
      </h2>
      <dl className="govuk-summary-list">
        {facts.map((fact) => (
          <div key={fact.key} className="govuk-summary-list__row">
            <dt className="govuk-summary-list__key">{plain(fact.key)}</dt>
            <dd className="govuk-summary-list__value">{String(fact.value.number)}</dd>
          </div>
        ))}
      </dl>
      {may && (
        <form onSubmit={save} className="admin-box" noValidate>
          <h3 className="govuk-heading-s">Change or add a number</h3>
          <TextField
            label="Service or queue"
            hint="One of those above, or a new one"
            width="20"
            value={key}
            onChange={setKey}
            error={tried && !nameOf(key) ? "Enter whose number it is" : undefined}
          />
          <TextField
            label="Number"
            width="20"
            value={number}
            onChange={setNumber}
            error={tried && !number.trim() ? "Enter the number" : undefined}
          />
          <Why value={why} onChange={setWhy} tried={tried} />
          <Button submit>Save the number</Button>
        </form>
      )}
    </section>
  );
}
