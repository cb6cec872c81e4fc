import { expect, it } from "vitest";
import { doubtOf } from "./doubt";
import type { CallResult, Publication } from "./types";

function tested(stage: Publication["stage"], calls: CallResult[]): Publication {
  const report = { calls, understood: 0, asked: 0, confused: [], summary: "" };
  const about = { id: "t", kind: "test", version: "v", by: "ann", at: "", message: "", seconds: 1, progress: 1 };
  return { ...about, stage, report: stage === "done" ? report : null };
}

function call(name: string, passed: boolean, passed_live: boolean | null): CallResult {
  return { name, passed, passed_live, problems: [], aloud: false };
}

it("doubts a draft that nobody tested", () => {
  expect(doubtOf(null)).toContain("has not been held");
  expect(doubtOf(tested("testing", []))).toContain("has not been held");
});

it("lets only what passed until now speak against a draft", () => {
  const calls = [call("pay", true, true), call("new", false, null), call("sad", false, false)];
  expect(doubtOf(tested("done", calls))).toBe("");
  expect(doubtOf(tested("done", [call("pay", false, true), call("pay", false, true)]))).toContain(
    "fail in the full test: pay.",
  );
});
