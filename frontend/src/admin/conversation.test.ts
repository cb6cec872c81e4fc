import { describe, expect, it } from "vitest";
import { asked, type Exchange, meant, outcomeOf, scriptOf, told } from "./conversation";
import type { Act, Heard } from "./types";

function heard(service: string, ...acts: Act[]): Heard {
  return { acts, steps: [], intent: "", confidence: 1, facts: [], service, need: "", queue: "" };
}

const ask = (slot: string): Act => ({ act: "ask", slot, text: `${slot}?` });

const CALL: Exchange[] = [
  { said: "", heard: heard("none", ask("need")) },
  { said: "i want an allotment", heard: heard("allotments", { act: "say", text: "Yes." }, ask("name")) },
  { said: "er", heard: heard("allotments", ask("name")) },
  { said: "susan khan", heard: heard("allotments", ask("confirm")) },
  { said: "/key 1", heard: heard("none", { act: "hangup", outcome: "reported" }) },
];

describe("a conversation", () => {
  it("becomes a scripted call, with the answers by what was asked", () => {
    expect(scriptOf(CALL, "an allotment", "allotment")).toEqual({
      do: "save_call",
      service: "allotments",
      file: "allotment",
      name: "an allotment",
      opening: "i want an allotment",
      answers: { name: ["er", "susan khan"], confirm: { keys: "1" } },
      expect: { service: "allotments", outcome: "reported" },
    });
  });

  it("shows its steps as what happened, not as the engine has them", () => {
    const step = (kind: string, name: string, value = "") => ({ kind, name, value, confidence: null });
    const steps = [step("intent", "affirm"), step("rule", "RulePolicy", "form"), step("slot", "bin", "blue")];
    expect(told([...steps, step("slot", "requested_slot", "put_out")])).toEqual([
      step("intent", "affirm"),
      step("slot", "bin", "blue"),
      step("asks", "put_out"),
    ]);
  });

  it("takes keys for what they stand for, as a call does", () => {
    const question = heard("waste", { ...ask("bin"), keypad: { "2": "recycling" } });
    expect(meant("2", question)).toBe("recycling");
    expect(meant("0", question)).toBe("agent");
    expect(meant("03061948#", heard("none", ask("date_of_birth")))).toBe("03061948");
  });

  it("of nothing but a greeting is no call", () => {
    expect(scriptOf(CALL.slice(0, 1), "x", "x")).toBeNull();
  });

  it("ends as its last act says", () => {
    expect(outcomeOf([{ said: "agent", heard: heard("none", { act: "transfer", queue: "q" }) }])).toBe("transferred");
    expect(outcomeOf(CALL.slice(0, 2))).toBe("answered");
    expect(asked(heard("none", { act: "say", text: "x" }))).toBe("");
  });
});
