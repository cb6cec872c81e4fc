import { type FormEvent, useState } from "react";
import { Button } from "../../shared/Button";
import { Checkbox, Select, TextArea, TextField } from "../../shared/Field";
import { Done, Problem, Tag } from "../../shared/Notices";
import { get, post } from "../api";
import { Heading, useLoaded, useShown, useWorkspace } from "../context";
import { byDay, DAY_NAMES, DAYS, of, shortly, standing } from "../facts";
import { nameOf } from "../NewQuestion";
import type { Fact, FactChange, FactKind, ServicesView } from "../types";
import { day, moment, plain } from "../words";
import { message } from "../workspace";

interface View {
  facts: Fact[];
  changes: FactChange[];
}

type Change = (kind: FactKind, key: string, value: Record<string, unknown> | null, why: string) => Promise<boolean>;

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

interface Part {
  facts: Fact[];
  may: boolean;
  change: Change;
}

const today = () => new Date().toISOString().slice(0, 10);
const STANDING = { now: ["Told now", "green"], later: ["Later", "blue"], over: ["Over", "grey"] } as const;

function Notices({ facts, may, change, services }: Part & { services: ServicesView | null }) {
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

function Why({ value, onChange, tried }: { value: string; onChange(value: string): void; tried: boolean }) {
  return (
    <TextField
      label="Why it is changed"
      hint="Kept with the change"
      width="20"
      value={value}
      onChange={onChange}
      error={tried && !value.trim() ? "Enter in a few words why it is changed" : undefined}
    />
  );
}

function Timetables({ facts, may, change }: Part) {
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

function Holidays({ facts, may, change }: Part) {
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

const OUT_OF_HOURS = [
  ["message", "Take a message"],
  ["callback", "Offer to ring back"],
  ["number", "Tell another number"],
] as const;

function Queues({ facts, timetables, may, change }: Part & { timetables: string[] }) {
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

function Contacts({ facts, may, change }: Part) {
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
