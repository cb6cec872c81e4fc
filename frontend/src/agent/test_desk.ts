/** A desk as the service would tell it, for tests. */
import type { Desk, Offer, Presence } from "./protocol";

export function aPresence(changed: Partial<Presence> = {}): Presence {
  return {
    agent: "jane",
    display_name: "Jane Burns",
    state: "available",
    reason: "",
    since: "2026-11-25T10:00:00.000Z",
    seen: true,
    address: "browser:jane",
    queues: ["*"],
    next_state: "",
    next_reason: "",
    ...changed,
  };
}

export function anOffer(changed: Partial<Offer> = {}): Offer {
  return {
    id: "o1",
    call_id: "c1",
    reference: "NV-4F7K2",
    kind: "call",
    queue: "waste_street",
    priority: "normal",
    state: "offered",
    joined_at: null,
    waited_s: 12,
    held: false,
    recording: "",
    parties: [],
    card: {
      reference: "NV-4F7K2",
      need: "Bins and waste: the missed bin",
      words: "my bin",
      who: { name: "Anna Price", number: "01632960123", address: "12 Mill Lane", uprn: "", verified: "" },
      urgency: "normal",
      alerts: [],
      communication: ["Asked to be spoken to slowly"],
      facts: [
        {
          name: "bin",
          label: "Bin",
          value: "recycling",
          source: "said",
          confidence: 0.7,
          confirmed: false,
          at_ms: 12300,
        },
      ],
      done: ["Gave reference NVC 482 913"],
      why: "The caller asked for a person.",
      next_step: "Confirm with the caller: Bin.",
      transcript: [
        { who: "bot", text: "How can I help?", at_ms: 0 },
        { who: "caller", text: "my bin", at_ms: 2000 },
      ],
    },
    wrap_up: { outcome: "", notes: "", service: "", topic: "", repeated: false, text_sent: false, saved_at: null },
    ...changed,
  };
}

export function aDesk(presence: Presence | null, offer: Offer | null): Desk {
  return {
    presence,
    in_hand: offer,
    queues: [
      {
        queue: "waste_street",
        waiting: 1,
        callbacks: 0,
        longest_s: 75,
        expected_s: null,
        available: 0,
        busy: 1,
        away: 0,
        closed: "",
      },
    ],
    waiting: [],
    agents: presence ? [presence] : [],
    work: { open: 2, claimed: 0, overdue: 1, closed_today: 0 },
    bypass: { on: false, reason: "", by: "", since: null },
  };
}
