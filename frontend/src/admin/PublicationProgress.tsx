import { useEffect, useRef, useState } from "react";
import { Tag } from "../shared/Notices";
import { get } from "./api";
import type { CallResult, Publication, TestReport } from "./types";
import { STAGES } from "./words";

const ASK_AGAIN_MS = 1000;
const OVER = ["done", "failed"];

/** A publication as it goes on, asked for again until it is over. */
export function usePublication(id: string | null, over?: (publication: Publication) => void): Publication | null {
  const [publication, setPublication] = useState<Publication | null>(null);
  const atTheEnd = useRef(over);
  atTheEnd.current = over;
  useEffect(() => {
    if (!id) return;
    let timer: ReturnType<typeof setTimeout>;
    let gone = false;
    async function look() {
      try {
        const found = await get<Publication>(`publications/${id}`);
        if (gone) return;
        setPublication(found);
        if (OVER.includes(found.stage)) {
          atTheEnd.current?.(found);
          return;
        }
      } catch {
        // the service may be busy or starting again: what is known stays, and is asked for again
      }
      if (!gone) timer = setTimeout(() => void look(), ASK_AGAIN_MS);
    }
    void look();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [id]);
  return publication?.id === id ? publication : null;
}

/** How far it is. */
export function PublicationProgress({ publication }: { publication: Publication }) {
  const percent = Math.round(publication.progress * 100);
  return (
    <div className="admin-box" data-stage={publication.stage}>
      <p role="status" className="govuk-body">
        <strong>{STAGES[publication.stage]}</strong> {publication.message}
      </p>
      {!OVER.includes(publication.stage) && (
        <progress className="admin-progress" max={100} value={percent} aria-label="How far it is">
          {percent} %
        </progress>
      )}
      {publication.report && <Report report={publication.report} />}
    </div>
  );
}

function Report({ report }: { report: TestReport }) {
  const failing = report.calls.filter((call) => !call.passed);
  return (
    <>
      {report.summary && <p className="govuk-body">{report.summary}</p>}
      <p className="govuk-body">
        Scripted calls: {report.calls.length - failing.length} of {report.calls.length} came out right;{" "}
        {report.calls.filter((call) => call.aloud).length} of them were held aloud.
        {report.asked > 0 && ` Understood: ${report.understood} of ${report.asked} examples it had not learned.`}
      </p>
      {failing.length > 0 && (
        <ul className="govuk-list govuk-list--bullet">
          {failing.map((call) => (
            <li key={`${call.name}${call.aloud}`}>
              <Failing call={call} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Failing({ call }: { call: CallResult }) {
  return (
    <>
      {call.name}
      {call.aloud && " (held aloud)"}: {call.problems.join("; ")}{" "}
      {call.passed_live && <Tag colour="red">came out right until now</Tag>}
    </>
  );
}
