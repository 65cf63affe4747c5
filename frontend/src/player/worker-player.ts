import { decode } from '../net/decode';
import { type Ending, Link, type Session } from '../net/link';
import { cameraState } from '../net/wire';
import type { Player, PlayerEvents } from './player';
import type { FromWorker, Picture, ToWorker } from './protocol';

/** The server repeats the last frame every second: this much silence means a dead connection. */
const SILENCE_MS = 5000;
const OPEN_TIMEOUT_MS = 8000;
/** A worker that does not answer has died. */
const SAVE_TIMEOUT_MS = 2000;

/** Fetches and decodes in a worker: the freshest picture, and its frame's number is known. */
export class WorkerPlayer implements Player {
  readonly mode = 'worker';
  readonly element: HTMLCanvasElement;
  readonly link: Link;
  readonly #worker: Worker;
  readonly #events: PlayerEvents;
  #run = 0;
  #line: { opened(): void; alive(): void; end(why: Ending): void } | null = null;
  #saves = new Map<number, (picture: Picture | null) => void>();
  #saveCount = 0;

  constructor(events: PlayerEvents) {
    this.#events = events;
    this.element = document.createElement('canvas');
    this.element.width = 1280;
    this.element.height = 720;
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#onMessage(data);
    this.#worker.onerror = () => this.#events.onUnusable();
    const canvas = this.element.transferControlToOffscreen();
    this.#post({ kind: 'canvas', canvas }, [canvas]);
    this.link = new Link({
      session: this.#session,
      onState: (state) => events.onState(state),
      openTimeoutMs: OPEN_TIMEOUT_MS,
      silenceMs: SILENCE_MS,
    });
  }

  shownPicture(): Promise<Picture | null> {
    return new Promise((resolve) => {
      const request = ++this.#saveCount;
      const timer = setTimeout(() => this.#saved(request, null), SAVE_TIMEOUT_MS);
      this.#saves.set(request, (picture) => {
        clearTimeout(timer);
        resolve(picture);
      });
      this.#post({ kind: 'save', request });
    });
  }

  dispose(): void {
    this.link.stop();
    this.#worker.terminate();
    for (const request of [...this.#saves.keys()]) this.#saved(request, null);
    this.element.remove();
  }

  readonly #session: Session = ({ signal, opened, alive }) =>
    new Promise((resolve) => {
      const run = ++this.#run;
      const end = (why: Ending) => {
        if (run === this.#run) this.#line = null;
        signal.removeEventListener('abort', onAbort);
        resolve(why);
      };
      const onAbort = () => {
        this.#post({ kind: 'stop' });
        end({ kind: 'ended' });
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#line = { opened, alive, end };
      this.#post({ kind: 'play', run, url: this.#events.stream() });
    });

  #onMessage(message: FromWorker): void {
    switch (message.kind) {
      case 'painted':
        // Before anything else, so that the attribute never lags behind the pixels for long.
        this.element.dataset['seq'] = String(message.painted.seq);
        this.#events.onPainted(message.painted);
        break;
      case 'notice': {
        const camera = decode(cameraState, message.camera);
        if (camera.ok) this.#events.onNotice(camera.value);
        break;
      }
      case 'undecodable':
        this.#events.onUndecodable();
        break;
      case 'saved':
        this.#saved(message.request, message.picture);
        break;
      case 'opened':
        if (message.run === this.#run) this.#line?.opened();
        break;
      case 'alive':
        if (message.run === this.#run) this.#line?.alive();
        break;
      case 'ended':
        if (message.run === this.#run) this.#line?.end(message.why);
        break;
    }
  }

  #saved(request: number, picture: Picture | null): void {
    this.#saves.get(request)?.(picture);
    this.#saves.delete(request);
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}
