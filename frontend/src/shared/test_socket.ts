/** The service's end of a page's WebSocket, for tests: `Sent` is what the page says, `Told` what it is told. */
export class TestSocket<Sent, Told> {
  static readonly OPEN = 1;
  readyState = 1;
  sent: Sent[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor() {
    queueMicrotask(() => this.onopen?.());
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Sent);
  }

  close(): void {
    this.readyState = 3;
  }

  says(message: Told): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}
