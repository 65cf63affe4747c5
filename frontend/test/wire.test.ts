import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Decoder, decode, parse } from '../src/net/decode';
import * as wire from '../src/net/wire';

const folder = join(import.meta.dirname, '../../testdata/api');

/** What reads each golden file; a file without a reader fails the first test below. */
const readers: Record<string, Decoder<unknown>> = {
  'analyzers.json': wire.analyzers,
  'cameras.json': wire.cameras,
  'controls.json': wire.controls,
  'error.json': wire.errorReply,
  'event-frame.json': wire.frameEvent,
  'event-gap.json': wire.gapEvent,
  'state.json': wire.state,
  'zones.json': wire.zones,
};

const golden = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));

describe('golden files', () => {
  it('all have a reader', () => {
    expect(Object.keys(readers).sort()).toEqual(
      readdirSync(folder)
        .filter((f) => f.endsWith('.json'))
        .sort(),
    );
  });

  it.each(Object.keys(readers))('%s is understood', (name) => {
    expect(decode(readers[name] as Decoder<unknown>, golden(name))).toMatchObject({ ok: true });
  });

  it('state.json: values arrive', () => {
    const got = decode(wire.state, golden('state.json'));
    if (!got.ok) throw new Error(got.error);
    expect(got.value.camera.state).toBe('live');
    expect(got.value.camera.error).toBeNull();
    expect(got.value.pipeline.params).toEqual({ processing_time: '100ms', spread: '0.3' });
    expect(got.value.pipeline.workers).toEqual({ asked: 0, max: 16, working: 4, busy: 3, limit: null });
    expect(got.value.pipeline.theory?.ceiling_fps).toBe(30);
    expect(got.value.pipeline.observed?.jitter_ms).toBe(27.5);
    expect(got.value.pipeline.parts).toEqual([{ name: 'simulate', rate: 0 }]);
    expect(got.value.pipeline.fallback?.wanted).toBe('faces+hands+objects@5fps');
    expect(got.value.subscribers.live).toBe(1);
    expect(got.value.subscribers.clients).toHaveLength(3);
  });

  it('event-frame.json: the stages keep their order', () => {
    const got = decode(wire.frameEvent, golden('event-frame.json'));
    if (!got.ok) throw new Error(got.error);
    expect(Object.keys(got.value.budget_us)).toEqual([
      'dequeue',
      'wait',
      'analysis',
      'draw',
      'encode',
      'publish',
      'age',
    ]);
    expect(got.value.result.detections?.[0]).toMatchObject({ box: [0.41, 0.22, 0.18, 0.55], track: null });
  });

  it('event-frame.json: what tracks and zones do arrives', () => {
    const got = decode(wire.frameEvent, golden('event-frame.json'));
    if (!got.ok) throw new Error(got.error);
    expect(got.value.analyzers).toEqual([
      { name: 'motion', us: 24100, ran: true },
      { name: 'hands', us: 0, ran: false },
    ]);
    expect(got.value.result.detections?.[0]).toMatchObject({ velocity: null, age_ms: null, trail: null });
    expect(got.value.result.detections?.[1]).toMatchObject({
      track: 7,
      velocity: [0.123, -0.05],
      age_ms: 1234,
      refound: true,
    });
    expect(got.value.zones?.map((z) => z.name)).toEqual(['desk', 'door']);
    expect(got.value.zone_events?.[1]).toEqual({
      zone: 'desk',
      what: 'left',
      track: 5,
      class: 'person',
      stay_ms: 12345,
    });
  });
});

type Json = Record<string, unknown>;

/** A deep copy of the golden state with one change. */
function state(change: (s: Json & { camera: Json; pipeline: Json; ledger: Json }) => void): unknown {
  const copy = structuredClone(golden('state.json')) as Json & { camera: Json; pipeline: Json; ledger: Json };
  change(copy);
  return copy;
}

function set(object: Json, key: string, value: unknown): void {
  object[key] = value;
}

