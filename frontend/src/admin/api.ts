/** The service's answers, and its refusals as errors that tell what to show. */

export interface Since {
  by: string;
  at: string;
  summary: string;
}

/** What was asked for was not done; the message is for the person who asked. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly since: Since[] = [],
  ) {
    super(message);
  }
}

let token = "";

/** The CSRF token that every change must carry. */
export function carryToken(csrf: string): void {
  token = csrf;
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`/admin/api/${path}`, { ...init, credentials: "same-origin" });
  } catch {
    throw new Refused(0, "no_service", "The service can’t be reached. What you typed is still here: try again soon.");
  }
  if (response.ok) return response;
  const error = await response
    .json()
    .then((body: { error?: { code?: string; message?: string; since?: Since[] } }) => body.error)
    .catch(() => undefined);
  const message =
    response.status === 401
      ? "You are signed out. Sign in in another tab, then try again: what you typed is still here."
      : (error?.message ?? "Something went wrong here; it has been logged.");
  throw new Refused(response.status, error?.code ?? "error", message, error?.since ?? []);
}

export async function get<T>(path: string): Promise<T> {
  return (await ask(path, { headers: { accept: "application/json" } })).json() as Promise<T>;
}

function posted(body: unknown): RequestInit {
  return {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json", "x-csrf-token": token },
    body: JSON.stringify(body),
  };
}

export async function post<T>(path: string, body: unknown): Promise<T> {
  return (await ask(path, posted(body))).json() as Promise<T>;
}

/** The audio of a sentence in the bot's voice for its language. */
export async function speech(text: string, language: string): Promise<ArrayBuffer> {
  return (await ask("hear", posted({ text, language }))).arrayBuffer();
}

/** Send a file as it is. */
export async function upload<T>(path: string, file: Blob): Promise<T> {
  return (await ask(path, { method: "POST", headers: { "x-csrf-token": token }, body: file })).json() as Promise<T>;
}
