import { type FormEvent, useState } from "react";
import { Button } from "../../shared/Button";
import { Select, TextArea } from "../../shared/Field";
import { useMayEdit, useShown, useWorkspace } from "../context";
import { Beside } from "../Findings";
import { about } from "../state";
import type { Flow, ServiceSummary } from "../types";

/** How callers say it: add, change, move, remove. */
export function Examples({ flow, services }: { flow: Flow; services: ServiceSummary[] }) {
  const workspace = useWorkspace();
  const mayEdit = useMayEdit();
  const { findings } = useShown();
  const [text, setText] = useState("");
  const lines = text.split("\n").map((line) => line.trim());
  const examples = lines.filter(Boolean);
  function add(event: FormEvent) {
    event.preventDefault();
    if (examples.length === 0) return;
    void workspace.edit({ do: "add_examples", intent: flow.intent, examples }).then((done) => done && setText(""));
  }
  const others = services.flatMap((service) => service.flows).filter((other) => other.intent !== flow.intent);
  return (
    <>
      <h2 className="govuk-heading-m">How callers say it</h2>
      <p className="govuk-body">
        Twenty at least, short and long, in the words of people: the phone learns from them. {flow.examples.length} so
        far.
      </p>
      <Beside findings={about(findings, flow.intent).filter((finding) => finding.place.kind === "examples")} />
      {mayEdit && (
        <form onSubmit={add}>
          <TextArea
            label="Add examples"
            hint="One on each line, as it is heard: small letters, no full stops"
            value={text}
            onChange={setText}
          />
          <Button submit kind="primary">
            Add
          </Button>
        </form>
      )}
      <ul className="govuk-list admin-examples">
        {flow.examples.map((example) => (
          <li key={example}>
            <span>{example}</span>
            {mayEdit && <ExampleActions flow={flow} example={example} others={others} />}
          </li>
        ))}
      </ul>
    </>
  );
}

function ExampleActions({
  flow,
  example,
  others,
}: {
  flow: Flow;
  example: string;
  others: { intent: string; title: string }[];
}) {
  const workspace = useWorkspace();
  const [moving, setMoving] = useState(false);
  return (
    <span className="admin-examples__actions">
      <Button
        small
        about={`the example: ${example}`}
        onClick={() => void workspace.edit({ do: "remove_example", intent: flow.intent, example })}
      >
        Remove
      </Button>
      {moving ? (
        <Select
          label={<span className="govuk-visually-hidden">Where “{example}” belongs</span>}
          value=""
          options={[
            ["", "Choose what it is about"],
            ...others.map((other) => [other.intent, other.title || other.intent] as const),
          ]}
          onChange={(to) => to && void workspace.edit({ do: "move_example", intent: flow.intent, example, to })}
        />
      ) : (
        <Button small about={`the example: ${example}`} onClick={() => setMoving(true)}>
          Move
        </Button>
      )}
    </span>
  );
}
