import { Fragment, type ReactNode, useState } from "react";
import { Button } from "../shared/Button";
import { Tag } from "../shared/Notices";
import { Link, useMayEdit, useWorkspace } from "./context";
import { FinishEditor } from "./FinishEditor";
import { NewQuestion } from "./NewQuestion";
import { QuestionEditor } from "./QuestionEditor";
import { inLanguage, ResponseEditor } from "./ResponseEditor";
import type { BotResponse, Flow, Question } from "./types";
import { capital, FINISHES, PROFILES, plain, QUESTION_KINDS, QUESTIONS } from "./words";

const SHOWN_EXAMPLES = 3;
const CONFIRM = "confirm";

/** A flow in the order of a call that goes well: all of it can be changed here, by keyboard alone. */
export function Outline({ flow, languages }: { flow: Flow; languages: string[] }) {
  return (
    <ol className="admin-outline">
      <Step title="Callers say">
        <ul className="govuk-list">
          {flow.examples.slice(0, SHOWN_EXAMPLES).map((example) => (
            <li key={example}>“{example}”</li>
          ))}
        </ul>
        <p className="govuk-body">
          <Link to={{ name: "flow", intent: flow.intent, view: "examples" }}>
            All {flow.examples.length} examples of how they say it
          </Link>
        </p>
      </Step>
      {flow.intro && <Said response={flow.intro} title="Says first" languages={languages} />}
      {flow.answer && <Said response={flow.answer} title="Answers" languages={languages} />}
      {flow.questions.map((question, position) => (
        <Fragment key={question.slot}>
          {question.slot === CONFIRM && flow.finish && <AddQuestion flow={flow} />}
          <QuestionStep flow={flow} question={question} position={position} languages={languages} />
        </Fragment>
      ))}
      {flow.finish && !flow.questions.some((question) => question.slot === CONFIRM) && <AddQuestion flow={flow} />}
      {flow.finish ? (
        <Step title="Does">
          <p className="govuk-body">{wordOf(FINISHES, flow.finish.action)}.</p>
          <p className="govuk-body">“{flow.finish.text}”</p>
          <Opened label="Change what it does" about="">
            {() => flow.finish && <FinishEditor flow={flow} finish={flow.finish} />}
          </Opened>
        </Step>
      ) : (
        <Programmed flow={flow} />
      )}
      {flow.also_says.map((response) => (
        <Said
          key={response.name}
          response={response}
          title={`May say: ${nameOf(response, flow)}`}
          languages={languages}
        />
      ))}
      <AnyTime flow={flow} />
    </ol>
  );
}

function wordOf(pairs: readonly (readonly [string, string])[], value: string): string {
  return pairs.find(([known]) => known === value)?.[1] ?? value;
}

function nameOf(response: BotResponse, flow: Flow): string {
  const name = response.name.replace(/^utter_/, "").replace(`${flow.intent}_`, "");
  return plain(name);
}

export function Step({ title, tag, children }: { title: string; tag?: string | undefined; children: ReactNode }) {
  return (
    <li className="admin-step">
      <h2 className="govuk-heading-s">
        {title} {tag && <Tag colour="grey">{tag}</Tag>}
      </h2>
      {children}
    </li>
  );
}

function Programmed({ flow }: { flow: Flow }) {
  const done = flow.graph.nodes.filter((node) => node.kind === "action");
  if (done.length === 0) return null;
  return (
    <Step title="Does" tag="programmed">
      <p className="govuk-body">
        {done.map((node) => node.title).join(", then ")}. What it does, and the order of its questions, is programmed;
        all of its words can be changed here.
      </p>
    </Step>
  );
}

function Said({ response, title, languages }: { response: BotResponse; title: string; languages: string[] }) {
  const mayEdit = useMayEdit();
  const shared = response.used_by.length > 1;
  return (
    <Step title={title}>
      {inLanguage(response.variants, languages[0] ?? "en").map((wording) => (
        <p key={wording.text} className="govuk-body">
          “{wording.text}”
        </p>
      ))}
      {shared && (
        <p className="govuk-hint">{response.used_by.length} flows say this: a change is heard in all of them.</p>
      )}
      <Opened label={mayEdit ? "Change the words" : "Hear it, in every language"} about={`of: ${title}`}>
        {() => <ResponseEditor key={wordsOf(response)} response={response} title={title} languages={languages} />}
      </Opened>
    </Step>
  );
}

/** Changes whenever what is said does, so that an editor begins anew with it. */
function wordsOf(response: BotResponse): string {
  return response.variants.map((wording) => `${wording.text}|${wording.spoken}`).join();
}

