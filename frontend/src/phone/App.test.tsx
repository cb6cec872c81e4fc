import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TestSocket } from "../shared/test_socket";
import { App } from "./App";
import { Phone } from "./phone";
import type { FromService, ToService } from "./protocol";

/** The service's end of the page's WebSocket. */
class Socket extends TestSocket<ToService, FromService> {
  static last: Socket;

  constructor() {
    super();
    Socket.last = this;
  }
}

function phone(takesCalls = false): Phone {
  const location = { protocol: "https:", host: "council.example" } as Location;
  return new Phone({ council: "Norbury Vale", person: "jane", takesCalls, personKey: "0", iceServers: [] }, location);
}

beforeEach(() => {
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("isSecureContext", true);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("the page", () => {
  it("holds a conversation in text", async () => {
    const user = userEvent.setup();
    render(<App phone={phone()} />);
    await user.click(screen.getByRole("button", { name: "Type instead" }));
    await vi.waitFor(() => expect(Socket.last.sent).toEqual([{ type: "text" }]));
    Socket.last.says({ type: "text_started", token: "t" });
    Socket.last.says({ type: "caption", index: 0, who: "bot", text: "How can I help?" });
    Socket.last.says({ type: "state", state: "listening" });
    expect(await screen.findByText("How can I help?")).toBeDefined();
    expect(screen.getByRole("status").textContent).toBe("The assistant is waiting for you");
    await user.type(screen.getByLabelText("Your message"), "  my bin{Enter}");
    expect(Socket.last.sent.at(-1)).toEqual({ type: "say", text: "my bin" });
    Socket.last.says({ type: "ended", reason: "over", outcome: "message", reference: "NV-3" });
    expect(await screen.findByText("Your message has been kept.")).toBeDefined();
    expect(screen.getByText("NV-3")).toBeDefined();
  });

  it("says what to do on a page that is not secure", async () => {
    vi.stubGlobal("isSecureContext", false);
    render(<App phone={phone()} />);
    await userEvent.click(screen.getByRole("button", { name: "Ring the assistant" }));
    expect((await screen.findByRole("alert")).textContent).toContain("Open this page over HTTPS");
    expect(screen.getByRole("button", { name: "Type instead" })).toBeDefined();
  });

  it("comes back to its conversation when the connection is lost, and gives up when it was signed out", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
    render(<App phone={phone()} />);
    await user.click(screen.getByRole("button", { name: "Type instead" }));
    const first = Socket.last;
    await vi.waitFor(() => expect(first.sent).toHaveLength(1));
    first.says({ type: "text_started", token: "t" });
    first.onclose?.({ code: 1006 });
    expect(await screen.findByText("The connection was lost. Trying again…")).toBeDefined();
    await vi.waitFor(() => expect(Socket.last.sent).toEqual([{ type: "resume", token: "t" }]), { timeout: 3000 });
    Socket.last.says({ type: "resumed" });
    Socket.last.onclose?.({ code: 4401 });
    expect((await screen.findByRole("alert")).textContent).toContain("Sign in again");
    vi.useRealTimers();
  });

  it("lets only those take calls who may", async () => {
    render(<App phone={phone()} />);
    expect(screen.queryByRole("button", { name: "Start taking calls" })).toBeNull();
    cleanup();
    render(<App phone={phone(true)} />);
    await userEvent.click(screen.getByRole("button", { name: "Start taking calls" }));
    await vi.waitFor(() => expect(Socket.last.sent).toEqual([{ type: "register" }]));
    Socket.last.says({ type: "registered", address: "browser:jane" });
    expect(await screen.findByText(/Your address is browser:jane/)).toBeDefined();
  });
});
