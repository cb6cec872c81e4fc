/** The phone itself: joins the connection, the voice and the state, and does what the page's buttons ask. */
import { Connection, type Loss, socketUrl } from "../shared/connection";
import { CLEAN_LINE, type FromService, type Key, type Quality, type ToService } from "./protocol";
import { inCall, next, type PhoneEvent, type PhoneState, START } from "./state";
import { ringtone, Voice } from "./voice";
import { microphoneProblem, type Problem } from "./words";

/** As long as the service holds on to a call whose page is gone, and a little more. */
const GIVE_UP_MS = 25_000;

export interface Settings {
  council: string;
  person: string;
  takesCalls: boolean;
  personKey: string;
  /** The version of the dialogue that is rung; empty for the one that callers hear. */
  version?: string;
  iceServers: string[];
}

export class Phone {
  microphone = "";
  quality: Quality = CLEAN_LINE;
  volume = 1;
  muted = false;
  /** Whether it is heard when a call comes. */
  rings = true;
  #state: PhoneState = START;
  #voice: Voice | null = null;
  #stopRinging: (() => void) | null = null;
  readonly #watchers = new Set<() => void>();
  readonly #connection: Connection<FromService, ToService>;

  constructor(
    readonly settings: Settings,
    location: Location = window.location,
  ) {
    const events = {
      message: (message: FromService) => this.#receive(message),
      reconnecting: () => this.#happened({ type: "reconnecting" }),
      reconnected: () => this.#resume(),
      gone: (loss: Loss) => this.#fail(loss),
    };
    this.#connection = new Connection(socketUrl(location, socketPath(settings.version)), events, GIVE_UP_MS);
  }

  readonly state = (): PhoneState => this.#state;

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** Ring the assistant. */
  async ring(): Promise<void> {
    const voice = await this.#listen();
    if (!voice) return;
    this.#happened({ type: "rang" });
    if (await this.#open()) {
      this.#connection.send({ type: "ring", sdp: await voice.offer(), quality: this.quality });
    }
  }

  /** Begin a conversation in text. */
  async write(): Promise<void> {
    this.#happened({ type: "wrote" });
    if (await this.#open()) this.#connection.send({ type: "text" });
  }

  say(text: string): void {
    this.#connection.send({ type: "say", text });
  }

  press(key: Key): void {
    this.#connection.send({ type: "press", key });
  }

  hangUp(): void {
    this.#connection.send({ type: "hangup" });
  }

  again(): void {
    this.#happened({ type: "again" });
  }

  mute(muted: boolean): void {
    this.muted = muted;
    this.#voice?.mute(muted);
  }

  setVolume(volume: number): void {
    this.volume = volume;
    this.#voice?.volume(volume);
  }

  level(): number {
    return this.#voice?.level() ?? 0;
  }

  async use(microphone: string): Promise<void> {
    this.microphone = microphone;
    try {
      await this.#voice?.use(microphone);
    } catch {
      // it was unplugged since the list was made: the call goes on with the one in use
      this.microphone = "";
    }
  }

  simulate(quality: Quality): void {
    this.quality = quality;
    if (this.#voice) this.#connection.send({ type: "quality", quality });
  }

  /** Begin or end to be rung on this page. */
  async takeCalls(take: boolean): Promise<void> {
    if (!take) {
      this.#connection.send({ type: "unregister" });
    } else if (await this.#open()) {
      this.#connection.send({ type: "register" });
    }
  }

  /** Answer the call that rings. */
  async pickUp(): Promise<void> {
    const ring = this.#state.ringing?.ring;
    const voice = ring && (await this.#listen());
    if (!ring || !voice) return;
    this.#silence();
    this.#happened({ type: "picked_up" });
    this.#connection.send({ type: "accept", ring, sdp: await voice.offer() });
  }

  /** Be joined with the caller, having heard what it is about. */
  take(): void {
    this.press("1");
    this.#happened({ type: "took" });
  }

  decline(): void {
    const ring = this.#state.ringing?.ring;
    if (ring) this.#connection.send({ type: "decline", ring });
  }

  async #listen(): Promise<Voice | null> {
    if (!window.isSecureContext || !navigator.mediaDevices) {
      this.#happened({ type: "wrong", problem: "insecure" });
      return null;
    }
    try {
      this.#voice?.close();
      this.#voice = await Voice.start(this.microphone, this.settings.iceServers, {
        connected: () => this.#happened({ type: "connected" }),
        reoffer: (sdp) => this.#connection.send({ type: "reoffer", sdp }),
      });
    } catch (error) {
      this.#happened({ type: "wrong", problem: microphoneProblem(error) });
      return null;
    }
    this.muted = false;
    this.#voice.volume(this.volume);
    return this.#voice;
  }

  async #open(): Promise<boolean> {
    this.#connection.keep(true);
    try {
      await this.#connection.open();
    } catch (loss) {
      this.#fail(loss as Problem);
      return false;
    }
    return true;
  }

  #receive(message: FromService): void {
    if (message.type === "answer") {
      // an answer that the browser can't use leaves the call unconnected, which the service ends
      this.#voice?.answered(message.sdp).catch(() => this.#fail("failed"));
    }
    this.#happened(message);
  }

  #resume(): void {
    if (inCall(this.#state)) {
      this.#connection.send({ type: "resume", token: this.#state.token });
      this.#voice?.recover();
    }
    if (this.#state.address) this.#connection.send({ type: "register" });
  }

  #fail(problem: Problem): void {
    if (problem === "lost" && !inCall(this.#state) && !this.#state.address) return;
    this.#state = { ...this.#state, address: null };
    this.#happened({ type: "wrong", problem });
  }

  #happened(event: PhoneEvent): void {
    const before = this.#state;
    this.#state = next(before, event);
    if (this.#state === before) return;
    if (inCall(before) && !inCall(this.#state)) this.#over();
    if (this.#state.ringing && !before.ringing && this.rings) this.#stopRinging = ringtone();
    if (!this.#state.ringing) this.#silence();
    for (const watcher of this.#watchers) watcher();
  }

  #over(): void {
    this.#voice?.close();
    this.#voice = null;
    this.#connection.keep(this.#state.address !== null);
    if (this.#state.address === null) this.#connection.close();
  }

  #silence(): void {
    this.#stopRinging?.();
    this.#stopRinging = null;
  }
}

function socketPath(version = ""): string {
  return version ? `/phone/socket?version=${encodeURIComponent(version)}` : "/phone/socket";
}
