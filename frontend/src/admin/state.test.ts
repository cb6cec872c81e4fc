import { describe, expect, it } from "vitest";
import { about, countOf, next, open, START } from "./state";
import type { Draft, Finding } from "./types";

const draft: Draft = {
  id: "d1",
  title: "Allotments",
  owner: "ann",
  state: "open",
  base: "v1",
  behind: false,
  revision: 3,
  created_at: "2026-11-25T10:00:00Z",
  changed_at: "2026-11-25T10:00:00Z",
  notes: "",
  can_undo: "",
  can_redo: "",
  edits: [],
  reviews: [],
};

function finding(severity: "error" | "warning", name: string): Finding {
  const place = { service: "waste", kind: "response" as const, name, field: "", file: "", line: 0 };
  return { check: "x", severity, place, message: "Say it in two languages" };
}

describe("editing", () => {
  it("keeps the newest revision and what was done", () => {
    const edited = { draft: { ...draft, revision: 4 }, summary: "the answer changed", findings: [] };
    const state = next(next(START, { type: "asked" }), { type: "edited", edited });
    expect(state).toMatchObject({ busy: false, done: "the answer changed", draft: { revision: 4 }, stamp: 1 });
  });

  it("shows what somebody else did first, and goes on from their revision", () => {
    const since = [{ by: "bob", at: "2026-11-25T10:01:00Z", summary: "a question removed" }];
    const theirs = { ...draft, revision: 5 };
    const state = next(START, { type: "conflict", message: "changed", since, draft: theirs, findings: [] });
    expect(state.conflict?.since).toEqual(since);
    expect(state.draft?.revision).toBe(5);
    expect(next(state, { type: "seen" }).conflict).toBeNull();
  });

  it("keeps the draft when something goes wrong", () => {
    const looked = next(START, { type: "looked", draft, findings: [] });
    const state = next(next(looked, { type: "asked" }), { type: "wrong", problem: "no" });
    expect(state).toMatchObject({ draft, problem: "no", busy: false });
  });

  it("ends with the draft", () => {
    expect(open(draft)).toBe(true);
    expect(open({ ...draft, state: "published" })).toBe(false);
    expect(open(null)).toBe(false);
  });
});

describe("findings", () => {
  it("are shown where they belong", () => {
    const findings = [finding("error", "utter_a"), finding("warning", "utter_b")];
    expect(about(findings, "utter_b")).toEqual([findings[1]]);
  });

  it("are counted in words", () => {
    expect(countOf([])).toBe("no problems");
    expect(countOf([finding("error", "a")])).toBe("1 problem");
    expect(countOf([finding("error", "a"), finding("error", "a"), finding("warning", "b")])).toBe(
      "2 problems, 1 to look at",
    );
  });
});
