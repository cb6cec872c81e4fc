import { type FormEvent, useState } from "react";
import { Button } from "../../shared/Button";
import { TextField } from "../../shared/Field";
import { Heading, useMayEdit, useWorkspace } from "../context";
import { nameOf } from "../NewQuestion";

/** A new service: who answers for it. What callers ring about comes after. */
export function NewService() {
  const workspace = useWorkspace();
  const mayEdit = useMayEdit();
  const [title, setTitle] = useState("");
  const [owner, setOwner] = useState("");
  const [queue, setQueue] = useState("customer_services");
  const [source, setSource] = useState("");
  const [tried, setTried] = useState(false);
  const wrong = {
    title: nameOf(title) ? undefined : "Enter what the service is called",
    owner: owner.trim() ? undefined : "Enter who answers for it",
    queue: nameOf(queue) === queue.trim() && queue ? undefined : "Enter a queue, such as customer_services",
    source: source.trim() ? undefined : "Enter where it is published, such as a page of your website",
  };
  function add(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (Object.values(wrong).some(Boolean)) return;
    const name = nameOf(title);
    const reviewed = new Date().toISOString().slice(0, 10);
    const told = { title: title.trim(), owner: owner.trim(), queue: queue.trim(), source: source.trim() };
    void workspace
      .edit({ do: "add_service", name, reviewed, ...told })
      .then((done) => done && workspace.go({ name: "new_flow", service: name }));
  }
  const error = (field: keyof typeof wrong) => (tried ? wrong[field] : undefined);
  return (
    <>
      <Heading>Add a service</Heading>
      {!mayEdit && <p className="govuk-body">Begin a draft first: see above.</p>}
      {mayEdit && (
        <form onSubmit={add} noValidate>
          <TextField
            label="What the service is called"
            hint="As it fits into a sentence, such as: allotments"
            width="20"
            value={title}
            onChange={setTitle}
            error={error("title")}
          />
          <TextField
            label="Who answers for what is said"
            hint="A post, not a person’s name, such as: Parks manager"
            width="20"
            value={owner}
            onChange={setOwner}
            error={error("owner")}
          />
          <TextField
            label="Queue that takes its callers if a person must"
            width="20"
            value={queue}
            onChange={setQueue}
            error={error("queue")}
          />
          <TextField label="Where it is published" value={source} onChange={setSource} error={error("source")} />
          <Button submit kind="primary">
            Add the service
          </Button>
        </form>
      )}
    </>
  );
}
