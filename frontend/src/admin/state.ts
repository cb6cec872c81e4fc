/** What is being edited, as a pure function of what has happened: testable without a browser or a service. */
import type { Since } from "./api";
import type { Draft, Edited, Finding } from "./types";

export interface State {
  /** The draft being edited, or null while looking at what callers hear now. */
  draft: Draft | null;
  findings: Finding[];
  /** Somebody else changed the draft first: what they did, until the person has seen it. */
  conflict: { message: string; since: Since[] } | null;
  /** What went wrong last. */
  problem: string | null;
  /** What was done last, to be read out. */
  done: string | null;
  busy: boolean;
  /** Grows with everything that makes shown flows old. */
  stamp: number;
}

export const START: State = {
  draft: null,
  findings: [],
  conflict: null,
  problem: null,
  done: null,
  busy: false,
  stamp: 0,
};

export type Event =
  | { type: "asked" }
  | { type: "looked"; draft: Draft | null; findings: Finding[] }
  | { type: "edited"; edited: Edited }
  | { type: "moved_on"; draft: Draft; done: string }
  | { type: "conflict"; message: string; since: Since[]; draft: Draft; findings: Finding[] }
  | { type: "wrong"; problem: string }
  | { type: "seen" };

export function next(state: State, event: Event): State {
  switch (event.type) {
    case "asked":
      return { ...state, busy: true, problem: null, done: null };
    case "looked":
      return {
        ...state,
        busy: false,
        draft: event.draft,
        findings: event.findings,
        conflict: null,
        problem: null,
        stamp: state.stamp + 1,
      };
    case "edited":
      return {
        ...state,
        busy: false,
        draft: event.edited.draft,
        findings: event.edited.findings,
        conflict: null,
        problem: null,
        done: event.edited.summary,
        stamp: state.stamp + 1,
      };
    case "moved_on":
      return { ...state, busy: false, draft: event.draft, problem: null, done: event.done };
    case "conflict":
      return {
        ...state,
        busy: false,
        draft: event.draft,
        findings: event.findings,
        conflict: { message: event.message, since: event.since },
        done: null,
        stamp: state.stamp + 1,
      };
    case "wrong":
      return { ...state, busy: false, problem: event.problem, done: null };
    case "seen":
      return { ...state, conflict: null, problem: null, done: null };
  }
}

/** Whether the draft can be edited by its state; a role is needed too. */
export function open(draft: Draft | null): boolean {
  return draft !== null && draft.state !== "published" && draft.state !== "discarded";
}

/** The findings about one thing: a response, an intent, a form. */
export function about(findings: Finding[], ...names: string[]): Finding[] {
  return findings.filter((finding) => names.includes(finding.place.name));
}

/** How many of each kind, in words. */
export function countOf(findings: { severity: "error" | "warning" }[]): string {
  const errors = findings.filter((finding) => finding.severity === "error").length;
  const warnings = findings.length - errors;
  const parts = [
    errors > 0 && `${errors} ${errors === 1 ? "problem" : "problems"}`,
    warnings > 0 && `${warnings} to look at`,
  ];
  return parts.filter(Boolean).join(", ") || "no problems";
}
