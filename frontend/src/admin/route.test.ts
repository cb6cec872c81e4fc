import { describe, expect, it } from "vitest";
import { address, type Page, parse } from "./route";

const PAGES: Page[] = [
  { name: "flows" },
  { name: "flow", intent: "waste_missed_bin", view: "outline" },
  { name: "flow", intent: "waste_missed_bin", view: "graph" },
  { name: "service", service: "waste" },
  { name: "new_service" },
  { name: "new_flow", service: "waste" },
  { name: "words", service: "none" },
  { name: "search", text: "30 pounds & more" },
  { name: "drafts" },
  { name: "history" },
  { name: "facts" },
  { name: "phrases" },
  { name: "try" },
  { name: "safety" },
  { name: "set_up" },
];

describe("an address", () => {
  it("leads back to the page that it was made for, with its draft", () => {
    for (const page of PAGES) {
      const url = new URL(address(page, "d1"), "https://council.example");
      expect(parse(url.pathname, url.search)).toEqual({ page, draft: "d1" });
    }
  });

  it("of a draft's own page is that draft's, whichever was looked at before", () => {
    expect(address({ name: "draft", id: "d2" }, "d1")).toBe("/admin/drafts/d2?draft=d2");
  });

  it("that nobody made is no page", () => {
    for (const path of ["/admin/nowhere", "/admin/flow", "/admin/service/"]) {
      expect(parse(path, "").page).toEqual({ name: "unknown" });
    }
  });
});
