/** The desk itself: joins the connection, the phone and the state, and does what the page's buttons ask. */
import type { Phone } from "../phone/phone";
import { PROBLEMS } from "../phone/words";
import { Connection, type Loss, socketUrl } from "../shared/connection";
import type { EarlierCall, FromService, OfferRequest, ToService, Wish, WrapUpForm } from "./protocol";
import { type DeskEvent, type DeskState, next, picksUp, START, screenOf, screenPop } from "./state";

export interface About {
  person: string;
  displayName: string;
  council: string;
  personKey: string;
  iceServers: string[];
  softphone: boolean;
  screenPop: string;
  /** Whether calls are recorded, so that their moments can be played. */
  records: boolean;
  /** Whether texts can be sent to callers. */
  texts: boolean;
  outcomes: [string, string][];
  awayReasons: string[];
  services: [string, string][];
  needs: [string, string][];
  queues: Record<string, string>;
}

const FOREVER_MS = Number.POSITIVE_INFINITY;

export class Desk {
  #state: DeskState = START;
  #number = 0;
  /** Notes as typed last, by offer: the service has them a little later. */
  readonly drafts = new Map<string, string>();
  readonly #watchers = new Set<() => void>();
  readonly #answers = new Map<number, (message: FromService) => void>();
  readonly #connection: Connection<FromService, ToService>;

  constructor(
    readonly about: About,
    readonly phone: Phone,
    location: Location = window.location,
  ) {
    this.#connection = new Connection<FromService, ToService>(
      socketUrl(location, "/agent/socket"),
      {
        message: (message) => this.#receive(message),
        reconnecting: () => this.#happened({ type: "reconnecting" }),
        reconnected: () => this.#happened({ type: "opened" }),
        gone: (loss: Loss) => this.#happened({ type: "gone", link: loss === "signed_out" ? loss : "no_service" }),
      },
      FOREVER_MS,
    );
    phone.watch(() => this.#phoneChanged());
  }

  readonly state = (): DeskState => this.#state;

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** Open the connection, and be reachable on this page's phone. */
  async start(): Promise<void> {
    this.#connection.keep(true);
    try {
      await this.#connection.open();
    } catch (loss) {
      this.#happened({ type: "gone", link: loss === "signed_out" ? "signed_out" : "no_service" });
      return;
    }
    this.#happened({ type: "opened" });
    if (this.about.softphone) await this.phone.takeCalls(true);
  }

  /** Ask the service for something. Gives its answer, or undefined when it said no (and the page says why). */
  ask(wish: Wish): Promise<unknown> {
    this.#number += 1;
    const id = this.#number;
    return new Promise((resolve) => {
      this.#answers.set(id, (message) => resolve(message.type === "done" ? (message.result ?? true) : undefined));
      this.#happened({ type: "asked", id });
      if (!this.#connection.send({ ...wish, id })) {
        this.#answers.delete(id);
        this.#happened({ type: "unasked", id });
        this.#happened({ type: "wrong", problem: "There is no connection at this moment. Try again when it is back." });
        resolve(undefined);
      }
    });
  }

  async available(): Promise<void> {
    await this.ask({ do: "available" });
  }

  /** Take the offered call. The page that belongs to it in the council's own system opens with it. */
  async accept(): Promise<void> {
    const offer = this.#state.desk?.in_hand;
    if (offer?.state !== "offered") return;
    this.#happened({ type: "accepting", offer: offer.id });
    // at once, while the press still counts as the person's own act: later, browsers would block the window
    if (this.about.screenPop) window.open(screenPop(this.about.screenPop, offer), "_blank", "noopener");
    await this.ask({ do: "accept", offer: offer.id });
    this.#phoneChanged();
  }

  async decline(): Promise<void> {
    await this.#onOffer("decline");
  }

  async hangUp(): Promise<void> {
    if ((await this.#onOffer("hang_up")) === undefined) this.phone.hangUp();
  }

  async toggleHold(): Promise<void> {
    await this.#onOffer(this.#state.desk?.in_hand?.held ? "resume" : "hold");
  }

  async toggleRecording(): Promise<void> {
    await this.#onOffer(this.#state.desk?.in_hand?.recording === "paused" ? "resume_recording" : "pause_recording");
  }

  async leave(): Promise<void> {
    await this.#onOffer("leave");
  }

  async joinAll(): Promise<void> {
    await this.#onOffer("join_all");
  }

  async earlier(): Promise<void> {
    const offer = this.#state.desk?.in_hand;
    if (!offer) return;
    const calls = await this.ask({ do: "earlier", offer: offer.id });
    if (Array.isArray(calls)) this.#happened({ type: "earlier", offer: offer.id, calls: calls as EarlierCall[] });
  }

  async wrapUp(offer: string, form: WrapUpForm): Promise<boolean> {
    const saved = (await this.ask({ do: "wrap_up", offer, ...form })) !== undefined;
    if (saved) this.#happened({ type: "saved", words: "The call is wrapped up." });
    return saved;
  }

  dismiss(): void {
    this.#happened({ type: "dismissed" });
  }

  async #onOffer(wish: OfferRequest): Promise<unknown> {
    const offer = this.#state.desk?.in_hand;
    return offer ? this.ask({ do: wish, offer: offer.id }) : undefined;
  }

  #receive(message: FromService): void {
    if (message.type === "done" || message.type === "failed") {
      this.#answers.get(message.id)?.(message);
      this.#answers.delete(message.id);
    }
    this.#happened(message);
    if (message.type === "desk") this.#phoneChanged();
  }

  /** The phone rings for what was accepted here: pick it up. What goes wrong with it is the desk's problem too. */
  #phoneChanged(): void {
    const phone = this.phone.state();
    if (phone.ringing && picksUp(this.#state, phone.ringing.reference)) void this.phone.pickUp();
    if (phone.problem) {
      const { title, help } = PROBLEMS[phone.problem];
      this.phone.again();
      this.#happened({ type: "wrong", problem: `${title}. ${help}` });
    }
    for (const watcher of this.#watchers) watcher();
  }

  #happened(event: DeskEvent): void {
    const before = this.#state;
    this.#state = next(before, event);
    if (event.type === "reconnecting") {
      for (const [id, answer] of this.#answers) answer({ type: "failed", id, message: "" });
      this.#answers.clear();
    }
    const offer = this.#state.desk?.in_hand;
    if (screenOf(this.#state) === "offer" && offer && before.desk?.in_hand?.id !== offer.id) {
      // after the card has been painted: only then may the phone ring
      const shown = () => void this.ask({ do: "shown", offer: offer.id });
      // a page behind another one is not painted, and its agent must hear the phone all the same
      if (document.hidden) shown();
      else requestAnimationFrame(() => requestAnimationFrame(shown));
    }
    for (const watcher of this.#watchers) watcher();
  }
}
