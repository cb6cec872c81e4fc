/** Joins the pages with the service: what is looked at, the draft, and its edits one after another. */
import { get, post, Refused } from "./api";
import { address, type Page, parse, type Route } from "./route";
import { type Event, next, START, type State } from "./state";
import type { Command, Draft, Edited, Finding } from "./types";

export interface Visitor {
  council: string;
  person: string;
  roles: string[];
  hasPhone: boolean;
}

export interface Shown extends State {
  route: Route;
}

export class Workspace {
  #shown: Shown;
  #last: Promise<unknown> = Promise.resolve();
  readonly #watchers = new Set<() => void>();

  constructor(readonly visitor: Visitor) {
    this.#shown = { ...START, route: parse(location.pathname, location.search) };
    window.addEventListener("popstate", () => this.#arrived());
    void this.#look(this.#shown.route.draft);
  }

  readonly shown = (): Shown => this.#shown;

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  may(...roles: string[]): boolean {
    return roles.some((role) => this.visitor.roles.includes(role));
  }

  /** Go to a page, keeping the draft unless another is named. */
  go(page: Page, draft = this.#shown.route.draft): void {
    history.pushState(null, "", address(page, draft));
    this.#arrived();
    window.scrollTo(0, 0);
  }

  #arrived(): void {
    const route = parse(location.pathname, location.search);
    const other = route.draft !== this.#shown.route.draft;
    this.#shown = { ...this.#shown, route };
    this.#happened({ type: "seen" });
    if (other) void this.#look(route.draft);
  }

  async #look(draft: string): Promise<void> {
    try {
      const [found, findings] = await this.#fetch(draft);
      this.#happened({ type: "looked", draft: found, findings });
    } catch (error) {
      this.#happened({ type: "wrong", problem: message(error) });
    }
  }

  async #fetch(draft: string): Promise<[Draft | null, Finding[]]> {
    return Promise.all([
      draft ? get<Draft>(`drafts/${encodeURIComponent(draft)}`) : Promise.resolve(null),
      get<Finding[]>(`check?of=${encodeURIComponent(draft)}`),
    ]);
  }

  /** Look again at what the service has. */
  refresh(): Promise<void> {
    return this.#look(this.#shown.route.draft);
  }

  /** Begin a draft and look at it. */
  async start(title: string): Promise<boolean> {
    this.#happened({ type: "asked" });
    try {
      const draft = await post<Draft>("drafts", { title });
      this.#happened({ type: "moved_on", draft, done: `The draft “${draft.title}” is begun. Nobody hears it yet.` });
      this.go(this.#shown.route.page, draft.id);
      return true;
    } catch (error) {
      this.#happened({ type: "wrong", problem: message(error) });
      return false;
    }
  }

  /** Carry out edits one after another; false when one of them was refused. */
  async edit(...commands: Command[]): Promise<boolean> {
    for (const command of commands) {
      if (
        !(await this.#change((draft) => post<Edited>(`drafts/${draft.id}/edit`, { revision: draft.revision, command })))
      )
        return false;
    }
    return true;
  }

  undo(): Promise<boolean> {
    return this.#change((draft) => post<Edited>(`drafts/${draft.id}/undo`, { revision: draft.revision }));
  }

  redo(): Promise<boolean> {
    return this.#change((draft) => post<Edited>(`drafts/${draft.id}/redo`, { revision: draft.revision }));
  }

  update(): Promise<boolean> {
    return this.#change((draft) => post<Edited>(`drafts/${draft.id}/update`, { revision: draft.revision }));
  }

  /** A step of the draft's way, such as its review, that gives the draft back. */
  step(name: string, more: Record<string, unknown>, done: string): Promise<boolean> {
    return this.#queued(async (draft) => {
      const moved = await post<Draft>(`drafts/${draft.id}/${name}`, { revision: draft.revision, ...more });
      this.#happened({ type: "moved_on", draft: moved, done });
    });
  }

  /** What there would be to find after `command`. */
  async preview(command: Command): Promise<Finding[]> {
    const { draft } = this.#shown;
    if (!draft) return [];
    return post<Finding[]>(`drafts/${draft.id}/preview`, { revision: draft.revision, command });
  }

  problem(problem: string): void {
    this.#happened({ type: "wrong", problem });
  }

  seen(): void {
    this.#happened({ type: "seen" });
  }

  #change(ask: (draft: Draft) => Promise<Edited>): Promise<boolean> {
    return this.#queued(async (draft) => this.#happened({ type: "edited", edited: await ask(draft) }));
  }

  /** One after another, so that two quick edits of one browser don't take each other for somebody else's. */
  #queued(work: (draft: Draft) => Promise<void>): Promise<boolean> {
    const turn = this.#last.then(async () => {
      const { draft } = this.#shown;
      if (!draft) return false;
      this.#happened({ type: "asked" });
      try {
        await work(draft);
        return true;
      } catch (error) {
        await this.#failed(error, draft);
        return false;
      }
    });
    this.#last = turn;
    return turn;
  }

  async #failed(error: unknown, draft: Draft): Promise<void> {
    if (!(error instanceof Refused) || error.status !== 409) {
      this.#happened({ type: "wrong", problem: message(error) });
      return;
    }
    try {
      const [found, findings] = await this.#fetch(draft.id);
      const theirs = found ?? draft;
      this.#happened({ type: "conflict", message: error.message, since: error.since, draft: theirs, findings });
    } catch (again) {
      this.#happened({ type: "wrong", problem: message(again) });
    }
  }

  #happened(event: Event): void {
    this.#shown = { ...next(this.#shown, event), route: this.#shown.route };
    for (const watcher of this.#watchers) watcher();
  }
}

export function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
