import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { decodeJpeg, type Picture, pixel } from '../support/picture';

// A camera's JPEG that was drawn on in its bit stream is, for a browser, the camera's picture
// with a drawing: of the program that makes them see e2e/turbo/splices.

type Rectangle = [x: number, y: number, width: number, height: number];
type Pair = { name: string; size: [number, number]; mcu: [number, number]; touched: Rectangle[] };

// Chroma is interpolated between its samples, and so reaches beyond its block.
const REACH = 4;

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Which pixels lie in MCUs that were drawn on, or so near that their colour may be of one. */
function near({ size: [width, height], mcu: [across, down], touched }: Pair): Uint8Array {
  const mask = new Uint8Array(width * height);
  for (const [x, y, w, h] of touched) {
    const left = Math.max(0, Math.floor(x / across) * across - REACH);
    const right = Math.min(width, Math.ceil((x + w) / across) * across + REACH);
    const top = Math.max(0, Math.floor(y / down) * down - REACH);
    const bottom = Math.min(height, Math.ceil((y + h) / down) * down + REACH);
    for (let row = top; row < bottom; row++) mask.fill(1, row * width + left, row * width + right);
  }
  return mask;
}

/** The pixels that differ, among those that mask has as `which`. */
function differing(a: Picture, b: Picture, mask: Uint8Array, which: 0 | 1): [x: number, y: number][] {
  const found: [number, number][] = [];
  mask.forEach((value, i) => {
    const [x, y] = [i % a.width, Math.floor(i / a.width)];
    if (value === which && pixel(a, x, y).join() !== pixel(b, x, y).join()) found.push([x, y]);
  });
  return found;
}

test('a browser shows what was drawn on the bit stream, and nothing else changed', async ({ page }, info) => {
  const dir = info.outputPath('.');
  const made = spawnSync('go', ['run', '-tags', 'turbo', './e2e/turbo/splices', dir], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(made.status, made.stderr).toBe(0);
  const pairs: Pair[] = JSON.parse(readFileSync(join(dir, 'splices.json'), 'utf8'));
  expect(pairs.length).toBeGreaterThan(10);
  for (const pair of pairs) {
    const before = await decodeJpeg(page, readFileSync(join(dir, `${pair.name}-before.jpg`)));
    const spliced = await decodeJpeg(page, readFileSync(join(dir, `${pair.name}-spliced.jpg`)));
    if (!before || !spliced) throw new Error(`${pair.name} is not shown`);
    expect([spliced.width, spliced.height], pair.name).toEqual(pair.size);
    const mask = near(pair);
    expect(differing(before, spliced, mask, 0), `${pair.name}: outside of the drawing`).toEqual([]);
    expect(differing(before, spliced, mask, 1).length, `${pair.name}: the drawing`).toBeGreaterThan(100);
  }
});
