import { type FormEvent, useState } from "react";
import { Button } from "../shared/Button";
import { Select, TextArea } from "../shared/Field";
import { Link, useMayEdit, useShown, useWorkspace } from "./context";
import { Beside } from "./Findings";
import { HearIt } from "./HearIt";
import { about } from "./state";
import type { Finish, Flow } from "./types";
import { FINISHES } from "./words";

/** What a form does at its end. */
export function FinishEditor({ flow, finish }: { flow: Flow; finish: Finish }) {
  const workspace = useWorkspace();
  const mayEdit = useMayEdit();
  const { findings } = useShown();
  const [wanted, setWanted] = useState(finish);
  if (!mayEdit) return <HearIt text={finish.text} about="what it says at the end" />;
  function save(event: FormEvent) {
    event.preventDefault();
    void workspace.edit({ do: "set_finish", intent: flow.intent, finish: wanted });
  }
  return (
    <form onSubmit={save}>
      <FinishFields finish={wanted} change={setWanted} slots={flow.questions.map((question) => question.slot)} />
      <Beside findings={about(findings, `utter_${flow.intent}_done`)} />
      <div className="govuk-button-group">
        <Button submit kind="primary" small about="what it does at the end">
          Save
        </Button>
        <HearIt text={wanted.text} about="what it says at the end" />
      </div>
    </form>
  );
}

export function FinishFields({
  finish,
  change,
  slots,
}: {
  finish: Finish;
  change(finish: Finish): void;
  slots: string[];
}) {
  const known = ["reference", ...slots.filter((slot) => slot !== "confirm")].map((name) => `{${name}}`).join(", ");
  return (
    <>
      <Select
        label="At the end it will"
        value={finish.action}
        options={FINISHES}
        onChange={(action) => change({ ...finish, action: action as Finish["action"] })}
      />
      <TextArea
        label="What it says then"
        hint={`In braces you may use ${known}`}
        value={finish.text}
        onChange={(text) => change({ ...finish, text })}
      />
      <p className="govuk-hint">
        When a person is needed and nobody is there, the queue’s <Link to={{ name: "facts" }}>hours</Link> say what
        happens.
      </p>
    </>
  );
}
