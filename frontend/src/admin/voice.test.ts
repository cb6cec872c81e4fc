import { describe, expect, it } from "vitest";
import { pronounced } from "./voice";

describe("how a word is pronounced", () => {
  it("is marked wherever the word stands, whole", () => {
    expect(pronounced("Norbury is Norbury. Norburyvale isn't.", "norbury", "Nor berry")).toBe(
      "Nor berry is Nor berry. Norburyvale isn't.",
    );
  });

  it("takes words with signs in them as they are", () => {
    expect(pronounced("Ask A.C.T. or a.b", "A.C.T.", "act")).toBe("Ask act or a.b");
    expect(pronounced("as it is", " ", "x")).toBe("as it is");
  });
});
