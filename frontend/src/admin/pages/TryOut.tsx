import { type FormEvent, useState } from "react";
import { Button } from "../../shared/Button";
import { Select, TextField } from "../../shared/Field";
import { get, post } from "../api";
import { Heading, useLoaded, useMayEdit, useShown, useWorkspace } from "../context";
import { asked, type Exchange, keysOf, meant, scriptOf, spoken, told } from "../conversation";
import { nameOf } from "../NewQuestion";
import { PublicationProgress, usePublication } from "../PublicationProgress";
import type { Heard, Publication, ServicesView } from "../types";
import { language, plain } from "../words";
import { message } from "../workspace";

/** Talk in text to what callers hear now, or to a draft, and see how each answer came about. */
export function TryOut() {
  const { draft } = useShown();
  const known = useLoaded("live", () => get<ServicesView>("services"));
  const languages = known.value?.languages ?? ["en"];
  return (
    <>
      <Heading>Try it</Heading>
      {draft ? (
        <OfDraft key={`${draft.id} ${draft.revision}`} id={draft.id} revision={draft.revision} languages={languages} />
      ) : (
        known.value !== null && <Talk key={known.value.live} version={known.value.live} languages={languages} />
      )}
    </>
  );
}

function OfDraft({ id, revision, languages }: { id: string; revision: number; languages: string[] }) {
  const workspace = useWorkspace();
  const [running, setRunning] = useState<string | null>(null);
  const publication = usePublication(running);
  async function start() {
    try {
      setRunning((await post<Publication>(`drafts/${id}/try`, { revision })).id);
    } catch (error) {
      workspace.problem(message(error));
    }
  }
  if (publication?.stage === "done") return <Talk version={publication.version} languages={languages} />;
  return (
    <>
      <p className="govuk-body">
        The draft is trained and started beside what callers hear. It takes about a minute, and it stays up for half an
        hour.
      </p>
      {publication && <PublicationProgress publication={publication} />}
      {(!publication || publication.stage === "failed") && (
        <Button
          kind="primary"
          onClick={() => void start()}
          disabled={running !== null && publication?.stage !== "failed"}
        >
          Start the draft
        </Button>
      )}
    </>
  );
}

