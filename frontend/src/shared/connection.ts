/** A page's WebSocket: opened when it is needed, opened again when it is lost while it is to be kept. */

export type Loss = "signed_out" | "no_service" | "lost";

const NOT_ALLOWED = [4401, 4403];
const AGAIN_MS = 1000;

export interface ConnectionEvents<From> {
  message(message: From): void;
  /** The connection was lost while it is to be kept, and is being made again. */
  reconnecting(): void;
  /** It is there again; what went on must be taken up over it. */
  reconnected(): void;
  /** It is gone for good. */
  gone(loss: Loss): void;
}

export class Connection<From, To> {
  #socket: WebSocket | null = null;
  #keep = false;
  #lostAt: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly url: string,
    readonly events: ConnectionEvents<From>,
    /** How long a lost connection is tried again. */
    readonly giveUpMs: number,
  ) {}

  /** Whether to come back when the connection is lost. */
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
      made.onmessage = (event) => this.events.message(JSON.parse(String(event.data)) as From);
      made.onclose = (event) => {
        if (this.#socket !== made) return;
        this.#socket = null;
        const loss = NOT_ALLOWED.includes(event.code) ? "signed_out" : opened ? "lost" : "no_service";
        if (!opened) reject(loss);
        else this.#closed(event.code === 1013 ? "no_service" : loss);
      };
    });
  }

  /** False when it is not open: what was to be sent is not kept. */
  send(message: To): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
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
      if (loss === "signed_out" || (this.#lostAt !== null && Date.now() - this.#lostAt > this.giveUpMs)) {
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

/** Where a WebSocket of ours is. */
export function socketUrl(location: Location, path: string): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
}
