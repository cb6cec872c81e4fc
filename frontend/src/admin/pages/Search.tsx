import { Problem } from "../../shared/Notices";
import { get } from "../api";
import { Heading, Link, useLoaded, useShown } from "../context";
import { pageOf } from "../Findings";
import type { Found } from "../types";
import { plain } from "../words";
import { SearchBox } from "./FlowsList";

const KINDS: Partial<Record<Found["place"]["kind"], string>> = {
  response: "Says",
  question: "Asks",
  examples: "Callers say",
  safety: "Safety",
  need: "Title",
};

/** Where something is said, asked or given as an example. */
export function Search({ text }: { text: string }) {
  const { route, stamp } = useShown();
  const { value, problem } = useLoaded(`search ${text} ${route.draft} ${stamp}`, () =>
    get<Found[]>(`search?q=${encodeURIComponent(text)}&of=${encodeURIComponent(route.draft)}`),
  );
  return (
    <>
      <Heading>Search everything that is said</Heading>
      <SearchBox key={text} text={text} />
      {problem && <Problem title={problem} />}
      <p role="status" className="govuk-body">
        {value ? `${countOf(value.length)} found for “${text}”` : "Searching…"}
      </p>
      <ul className="govuk-list admin-findings">
        {value?.map((found) => (
          <li key={`${found.place.kind}${found.place.name}${found.place.field}${found.text}`}>
            <strong>{KINDS[found.place.kind] ?? plain(found.place.kind)}:</strong> {found.text}{" "}
            <Link to={pageOf(found.place)}>
              Go there<span className="govuk-visually-hidden">: {found.text}</span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}

/** No more are looked for. */
const MOST = 50;

function countOf(found: number): string {
  if (found === 0) return "Nothing";
  return found < MOST ? `${found}` : `The first ${MOST}`;
}
