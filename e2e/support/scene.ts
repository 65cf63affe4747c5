/**
 * The synthetic camera's objects, found by their colours in a picture. In: pixels.
 * Out: where an object is. It knows nothing of what the analyzer found.
 */
import { type Picture, pixel } from './picture';

/** Pixels: `right` and `bottom` are just outside. */
export type Box = { left: number; top: number; right: number; bottom: number };

type Rgb = [number, number, number];

/** The colour of the first object. */
export const FIRST_COLOUR: Rgb = [30, 48, 191];

/** What JPEG may add to or take from an even colour. */
const TOLERANCE = 30;

function isNear(a: Rgb, b: Rgb): boolean {
  return a.every((x, i) => Math.abs(x - (b[i] ?? 0)) <= TOLERANCE);
}

/** Where pixels of that colour are, and how many; null when there are none. */
export function find(picture: Picture, colour: Rgb): (Box & { pixels: number }) | null {
  const found = { left: picture.width, top: picture.height, right: 0, bottom: 0, pixels: 0 };
  for (let y = picture.top; y < picture.height; y++) {
    for (let x = 0; x < picture.width; x++) {
      if (!isNear(pixel(picture, x, y), colour)) continue;
      found.pixels++;
      found.left = Math.min(found.left, x);
      found.right = Math.max(found.right, x + 1);
      found.top = Math.min(found.top, y);
      found.bottom = Math.max(found.bottom, y + 1);
    }
  }
  return found.pixels > 0 ? found : null;
}
