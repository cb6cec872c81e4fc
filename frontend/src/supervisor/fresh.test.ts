import { describe, expect, it } from "vitest";
import { replaceFrom } from "./fresh";

const page = (text: string) => `<main><div data-live><p>${text}</p></div></main>`;

describe("a part that is kept fresh", () => {
  it("is replaced when it has changed, and otherwise left alone", () => {
    document.body.innerHTML = page("one waits");
    const shown = document.querySelector("[data-live] p");
    expect(replaceFrom(page("one waits"), "[data-live]")).toBe(false);
    expect(document.querySelector("[data-live] p")).toBe(shown);
    expect(replaceFrom(page("two wait"), "[data-live]")).toBe(true);
    expect(document.body.textContent).toBe("two wait");
  });

  it("is left alone by another page, and under somebody's keyboard", () => {
    document.body.innerHTML = '<div data-live><a href="/">link</a></div>';
    expect(replaceFrom("<p>Sign in</p>", "[data-live]")).toBe(false);
    document.querySelector("a")?.focus();
    expect(replaceFrom(page("two wait"), "[data-live]")).toBe(false);
  });
});
