/** The browser's half of a spoken call: microphone, speaker and the WebRTC connection between. */

const RESTART_MS = 2000;

export interface VoiceEvents {
  /** Audio flows. */
  connected(): void;
  /** The network has changed: an offer that finds the new way. */
  reoffer(sdp: string): void;
}

export interface Microphone {
  id: string;
  label: string;
}

/** The microphones that the browser tells of; before it may use one, they have no names. */
export async function microphones(): Promise<Microphone[]> {
  if (!navigator.mediaDevices) return [];
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter((device) => device.kind === "audioinput" && device.deviceId !== "")
    .map((device, index) => ({ id: device.deviceId, label: device.label || `Microphone ${index + 1}` }));
}

async function listen(microphone: string): Promise<MediaStream> {
  const device = microphone ? { deviceId: { exact: microphone } } : {};
  return navigator.mediaDevices.getUserMedia({
    audio: { ...device, echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
  });
}

export class Voice {
  readonly #peer: RTCPeerConnection;
  readonly #speaker = new Audio();
  readonly #sender: RTCRtpSender;
  readonly #context = new AudioContext();
  readonly #meter = this.#context.createAnalyser();
  #source: MediaStreamAudioSourceNode | null = null;
  #stream: MediaStream;
  #muted = false;
  #closed = false;
  #restart: ReturnType<typeof setTimeout> | undefined;

  private constructor(
    stream: MediaStream,
    iceServers: string[],
    readonly events: VoiceEvents,
  ) {
    this.#stream = stream;
    this.#peer = new RTCPeerConnection({ iceServers: iceServers.map((urls) => ({ urls })) });
    const [track] = stream.getAudioTracks();
    if (!track) throw new DOMException("no microphone", "NotFoundError");
    this.#sender = this.#peer.addTrack(track, stream);
    this.#meter.fftSize = 512;
    this.#measure();
    this.#peer.ontrack = ({ streams: [heard] }) => {
      this.#speaker.srcObject = heard ?? null;
      void this.#speaker.play();
    };
    this.#peer.onconnectionstatechange = () => this.#changed();
  }

  /** Ask for the microphone. Rejects with the browser's error. */
  static async start(microphone: string, iceServers: string[], events: VoiceEvents): Promise<Voice> {
    return new Voice(await listen(microphone), iceServers, events);
  }

  async offer(): Promise<string> {
    await this.#peer.setLocalDescription(await this.#peer.createOffer());
    return this.#peer.localDescription?.sdp ?? "";
  }

  async answered(sdp: string): Promise<void> {
    if (this.#peer.signalingState === "have-local-offer") {
      await this.#peer.setRemoteDescription({ type: "answer", sdp });
    }
  }

  /** Find a new way through the network now, if the old one does not work. */
  recover(): void {
    if (this.#peer.connectionState !== "connected") void this.#findNewWay();
  }

  mute(muted: boolean): void {
    this.#muted = muted;
    for (const track of this.#stream.getAudioTracks()) track.enabled = !muted;
  }

  volume(share: number): void {
    this.#speaker.volume = Math.min(1, Math.max(0, share));
  }

  /** Use another microphone from now on. Rejects with the browser's error; the old one goes on then. */
  async use(microphone: string): Promise<void> {
    const stream = await listen(microphone);
    const [track] = stream.getAudioTracks();
    if (!track) return;
    await this.#sender.replaceTrack(track);
    for (const old of this.#stream.getTracks()) old.stop();
    this.#stream = stream;
    this.mute(this.#muted);
    this.#measure();
  }

  /** How loud the microphone is now, 0 to 1. */
  level(): number {
    if (this.#muted) return 0;
    const samples = new Uint8Array(this.#meter.fftSize);
    this.#meter.getByteTimeDomainData(samples);
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample - 128)), 0);
    return Math.min(1, peak / 100);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#restart);
    for (const track of this.#stream.getTracks()) track.stop();
    this.#peer.close();
    this.#speaker.srcObject = null;
    void this.#context.close();
  }

  #measure(): void {
    this.#source?.disconnect();
    this.#source = this.#context.createMediaStreamSource(this.#stream);
    this.#source.connect(this.#meter);
  }

  #changed(): void {
    clearTimeout(this.#restart);
    const state = this.#peer.connectionState;
    if (state === "connected") this.events.connected();
    // a disconnection often mends itself within a second or two
    else if (state === "disconnected") this.#restart = setTimeout(() => this.recover(), RESTART_MS);
    else if (state === "failed") this.recover();
  }

  async #findNewWay(): Promise<void> {
    if (this.#closed || this.#peer.signalingState !== "stable") return;
    await this.#peer.setLocalDescription(await this.#peer.createOffer({ iceRestart: true }));
    this.events.reoffer(this.#peer.localDescription?.sdp ?? "");
  }
}

/** Rings until it is stopped. */
export function ringtone(): () => void {
  const context = new AudioContext();
  const gain = context.createGain();
  gain.gain.value = 0;
  gain.connect(context.destination);
  for (const hertz of [400, 450]) {
    const tone = context.createOscillator();
    tone.frequency.value = hertz;
    tone.connect(gain);
    tone.start();
  }
  // a British ring: two bursts of 0.4 s every three seconds
  for (let second = 0; second < 60; second += 3) {
    for (const burst of [0, 0.6]) {
      gain.gain.setValueAtTime(0.08, context.currentTime + second + burst);
      gain.gain.setValueAtTime(0, context.currentTime + second + burst + 0.4);
    }
  }
  return () => void context.close();
}
