import { describe, expect, it } from 'vitest';
import type { Part } from '../src/net/multipart';
import { PaintLoop } from '../src/player/paint-loop';
import type { FromWorker } from '../src/player/protocol';
import { readPictures } from '../src/player/stream';

const part = (headers: Record<string, string>): Part => ({
  headers: new Map(Object.entries(headers)),
  body: new Uint8Array([0xff, 0xd8]),
});
const frame = (seq: number, ageUs = 100_000) =>
  part({ 'x-frame-seq': String(seq), 'x-frame-age-us': String(ageUs) });

/** A stage whose decoder and screen are worked by hand. */
function rig() {
  const reports: FromWorker[] = [];
  const decoding: { done(): void; fail(): void }[] = [];
  const waiting: (() => void)[] = [];
  let drawn = 0;
  let closed = 0;
  const clock = { ms: 0 };
  const loop = new PaintLoop({
    decode: () =>
      new Promise<{ width: number; height: number; close(): void }>((resolve, reject) => {
        decoding.push({
          done: () => resolve({ width: 1280, height: 720, close: () => void closed++ }),
          fail: () => reject(new Error('not a picture')),
        });
      }),
    onScreen: (paint) => void waiting.push(paint),
    draw: () => void drawn++,
    nowMs: () => clock.ms,
    report: (m) => reports.push(m),
  });
  const settle = async () => {
    for (let i = 0; i < 5; i++) await Promise.resolve();
  };
  return {
    loop,
    reports,
    clock,
    decoding,
    drawn: () => drawn,
    closed: () => closed,
    async decode() {
      decoding.shift()?.done();
      await settle();
    },
    async spoil() {
      decoding.shift()?.fail();
      await settle();
    },
    async paint() {
      waiting.shift()?.();
      await settle();
    },
    seqs: () => reports.flatMap((r) => (r.kind === 'painted' ? [r.painted.seq] : [])),
  };
}

describe('PaintLoop', () => {
  it('measures where the time goes', async () => {
    const r = rig();
    r.loop.push(frame(1));
    r.clock.ms = 7;
    await r.decode();
    r.clock.ms = 12;
    await r.paint();
    expect(r.reports).toEqual([
      {
        kind: 'painted',
        painted: {
          seq: 1,
          width: 1280,
          height: 720,
          sentAgeMs: 100,
          waitMs: 0,
          decodeMs: 7,
          paintMs: 5,
          ageMs: 112,
          isNew: true,
          skipped: 0,
        },
      },
    ]);
    expect([r.drawn(), r.closed()]).toEqual([1, 1]);
  });

  it('paints the newest only, one at a time', async () => {
    const r = rig();
    for (const seq of [1, 2, 3, 4]) r.loop.push(frame(seq));
    expect(r.decoding).toHaveLength(1);
    await r.decode();
    await r.paint();
    await r.decode();
    await r.paint();
    expect(r.seqs()).toEqual([1, 4]);
    expect(r.reports.at(-1)).toMatchObject({ painted: { skipped: 2 } });
  });

  it('tells a repeated frame from a new one', async () => {
    const r = rig();
    for (const seq of [5, 5, 6]) {
      r.loop.push(frame(seq));
      await r.decode();
      await r.paint();
    }
    expect(r.reports.map((m) => m.kind === 'painted' && m.painted.isNew)).toEqual([true, false, true]);
  });

  it('goes on after a picture that cannot be decoded', async () => {
    const r = rig();
    r.loop.push(frame(1));
    r.loop.push(frame(2));
    await r.spoil();
    await r.decode();
    await r.paint();
    expect(r.reports.map((m) => m.kind)).toEqual(['undecodable', 'painted']);
    expect(r.loop.shown?.seq).toBe(2);
  });

  it('tells a notice instead of painting it over the last frame', () => {
    const r = rig();
    r.loop.push(part({ 'x-camera-state': 'lost' }));
    r.loop.push(part({}));
    expect(r.decoding).toHaveLength(0);
    expect(r.reports).toEqual([{ kind: 'notice', camera: 'lost' }]);
  });

  it('forgets what waits, not what is shown', async () => {
    const r = rig();
    r.loop.push(frame(1));
    r.loop.push(frame(2));
    r.loop.clear();
    await r.decode();
    await r.paint();
    expect(r.decoding).toHaveLength(0);
    expect(r.loop.shown?.seq).toBe(1);
    expect(r.loop.shown?.jpeg.size).toBe(2);
  });
});

describe('readPictures', () => {
  const type = 'multipart/x-mixed-replace;boundary=frame';
  const open = (body: BodyInit | null, status = 200, contentType = type) => {
    const seen = { opened: 0, chunks: 0, parts: 0 };
    const ending = readPictures(
      '/stream',
      new AbortController().signal,
      { opened: () => seen.opened++, chunk: () => seen.chunks++, part: () => seen.parts++ },
      async () => new Response(body, { status, headers: { 'Content-Type': contentType } }),
    );
    return { seen, ending };
  };

  it('reads to the end', async () => {
    const { seen, ending } = open(
      '--frame\r\nContent-Length: 2\r\n\r\nab\r\n--frame\r\nContent-Length: 1\r\n\r\nc',
    );
    expect(await ending).toEqual({ kind: 'ended' });
    expect(seen).toEqual({ opened: 1, chunks: 1, parts: 2 });
  });

  it.each([
    ['a refusal', 'no', 429, type, { kind: 'refused', status: 429 }],
    ['something else than a stream', 'x', 200, 'text/html', { kind: 'refused', status: 200 }],
    ['no body', null, 200, type, { kind: 'refused', status: 200 }],
  ])('ends at %s', async (_what, body, status, contentType, want) => {
    const { seen, ending } = open(body, status, contentType);
    expect(await ending).toEqual(want);
    expect(seen.opened).toBe(0);
  });

  it('ends at a stream that breaks its format', async () => {
    const { ending } = open('--frame\r\nContent-Type: image/jpeg\r\n\r\nab');
    expect(await ending).toEqual({ kind: 'malformed', detail: 'a part without Content-Length' });
  });

  it('says that nobody answered', async () => {
    const nobody = readPictures(
      '/stream',
      new AbortController().signal,
      { opened() {}, chunk() {}, part() {} },
      () => Promise.reject(new TypeError('refused')),
    );
    expect(await nobody).toEqual({ kind: 'unreachable' });
  });
});
