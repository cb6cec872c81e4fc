/** Links to moments of a recording: pressed, they play here instead of leading away. Without scripts they are links. */

const player = new Audio();

export function play(address: string): void {
  player.src = address;
  // a clip that can't be had (no longer kept) leaves silence, and the link as it is
  player.play().catch(() => undefined);
}

export function playMoments(root: Document | HTMLElement): void {
  root.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-play]") : null;
    if (!link) return;
    event.preventDefault();
    play(link.href);
  });
}
