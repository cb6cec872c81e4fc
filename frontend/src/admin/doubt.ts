import type { Publication } from "./types";

/** Why a draft should not go into use as it is; empty when its full test went well. */
export function doubtOf(tested: Publication | null): string {
  if (tested?.stage !== "done" || !tested.report) return "The full test has not been held on the draft as it is now.";
  const broken = new Set(
    tested.report.calls.filter((call) => !call.passed && call.passed_live).map((call) => call.name),
  );
  return broken.size > 0 ? `Calls that came out right until now fail in the full test: ${[...broken].join(", ")}.` : "";
}
