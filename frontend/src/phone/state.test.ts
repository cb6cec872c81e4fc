import { describe, expect, it } from "vitest";
import type { FromService } from "./protocol";
import { next, type PhoneEvent, type PhoneState, referenceIn, START } from "./state";

function stateAfter(...events: PhoneEvent[]): PhoneState {
  return events.reduce(next, START);
}

const caption = (index: number, text: string): FromService => ({ type: "caption", index, who: "bot", text });
const hex = (text: string) =>
  [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

describe("a spoken call", () => {
  it("shows what is said in its order, and a caption anew when it changes", () => {
    const state = stateAfter({ type: "rang" }, caption(1, "two"), caption(0, "one"), caption(1, "three"));
    expect(state.captions.map(({ text }) => text)).toEqual(["one", "three"]);
  });

  it("keeps what was said when it is over, with its outcome", () => {
    const ended: FromService = { type: "ended", reason: "over", outcome: "transferred", reference: "NV-1" };
    const state = stateAfter({ type: "rang" }, caption(0, "Hello"), ended);
    expect(state).toMatchObject({ screen: "ended", outcome: "transferred", reference: "NV-1" });
    expect(state.captions).toHaveLength(1);
    expect(next(state, { type: "rang" }).captions).toEqual([]);
  });

  it("goes on while the connection is made again", () => {
    const lost = stateAfter({ type: "rang" }, { type: "state", state: "listening" }, { type: "reconnecting" });
    expect(lost).toMatchObject({ screen: "call", reconnecting: true, bot: "listening" });
    expect(next(lost, { type: "resumed" }).reconnecting).toBe(false);
  });

  it("ends with what went wrong, but not for a message that was not understood", () => {
    expect(stateAfter({ type: "rang" }, { type: "problem", code: "busy" })).toMatchObject({
      screen: "start",
      problem: "busy",
    });
    expect(stateAfter({ type: "rang" }, { type: "problem", code: "not_understood" }).screen).toBe("call");
  });

  it("takes nothing from a call that is over", () => {
    expect(stateAfter(caption(0, "late"), { type: "state", state: "speaking" })).toEqual(START);
    expect(stateAfter({ type: "ended", reason: "over", outcome: "", reference: "" })).toEqual(START);
  });
});

describe("a call for the person at the page", () => {
  const user = `${hex('{"ref":"NV-2","svc":"waste"}')};encoding=hex`;
  const ringing: FromService = { type: "ringing", ring: "r1", caller: "Mo", headers: { "user-to-user": user } };

  it("rings with the call's reference, until it is over", () => {
    const state = stateAfter({ type: "registered", address: "browser:jane" }, ringing);
    expect(state.ringing).toEqual({ ring: "r1", caller: "Mo", reference: "NV-2" });
    expect(next(state, { type: "ring_over", ring: "other" }).ringing).not.toBeNull();
    expect(next(state, { type: "ring_over", ring: "r1" }).ringing).toBeNull();
  });

  it("is heard about first, then taken; the page goes on taking calls", () => {
    const offered = stateAfter(
      { type: "registered", address: "browser:jane" },
      ringing,
      { type: "picked_up" },
      { type: "connected" },
    );
    expect(offered).toMatchObject({ screen: "call", as: "agent", bot: "listening", reference: "NV-2" });
    const over = stateAfter(
      { type: "registered", address: "browser:jane" },
      ringing,
      { type: "picked_up" },
      { type: "took" },
      { type: "ended", reason: "remote_hangup", outcome: "", reference: "" },
    );
    expect(over).toMatchObject({ screen: "ended", bot: "person", address: "browser:jane", reference: "NV-2" });
  });
});

describe("the reference in a User-to-User header", () => {
  it.each(["", "zz", "7b", "5b5d;encoding=hex", hex('{"ref":7}'), "7b7", "ff"])("is empty in %o", (header) => {
    expect(referenceIn(header)).toBe("");
  });
});