function newName(): string {
  const random = crypto.getRandomValues(new Uint8Array(8));
  return `try-${[...random].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function Talk({ version, languages }: { version: string; languages: string[] }) {
  const workspace = useWorkspace();
  const [conversation, setConversation] = useState(newName);
  const [exchanges, setExchanges] = useState<Exchange[]>([]);
  const [text, setText] = useState("");
  const [code, setCode] = useState("en");
  const [busy, setBusy] = useState(false);
  async function turn(said: string, more: { start?: boolean; keys?: string }, from: Exchange[], name: string) {
    setBusy(true);
    try {
      const typed = more.keys ? meant(more.keys, from.at(-1)?.heard) : more.start ? "" : said;
      const heard = await post<Heard>("talk", { version, conversation: name, text: typed, language: code, ...more });
      setExchanges([...from, { said, heard }]);
    } catch (error) {
      workspace.problem(message(error));
    }
    setBusy(false);
  }
  function begin() {
    const name = newName();
    setConversation(name);
    setExchanges([]);
    void turn("", { start: true }, [], name);
  }
  function send(event: FormEvent) {
    event.preventDefault();
    const said = text.trim();
    if (!said || busy) return;
    setText("");
    const keys = keysOf(said);
    void turn(said, keys ? { keys } : {}, exchanges, conversation);
  }
  const last = exchanges.at(-1);
  const over = last?.heard.acts.some((act) => ["transfer", "hangup", "message"].includes(act.act)) ?? false;
  return (
    <>
      {languages.length > 1 && (
        <Select
          label="The call goes on in"
          hint="What is not written in it is heard in English"
          value={code}
          onChange={setCode}
          options={languages.map((one) => [one, language(one)] as const)}
        />
      )}
      <div className="govuk-button-group">
        <Button kind={exchanges.length ? "secondary" : "primary"} onClick={begin} disabled={busy}>
          {exchanges.length ? "Begin again" : "Begin a conversation"}
        </Button>
        {workspace.visitor.hasPhone && (
          <a className="govuk-link" href={`/phone/?version=${encodeURIComponent(version)}`}>
            Ring it from this browser
          </a>
        )}
      </div>
      <ol className="admin-talk" aria-label="The conversation" aria-live="polite">
        {exchanges.map((exchange, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: turns are only ever added at the end
          <li key={index}>
            {exchange.said && (
              <p className="admin-talk__caller">
                <strong>You:</strong> {exchange.said}
              </p>
            )}
            {spoken(exchange.heard).map((line) => (
              <p key={line} className="admin-talk__bot">
                <strong>Phone:</strong> {line}
              </p>
            ))}
            {exchange.heard.acts
              .filter((act) => !act.text)
              .map((act) => (
                <p key={`${act.act}${act.queue}`} className="govuk-hint">
                  {plain(act.act)} {act.queue}
                </p>
              ))}
            <Trace heard={exchange.heard} />
          </li>
        ))}
      </ol>
      {exchanges.length > 0 && !over && (
        <form onSubmit={send} className="admin-search admin-say">
          <TextField
            label="What you say"
            hint={`Type as a caller speaks. /key 1 presses a key.${last && asked(last.heard) ? ` It asks for: ${plain(asked(last.heard))}.` : ""}`}
            value={text}
            onChange={setText}
          />
          <Button submit kind="primary" disabled={busy}>
            Say it
          </Button>
        </form>
      )}
      {over && <p className="govuk-body">The call is over.</p>}
      {exchanges.length > 1 && <KeepAsTest exchanges={exchanges} />}
    </>
  );
}

const STEPS: Record<string, string> = {
  intent: "Taken for",
  rule: "Rule",
  form: "Form",
  action: "Does",
  slot: "Learns",
  asks: "Asks for",
};

function Trace({ heard }: { heard: Heard }) {
  const steps = told(
    heard.steps.length > 0
      ? heard.steps
      : [{ kind: "intent", name: heard.intent, value: "", confidence: heard.confidence }],
  );
  return (
    <details className="govuk-details">
      <summary className="govuk-details__summary">
        <span className="govuk-details__summary-text">How it came to that</span>
      </summary>
      <ul className="govuk-list govuk-details__text">
        {steps.map((step) => (
          <li key={`${step.kind}${step.name}${step.value}`}>
            <strong>{STEPS[step.kind] ?? plain(step.kind)}:</strong> {plain(step.name)}{" "}
            {step.value && `= ${step.value}`}{" "}
            {step.confidence !== null && `(${Math.round(step.confidence * 100)} % sure)`}
          </li>
        ))}
      </ul>
    </details>
  );
}

function KeepAsTest({ exchanges }: { exchanges: Exchange[] }) {
  const workspace = useWorkspace();
  const mayEdit = useMayEdit();
  const [name, setName] = useState("");
  const [tried, setTried] = useState(false);
  if (!mayEdit) {
    return <p className="govuk-body">To keep this conversation as a test, have it with a draft.</p>;
  }
  function keep(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    const script = scriptOf(exchanges, name.trim(), nameOf(name));
    if (nameOf(name) && script) void workspace.edit(script);
  }
  return (
    <form onSubmit={keep}>
      <h2 className="govuk-heading-m">Save this conversation as a test</h2>
      <TextField
        label="What the test is called"
        hint="From now on it must come out the same before anything is published"
        width="20"
        value={name}
        onChange={setName}
        error={tried && !nameOf(name) ? "Enter what the test is called" : undefined}
      />
      <Button submit>Save as a test</Button>
    </form>
  );
}
