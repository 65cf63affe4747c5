/**
 * The newest picture to the screen. In: parts of the stream, as they arrive.
 * Out: paintings, one at a time; a part that is overtaken before its turn is skipped.
 * It knows no canvas and no network: decoding and drawing are given to it.
 */
import type { Part } from '../net/multipart';
import type { FromWorker, Picture } from './protocol';

export type Bitmap = { width: number; height: number; close(): void };

export type Stage<B extends Bitmap> = {
  decode(jpeg: Blob): Promise<B>;
  /** Calls back when the screen takes a picture. */
  onScreen(paint: () => void): void;
  draw(bitmap: B): void;
  nowMs(): number;
  report(message: FromWorker): void;
};

type Arrived = { seq: number; sentAgeMs: number; jpeg: Blob; atMs: number };

export class PaintLoop<B extends Bitmap> {
  readonly #stage: Stage<B>;
  #pending: Arrived | null = null;
  #busy = false;
  #shown: Picture | null = null;
  #skipped = 0;

  constructor(stage: Stage<B>) {
    this.#stage = stage;
  }

  /** What is on the screen, with its own bytes. */
  get shown(): Picture | null {
    return this.#shown;
  }

  /** Takes a part; pictures drawn by the server to say that there is no frame are told, not painted. */
  push(part: Part): void {
    const seq = Number(part.headers.get('x-frame-seq') ?? Number.NaN);
    if (!Number.isSafeInteger(seq)) {
      const camera = part.headers.get('x-camera-state');
      if (camera !== undefined) this.#stage.report({ kind: 'notice', camera });
      return;
    }
    if (this.#pending) this.#skipped++;
    const ageUs = Number(part.headers.get('x-frame-age-us') ?? Number.NaN);
    this.#pending = {
      seq,
      sentAgeMs: Number.isFinite(ageUs) ? ageUs / 1000 : 0,
      jpeg: new Blob([part.body], { type: 'image/jpeg' }),
      atMs: this.#stage.nowMs(),
    };
    void this.#next();
  }

  /** Forgets what waits; what is on the screen stays. */
  clear(): void {
    this.#pending = null;
  }

  async #next(): Promise<void> {
    const frame = this.#pending;
    if (this.#busy || !frame) return;
    this.#busy = true;
    this.#pending = null;
    const startMs = this.#stage.nowMs();
    let bitmap: B;
    try {
      bitmap = await this.#stage.decode(frame.jpeg);
    } catch {
      this.#stage.report({ kind: 'undecodable' });
      this.#done();
      return;
    }
    const decodedMs = this.#stage.nowMs();
    this.#stage.onScreen(() => {
      this.#stage.draw(bitmap);
      const { width, height } = bitmap;
      bitmap.close();
      const paintedMs = this.#stage.nowMs();
      const isNew = this.#shown?.seq !== frame.seq;
      this.#shown = { seq: frame.seq, jpeg: frame.jpeg };
      this.#stage.report({
        kind: 'painted',
        painted: {
          seq: frame.seq,
          width,
          height,
          sentAgeMs: frame.sentAgeMs,
          waitMs: startMs - frame.atMs,
          decodeMs: decodedMs - startMs,
          paintMs: paintedMs - decodedMs,
          ageMs: frame.sentAgeMs + paintedMs - frame.atMs,
          isNew,
          skipped: this.#skipped,
        },
      });
      this.#done();
    });
  }

  #done(): void {
    this.#busy = false;
    void this.#next();
  }
}
