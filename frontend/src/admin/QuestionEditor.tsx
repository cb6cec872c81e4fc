import { type FormEvent, useState } from "react";
import { Button } from "../shared/Button";
import { Select, TextArea, TextField } from "../shared/Field";
import { useCheckWhileTyping, useMayEdit, useShown, useWorkspace } from "./context";
import { Beside } from "./Findings";
import { HearIt } from "./HearIt";
import { inLanguage } from "./ResponseEditor";
import { about } from "./state";
import type { Command, Profile, Question, QuestionKind } from "./types";
import { language, PROFILES, plain, QUESTION_KINDS } from "./words";

/** A question: its words in every language, how it is asked again, how its answer sounds, and its keys. */
export function QuestionEditor({ question, languages }: { question: Question; languages: string[] }) {
  const { findings } = useShown();
  return (
    <>
      {question.shared && (
        <p className="govuk-inset-text">Other flows ask this question too: a change is heard in all of them.</p>
      )}
      <div className="admin-sides">
        {languages.map((code) => (
          <QuestionWords key={code} question={question} code={code} />
        ))}
      </div>
      <Beside findings={about(findings, question.response)} />
      <AnswerForm question={question} />
      {question.kind && <KindForm question={question} kind={question.kind} />}
    </>
  );
}

function QuestionWords({ question, code }: { question: Question; code: string }) {
  const workspace = useWorkspace();
  const mayEdit = useMayEdit();
  const known = inLanguage(question.variants, code)[0]?.text ?? "";
  const knownRetries = inLanguage(question.retries, code).map((wording) => wording.text);
  const [text, setText] = useState(known);
  const [second, setSecond] = useState(knownRetries[0] ?? "");
  const [third, setThird] = useState(knownRetries[1] ?? "");
  const retries = [second.trim(), third.trim()].filter(Boolean);
  const changed = text !== known || retries.join("\n") !== knownRetries.slice(0, 2).join("\n");
  // Only in English must it be known at once what is said when the answer isn't understood.
  const missing = changed && code === "en" && retries.length === 0;
  const command: Command = {
    do: "set_question",
    response: question.response,
    language: code,
    text,
    retries: retries.length > 0 || code === "en" ? retries : null,
  };
  const found = useCheckWhileTyping(mayEdit && changed && text.trim() && !missing ? command : null, question.response);
  const what = `${question.label || plain(question.slot)}, in ${language(code)}`;
  const hidden = <span className="govuk-visually-hidden">: {what}</span>;
  if (!mayEdit) {
    return (
      <div lang={code}>
        <h5 className="govuk-heading-s">{language(code)}</h5>
        <p className="govuk-body">{known || "Nothing yet"}</p>
        {knownRetries.map((retry) => (
          <p key={retry} className="govuk-body">
            Asked again: {retry}
          </p>
        ))}
        <HearIt text={known} about={what} code={code} />
      </div>
    );
  }
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        void workspace.edit(command);
      }}
    >
      <TextArea
        label={
          <>
            {language(code)}
            {hidden}
          </>
        }
        lang={code}
        value={text}
        onChange={setText}
        rows={2}
      />
      <TextArea
        label={<>Asked a second time{hidden}</>}
        hint="In other words, and how to get a person"
        lang={code}
        error={missing ? "Enter what is asked when the answer isn’t understood" : undefined}
        value={second}
        onChange={setSecond}
      />
      <TextArea label={<>Asked a third time{hidden}</>} lang={code} value={third} onChange={setThird} />
      {changed && <Beside findings={found} />}
      <div className="govuk-button-group">
        <Button submit kind="primary" small disabled={!changed || !text.trim() || missing} about={what}>
          Save
        </Button>
        <HearIt text={text} about={what} code={code} />
      </div>
    </form>
  );
}

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;

/** Keys as lines, such as “1 yes”, and back. */
export function keypadLines(keypad: Record<string, string>): string {
  return Object.entries(keypad)
    .map(([key, text]) => `${key} ${text}`)
    .join("\n");
}

export function keypadOf(lines: string): Record<string, string> | null {
  const keypad: Record<string, string> = {};
  for (const line of lines.split("\n").filter((one) => one.trim())) {
    const found = /^\s*(\d)\s*[:=]?\s+?(.+)$/.exec(line);
    const key = KEYS.find((known) => known === found?.[1]);
    if (!key || !found?.[2]) return null;
    keypad[key] = found[2].trim();
  }
  return keypad;
}

