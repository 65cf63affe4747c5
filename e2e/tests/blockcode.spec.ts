import { expect, test } from '@playwright/test';
import { readCode } from '../support/blockcode';

// The worked example of the layout's description: seq 1 at 2025-01-01T00:00:00.123456Z.
const drawn = [
  ...[0x9e, 0x37, 0x79, 0xb9, 0x7f, 0x4b, 0x7c, 0x13],
  ...[0xd9, 0x05, 0x7a, 0x6e, 0x1e, 0xad, 0xb7, 0xb5],
];
const meant = { seq: 1, capturedUs: 1_735_689_600_123_456 };

/** A picture with these bytes as cells: `cell` pixels wide, the lower row on the lower edge. */
function picture(width: number, height: number, bytes: readonly number[]) {
  const cell = width / 64;
  return (x: number, y: number): number => {
    const fromBelow = Math.floor((height - y - 0.5) / cell);
    if (fromBelow > 1) return 16;
    const k = 64 * (1 - fromBelow) + Math.floor((x + 0.5) / cell);
    return ((bytes[k >> 3] ?? 0) >> (7 - (k & 7))) & 1 ? 235 : 16;
  };
}

for (const [width, height] of [
  [64, 48],
  [96, 72],
  [160, 120],
  [640, 480],
  [1000, 563],
  [1280, 720],
] as const) {
  test(`the worked example is read at ${width}x${height}`, () => {
    expect(readCode(width, height, picture(width, height, drawn))).toEqual(meant);
  });
}

test('no code is read where there is none', () => {
  expect(
    readCode(640, 480, () => 16),
    'black',
  ).toBeNull();
  expect(
    readCode(640, 480, () => 235),
    'white',
  ).toBeNull();
  expect(
    readCode(640, 480, (x) => (x & 32 ? 235 : 16)),
    'stripes',
  ).toBeNull();
  expect(readCode(63, 48, picture(63, 48, drawn)), 'too narrow').toBeNull();
  expect(readCode(640, 19, picture(640, 19, drawn)), 'too low').toBeNull();
});

test('a single wrong cell is noticed, whichever it is', () => {
  for (let k = 0; k < 128; k++) {
    const wrong = drawn.map((byte, i) => (i === k >> 3 ? byte ^ (1 << (7 - (k & 7))) : byte));
    expect(readCode(128, 96, picture(128, 96, wrong)), `cell ${k}`).toBeNull();
  }
});

test('large numbers keep every bit', () => {
  // Whitened and with a CRC by another program.
  const bytes = [
    ...[0x60, 0xeb, 0xc3, 0x21, 0x09, 0x1e, 0x7c, 0x13],
    ...[0x58, 0x51, 0x2f, 0x61, 0x7f, 0xa8, 0x40, 0xe9],
  ];
  expect(readCode(640, 480, picture(640, 480, bytes))).toEqual({
    seq: 0xfedcba987654,
    capturedUs: 0x0006abcdef012345,
  });
});
