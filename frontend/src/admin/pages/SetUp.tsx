import { type ChangeEvent, type FormEvent, useState } from "react";
import { Button } from "../../shared/Button";
import { TextArea, TextField } from "../../shared/Field";
import { Done, Problem } from "../../shared/Notices";
import { get, upload } from "../api";
import { Heading, Link, useLoaded, useMayEdit, useShown, useWorkspace } from "../context";
import { pageOf } from "../Findings";
import { HearIt } from "../HearIt";
import type { BotResponse, Found } from "../types";
import { plain } from "../words";
import { message } from "../workspace";

interface Left {
  left: Found[];
  facts: { kind: string; key: string }[];
  elsewhere: string[];
  council: string;
}

/** From the example council to one's own, a step at a time. */
export function SetUp() {
  const workspace = useWorkspace();
  const { route, stamp } = useShown();
  const of = encodeURIComponent(route.draft);
  const left = useLoaded(`left ${of} ${stamp}`, () => get<Left>(`set-up?of=${of}`));
  return (
    <>
      <Heading>Set up for your council</Heading>
      <p className="govuk-body">
        The phone comes with an example council. These steps make it yours; nothing of the example may be left to be
        heard.
      </p>
      <h2 className="govuk-heading-m">1. The greeting</h2>
      <Greeting />
      <h2 className="govuk-heading-m">2. Opening hours, queues and numbers</h2>
      <p className="govuk-body">
        <Link to={{ name: "facts" }}>Hours and notices</Link>: in use within five seconds.
      </p>
      <h2 className="govuk-heading-m">3. Addresses and collection rounds</h2>
      <p className="govuk-body">
        Two CSV files: addresses with the columns <code>uprn</code>, <code>number</code>, <code>street</code>,{" "}
        <code>postcode</code>; and rounds with <code>street</code>, <code>kind</code>, <code>first_day</code>,{" "}
        <code>every_days</code>. The first replaces all of the example’s homes and people.
      </p>
      {workspace.may("publisher") ? <Import /> : <p className="govuk-body">A publisher can bring them in.</p>}
      <h2 className="govuk-heading-m">4. The way to the phone network</h2>
      <Trunk />
      <h2 className="govuk-heading-m">5. What is left of the example</h2>
      {left.problem && <Problem title={left.problem} />}
      <p role="status" className="govuk-body">
        {left.value &&
          (left.value.left.length + left.value.facts.length + left.value.elsewhere.length === 0
            ? "Nothing of the example is left to be heard."
            : `${left.value.left.length} places still speak of the example council:`)}
      </p>
      <p className="govuk-body">
        Once the settings name your council, no call is taken from outside until nothing of the example is left.
      </p>
      <ul className="govuk-list admin-findings">
        {left.value?.left.map((found) => (
          <li key={`${found.place.kind}${found.place.name}${found.place.field}${found.text}`}>
            {found.text}{" "}
            <Link to={pageOf(found.place)}>
              Go there<span className="govuk-visually-hidden">: {found.text}</span>
            </Link>
          </li>
        ))}
      </ul>
      {left.value && left.value.facts.length > 0 && (
        <p className="govuk-body">
          {left.value.facts.length} of the <Link to={{ name: "facts" }}>hours and numbers</Link> are the example’s too:{" "}
          {left.value.facts.map((fact) => plain(fact.key)).join(", ")}.
        </p>
      )}
      {left.value && left.value.elsewhere.length > 0 && (
        <>
          <p className="govuk-body">
            No page leads to these: <code>voicebot init --say "OLD=NEW"</code> changes them.
          </p>
          <ul className="govuk-list govuk-list--bullet">
            {left.value.elsewhere.map((place) => (
              <li key={place}>{place}</li>
            ))}
          </ul>
        </>
      )}
      <h2 className="govuk-heading-m">6. A test call</h2>
      <p className="govuk-body">
        <Link to={{ name: "try" }}>Talk to it in text</Link>
        {workspace.visitor.hasPhone && (
          <>
            , or{" "}
            <a className="govuk-link" href="/phone/">
              ring it from this browser
            </a>
          </>
        )}
        .
      </p>
    </>
  );
}

const GREETING = "utter_greet_start";

function Greeting() {
  const workspace = useWorkspace();
  const mayEdit = useMayEdit();
  const { route, stamp } = useShown();
  const of = encodeURIComponent(route.draft);
  const { value } = useLoaded(`greeting ${of} ${stamp}`, () => get<BotResponse[]>(`services/none/responses?of=${of}`));
  const known = value?.find((response) => response.name === GREETING)?.variants[0]?.text ?? "";
  const [text, setText] = useState<string | null>(null);
  function save(event: FormEvent) {
    event.preventDefault();
    if (text?.trim()) void workspace.edit({ do: "set_text", response: GREETING, text: text.trim() });
  }
  if (!mayEdit) {
    return (
      <p className="govuk-body">
        “{known}” To change it, begin a draft first: see above. <HearIt text={known} about="the greeting" />
      </p>
    );
  }
  return (
    <form onSubmit={save}>
      <TextArea
        label="What callers hear first"
        hint="Your council’s name, that it is an assistant, and how to get a person"
        value={text ?? known}
        onChange={setText}
      />
      <div className="govuk-button-group">
        <Button submit kind="primary" small disabled={text === null || text === known}>
          Save the greeting
        </Button>
        <HearIt text={text ?? known} about="the greeting" />
      </div>
    </form>
  );
}

function Import() {
  const [done, setDone] = useState("");
  const [problem, setProblem] = useState("");
  async function chosen(event: ChangeEvent<HTMLInputElement>) {
    const file = event.target.files?.[0];
    if (!file) return;
    setProblem("");
    setDone("");
    try {
      setDone((await upload<{ done: string }>("set-up/council-data", file)).done);
    } catch (error) {
      setProblem(message(error));
    }
  }
  return (
    <div className={`govuk-form-group${problem ? " govuk-form-group--error" : ""}`}>
      <label className="govuk-label" htmlFor="addresses">
        File of addresses and rounds
      </label>
      {problem && <p className="govuk-error-message">{problem}</p>}
      <input
        id="addresses"
        type="file"
        accept=".csv,text/csv"
        className="govuk-file-upload"
        onChange={(event) => void chosen(event)}
      />
      {done && <Done>{done}</Done>}
    </div>
  );
}

function Trunk() {
  const [domain, setDomain] = useState("");
  const [user, setUser] = useState("");
  return (
    <>
      <p className="govuk-body">
        Who runs the service puts this into <code>voicebot.toml</code> and starts it again; <code>voicebot init</code>{" "}
        does both.
      </p>
      <div className="admin-pair">
        <TextField
          label="Provider’s domain"
          hint="Such as sip.provider.example"
          width="20"
          value={domain}
          onChange={setDomain}
        />
        <TextField label="User name there" width="20" value={user} onChange={setUser} />
      </div>
      {domain.trim() && (
        <pre className="admin-code">
          {`[[sip.trunks]]\nname = "main"\ndomain = "${domain.trim()}"\nuser = "${user.trim()}"\nregisters = true\npassword_env = "VOICEBOT_TRUNK_PASSWORD"`}
        </pre>
      )}
    </>
  );
}
