import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Phone } from "../phone/phone";
import { TestSocket } from "../shared/test_socket";
import { App } from "./App";
import { read } from "./choices";
import { type About, Desk } from "./desk";
import type { FromService, Offer, Presence, ToService } from "./protocol";
import { deedOf } from "./shortcuts";
import { aDesk, anOffer, aPresence } from "./test_desk";

const ABOUT: About = {
  person: "jane",
  displayName: "Jane Burns",
  council: "Norbury Vale",
  personKey: "0",
  iceServers: [],
  softphone: false,
  screenPop: "",
  records: true,
  texts: true,
  outcomes: [
    ["resolved", "Solved in this call"],
    ["other", "Something else"],
  ],
  awayReasons: ["Break", "Lunch"],
  services: [["waste", "Bins and waste"]],
  needs: [["waste_new_container", "the new bin"]],
  queues: { waste_street: "Waste and street cleaning team" },
};
const LOCATION = { protocol: "https:", host: "council.example" } as Location;

/** The service's end of the page's WebSocket. */
class Socket extends TestSocket<ToService, FromService> {
  static last: Socket;

  constructor() {
    super();
    Socket.last = this;
  }

  shows(presence: Partial<Presence>, offer: Partial<Offer> | null = null): void {
    this.says({ type: "desk", ...aDesk(aPresence(presence), offer ? anOffer(offer) : null) });
  }

  asked(what: string): ToService | undefined {
    return this.sent.findLast((wish) => wish.do === what);
  }
}

async function opened(about: Partial<About> = {}): Promise<Socket> {
  const whole = { ...ABOUT, ...about };
  const phone = new Phone({ ...whole, takesCalls: true }, LOCATION);
  const desk = new Desk(whole, phone, LOCATION);
  render(<App desk={desk} />);
  await desk.start();
  return Socket.last;
}

beforeEach(() => {
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal(
    "AudioContext",
    class {
      currentTime = 0;
      destination = {};
      createGain = () => ({ connect: () => undefined, gain: { value: 0, setValueAtTime: () => undefined } });
      createOscillator = () => ({
        connect: () => undefined,
        frequency: { setValueAtTime: () => undefined },
        start: () => undefined,
        stop: () => undefined,
      });
    },
  );
  document.title = "Desk";
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  window.localStorage.clear();
});

