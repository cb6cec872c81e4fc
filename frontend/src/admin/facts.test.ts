import { describe, expect, it } from "vitest";
import { byDay, shortly, standing } from "./facts";
import type { Fact } from "./types";

describe("opening hours", () => {
  it("are a day at a time and short again", () => {
    const hours = { "mon-thu": "09:00-17:00", fri: "09:00-16:30", sat: "10:00-12:00" };
    const days = byDay(hours);
    expect(days.wed).toBe("09:00-17:00");
    expect(days.sun).toBe("closed");
    expect(shortly(days)).toEqual(hours);
  });

  it("may never close, and may never open", () => {
    expect(byDay("always").sun).toBe("00:00-24:00");
    expect(shortly(byDay({}))).toEqual({});
  });
});

describe("a notice", () => {
  const notice: Fact = {
    kind: "notice",
    key: "snow",
    value: { text: "Bins are a day late.", start: "2026-12-01", end: "2026-12-03T12:00" },
    source: "set",
    changed_at: null,
    changed_by: "",
    why: "",
  };

  it("is told from its first day to its last", () => {
    expect(["2026-11-30", "2026-12-01", "2026-12-03", "2026-12-04"].map((day) => standing(notice, day))).toEqual([
      "later",
      "now",
      "now",
      "over",
    ]);
  });
});