function AnswerForm({ question }: { question: Question }) {
  const workspace = useWorkspace();
  const mayEdit = useMayEdit();
  const [profile, setProfile] = useState<Profile>(question.profile);
  const [keys, setKeys] = useState(keypadLines(question.keypad));
  const [digits, setDigits] = useState(String(question.digits));
  const [hints, setHints] = useState(question.hints.join(", "));
  const keypad = keypadOf(keys);
  if (!mayEdit) return null;
  function save(event: FormEvent) {
    event.preventDefault();
    if (!keypad) return;
    const words = hints.split(",").map((hint) => hint.trim());
    void workspace.edit({
      do: "set_question",
      response: question.response,
      profile,
      keypad,
      digits: Number(digits) || 0,
      hints: words.filter(Boolean),
    });
  }
  const what = question.label || plain(question.slot);
  return (
    <details className="govuk-details">
      <summary className="govuk-details__summary">
        <span className="govuk-details__summary-text">
          How it is answered, and keys<span className="govuk-visually-hidden">: {what}</span>
        </span>
      </summary>
      <form className="govuk-details__text" onSubmit={save}>
        <Select
          label="The answer sounds like"
          hint="Tells the phone how long to wait"
          value={profile}
          options={PROFILES}
          onChange={(value) => setProfile(value as Profile)}
        />
        <TextArea
          label="Keys"
          hint="A line each: the key, and what it stands for, such as: 1 yes. Key 0 is always a person."
          value={keys}
          onChange={setKeys}
          error={keypad ? undefined : "Write a key from 1 to 9 and what it stands for, such as: 1 yes"}
        />
        <TextField
          label="Digits that may be keyed"
          hint="0 for none. Callers end with hash."
          type="number"
          width="2"
          value={digits}
          onChange={setDigits}
        />
        <TextField label="Words to listen for" hint="With commas between them" value={hints} onChange={setHints} />
        <Button submit kind="primary" small about={`how it is answered: ${what}`}>
          Save
        </Button>
      </form>
    </details>
  );
}

/** Choices as lines, such as “plot: an allotment, a garden”, and back. */
export function choiceLines(choices: Record<string, string[]>): string {
  return Object.entries(choices)
    .map(([value, ways]) => `${value}: ${ways.join(", ")}`)
    .join("\n");
}

export function choicesOf(lines: string): Record<string, string[]> {
  const choices: Record<string, string[]> = {};
  for (const line of lines.split("\n")) {
    const [value = "", ways = ""] = line.split(":");
    if (!value.trim()) continue;
    const said = ways.split(",").map((way) => way.trim());
    choices[value.trim()] = [...new Set([value.trim(), ...said.filter(Boolean)])];
  }
  return choices;
}

function number(text: string): number | null {
  return text.trim() === "" || Number.isNaN(Number(text)) ? null : Number(text);
}

function KindForm({ question, kind: known }: { question: Question; kind: QuestionKind }) {
  const workspace = useWorkspace();
  const mayEdit = useMayEdit();
  const [kind, setKind] = useState<QuestionKind>(known);
  const [choices, setChoices] = useState(choiceLines(question.choices));
  const [least, setLeast] = useState(question.least === null ? "" : String(question.least));
  const [most, setMost] = useState(question.most === null ? "" : String(question.most));
  if (!mayEdit) return null;
  function save(event: FormEvent) {
    event.preventDefault();
    void workspace.edit({
      do: "set_question_kind",
      slot: question.slot,
      kind,
      choices: kind === "choice" ? choicesOf(choices) : {},
      least: number(least),
      most: number(most),
    });
  }
  const what = question.label || plain(question.slot);
  return (
    <details className="govuk-details">
      <summary className="govuk-details__summary">
        <span className="govuk-details__summary-text">
          What counts as an answer<span className="govuk-visually-hidden">: {what}</span>
        </span>
      </summary>
      <form className="govuk-details__text" onSubmit={save}>
        <KindFields
          kind={kind}
          setKind={setKind}
          choices={choices}
          setChoices={setChoices}
          least={least}
          setLeast={setLeast}
          most={most}
          setMost={setMost}
        />
        <Button submit kind="primary" small about={`what counts as an answer: ${what}`}>
          Save
        </Button>
      </form>
    </details>
  );
}

export interface KindFieldsProps {
  kind: QuestionKind;
  setKind(kind: QuestionKind): void;
  choices: string;
  setChoices(choices: string): void;
  least: string;
  setLeast(least: string): void;
  most: string;
  setMost(most: string): void;
}

export function KindFields(props: KindFieldsProps) {
  const { kind } = props;
  const bounds: Partial<Record<QuestionKind, [string, string]>> = {
    number: ["Least", "Most"],
    date: ["Earliest, in days from today", "Latest, in days from today"],
  };
  const bound = bounds[kind];
  return (
    <>
      <Select
        label="What counts as an answer"
        value={kind}
        options={QUESTION_KINDS}
        onChange={(value) => props.setKind(value as QuestionKind)}
      />
      {kind === "choice" && (
        <TextArea
          label="Choices"
          hint="A line each: the choice, a colon, and other ways of saying it, such as: full plot: whole, big one"
          value={props.choices}
          onChange={props.setChoices}
        />
      )}
      {bound && (
        <div className="admin-pair">
          <TextField label={bound[0]} type="number" width="5" value={props.least} onChange={props.setLeast} />
          <TextField label={bound[1]} type="number" width="5" value={props.most} onChange={props.setMost} />
        </div>
      )}
    </>
  );
}