describe('a state that is not as agreed', () => {
  it.each<[string, unknown, string]>([
    ['a missing field', state((s) => delete s.camera['width']), 'camera.width: want a number, got nothing'],
    [
      'a missing object',
      state((s) => delete (s as Json)['pipeline']),
      'pipeline: want an object, got nothing',
    ],
    ['another type', state((s) => set(s.ledger, 'late', '0')), 'ledger.late: want a number, got string'],
    ['null where it is not allowed', state((s) => set(s, 'boot', null)), 'boot: want a string, got null'],
    [
      'an unknown word',
      state((s) => set(s.camera, 'state', 'asleep')),
      'camera.state: want one of live, opening, stalled, lost, off, got string',
    ],
    [
      'an array for an object',
      state((s) => set(s.pipeline, 'overlay', [])),
      'pipeline.overlay: want an object, got an array',
    ],
    ['nothing at all', undefined, 'value: want an object, got nothing'],
  ])('%s is named', (_what, input, error) => {
    expect(decode(wire.state, input)).toEqual({ ok: false, error });
  });

  it('unknown fields are ignored', () => {
    const got = decode(
      wire.state,
      state((s) => set(s.camera, 'zoom', 2)),
    );
    expect(got).toMatchObject({ ok: true });
    expect(got.ok && got.value.camera).not.toHaveProperty('zoom');
  });

  it.each(['stable', 'asked', 'controls_rev'])('a server that knows no %s is understood', (key) => {
    const got = decode(
      wire.state,
      state((s) => delete s.camera[key]),
    );
    expect(got.ok && got.value.camera[key as 'asked']).toBeNull();
  });

  it('an error of the camera is kept', () => {
    const error = { code: 'camera_lost', message: 'gone', hint: 'plug it in' };
    const got = decode(
      wire.state,
      state((s) => set(s.camera, 'error', error)),
    );
    expect(got.ok && got.value.camera.error).toEqual(error);
  });
});

describe('controls', () => {
  it('a type of control that this page does not know is named', () => {
    const copy = structuredClone(golden('controls.json')) as { controls: Json[] };
    set(copy.controls[1] as Json, 'type', 'string');
    expect(decode(wire.controls, copy)).toEqual({
      ok: false,
      error: 'controls[1].type: want one of int, bool, menu, button, got string',
    });
  });
});

describe('frame events', () => {
  const frame = (result: unknown) => ({ ...(golden('event-frame.json') as Json), result });

  it('what was left out is null', () => {
    const got = decode(wire.frameEvent, frame({ count: 0 }));
    expect(got.ok && got.value.result).toEqual({ count: 0, detections: null, values: null });
  });

  it.each([
    [[0, 0, 1], 'result.detections[0].box: want 4 numbers, got 3'],
    [[0, 0, 1, '1'], 'result.detections[0].box[3]: want a number, got string'],
  ])('a box of %j is refused', (box, error) => {
    expect(decode(wire.frameEvent, frame({ count: 1, detections: [{ box, label: 'x', score: 1 }] }))).toEqual(
      {
        ok: false,
        error,
      },
    );
  });
});

describe('parse', () => {
  it.each(['', '{', '{"from":1,"to":2,"lost":', 'NaN', '<html>'])('%j is no JSON', (text) => {
    expect(parse(wire.gapEvent, text)).toEqual({ ok: false, error: 'not JSON' });
  });

  it('no prefix of an event is taken for one', () => {
    const text = readFileSync(join(folder, 'event-gap.json'), 'utf8').trimEnd();
    for (let n = 0; n < text.length; n++) expect(parse(wire.gapEvent, text.slice(0, n)).ok).toBe(false);
    expect(parse(wire.gapEvent, text)).toEqual({ ok: true, value: { from: 17, to: 42, lost: 26 } });
  });

  it('keys of a record cannot reach the prototype', () => {
    const got = parse(wire.pipeline, JSON.stringify(golden('state.json')).replace(/.*"pipeline":/, ''));
    expect(got.ok).toBe(false); // the rest of the state follows: no JSON by itself
    const evil = parse(wire.analyzers, '{"analyzers":[],"__proto__":{"polluted":true}}');
    expect(evil.ok && 'polluted' in evil.value).toBe(false);
  });
});
