import { Problem } from "../shared/Notices";
import { Heading, Link, useShown, useWorkspace } from "./context";
import { DraftBar } from "./DraftBar";
import { DraftPage } from "./pages/DraftPage";
import { Drafts } from "./pages/Drafts";
import { Facts } from "./pages/Facts";
import { FlowPage } from "./pages/FlowPage";
import { FlowsList } from "./pages/FlowsList";
import { History } from "./pages/History";
import { NewFlow } from "./pages/NewFlow";
import { NewService } from "./pages/NewService";
import { Phrases } from "./pages/Phrases";
import { Safety } from "./pages/Safety";
import { Search } from "./pages/Search";
import { ServicePage } from "./pages/ServicePage";
import { SetUp } from "./pages/SetUp";
import { TryOut } from "./pages/TryOut";
import { Words } from "./pages/Words";
import type { Page } from "./route";

const SECTIONS: readonly (readonly [Page, string, string[]])[] = [
  [{ name: "flows" }, "Flows", ["flows", "flow", "service", "new_service", "new_flow", "words", "search"]],
  [{ name: "phrases" }, "Phrases", ["phrases"]],
  [{ name: "facts" }, "Hours and notices", ["facts"]],
  [{ name: "try" }, "Try it", ["try"]],
  [{ name: "drafts" }, "Drafts", ["drafts", "draft"]],
  [{ name: "history" }, "History", ["history"]],
  [{ name: "safety" }, "Safety", ["safety"]],
  [{ name: "set_up" }, "Set up", ["set_up"]],
];

/** The application: its sections, the draft that is looked at, and the page. */
export function App() {
  const workspace = useWorkspace();
  const { route, conflict, problem, done } = useShown();
  return (
    <div className="admin" data-page={route.page.name}>
      <nav aria-label="Sections" className="admin-sections">
        <ul className="admin-sections__list">
          {SECTIONS.map(([page, text, names]) => (
            <li key={text}>
              <Link to={page} current={names.includes(route.page.name)} className="admin-sections__link">
                {text}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <DraftBar />
      {conflict && (
        <Problem title="Somebody else changed this draft first">
          <p>Your last change was not made. What you typed is still here. Meanwhile:</p>
          <ul className="govuk-list govuk-list--bullet">
            {conflict.since.map((edit) => (
              <li key={`${edit.at}${edit.summary}`}>
                {edit.by}: {edit.summary}
              </li>
            ))}
            {conflict.since.length === 0 && <li>{conflict.message}</li>}
          </ul>
          <p>The draft is shown as it is now. Look at it, then make your change again if it still fits.</p>
          <button type="button" className="govuk-button govuk-button--secondary" onClick={() => workspace.seen()}>
            I have seen it
          </button>
        </Problem>
      )}
      {problem && (
        <Problem title="That was not done" key={problem}>
          <p>{problem}</p>
        </Problem>
      )}
      <p role="status" className={done ? "app-done" : "govuk-visually-hidden"}>
        {done ? `Done: ${done}` : ""}
      </p>
      <Current page={route.page} />
    </div>
  );
}

function Current({ page }: { page: Page }) {
  switch (page.name) {
    case "flows":
      return <FlowsList />;
    case "flow":
      return <FlowPage key={page.intent} intent={page.intent} view={page.view} />;
    case "service":
      return <ServicePage key={page.service} name={page.service} />;
    case "new_service":
      return <NewService />;
    case "new_flow":
      return <NewFlow service={page.service} />;
    case "words":
      return <Words key={page.service} service={page.service} />;
    case "search":
      return <Search text={page.text} />;
    case "drafts":
      return <Drafts />;
    case "draft":
      return <DraftPage key={page.id} id={page.id} />;
    case "history":
      return <History />;
    case "facts":
      return <Facts />;
    case "phrases":
      return <Phrases />;
    case "try":
      return <TryOut />;
    case "safety":
      return <Safety />;
    case "set_up":
      return <SetUp />;
    case "unknown":
      return <Heading>There is no such page</Heading>;
  }
}
