import { describe, expect, it } from "vitest";
import type { Desk, Offer, Presence } from "./protocol";
import { type DeskEvent, type DeskState, next, picksUp, START, screenOf, screenPop, spokenIn } from "./state";
import { aDesk, anOffer, aPresence } from "./test_desk";

function given(...events: DeskEvent[]): DeskState {
  return events.reduce(next, START);
}

function shows(presence: Partial<Presence>, offer: Partial<Offer> | null = null): DeskEvent {
  const desk: Desk = aDesk(aPresence(presence), offer ? anOffer(offer) : null);
  return { type: "desk", ...desk };
}

describe("what the desk shows", () => {
  it("follows a call from the offer to the form", () => {
    expect(screenOf(START)).toBe("loading");
    expect(screenOf(given({ type: "opened" }, shows({ state: "available" })))).toBe("idle");
    expect(screenOf(given(shows({ state: "offered" }, { state: "offered" })))).toBe("offer");
    expect(screenOf(given(shows({ state: "in_call" }, { state: "accepted" })))).toBe("call");
    expect(screenOf(given(shows({ state: "in_call" }, { state: "joined" })))).toBe("call");
    expect(screenOf(given(shows({ state: "wrapping_up" }, { state: "ended" })))).toBe("wrap_up");
    expect(screenOf(given(shows({ state: "available" }, { state: "declined" })))).toBe("idle");
  });

  it("keeps the call while the connection is made again", () => {
    const lost = given(shows({ state: "in_call" }, { state: "joined" }), { type: "reconnecting" });
    expect([screenOf(lost), lost.link]).toEqual(["call", "reconnecting"]);
    expect(next(lost, { type: "opened" }).link).toBe("open");
  });

  it("says that the records are away until they are back", () => {
    const away = given(shows({}), { type: "unavailable" });
    expect(away.records).toBe(false);
    expect(next(away, shows({})).records).toBe(true);
  });

  it("forgets what it waits for when the connection is lost: no answer will come", () => {
    const asked = given({ type: "asked", id: 1 }, { type: "asked", id: 2 }, { type: "done", id: 1, result: null });
    expect(asked.waitingFor).toEqual([2]);
    expect(next(asked, { type: "reconnecting" }).waitingFor).toEqual([]);
  });

  it("tells what went wrong until the next thing is done", () => {
    const failed = given({ type: "asked", id: 1 }, { type: "failed", id: 1, message: "Too late" });
    expect(failed.problem).toBe("Too late");
    expect(next(failed, { type: "asked", id: 2 }).problem).toBe("");
    expect(next(failed, shows({ state: "offered" }, { id: "other", state: "offered" })).problem).toBe("");
  });
});

describe("the phone", () => {
  const offered = given(shows({ state: "offered" }, { id: "o1", state: "offered" }));

  it("is picked up for the call that was accepted here, and for no other", () => {
    expect(picksUp(offered, "NV-1")).toBe(false);
    const accepted = next(offered, { type: "accepting", offer: "o1" });
    expect(picksUp(accepted, "NV-1")).toBe(true);
    expect(picksUp(accepted, null)).toBe(false);
    const another = next(accepted, shows({ state: "offered" }, { id: "o2", state: "offered" }));
    expect(picksUp(another, "NV-2")).toBe(false);
  });
});

describe("what was said", () => {
  it("is on the card until the records tell more", () => {
    const state = given(shows({ state: "offered" }, { call_id: "c1" }));
    const offer = anOffer({ call_id: "c1" });
    expect(spokenIn(state, offer).map((line) => line.text)).toEqual(["How can I help?", "my bin"]);
    const more = next(state, {
      type: "transcript",
      call_id: "c1",
      lines: [{ key: "t", who: "agent", text: "Hello, Jane here", at_ms: 9000 }],
    });
    expect(spokenIn(more, offer).map((line) => line.text)).toEqual(["Hello, Jane here"]);
    expect(spokenIn(more, anOffer({ call_id: "c2" }))).toHaveLength(2);
  });
});

describe("the page of another system", () => {
  const offer = anOffer({ reference: "NV-4F7K2", call_id: "c/1" });

  it("is found by what is known, encoded", () => {
    expect(screenPop("https://crm.example/?ref={call.reference}&id={call.id}", offer)).toBe(
      "https://crm.example/?ref=NV-4F7K2&id=c%2F1",
    );
    expect(screenPop("https://crm.example/?who={card.who.name}", offer)).toBe("https://crm.example/?who=Anna%20Price");
  });

  it("has nothing where nothing is known", () => {
    for (const path of ["card.who.nobody", "call.constructor.name", "card.facts", "x.y"]) {
      expect(screenPop(`https://crm.example/?x={${path}}`, offer)).toBe("https://crm.example/?x=");
    }
  });
});
