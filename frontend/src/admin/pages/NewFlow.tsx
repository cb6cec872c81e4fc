import { type FormEvent, useState } from "react";
import { Button } from "../../shared/Button";
import { Checkbox, Select, TextArea, TextField } from "../../shared/Field";
import { Heading, useMayEdit, useWorkspace } from "../context";
import { FinishFields } from "../FinishEditor";
import { HearIt } from "../HearIt";
import { EMPTY, missing, nameOf, type QuestionDraft, QuestionFields, questionOf } from "../NewQuestion";
import type { Command, Finish } from "../types";
import { plain } from "../words";

type Kind = "answer" | "form" | "person";

const KINDS: readonly (readonly [Kind, string])[] = [
  ["answer", "Tell them something"],
  ["form", "Ask questions, then do something"],
  ["person", "Put them through to a person"],
];
const DEFAULT_FINISH: Finish = {
  action: "report",
  text: "That’s done. Your reference is {reference}.",
};

interface Numbered {
  id: number;
  draft: QuestionDraft;
}

/** Something that callers ring about, from nothing. */
export function NewFlow({ service }: { service: string }) {
  const workspace = useWorkspace();
  const mayEdit = useMayEdit();
  const [kind, setKind] = useState<Kind>("answer");
  const [title, setTitle] = useState("");
  const [text, setText] = useState("");
  const [examples, setExamples] = useState("");
  const [questions, setQuestions] = useState<Numbered[]>([{ id: 0, draft: EMPTY }]);
  const [confirms, setConfirms] = useState(true);
  const [confirm, setConfirm] = useState("");
  const [finish, setFinish] = useState(DEFAULT_FINISH);
  const [tried, setTried] = useState(false);
  const topic = nameOf(title.replace(/^(your|the|a|an|my) /i, ""));
  const lines = examples.split("\n").map((line) => line.trim());
  const said = lines.filter(Boolean);
  const intent = `${service}_${topic}`;
  const wrong = {
    title: topic ? undefined : "Enter what callers ring about",
    text: text.trim() || kind === "form" ? undefined : "Enter what the phone says",
    examples: said.length ? undefined : "Enter how callers say it",
    confirm: kind !== "form" || !confirms || confirm.trim() ? undefined : "Enter what is read back",
    finish: kind !== "form" || finish.text.trim() ? undefined : "Enter what is said at the end",
  };
  const incomplete = kind === "form" && questions.some(({ draft }) => Object.keys(missing(draft)).length > 0);

  function command(): Command {
    const about = { service, topic, title: title.trim(), examples: said };
    if (kind === "answer") return { do: "add_answer", ...about, text: text.trim() };
    if (kind === "person") return { do: "add_person", ...about, text: text.trim() };
    return {
      do: "add_form",
      ...about,
      need: finish.action === "report" ? "report" : "transact",
      intro: text.trim(),
      questions: questions.map(({ draft }) => questionOf(draft, service)),
      confirm: confirms ? confirm.trim() : "",
      finish,
    };
  }

  function add(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (Object.values(wrong).some(Boolean) || incomplete) return;
    void workspace.edit(command()).then((done) => done && workspace.go({ name: "flow", intent, view: "outline" }));
  }
  const error = (field: keyof typeof wrong) => (tried ? wrong[field] : undefined);

  if (!mayEdit) {
    return (
      <>
        <Heading>Add something callers ring about</Heading>
        <p className="govuk-body">Begin a draft first: see above.</p>
      </>
    );
  }
  return (
    <>
      <Heading caption={plain(service)}>Add something callers ring about</Heading>
      <form onSubmit={add} noValidate>
        <TextField
          label="What callers ring about"
          hint="As it fits after “It is about …”, such as: the allotment waiting list"
          width="20"
          value={title}
          onChange={setTitle}
          error={error("title")}
        />
        <Select label="What the phone does" value={kind} options={KINDS} onChange={(value) => setKind(value as Kind)} />
        <TextArea
          label={kind === "answer" ? "What it says" : "What it says first"}
          hint={kind === "form" ? "Before the first question. May be left empty" : "At most three short sentences"}
          value={text}
          onChange={setText}
          error={error("text")}
        />
        <HearIt text={text} about="what it says first" />
        <TextArea
          label="How callers say it"
          hint="Twenty examples or more, one on each line, in small letters"
          rows={8}
          value={examples}
          onChange={setExamples}
          error={error("examples")}
        />
        {kind === "form" && (
          <>
            {questions.map(({ id, draft }, position) => (
              <fieldset key={id} className="govuk-fieldset admin-box">
                <legend className="govuk-fieldset__legend govuk-fieldset__legend--m">Question {position + 1}</legend>
                <QuestionFields
                  draft={draft}
                  change={(changed) =>
                    setQuestions(questions.map((one) => (one.id === id ? { id, draft: changed } : one)))
                  }
                  wrong={tried ? missing(draft) : {}}
                />
                {questions.length > 1 && (
                  <Button
                    small
                    about={`question ${position + 1}`}
                    onClick={() => setQuestions(questions.filter((one) => one.id !== id))}
                  >
                    Remove
                  </Button>
                )}
              </fieldset>
            ))}
            <Button onClick={() => setQuestions([...questions, { id: (questions.at(-1)?.id ?? 0) + 1, draft: EMPTY }])}>
              Add another question
            </Button>
            <Checkbox label="Read everything back before doing it" checked={confirms} onChange={setConfirms} />
            {confirms && (
              <TextArea
                label="What is read back"
                hint={`In braces, the answers: ${slotsOf(questions, service)}`}
                rows={2}
                value={confirm}
                onChange={setConfirm}
                error={error("confirm")}
              />
            )}
            <FinishFields
              finish={finish}
              change={setFinish}
              slots={questions.map(({ draft }) => String(questionOf(draft, service).slot))}
            />
            {error("finish") && <p className="govuk-error-message">{error("finish")}</p>}
          </>
        )}
        <Button submit kind="primary">
          Add it to the draft
        </Button>
      </form>
    </>
  );
}

function slotsOf(questions: Numbered[], service: string): string {
  return questions.map(({ draft }) => `{${String(questionOf(draft, service).slot)}}`).join(", ");
}
