import { type FormEvent, useState } from "react";
import { Button } from "../../shared/Button";
import { TextArea, TextField } from "../../shared/Field";
import { Problem } from "../../shared/Notices";
import { get, post } from "../api";
import { Heading, Link, useLoaded, useShown, useWorkspace } from "../context";
import { doubtOf } from "../doubt";
import { Findings, pageOf } from "../Findings";
import { PublicationProgress, usePublication } from "../PublicationProgress";
import { countOf, open } from "../state";
import type { Change, Draft, Publication } from "../types";
import { moment } from "../words";
import { message } from "../workspace";

/** A draft's way into use: what it changes, what the checks find, a second person's review, and its publication. */
export function DraftPage({ id }: { id: string }) {
  const { draft, findings, stamp } = useShown();
  const changes = useLoaded(`diff ${id} ${stamp}`, () =>
    get<{ changes: Change[] }>(`drafts/${encodeURIComponent(id)}/diff`),
  );
  const tested = useLoaded(`tested ${id} ${stamp}`, () =>
    get<{ publication: Publication | null }>(`drafts/${encodeURIComponent(id)}/test`),
  );
  if (!draft || draft.id !== id) return <p className="govuk-body">Loading…</p>;
  const editable = open(draft);
  return (
    <>
      <Heading caption="Check and publish">{draft.title}</Heading>
      <h2 className="govuk-heading-m">1. What it changes</h2>
      {changes.problem && <Problem title={changes.problem} />}
      {changes.value?.changes.length === 0 && <p className="govuk-body">Nothing yet.</p>}
      <ul className="govuk-list govuk-list--bullet" data-changes>
        {changes.value?.changes.map((change) => (
          <ChangeLine key={`${change.kind}${change.summary}${change.after}`} change={change} />
        ))}
      </ul>
      {editable && <Notes key={draft.revision} draft={draft} />}
      <h2 className="govuk-heading-m">2. What the checks find: {countOf(findings)}</h2>
      <Findings findings={findings} />
      {editable && <Tests draft={draft} tested={tested.value?.publication ?? null} again={tested.again} />}
      <h2 className="govuk-heading-m">3. A second person’s review</h2>
      <Reviews draft={draft} />
      <h2 className="govuk-heading-m">4. Publish</h2>
      <Publish draft={draft} doubt={doubtOf(tested.value?.publication ?? null)} />
      <details className="govuk-details">
        <summary className="govuk-details__summary">
          <span className="govuk-details__summary-text">Every edit of this draft</span>
        </summary>
        <ol className="govuk-list govuk-list--number govuk-details__text">
          {draft.edits.map((edit) => (
            <li key={edit.number}>
              {edit.undone ? <s>{edit.summary}</s> : edit.summary} ({edit.by}, {moment(edit.at)}
              {edit.reason && `, because: ${edit.reason}`}){edit.undone && " undone"}
            </li>
          ))}
        </ol>
      </details>
    </>
  );
}

export function ChangeLine({ change }: { change: Change }) {
  return (
    <li>
      {change.summary}{" "}
      <Link to={pageOf(change.place)}>
        Show it<span className="govuk-visually-hidden">: {change.summary}</span>
      </Link>
      {(change.before || change.after) && (
        <div className="admin-change">
          {change.before && <del>{change.before}</del>} {change.after && <ins>{change.after}</ins>}
        </div>
      )}
    </li>
  );
}

function Notes({ draft }: { draft: Draft }) {
  const workspace = useWorkspace();
  const [title, setTitle] = useState(draft.title);
  const [notes, setNotes] = useState(draft.notes);
  if (!workspace.may("author")) return draft.notes ? <p className="govuk-body">{draft.notes}</p> : null;
  function save(event: FormEvent) {
    event.preventDefault();
    void workspace.step("notes", { title, notes }, "The release note is kept.");
  }
  return (
    <form onSubmit={save}>
      <TextField label="Title" width="20" value={title} onChange={setTitle} />
      <TextArea
        label="Release note"
        hint="Why this is changed, for those who look at the history"
        value={notes}
        onChange={setNotes}
      />
      <Button submit small>
        Keep the note
      </Button>
    </form>
  );
}

interface TestsProps {
  draft: Draft;
  tested: Publication | null;
  again(): void;
}

