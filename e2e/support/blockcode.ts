/**
 * Reads the block code: a frame's number and capture time, written into its lower edge.
 * In: a picture's luma. Out: the code, or null. Written from the layout in the comment of
 * backend/capture/blockcode alone, so that each of the two readers checks the other.
 */

export type Code = {
  seq: number;
  /** Wall clock of the capture, microseconds since 1970. */
  capturedUs: number;
};

const COLUMNS = 64;
const ROWS = 2;
const BYTES = (COLUMNS * ROWS) / 8;

const whitening = Uint8Array.of(
  ...[0x9e, 0x37, 0x79, 0xb9, 0x7f, 0x4a, 0x7c, 0x15],
  ...[0xf3, 0x9c, 0xc0, 0x60, 0x5c, 0xed, 0xc8, 0x34],
);

/** `luma` is asked with 0 ≤ x < width and 0 ≤ y < height, and answers 0..255. */
export function readCode(width: number, height: number, luma: (x: number, y: number) => number): Code | null {
  const cell = width / COLUMNS;
  if (cell < 1 || height < ROWS * cell) return null;
  const reach = Math.floor(cell / 4);
  const bytes = new Uint8Array(BYTES);
  for (let k = 0; k < COLUMNS * ROWS; k++) {
    const row = Math.floor(k / COLUMNS);
    const x = Math.floor(((k % COLUMNS) + 0.5) * cell);
    const y = Math.floor(height - (1.5 - row) * cell);
    let sum = 0;
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) sum += luma(x + dx, y + dy);
    }
    const byte = k >> 3;
    if (sum >= 128 * (2 * reach + 1) ** 2) bytes[byte] = (bytes[byte] ?? 0) | (1 << (7 - (k & 7)));
  }
  return decode(bytes.map((byte, i) => byte ^ (whitening[i] ?? 0)));
}

function decode(bytes: Uint8Array): Code | null {
  const view = new DataView(bytes.buffer);
  if (view.getUint16(14) !== crc16(bytes.subarray(0, 14))) return null;
  return {
    seq: view.getUint16(0) * 2 ** 32 + view.getUint32(2),
    // Exact as a number until the year 2255.
    capturedUs: Number(view.getBigInt64(6)),
  };
}

/** CRC-16/CCITT-FALSE. */
function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc;
}