function QuestionStep({
  flow,
  question,
  position,
  languages,
}: {
  flow: Flow;
  question: Question;
  position: number;
  languages: string[];
}) {
  const workspace = useWorkspace();
  const mayEdit = useMayEdit();
  const isConfirm = question.slot === CONFIRM;
  const free = mayEdit && flow.finish !== null && !isConfirm;
  const last = flow.questions.filter((other) => other.slot !== CONFIRM).length - 1;
  const words = inLanguage(question.variants, languages[0] ?? "en")[0]?.text ?? "";
  const label = question.label || QUESTIONS[question.slot] || capital(plain(question.slot));
  function move(to: number) {
    void workspace.edit({ do: "move_question", intent: flow.intent, slot: question.slot, position: to });
  }
  return (
    <Step title={isConfirm ? "Reads back" : `Asks: ${label}`} tag={question.shared ? "shared question" : undefined}>
      <p className="govuk-body">“{words}”</p>
      <p className="govuk-hint">
        {question.kind ? `${wordOf(QUESTION_KINDS, question.kind)}. ` : ""}
        {wordOf(PROFILES, question.profile)}. {keysOf(question)}
      </p>
      <div className="govuk-button-group govuk-!-margin-bottom-0">
        {free && (
          <>
            <Button small disabled={position === 0} about={`the question: ${label}`} onClick={() => move(position - 1)}>
              Move up
            </Button>
            <Button
              small
              disabled={position >= last}
              about={`the question: ${label}`}
              onClick={() => move(position + 1)}
            >
              Move down
            </Button>
            <Button
              small
              about={`the question: ${label}`}
              onClick={() => void workspace.edit({ do: "remove_question", intent: flow.intent, slot: question.slot })}
            >
              Remove
            </Button>
          </>
        )}
      </div>
      <Opened label={mayEdit ? "Change the question" : "See all of the question"} about={label}>
        {() => <QuestionEditor key={JSON.stringify(question)} question={question} languages={languages} />}
      </Opened>
    </Step>
  );
}

function keysOf(question: Question): string {
  const keys = Object.entries(question.keypad);
  if (keys.length) return `Keys: ${keys.map(([key, text]) => `${key} for ${text}`).join(", ")}.`;
  return question.digits ? `Up to ${question.digits} digits may be keyed.` : "";
}

function AddQuestion({ flow }: { flow: Flow }) {
  const mayEdit = useMayEdit();
  const [adding, setAdding] = useState(false);
  if (!mayEdit) return null;
  return (
    <li className="admin-step admin-step--add">
      {adding ? (
        <NewQuestion
          intent={flow.intent}
          service={flow.service}
          taken={flow.questions.map((q) => q.slot)}
          close={() => setAdding(false)}
        />
      ) : (
        <Button onClick={() => setAdding(true)}>Add a question</Button>
      )}
    </li>
  );
}

const WHENEVER = ["cancel", "person", "fallback", "out_of_hours", "no"] as const;
const AT_ANY_TIME: Record<(typeof WHENEVER)[number], string> = {
  no: "The caller says no when it is read back",
  cancel: "The caller says cancel or stop",
  fallback: "Three answers in a row were not understood",
  person: "The caller says agent, or presses 0",
  out_of_hours: "A person is needed and nobody is there",
};

function AnyTime({ flow }: { flow: Flow }) {
  const titles = new Map(flow.graph.nodes.map((node) => [node.id, node.title]));
  const ways = WHENEVER.flatMap((kind) => {
    const edge = flow.graph.edges.find((candidate) => candidate.kind === kind);
    return edge ? [{ kind, to: titles.get(edge.target) ?? edge.target }] : [];
  });
  if (ways.length === 0) return null;
  return (
    <Step title="At any time">
      <ul className="govuk-list govuk-list--bullet">
        {ways.map(({ kind, to }) => (
          <li key={kind}>
            {AT_ANY_TIME[kind]}: {to}
          </li>
        ))}
      </ul>
    </Step>
  );
}

/** What is opened by a button, and stays open. */
export function Opened({ label, about, children }: { label: string; about: string; children: () => ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <div>
      <button
        type="button"
        className="govuk-button govuk-button--secondary app-button--small"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? "Close" : label}
        <span className="govuk-visually-hidden">
          {" "}
          {isOpen ? label : ""} {about}
        </span>
      </button>
      {isOpen && <div className="admin-opened">{children()}</div>}
    </div>
  );
}
