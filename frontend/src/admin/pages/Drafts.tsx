import { type ChangeEvent, useState } from "react";
import { Problem, Tag } from "../../shared/Notices";
import { Scroll } from "../../shared/Scroll";
import { get, upload } from "../api";
import { Heading, Link, useLoaded, useShown, useWorkspace } from "../context";
import type { Draft, Edited } from "../types";
import { moment } from "../words";
import { message } from "../workspace";

const STATES: Record<Draft["state"], [string, "yellow" | "blue" | "green" | "grey"]> = {
  open: ["Being edited", "yellow"],
  in_review: ["Waiting for a review", "blue"],
  approved: ["Approved", "green"],
  published: ["Published", "grey"],
  discarded: ["Put away", "grey"],
};

/** Every draft, and a copy of everything. */
export function Drafts() {
  const { stamp } = useShown();
  const workspace = useWorkspace();
  const { value, problem } = useLoaded(`drafts ${stamp}`, () => get<Draft[]>("drafts?finished=yes"));
  return (
    <>
      <Heading>Drafts</Heading>
      <p className="govuk-body">
        A draft is a set of changes that nobody hears until a second person has approved it and it is published.
      </p>
      {problem && <Problem title={problem} />}
      {value?.length === 0 && <p className="govuk-body">There are no drafts yet.</p>}
      {value && value.length > 0 && (
        <Scroll label="Drafts">
          <table className="govuk-table admin-table">
            <thead className="govuk-table__head">
              <tr className="govuk-table__row">
                {["Draft", "Begun by", "Last changed", "State"].map((text) => (
                  <th key={text} scope="col" className="govuk-table__header">
                    {text}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="govuk-table__body">
              {value.map((draft) => (
                <tr key={draft.id} className="govuk-table__row">
                  <th scope="row" className="govuk-table__header">
                    <Link to={{ name: "draft", id: draft.id }} draft={draft.id}>
                      {draft.title}
                    </Link>
                  </th>
                  <td className="govuk-table__cell">{draft.owner}</td>
                  <td className="govuk-table__cell">{moment(draft.changed_at)}</td>
                  <td className="govuk-table__cell">
                    <Tag colour={STATES[draft.state][1]}>{STATES[draft.state][0]}</Tag>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      <h2 className="govuk-heading-m">A copy of everything</h2>
      <p className="govuk-body">
        <a className="govuk-link" href="/admin/api/export">
          Download all flows
        </a>{" "}
        as files, which an engineer can read and edit.
      </p>
      {workspace.may("author") && <Import />}
    </>
  );
}

function Import() {
  const workspace = useWorkspace();
  const [problem, setProblem] = useState("");
  async function chosen(event: ChangeEvent<HTMLInputElement>) {
    const file = event.target.files?.[0];
    if (!file) return;
    setProblem("");
    try {
      const made = await upload<Edited>(`import?title=${encodeURIComponent(file.name)}`, file);
      workspace.go({ name: "draft", id: made.draft.id }, made.draft.id);
    } catch (error) {
      setProblem(message(error));
    }
  }
  return (
    <div className={`govuk-form-group${problem ? " govuk-form-group--error" : ""}`}>
      <label className="govuk-label" htmlFor="archive">
        Make a draft from such a copy
      </label>
      {problem && <p className="govuk-error-message">{problem}</p>}
      <input
        id="archive"
        type="file"
        accept=".zip"
        className="govuk-file-upload"
        onChange={(event) => void chosen(event)}
      />
    </div>
  );
}
