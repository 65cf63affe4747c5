import { describe, expect, it } from 'vitest';
import { type Inputs, type Situation, STALE_MS, situationOf } from '../src/model/situation';

const now = 100_000;

const allIsWell: Inputs = {
  nowMs: now,
  paused: false,
  events: { kind: 'open' },
  picture: { kind: 'open' },
  lastFrameMs: now - 50,
  analysisMs: 100,
  camera: { state: 'live', sinceMs: 0, error: null },
  analysisPaused: false,
};

const unreachable = { kind: 'unreachable' } as const;
const waiting = { kind: 'waiting', attempt: 1, retryAtMs: now + 700, why: unreachable } as const;
const retrying = { kind: 'opening', attempt: 2, why: unreachable } as const;
const opening = { kind: 'opening', attempt: 1, why: null } as const;
const old = now - STALE_MS - 101;
const camera = (state: 'off' | 'lost' | 'stalled' | 'opening') => ({ state, sinceMs: 42, error: null });

describe('situationOf', () => {
  it.each<[string, Partial<Inputs>, Situation]>([
    ['frames come', {}, { kind: 'live' }],
    [
      'nothing has come yet',
      { events: opening, picture: opening, lastFrameMs: null, camera: null },
      { kind: 'connecting' },
    ],
    ['open, no frame yet', { lastFrameMs: null }, { kind: 'connecting' }],
    ['back from hiding', { events: opening, picture: opening, lastFrameMs: old }, { kind: 'connecting' }],

    ['just fresh enough', { lastFrameMs: now - STALE_MS - 100 }, { kind: 'live' }],
    ['a bit too old', { lastFrameMs: old }, { kind: 'stale', lastMs: old }],
    ['a slow analysis is no silence', { lastFrameMs: old, analysisMs: 3000 }, { kind: 'live' }],

    ['the viewer paused', { paused: true, lastFrameMs: old, picture: { kind: 'idle' } }, { kind: 'paused' }],
    ['the analysis is paused', { analysisPaused: true, lastFrameMs: old }, { kind: 'idle' }],

    ['camera off', { camera: camera('off'), lastFrameMs: old }, { kind: 'off', error: null }],
    ['camera lost', { camera: camera('lost') }, { kind: 'lost', sinceMs: 42, error: null }],
    ['camera stalled', { camera: camera('stalled') }, { kind: 'stalled', sinceMs: 42, error: null }],
    ['camera opening', { camera: camera('opening') }, { kind: 'opening' }],
    [
      'camera off beats analysis paused',
      { camera: camera('off'), analysisPaused: true },
      { kind: 'off', error: null },
    ],
    [
      'camera off beats a waiting picture',
      { camera: camera('off'), picture: waiting },
      { kind: 'off', error: null },
    ],

    ['events alone are down', { events: waiting }, { kind: 'eventsDown' }],
    ['events alone, trying again', { events: retrying }, { kind: 'eventsDown' }],
    [
      'both are down',
      { events: waiting, picture: waiting, lastFrameMs: old },
      { kind: 'serverDown', retryAtMs: now + 700, why: unreachable },
    ],
    [
      'both are down, trying again',
      { events: retrying, picture: retrying, lastFrameMs: null },
      { kind: 'serverDown', retryAtMs: null, why: unreachable },
    ],
    [
      'a picture that stands still proves nothing',
      { events: waiting, lastFrameMs: old },
      { kind: 'serverDown', retryAtMs: now + 700, why: unreachable },
    ],
    [
      'the server is gone while the viewer looks at a still',
      { events: waiting, picture: { kind: 'idle' }, paused: true },
      { kind: 'serverDown', retryAtMs: now + 700, why: unreachable },
    ],
    [
      'the picture alone is down',
      { picture: waiting },
      { kind: 'pictureDown', retryAtMs: now + 700, why: unreachable },
    ],
  ])('%s', (_what, change, want) => {
    expect(situationOf({ ...allIsWell, ...change })).toEqual(want);
  });

  it('knows the camera from the picture stream while events are still opening', () => {
    const i = {
      ...allIsWell,
      events: opening,
      camera: { ...camera('off'), sinceMs: null },
      lastFrameMs: null,
    };
    expect(situationOf(i)).toEqual({ kind: 'off', error: null });
  });
});