describe("the desk", () => {
  it("shows the card before the phone may ring, takes the call, and saves the form", async () => {
    const user = userEvent.setup();
    const socket = await opened();
    socket.shows({ state: "offered" }, { state: "offered" });
    expect(await screen.findByText("A call for you: Bins and waste: the missed bin")).toBeDefined();
    expect(screen.getByText("Anna Price")).toBeDefined();
    expect(screen.getByText("Asked to be spoken to slowly")).toBeDefined();
    expect(screen.getByText("70 %, not confirmed")).toBeDefined();
    await vi.waitFor(() => expect(socket.asked("shown")).toMatchObject({ offer: "o1" }));
    expect(document.title).toBe("● Call for you: Bins and waste: the missed bin");
    await user.click(screen.getByRole("button", { name: "Accept" }));
    expect(socket.asked("accept")).toMatchObject({ offer: "o1" });

    socket.shows({ state: "in_call" }, { state: "joined", joined_at: "2026-11-25T10:00:00.000Z" });
    expect(await screen.findByText(/You are joined with the caller/)).toBeDefined();
    expect(document.title).toBe("Desk");
    socket.says({
      type: "transcript",
      call_id: "c1",
      lines: [{ key: "t", who: "agent", text: "Hello, Jane here", at_ms: 9000 }],
    });
    expect(await screen.findByText("Hello, Jane here")).toBeDefined();
    await user.type(screen.getByLabelText("Notes"), "Key under the mat");

    socket.shows({ state: "wrapping_up" }, { state: "ended" });
    expect(await screen.findByText("Wrap up: Bins and waste: the missed bin")).toBeDefined();
    expect(screen.getByLabelText<HTMLTextAreaElement>("Notes").value).toBe("Key under the mat");
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(screen.getByText(/Select what came of it/)).toBeDefined();
    expect(socket.asked("wrap_up")).toBeUndefined();
    await user.click(screen.getByLabelText("Solved in this call"));
    await user.click(screen.getByLabelText("The caller had to repeat themselves"));
    await user.type(screen.getByLabelText("Text to the caller (optional)"), "Your new bin comes on Friday.");
    await user.click(screen.getByLabelText("The caller agreed to be sent this"));
    await user.selectOptions(screen.getByLabelText(/If it was about something else/), "waste_new_container");
    await user.click(screen.getByRole("button", { name: "Save" }));
    const form = socket.asked("wrap_up");
    expect(form).toMatchObject({
      offer: "o1",
      outcome: "resolved",
      notes: "Key under the mat",
      repeated: true,
      service: "waste",
      topic: "new_container",
      text: "Your new bin comes on Friday.",
      text_to: "01632960123",
      text_agreed: true,
    });
    socket.says({ type: "done", id: form?.id ?? 0, result: { free: true } });
    socket.shows({ state: "available" });
    expect(await screen.findByText("The call is wrapped up.")).toBeDefined();
  });

  it("says why something could not be done", async () => {
    const socket = await opened();
    socket.shows({ state: "offered" }, { state: "offered" });
    await userEvent.click(await screen.findByRole("button", { name: "Accept" }));
    socket.says({
      type: "failed",
      id: socket.asked("accept")?.id ?? 0,
      message: "This call is no longer offered to you",
    });
    expect(await screen.findByText("This call is no longer offered to you")).toBeDefined();
  });

  it("goes on with the call when the network blinks", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const socket = await opened();
    socket.shows({ state: "in_call" }, { state: "joined" });
    expect(await screen.findByText(/You are joined with the caller/)).toBeDefined();
    socket.onclose?.({ code: 1006 });
    expect(await screen.findByText(/The connection was lost/)).toBeDefined();
    const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
    await user.type(screen.getByLabelText("Notes"), "Rang twice");
    expect(screen.getByText(/You are joined with the caller/)).toBeDefined();
    await vi.waitFor(() => expect(Socket.last).not.toBe(socket), { timeout: 3000 });
    Socket.last.shows({ state: "in_call" }, { state: "joined", held: true });
    expect(await screen.findByText(/The caller is held/)).toBeDefined();
    await vi.waitFor(() => expect(screen.queryByText(/The connection was lost/)).toBeNull());
    await vi.waitFor(() => expect(Socket.last.asked("note")).toMatchObject({ notes: "Rang twice" }), { timeout: 3000 });
    vi.useRealTimers();
  });

  it("opens the page of the council's own system when a call is taken", async () => {
    const open = vi.fn();
    vi.stubGlobal("open", open);
    const socket = await opened({ screenPop: "https://crm.example/?ref={call.reference}" });
    socket.shows({ state: "offered" }, { state: "offered" });
    await userEvent.click(await screen.findByRole("button", { name: "Accept" }));
    expect(open).toHaveBeenCalledExactlyOnceWith("https://crm.example/?ref=NV-4F7K2", "_blank", "noopener");
  });

  it("does by single keys what buttons do, unless that is switched off", async () => {
    const user = userEvent.setup();
    const socket = await opened();
    socket.shows({ state: "offered" }, { state: "offered" });
    await screen.findByText(/A call for you/);
    await user.keyboard("a");
    expect(socket.asked("accept")).toBeDefined();
    await user.click(screen.getByText("Keyboard and sound"));
    await user.click(screen.getByLabelText("Keyboard shortcuts"));
    (document.activeElement as HTMLElement | null)?.blur();
    await user.keyboard("d");
    expect(socket.asked("decline")).toBeUndefined();
    expect(read(window.localStorage)).toEqual({ shortcuts: false, sound: true });
  });
});

describe("a key", () => {
  const pressed = { key: "h", ctrlKey: false, altKey: false, metaKey: false, repeat: false };

  it("means something on its own screen, outside of fields and without Ctrl", () => {
    expect(deedOf(pressed, false, "call")).toBe("hold");
    expect(deedOf({ ...pressed, key: "H" }, false, "call")).toBe("hold");
    expect(deedOf(pressed, true, "call")).toBeNull();
    expect(deedOf({ ...pressed, ctrlKey: true }, false, "call")).toBeNull();
    expect(deedOf({ ...pressed, repeat: true }, false, "call")).toBeNull();
    expect(deedOf(pressed, false, "offer")).toBeNull();
  });
});
