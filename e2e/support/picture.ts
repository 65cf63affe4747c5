/**
 * Pixels of what the page shows. In: a canvas or image element. Out: its picture at its
 * own size, and what the page says of it, both as of the same moment.
 */
import type { Locator, Page } from '@playwright/test';
import { type Code, readCode } from './blockcode';

export type Picture = {
  width: number;
  height: number;
  /** The first line that is held; those above were not asked for. */
  top: number;
  /** Three bytes a pixel, from line `top` on. */
  rgb: Buffer;
  /** The element's data-seq. */
  seq: number | null;
  /** When it was taken, microseconds since 1970. */
  takenUs: number;
};

/** Takes the whole picture, or no more of it than holds the code. null while there is none. */
export async function take(view: Locator, part: 'all' | 'code' = 'all'): Promise<Picture | null> {
  const taken = await view.evaluate((element, codeOnly) => {
    if (!(element instanceof HTMLCanvasElement || element instanceof HTMLImageElement)) return null;
    const isImage = element instanceof HTMLImageElement;
    const width = isImage ? element.naturalWidth : element.width;
    const height = isImage ? element.naturalHeight : element.height;
    const rows = codeOnly ? Math.min(height, Math.ceil(width / 32) + 2) : height;
    if (width === 0 || rows === 0) return null;
    const copy = new OffscreenCanvas(width, rows).getContext('2d', { willReadFrequently: true });
    if (!copy) return null;
    copy.drawImage(element, 0, rows - height);
    const takenUs = Math.round((performance.timeOrigin + performance.now()) * 1000);
    const { data } = copy.getImageData(0, 0, width, rows);
    let bytes = '';
    for (let i = 0; i < data.length; i += 4) {
      bytes += String.fromCharCode(data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0);
    }
    const seq = element.dataset['seq'];
    return {
      width,
      height,
      top: height - rows,
      rgb: btoa(bytes),
      seq: seq === undefined ? null : Number(seq),
      takenUs,
    };
  }, part === 'code');
  return taken && { ...taken, rgb: Buffer.from(taken.rgb, 'base64') };
}

/** Decodes a JPEG as a browser does; null where it cannot. */
export async function decodeJpeg(page: Page, jpeg: Buffer): Promise<Picture | null> {
  const image = await page.evaluateHandle(async (base64) => {
    const img = new Image();
    img.src = `data:image/jpeg;base64,${base64}`;
    await img.decode().catch(() => {});
    return img;
  }, jpeg.toString('base64'));
  await page.evaluate((img) => document.body.append(img), image);
  const decoded = await take(page.locator('body > img').last());
  await image.evaluate((img) => img.remove());
  return decoded;
}

/** Red, green and blue of a pixel. */
export function pixel(p: Picture, x: number, y: number): [number, number, number] {
  const at = 3 * ((y - p.top) * p.width + x);
  return [p.rgb[at] ?? 0, p.rgb[at + 1] ?? 0, p.rgb[at + 2] ?? 0];
}

export function luma(p: Picture, x: number, y: number): number {
  const [r, g, b] = pixel(p, x, y);
  return 0.299 * r + 0.587 * g + 0.114 * b;
}

/** The mean luma of the picture's upper nine tenths, 0 to 255: without the code, which never changes. */
export function brightnessOf(p: Picture): number {
  let sum = 0;
  let pixels = 0;
  for (let y = p.top; y < 0.9 * p.height; y += 4) {
    for (let x = 0; x < p.width; x += 4, pixels++) sum += luma(p, x, y);
  }
  return sum / pixels;
}

export function codeOf(p: Picture): Code | null {
  return readCode(p.width, p.height, (x, y) => luma(p, x, y));
}
