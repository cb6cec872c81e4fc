/** Keeps a part of a page as the server would show it now, without loading the page anew. */

/** Put what `selector` finds in `html` in its place; the same content is left alone, so that focus and reading stay. */
export function replaceFrom(html: string, selector: string): boolean {
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector(selector);
  const shown = document.querySelector(selector);
  if (!fresh || !shown || fresh.innerHTML === shown.innerHTML) return false;
  // somebody who is in the middle of it with the keyboard is not thrown out
  if (shown.contains(document.activeElement)) return false;
  shown.replaceChildren(...fresh.childNodes);
  return true;
}

/** Ask for the page again and again while it is looked at. An answer that is no page of ours changes nothing. */
export function keepFresh(selector: string, everyMs: number): void {
  if (!document.querySelector(selector)) return;
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok && !answer.redirected) replaceFrom(await answer.text(), selector);
    } catch {
      // the network blinked: what is shown says how old it is
    }
  }, everyMs);
}
