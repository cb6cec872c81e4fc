import { describe, expect, it } from "vitest";
import { EMPTY, missing, nameOf, questionOf } from "./NewQuestion";
import { choiceLines, choicesOf, keypadLines, keypadOf } from "./QuestionEditor";

describe("a new question", () => {
  it("gets its technical name from what people call it", () => {
    expect(nameOf("Size of plot?")).toBe("size_of_plot");
    expect(nameOf("3rd choice")).toBe("n_3rd_choice");
    expect(nameOf("Café – ŷ")).toBe("cafe_y");
    expect(nameOf("…")).toBe("");
  });

  it("of a few choices can be keyed", () => {
    const draft = { ...EMPTY, label: "Size", text: "Full or half?", second: "Which?", kind: "choice" as const };
    const question = questionOf({ ...draft, choices: "full: whole\nhalf" }, "allotments_apply");
    expect(question).toMatchObject({
      slot: "allotments_apply_size",
      keypad: { "1": "full", "2": "half" },
      choices: { full: ["full", "whole"], half: ["half"] },
    });
  });

  it("that exists is told by its name alone", () => {
    expect(questionOf({ ...EMPTY, slot: "address" }, "x")).toEqual({ slot: "address" });
    expect(missing({ ...EMPTY, slot: "address" })).toEqual({});
  });

  it("needs words, a second asking, and choices where there are some", () => {
    expect(Object.keys(missing({ ...EMPTY, kind: "choice", choices: "one" }))).toEqual([
      "label",
      "text",
      "second",
      "choices",
    ]);
  });
});

describe("keys and choices", () => {
  it("are lines and back", () => {
    const keypad = { "1": "yes", "2": "no" };
    expect(keypadOf(keypadLines(keypad))).toEqual(keypad);
    const choices = { full: ["full", "whole plot"], half: ["half"] };
    expect(choicesOf(choiceLines(choices))).toEqual(choices);
  });

  it("refuse what is no key", () => {
    expect(keypadOf("0 a person")).toBeNull();
    expect(keypadOf("yes")).toBeNull();
    expect(keypadOf("")).toEqual({});
  });
});
