import { useState } from "react";
import { Button } from "../../shared/Button";
import { Select } from "../../shared/Field";
import { Done, Problem } from "../../shared/Notices";
import { get, post } from "../api";
import { Heading, Link, useLoaded, useMayEdit, useShown, useWorkspace } from "../context";
import { Findings } from "../Findings";
import type { Phrase, ServicesView } from "../types";
import { capital, plain } from "../words";
import { message } from "../workspace";

/** What callers said that was not understood, to be assigned; and where examples contradict each other. */
export function Phrases() {
  const workspace = useWorkspace();
  const { route, stamp, findings } = useShown();
  const of = encodeURIComponent(route.draft);
  const services = useLoaded(`services ${of} ${stamp}`, () => get<ServicesView>(`services?of=${of}`));
  const author = workspace.may("author");
  const phrases = useLoaded(`phrases ${of} ${stamp}`, () =>
    author ? get<{ phrases: Phrase[] }>(`phrases?of=${of}`) : Promise.resolve({ phrases: [] }),
  );
  const [dismissed, setDismissed] = useState("");
  async function dismiss(text: string, back: boolean) {
    try {
      await post("phrases/dismiss", { text, back });
      setDismissed(back ? "" : text);
      phrases.again();
    } catch (error) {
      workspace.problem(message(error));
    }
  }
  const flows = (services.value?.services ?? []).flatMap((service) => service.flows);
  const clashes = findings.filter((finding) => finding.place.kind === "examples");
  return (
    <>
      <Heading>Phrases</Heading>
      <h2 className="govuk-heading-m">What was not understood in calls</h2>
      <p className="govuk-body">
        Names, numbers and addresses are taken out. Say what each is about: the phone learns it with the next
        publication.
      </p>
      {!phrases.value && !phrases.problem && <p className="govuk-body">Loading…</p>}
      {phrases.problem && <Problem title={phrases.problem} />}
      {phrases.value?.phrases.length === 0 && (
        <p className="govuk-body">Nothing: everything was understood for sure.</p>
      )}
      {dismissed && (
        <Done>
          “{dismissed}” is not shown any more.{" "}
          <Button small about={`“${dismissed}”`} onClick={() => void dismiss(dismissed, true)}>
            Show it again
          </Button>
        </Done>
      )}
      <ul className="govuk-list admin-examples">
        {phrases.value?.phrases.map((phrase) => (
          <PhraseLine
            key={phrase.text}
            phrase={phrase}
            flows={flows}
            dismiss={() => void dismiss(phrase.text, false)}
          />
        ))}
      </ul>
      <h2 className="govuk-heading-m">Duplicates and contradictions</h2>
      {clashes.length === 0 ? <p className="govuk-body">None.</p> : <Findings findings={clashes} />}
      <h2 className="govuk-heading-m">Examples by what callers ring about</h2>
      <ul className="govuk-list">
        {flows.map((flow) => (
          <li key={flow.intent}>
            <Link to={{ name: "flow", intent: flow.intent, view: "examples" }}>
              {capital(flow.title || plain(flow.intent))}
            </Link>{" "}
            ({flow.examples})
          </li>
        ))}
      </ul>
    </>
  );
}

interface PhraseProps {
  phrase: Phrase;
  flows: { intent: string; title: string }[];
  dismiss(): void;
}

function PhraseLine({ phrase, flows, dismiss }: PhraseProps) {
  const workspace = useWorkspace();
  const mayEdit = useMayEdit();
  const [intent, setIntent] = useState(phrase.suggestion);
  function assign(to: string) {
    void workspace.edit({ do: "add_examples", intent: to, examples: [phrase.text] });
  }
  return (
    <li>
      <span>
        “{phrase.text}” <span className="govuk-hint admin-inline">{phrase.times > 1 && `${phrase.times} times`}</span>
      </span>
      {mayEdit ? (
        <span className="admin-examples__actions">
          {phrase.suggestion && (
            <Button small about={`for “${phrase.text}”`} onClick={() => assign(phrase.suggestion)}>
              It is about {phrase.suggestion_title}
            </Button>
          )}
          <Select
            label={<span className="govuk-visually-hidden">What “{phrase.text}” is about</span>}
            value={intent}
            options={[
              ["", "Something else…"],
              ...flows.map((flow) => [flow.intent, capital(flow.title || plain(flow.intent))] as const),
            ]}
            onChange={setIntent}
          />
          <Button small disabled={!intent} about={`“${phrase.text}”`} onClick={() => assign(intent)}>
            Assign
          </Button>
          <Button small about={`“${phrase.text}”`} onClick={dismiss}>
            Nothing to learn
          </Button>
        </span>
      ) : (
        phrase.suggestion && <span className="govuk-hint">Perhaps: {phrase.suggestion_title}</span>
      )}
    </li>
  );
}
