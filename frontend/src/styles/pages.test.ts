// @vitest-environment node
import { compile } from "sass";
import { describe, expect, it } from "vitest";

const { css } = compile("src/styles/pages.scss", { loadPaths: ["node_modules"] });

describe("the styles of the pages", () => {
  it("hold nothing that is GOV.UK's own: its font, crest and logo", () => {
    expect(css).not.toMatch(/GDS Transport|@font-face|crest|crown|govuk-logo|\.govuk-header/i);
  });

  it("load nothing else", () => {
    expect(css).not.toMatch(/url\(|@import/);
  });

  it("style what the templates use", () => {
    for (const name of ["button", "error-summary", "generic-header", "input", "password-input", "skip-link", "table"]) {
      expect(css).toContain(`.govuk-${name}`);
    }
  });
});
