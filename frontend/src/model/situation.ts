/**
 * What the page is in, in one word: the one thing a person must know now.
 * In: both streams' links, the camera's state, what was painted last. Out: a situation,
 * from which the badge and the veil are drawn. Pure: it reads no clock.
 */
import type { Ending, LinkState } from '../net/link';
import type { CameraState, Trouble } from '../net/wire';

export type Situation =
  | { kind: 'connecting' }
  | { kind: 'live' }
  | { kind: 'paused' } // the viewer wished to look at one picture
  | { kind: 'idle' } // the server's analysis is paused
  | { kind: 'stale'; lastMs: number } // the camera is live, yet no new frame comes
  | { kind: 'opening' }
  | { kind: 'lost'; sinceMs: number | null; error: Trouble | null }
  | { kind: 'stalled'; sinceMs: number | null; error: Trouble | null }
  | { kind: 'off'; error: Trouble | null }
  | { kind: 'serverDown'; retryAtMs: number | null; why: Ending | null } // null: trying right now
  | { kind: 'eventsDown' } // the picture goes on, its data do not
  | { kind: 'pictureDown'; retryAtMs: number; why: Ending };

/** All times in ms on performance.now()'s clock. */
export type Inputs = {
  nowMs: number;
  paused: boolean;
  events: LinkState;
  picture: LinkState;
  /** When a new frame was last seen; null before the first. */
  lastFrameMs: number | null;
  /** How long the last frame's analysis took: no new frame can be expected sooner. */
  analysisMs: number;
  /** The newest word about the camera, from either stream; null before the first. */
  camera: { state: CameraState; sinceMs: number | null; error: Trouble | null } | null;
  analysisPaused: boolean;
};

/** Without a new frame for this long, on top of the analysis, the picture is stale. */
export const STALE_MS = 1500;

export function situationOf(i: Inputs): Situation {
  const staleAfter = STALE_MS + i.analysisMs;
  const fresh = i.lastFrameMs !== null && i.nowMs - i.lastFrameMs <= staleAfter;

  if (i.events.kind === 'waiting' || (i.events.kind === 'opening' && i.events.attempt > 1)) {
    if (i.picture.kind === 'open' && fresh) return { kind: 'eventsDown' };
    const retryAtMs = i.events.kind === 'waiting' ? i.events.retryAtMs : null;
    return { kind: 'serverDown', retryAtMs, why: i.events.why };
  }
  if (i.paused) return { kind: 'paused' };
  if (i.camera && i.camera.state !== 'live') {
    const { state, sinceMs, error } = i.camera;
    switch (state) {
      case 'opening':
        return { kind: 'opening' };
      case 'off':
        return { kind: 'off', error };
      case 'lost':
      case 'stalled':
        return { kind: state, sinceMs, error };
    }
  }
  if (i.picture.kind === 'waiting') {
    return { kind: 'pictureDown', retryAtMs: i.picture.retryAtMs, why: i.picture.why };
  }
  if (i.analysisPaused) return { kind: 'idle' };
  if (fresh) return { kind: 'live' };
  if (i.lastFrameMs === null || i.picture.kind === 'opening' || i.events.kind === 'opening') {
    return { kind: 'connecting' };
  }
  return { kind: 'stale', lastMs: i.lastFrameMs };
}
