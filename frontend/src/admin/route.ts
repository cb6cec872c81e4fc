/** Which page an address below /admin/ is, and back. The draft that is being looked at stays in the address. */

export type Page =
  | { name: "flows" }
  | { name: "flow"; intent: string; view: "outline" | "graph" | "examples" }
  | { name: "service"; service: string }
  | { name: "new_service" }
  | { name: "new_flow"; service: string }
  | { name: "words"; service: string }
  | { name: "search"; text: string }
  | { name: "drafts" }
  | { name: "draft"; id: string }
  | { name: "history" }
  | { name: "facts" }
  | { name: "phrases" }
  | { name: "try" }
  | { name: "safety" }
  | { name: "set_up" }
  | { name: "unknown" };

export interface Route {
  page: Page;
  /** The draft that is looked at; empty for what callers hear now. */
  draft: string;
}

const VIEWS = ["outline", "graph", "examples"] as const;

export function parse(path: string, query: string): Route {
  const parameters = new URLSearchParams(query);
  const [first = "", second = "", third = ""] = path
    .replace(/^\/admin\/?/, "")
    .split("/")
    .map(decodeURIComponent);
  return { page: pageOf(first, second, third, parameters), draft: parameters.get("draft") ?? "" };
}

function pageOf(first: string, second: string, third: string, query: URLSearchParams): Page {
  switch (first) {
    case "":
      return { name: "flows" };
    case "flow": {
      const view = VIEWS.find((known) => known === third) ?? "outline";
      return second ? { name: "flow", intent: second, view } : { name: "unknown" };
    }
    case "service":
      if (second === "new") return { name: "new_service" };
      if (second && third === "new") return { name: "new_flow", service: second };
      if (second && third === "words") return { name: "words", service: second };
      return second ? { name: "service", service: second } : { name: "unknown" };
    case "search":
      return { name: "search", text: query.get("q") ?? "" };
    case "drafts":
      return second ? { name: "draft", id: second } : { name: "drafts" };
    case "history":
    case "facts":
    case "phrases":
    case "try":
    case "safety":
      return { name: first };
    case "set-up":
      return { name: "set_up" };
    default:
      return { name: "unknown" };
  }
}

export function address(page: Page, draft: string): string {
  const query = new URLSearchParams();
  if (page.name === "search" && page.text) query.set("q", page.text);
  const kept = page.name === "draft" ? page.id : draft;
  if (kept) query.set("draft", kept);
  const asked = query.toString();
  return `/admin/${pathOf(page)}${asked ? `?${asked}` : ""}`;
}

function pathOf(page: Page): string {
  switch (page.name) {
    case "flows":
    case "unknown":
      return "";
    case "flow":
      return `flow/${encodeURIComponent(page.intent)}${page.view === "outline" ? "" : `/${page.view}`}`;
    case "service":
      return `service/${encodeURIComponent(page.service)}`;
    case "new_service":
      return "service/new";
    case "new_flow":
      return `service/${encodeURIComponent(page.service)}/new`;
    case "words":
      return `service/${encodeURIComponent(page.service)}/words`;
    case "draft":
      return `drafts/${encodeURIComponent(page.id)}`;
    case "set_up":
      return "set-up";
    default:
      return page.name;
  }
}
