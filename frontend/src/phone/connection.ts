/** The page's WebSocket: opened when it is needed, opened again when it is lost in a call. */
import type { FromService, ToService } from "./protocol";

export type Loss = "signed_out" | "no_service" | "lost";

const NOT_ALLOWED = [4401, 4403];
const AGAIN_MS = 1000;
const GIVE_UP_MS = 25_000;

export interface ConnectionEvents {
  message(message: FromService): void;
  /** The connection was lost in a call and is being made again. */
  reconnecting(): void;
  /** It is there again; the call must be resumed over it. */
  reconnected(): void;
  /** It is gone for good. */
  gone(loss: Loss): void;
}

export class Connection {
  #socket: WebSocket | null = null;
  #keep = false;
  #lostAt: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly url: string,
    readonly events: ConnectionEvents,
  ) {}

  /** Whether to come back when the connection is lost: in a call, and while calls are taken. */
  keep(keep: boolean): void {
    this.#keep = keep;
    if (!keep) {
      clearTimeout(this.#timer);
      this.#lostAt = null;
    }
  }

  /** Open it, unless it is open. Rejects with what is wrong. */
  open(): Promise<void> {
    const socket = this.#socket;
    if (socket?.readyState === WebSocket.OPEN) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const made = new WebSocket(this.url);
      this.#socket = made;
      let opened = false;
      made.onopen = () => {
        opened = true;
        resolve();
      };
      made.onmessage = (event) => this.events.message(JSON.parse(String(event.data)) as FromService);
      made.onclose = (event) => {
        if (this.#socket !== made) return;
        this.#socket = null;
        const loss = NOT_ALLOWED.includes(event.code) ? "signed_out" : opened ? "lost" : "no_service";
        if (!opened) reject(loss);
        else this.#closed(event.code === 1013 ? "no_service" : loss);
      };
    });
  }

  send(message: ToService): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  close(): void {
    this.keep(false);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #closed(loss: Loss): void {
    if (!this.#keep || loss === "signed_out") {
      this.events.gone(loss);
      return;
    }
    this.#lostAt ??= Date.now();
    this.events.reconnecting();
    this.#timer = setTimeout(() => this.#again(), AGAIN_MS);
  }

  async #again(): Promise<void> {
    try {
      await this.open();
    } catch (loss) {
      if (loss === "signed_out" || (this.#lostAt !== null && Date.now() - this.#lostAt > GIVE_UP_MS)) {
        this.keep(false);
        this.events.gone(loss === "signed_out" ? loss : "lost");
      } else if (this.#keep) {
        this.#timer = setTimeout(() => this.#again(), AGAIN_MS);
      }
      return;
    }
    this.#lostAt = null;
    this.events.reconnected();
  }
}

/** Where the page's WebSocket is. */
export function socketUrl(location: Location): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/phone/socket`;
}
