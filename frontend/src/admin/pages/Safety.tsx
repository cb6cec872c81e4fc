import { type FormEvent, useState } from "react";
import { Button } from "../../shared/Button";
import { TextArea, TextField } from "../../shared/Field";
import { Problem, Tag } from "../../shared/Notices";
import { get } from "../api";
import { Heading, useLoaded, useShown, useWorkspace } from "../context";
import { Beside } from "../Findings";
import { HearIt } from "../HearIt";
import { Opened } from "../Outline";
import { about, open } from "../state";
import type { SafetyScript } from "../types";

/** What is said when life is in danger. Locked: only a publisher changes it, and says why. */
export function Safety() {
  const { route, stamp } = useShown();
  const { value, problem } = useLoaded(`safety ${route.draft} ${stamp}`, () =>
    get<SafetyScript[]>(`safety?of=${encodeURIComponent(route.draft)}`),
  );
  return (
    <>
      <Heading>Safety scripts</Heading>
      <p className="govuk-body">
        They are said before anything else when life is in danger. Only a publisher changes them, in a draft, with a
        reason that is kept.
      </p>
      {problem && <Problem title={problem} />}
      {value?.map((script) => (
        <Script key={`${script.rule}${script.script}${script.question}`} script={script} />
      ))}
    </>
  );
}

function Script({ script }: { script: SafetyScript }) {
  const workspace = useWorkspace();
  const { draft, findings } = useShown();
  const [text, setText] = useState(script.script);
  const [question, setQuestion] = useState(script.question);
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const mayEdit = open(draft) && workspace.may("publisher");
  function save(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (!reason.trim() || !text.trim()) return;
    void workspace.edit({
      do: "set_safety_script",
      rule: script.rule,
      script: text === script.script ? null : text,
      question: question === script.question || !question.trim() ? null : question,
      reason: reason.trim(),
    });
  }
  return (
    <section className="admin-box" aria-label={script.title}>
      <h2 className="govuk-heading-s">
        {script.title} <Tag colour="red">{script.severity}</Tag>
      </h2>
      <p className="govuk-body">“{script.script}”</p>
      {script.question && <p className="govuk-hint">Asks first, when in doubt: “{script.question}”</p>}
      <Beside findings={about(findings, script.rule)} />
      <HearIt text={script.script} about={`the script: ${script.title}`} />
      {mayEdit && (
        <Opened label="Change the script" about={script.title}>
          {() => (
            <form onSubmit={save}>
              <TextArea label="What is said" value={text} onChange={setText} />
              {script.question && (
                <TextArea label="What is asked first, when in doubt" value={question} onChange={setQuestion} />
              )}
              <TextField
                label="Why it is changed"
                value={reason}
                onChange={setReason}
                error={tried && !reason.trim() ? "Enter why a safety script is changed" : undefined}
              />
              <Button submit kind="warning" about={script.title}>
                Change the safety script
              </Button>
            </form>
          )}
        </Opened>
      )}
    </section>
  );
}
