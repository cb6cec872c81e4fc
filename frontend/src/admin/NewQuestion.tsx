import { type FormEvent, useState } from "react";
import { Button } from "../shared/Button";
import { Select, TextArea, TextField } from "../shared/Field";
import { useWorkspace } from "./context";
import { choicesOf, KindFields } from "./QuestionEditor";
import type { Command, QuestionKind } from "./types";
import { KNOWN_QUESTIONS } from "./words";

const OWN = "";

/** A technical name from what people call it; the service makes the same (voicebot/flows/naming.py). */
export function nameOf(title: string): string {
  const words = title
    .normalize("NFKD")
    .replace(/[^\p{ASCII}]/gu, "")
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  const name = (words ?? []).join("_").slice(0, 60).replace(/_+$/, "");
  return name === "" || /^[a-z]/.test(name) ? name : `n_${name}`;
}

export interface QuestionDraft {
  slot: string;
  label: string;
  text: string;
  second: string;
  third: string;
  kind: QuestionKind;
  choices: string;
  least: string;
  most: string;
}

export const EMPTY: QuestionDraft = {
  slot: OWN,
  label: "",
  text: "",
  second: "",
  third: "",
  kind: "text",
  choices: "",
  least: "",
  most: "",
};

const PROFILE_OF: Record<QuestionKind, string> = {
  text: "normal",
  yes_no: "yes_no",
  choice: "normal",
  number: "normal",
  date: "normal",
  code: "spelling",
};

/** The question as the service wants it. `prefix` keeps two services from meaning different things by one name. */
export function questionOf(draft: QuestionDraft, prefix: string): Record<string, unknown> {
  if (draft.slot !== OWN) return { slot: draft.slot };
  const choices = draft.kind === "choice" ? choicesOf(draft.choices) : {};
  const number = (text: string) => (text.trim() === "" ? null : Number(text));
  return {
    slot: nameOf(`${prefix} ${draft.label}`),
    label: draft.label.trim(),
    text: draft.text.trim(),
    retries: [draft.second.trim(), draft.third.trim()].filter(Boolean),
    profile: PROFILE_OF[draft.kind],
    keypad: keypadFor(draft.kind, Object.keys(choices)),
    kind: draft.kind,
    choices,
    least: number(draft.least),
    most: number(draft.most),
  };
}

/** Callers who can't be understood must be able to key the answer where there are few. */
function keypadFor(kind: QuestionKind, choices: string[]): Record<string, string> {
  if (kind === "yes_no") return { "1": "yes", "2": "no" };
  if (kind !== "choice" || choices.length > 9) return {};
  return Object.fromEntries(choices.map((choice, index) => [String(index + 1), choice]));
}

/** What keeps a question from being added, by field. */
export function missing(draft: QuestionDraft): Partial<Record<keyof QuestionDraft, string>> {
  if (draft.slot !== OWN) return {};
  const wrong: Partial<Record<keyof QuestionDraft, string>> = {};
  if (!nameOf(draft.label)) wrong.label = "Enter what the answer is, such as: size of plot";
  if (!draft.text.trim()) wrong.text = "Enter the question";
  if (!draft.second.trim()) wrong.second = "Enter how it is asked a second time";
  if (draft.kind === "choice" && Object.keys(choicesOf(draft.choices)).length < 2) {
    wrong.choices = "Enter two choices or more";
  }
  return wrong;
}

/** Fields of a question that does not exist yet. */
export function QuestionFields({
  draft,
  change,
  wrong,
}: {
  draft: QuestionDraft;
  change(draft: QuestionDraft): void;
  wrong: Partial<Record<keyof QuestionDraft, string>>;
}) {
  const set = (more: Partial<QuestionDraft>) => change({ ...draft, ...more });
  return (
    <>
      <Select
        label="What to ask for"
        value={draft.slot}
        options={[[OWN, "A question of your own"], ...KNOWN_QUESTIONS]}
        onChange={(slot) => set({ slot })}
      />
      {draft.slot === OWN && (
        <>
          <TextField
            label="What the answer is"
            hint="As a person who takes the call sees it, such as: Size of plot"
            width="20"
            value={draft.label}
            onChange={(label) => set({ label })}
            error={wrong.label}
          />
          <TextArea
            label="The question"
            hint="Read it aloud: one thing at a time"
            rows={2}
            value={draft.text}
            onChange={(text) => set({ text })}
            error={wrong.text}
          />
          <TextArea
            label="Asked a second time"
            hint="In other words, and how to get a person"
            rows={2}
            value={draft.second}
            onChange={(second) => set({ second })}
            error={wrong.second}
          />
          <TextArea label="Asked a third time" rows={2} value={draft.third} onChange={(third) => set({ third })} />
          <KindFields
            kind={draft.kind}
            setKind={(kind) => set({ kind })}
            choices={draft.choices}
            setChoices={(choices) => set({ choices })}
            least={draft.least}
            setLeast={(least) => set({ least })}
            most={draft.most}
            setMost={(most) => set({ most })}
          />
          {wrong.choices && <p className="govuk-error-message">{wrong.choices}</p>}
        </>
      )}
    </>
  );
}

/** One more question of a form. */
export function NewQuestion({
  intent,
  service,
  taken,
  close,
}: {
  intent: string;
  service: string;
  taken: string[];
  close(): void;
}) {
  const workspace = useWorkspace();
  const [draft, setDraft] = useState(EMPTY);
  const [tried, setTried] = useState(false);
  const wrong = tried ? missing(draft) : {};
  function add(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (Object.keys(missing(draft)).length) return;
    if (taken.includes(draft.slot)) {
      workspace.problem("This form asks for that already.");
      return;
    }
    const command: Command = { do: "add_question", intent, question: questionOf(draft, service) };
    void workspace.edit(command).then((done) => done && close());
  }
  return (
    <form onSubmit={add} className="admin-box">
      <h3 className="govuk-heading-s">A new question</h3>
      <QuestionFields draft={draft} change={setDraft} wrong={wrong} />
      <div className="govuk-button-group">
        <Button submit kind="primary">
          Add the question
        </Button>
        <Button onClick={close}>Leave it</Button>
      </div>
    </form>
  );
}