function Tests({ draft, tested, again }: TestsProps) {
  const workspace = useWorkspace();
  const [running, setRunning] = useState<string | null>(null);
  const publication = usePublication(running ?? tested?.id ?? null, again) ?? tested;
  if (!workspace.may("author", "publisher")) return publication && <PublicationProgress publication={publication} />;
  async function test() {
    try {
      setRunning((await post<Publication>(`drafts/${draft.id}/test`, { revision: draft.revision })).id);
    } catch (error) {
      workspace.problem(message(error));
    }
  }
  return (
    <>
      <p className="govuk-body">
        The full test trains the draft and holds every scripted call with it, some of them aloud. Nobody hears it.
      </p>
      <Button
        onClick={() => void test()}
        disabled={publication !== null && !["done", "failed"].includes(publication.stage)}
      >
        Run the full test
      </Button>
      {publication && <PublicationProgress publication={publication} />}
    </>
  );
}

function Reviews({ draft }: { draft: Draft }) {
  const workspace = useWorkspace();
  const [comment, setComment] = useState("");
  const own = draft.edits.some((edit) => edit.by === workspace.visitor.person && !edit.undone);
  function review(approve: boolean) {
    const said = approve ? "The draft is approved." : "The draft is sent back.";
    void workspace.step("review", { approve, comment }, said);
  }
  return (
    <>
      {draft.reviews.map((given) => (
        <p key={given.at} className="govuk-body">
          {given.by} {given.approved ? "approved it" : "sent it back"} on {moment(given.at)}
          {given.comment && `: “${given.comment}”`}
        </p>
      ))}
      {draft.state === "open" && workspace.may("author") && (
        <Button onClick={() => void workspace.step("submit", {}, "A second person can review it now.")}>
          Ask for a review
        </Button>
      )}
      {draft.state === "open" && !workspace.may("author") && (
        <p className="govuk-body">Nobody has asked for a review yet.</p>
      )}
      {draft.state === "in_review" &&
        (workspace.may("reviewer") && !own ? (
          <>
            <TextArea label="Comment" value={comment} onChange={setComment} />
            <div className="govuk-button-group">
              <Button kind="primary" onClick={() => review(true)}>
                Approve
              </Button>
              <Button onClick={() => review(false)}>Send back</Button>
            </div>
          </>
        ) : (
          <p className="govuk-body">It waits for a reviewer who has not edited it.</p>
        ))}
      {draft.state === "approved" && <p className="govuk-body">It is approved.</p>}
    </>
  );
}

function Publish({ draft, doubt }: { draft: Draft; doubt: string }) {
  const workspace = useWorkspace();
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const [running, setRunning] = useState<string | null>(null);
  const publication = usePublication(running, () => void workspace.refresh());
  async function publish(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (doubt && !reason.trim()) return;
    try {
      const wanted = { revision: draft.revision, reason: doubt ? reason.trim() : "" };
      setRunning((await post<Publication>(`drafts/${draft.id}/publish`, wanted)).id);
    } catch (error) {
      workspace.problem(message(error));
    }
  }
  return (
    <>
      {publication && <PublicationProgress publication={publication} />}
      {draft.state === "published" && (
        <p className="govuk-body">
          It is published.{" "}
          <Link to={{ name: "history" }} draft="">
            Take it back in the history
          </Link>
        </p>
      )}
      {draft.state === "approved" && workspace.may("publisher") && !publication && (
        <form onSubmit={(event) => void publish(event)} noValidate>
          <p className="govuk-body">New calls will hear it. Calls that are going on end with what they began with.</p>
          {doubt && (
            <TextField
              label="Why it goes into use all the same"
              hint={`${doubt} What you enter is kept with the history.`}
              value={reason}
              onChange={setReason}
              error={tried && !reason.trim() ? "Enter why, or run the full test first" : undefined}
            />
          )}
          <Button submit kind="primary">
            Publish
          </Button>
        </form>
      )}
      {draft.state === "approved" && !workspace.may("publisher") && (
        <p className="govuk-body">A publisher can put it into use now.</p>
      )}
      {["open", "in_review"].includes(draft.state) && <p className="govuk-body">It must be approved first.</p>}
      {open(draft) && workspace.may("author") && (
        <Button onClick={() => void workspace.step("discard", {}, "The draft is put away.")}>Put the draft away</Button>
      )}
    </>
  );
}
