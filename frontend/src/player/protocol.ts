/** What the page and the player's worker say to each other. `run` numbers the calls to play. */
import type { Ending } from '../net/link';

export type ToWorker =
  | { kind: 'canvas'; canvas: OffscreenCanvas }
  | { kind: 'play'; run: number; url: string }
  | { kind: 'stop' }
  | { kind: 'save'; request: number };

export type FromWorker =
  | { kind: 'opened'; run: number }
  | { kind: 'alive'; run: number }
  | { kind: 'ended'; run: number; why: Ending }
  | { kind: 'painted'; painted: Painted }
  | { kind: 'notice'; camera: string } // the camera's state, as the server wrote it
  | { kind: 'undecodable' }
  | { kind: 'saved'; request: number; picture: Picture | null };

/** A frame that is on the screen now. Times in milliseconds. */
export type Painted = {
  seq: number;
  width: number;
  height: number;
  /** Its age when the server sent it. */
  sentAgeMs: number;
  /** From its arrival to the start of its decoding. */
  waitMs: number;
  decodeMs: number;
  /** From decoded to painted, most of it waiting for the screen. */
  paintMs: number;
  /** Its age at this moment: all of the above added up. */
  ageMs: number;
  /** Whether it is another frame than the last one painted: the server repeats the last. */
  isNew: boolean;
  /** Frames that arrived here and were never painted, since the page was loaded. */
  skipped: number;
};

/** A frame's own bytes. */
export type Picture = { seq: number; jpeg: Blob };
