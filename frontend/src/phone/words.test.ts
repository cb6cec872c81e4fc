import { describe, expect, it } from "vitest";
import { microphoneProblem, PROBLEMS } from "./words";

describe("what keeps the microphone from us", () => {
  it.each([
    ["NotAllowedError", "refused"],
    ["SecurityError", "refused"],
    ["NotFoundError", "no_microphone"],
    ["OverconstrainedError", "no_microphone"],
    ["NotReadableError", "in_use"],
  ])("%s is %s", (name, problem) => {
    expect(microphoneProblem(new DOMException("", name))).toBe(problem);
  });
});

describe("every problem", () => {
  it("says what to do", () => {
    for (const { title, help } of Object.values(PROBLEMS)) {
      expect(title).not.toMatch(/\.$/);
      expect(help).toMatch(/\.$/);
      expect(help.length).toBeGreaterThan(20);
    }
  });
});
