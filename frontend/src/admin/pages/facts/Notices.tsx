import { type FormEvent, useState } from "react";
import { Button } from "../../../shared/Button";
import { Select, TextArea, TextField } from "../../../shared/Field";
import { Tag } from "../../../shared/Notices";
import { standing } from "../../facts";
import { nameOf } from "../../NewQuestion";
import type { ServicesView } from "../../types";
import { day, plain } from "../../words";
import { type Change, type Part, Why } from "./part";

const today = () => new Date().toISOString().slice(0, 10);
const STANDING = { now: ["Told now", "green"], later: ["Later", "blue"], over: ["Over", "grey"] } as const;

/** What callers are told for some days. */
export function Notices({ facts, may, change, services }: Part & { services: ServicesView | null }) {
  return (
    <section aria-labelledby="notices">
      <h2 id="notices" className="govuk-heading-m">
        Notices
      </h2>
      {facts.length === 0 && <p className="govuk-body">There are none.</p>}
      {facts.map((fact) => {
        const [text, colour] = STANDING[standing(fact, today())];
        return (
          <div key={fact.key} className="admin-box">
            <p className="govuk-body">
              <Tag colour={colour}>{text}</Tag> “{String(fact.value.text)}”
            </p>
            <p className="govuk-hint">
              {day(String(fact.value.start))} to {day(String(fact.value.end))},{" "}
              {fact.value.greeting
                ? "to everybody"
                : `to who rings about ${plain(String(fact.value.service || "anything"))}`}
            </p>
            {may && (
              <Button
                small
                about={`the notice: ${String(fact.value.text)}`}
                onClick={() => void change("notice", fact.key, null, "the notice is over")}
              >
                End it
              </Button>
            )}
          </div>
        );
      })}
      {may && <NewNotice change={change} services={services} />}
    </section>
  );
}

function NewNotice({ change, services }: { change: Change; services: ServicesView | null }) {
  const [text, setText] = useState("");
  const [start, setStart] = useState(today());
  const [end, setEnd] = useState("");
  const [service, setService] = useState("");
  const [why, setWhy] = useState("");
  const [tried, setTried] = useState(false);
  function add(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (!text.trim() || !end || !why.trim()) return;
    const value = { text: text.trim(), start, end, service, greeting: service === "" };
    void change("notice", `${start} ${nameOf(text)}`.slice(0, 60), value, why.trim()).then((done) => {
      if (!done) return;
      setText("");
      setWhy("");
      setTried(false);
    });
  }
  const known = (services?.services ?? []).filter((one) => one.name !== "none");
  return (
    <form onSubmit={add} className="admin-box" noValidate>
      <h3 className="govuk-heading-s">A new notice</h3>
      <TextArea
        label="What callers are told"
        hint="Such as: Bins are collected a day late this week."
        rows={2}
        value={text}
        onChange={setText}
        error={tried && !text.trim() ? "Enter what callers are told" : undefined}
      />
      <Select
        label="Who is told"
        value={service}
        options={[
          ["", "Everybody, after the greeting"],
          ...known.map((one) => [one.name, `Who rings about ${one.title}`] as const),
        ]}
        onChange={setService}
      />
      <div className="admin-pair">
        <TextField label="From" type="date" width="10" value={start} onChange={setStart} />
        <TextField
          label="To, that day included"
          type="date"
          width="10"
          value={end}
          onChange={setEnd}
          error={tried && !end ? "Enter the last day" : undefined}
        />
      </div>
      <Why value={why} onChange={setWhy} tried={tried} />
      <Button submit kind="primary">
        Tell callers
      </Button>
    </form>
  );
}
