/**
 * Every picture that the page shows for a while, by the code in its pixels: what a person
 * saw, in the order in which it was seen. In: the canvas. Out: numbers of frames.
 */
import type { Locator } from '@playwright/test';
import { readCode } from './blockcode';

/** The code is 64 × 2 cells: one pixel of each is enough. */
const COLUMNS = 64;
const ROWS = 2;

type Logger = Window & { pixelLog?: { lumas: number[][]; stop: () => void } };

export class PixelLog {
  readonly #view: Locator;

  private constructor(view: Locator) {
    this.#view = view;
  }

  /** Looks at the canvas once per picture of the screen, until stopped. */
  static async start(view: Locator): Promise<PixelLog> {
    await view.evaluate(
      (element, [columns, rows]) => {
        if (!(element instanceof HTMLCanvasElement)) throw new Error('a canvas is wanted');
        const small = new OffscreenCanvas(columns, rows).getContext('2d', { willReadFrequently: true });
        if (!small) throw new Error('no canvas to read pixels with');
        small.imageSmoothingQuality = 'high'; // a pixel of it is the mean of its cell
        const lumas: number[][] = [];
        let last = '';
        let id = 0;
        const look = () => {
          id = requestAnimationFrame(look);
          const height = (rows * element.width) / columns;
          small.drawImage(element, 0, element.height - height, element.width, height, 0, 0, columns, rows);
          const { data } = small.getImageData(0, 0, columns, rows);
          const luma: number[] = [];
          for (let i = 0; i < data.length; i += 4) {
            const [r = 0, g = 0, b = 0] = data.subarray(i, i + 3);
            luma.push(Math.round(0.299 * r + 0.587 * g + 0.114 * b));
          }
          const now = luma.join();
          if (now !== last) lumas.push(luma);
          last = now;
        };
        look();
        (window as Logger).pixelLog = { lumas, stop: () => cancelAnimationFrame(id) };
      },
      [COLUMNS, ROWS] as const,
    );
    return new PixelLog(view);
  }

  /** How many pictures have been seen so far. */
  async count(): Promise<number> {
    return await this.#view.evaluate(() => (window as Logger).pixelLog?.lumas.length ?? 0);
  }

  /** The seqs in the order in which they were seen, and how many pictures held no code. */
  async stop(): Promise<{ seqs: number[]; unreadable: number }> {
    const lumas = await this.#view.evaluate(() => {
      const log = (window as Logger).pixelLog;
      log?.stop();
      return log?.lumas ?? [];
    });
    const codes = lumas.map((luma) => readCode(COLUMNS, ROWS, (x, y) => luma[y * COLUMNS + x] ?? 0));
    const seqs = codes.flatMap((code) => (code ? [code.seq] : []));
    return { seqs, unreadable: codes.length - seqs.length };
  }
}

/** The pairs that follow each other with time running backwards. */
export function backwards(seqs: readonly number[]): [number, number][] {
  return seqs.flatMap((seq, i) => {
    const before = seqs[i - 1];
    return before !== undefined && seq < before ? [[before, seq] as [number, number]] : [];
  });
}
