import { type FormEvent, useState } from "react";
import { Button } from "../shared/Button";
import { Select, TextField } from "../shared/Field";
import { Tag } from "../shared/Notices";
import { get } from "./api";
import { Link, useLoaded, useShown, useWorkspace } from "./context";
import { countOf } from "./state";
import type { Draft } from "./types";
import { capital } from "./words";

const STATES: Record<Draft["state"], string> = {
  open: "being edited",
  in_review: "in review",
  approved: "approved",
  published: "published",
  discarded: "put away",
};

/** What is looked at: what callers hear now, or a draft, with undo and redo. */
export function DraftBar() {
  const { draft, route } = useShown();
  if (route.draft && !draft) return <p className="admin-bar govuk-body">Opening the draft…</p>;
  return draft ? <OfDraft draft={draft} /> : <OfLive />;
}

function OfDraft({ draft }: { draft: Draft }) {
  const workspace = useWorkspace();
  const { busy, findings, route } = useShown();
  const author = workspace.may("author");
  return (
    <section className="admin-bar admin-bar--draft" aria-label="The draft you are looking at">
      <p className="govuk-body govuk-!-margin-bottom-2">
        <strong>Draft: {draft.title}</strong> <Tag colour="yellow">{STATES[draft.state]}</Tag> Nobody hears it yet.{" "}
        {capital(countOf(findings))}.
      </p>
      {draft.behind && (
        <p className="govuk-body govuk-!-margin-bottom-2">
          Something else was published since this draft began.{" "}
          <Button small onClick={() => void workspace.update()}>
            Bring the draft up to date
          </Button>
        </p>
      )}
      <div className="govuk-button-group govuk-!-margin-bottom-0">
        {author && (
          <>
            <Button
              small
              disabled={busy || !draft.can_undo}
              onClick={() => void workspace.undo()}
              about={draft.can_undo}
            >
              Undo
            </Button>
            <Button
              small
              disabled={busy || !draft.can_redo}
              onClick={() => void workspace.redo()}
              about={draft.can_redo}
            >
              Redo
            </Button>
          </>
        )}
        <Link to={{ name: "draft", id: draft.id }} current={route.page.name === "draft"}>
          Check and publish
        </Link>
        <Link to={{ name: "flows" }} draft="">
          Look at what callers hear now
        </Link>
      </div>
    </section>
  );
}

function OfLive() {
  const workspace = useWorkspace();
  const { route } = useShown();
  const [title, setTitle] = useState("");
  const [missing, setMissing] = useState(false);
  const author = workspace.may("author");
  const drafts = useLoaded("drafts", () => get<Draft[]>("drafts"));
  const open = drafts.value ?? [];
  function begin(event: FormEvent) {
    event.preventDefault();
    setMissing(!title.trim());
    if (title.trim()) void workspace.start(title.trim());
  }
  return (
    <section className="admin-bar" aria-label="What you are looking at">
      <p className="govuk-body govuk-!-margin-bottom-2">
        You are looking at <strong>what callers hear now</strong>.{" "}
        {author ? "To change it, begin a draft or go on with one." : ""}
      </p>
      {author && (
        <details className="govuk-details govuk-!-margin-bottom-0">
          <summary className="govuk-details__summary">
            <span className="govuk-details__summary-text">Change something</span>
          </summary>
          <div className="govuk-details__text">
            {open.length > 0 && (
              <Select
                label="Go on with a draft"
                value=""
                options={[["", "Choose a draft"], ...open.map((draft) => [draft.id, draft.title] as const)]}
                onChange={(id) => id && workspace.go(route.page, id)}
              />
            )}
            <form onSubmit={begin}>
              <TextField
                label="Begin a new draft: what is it for?"
                hint="For example: Allotments"
                width="20"
                value={title}
                onChange={setTitle}
                error={missing ? "Enter what the draft is for" : undefined}
              />
              <Button submit kind="primary">
                Begin a draft
              </Button>
            </form>
          </div>
        </details>
      )}
    </section>
  );
}
