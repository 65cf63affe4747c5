/**
 * What the page knows, as signals that views read. In: the dashboard alone writes.
 * Numbers that change with every frame are written at most five times a second, the rate
 * at which a person can read them.
 */
import { signal } from '@preact/signals';
import { fates } from './model/fates';
import { History } from './model/history';
import type { Situation } from './model/situation';
import type { ApiError } from './net/api';
import type { Analyzer, Control, FrameEvent, State } from './net/wire';
import type { PlayerMode, View } from './player/player';
import type { Painted } from './player/protocol';

export const series = [
  'captured',
  'analyzed',
  'painted',
  'ageLatest',
  'ageP50',
  'ageP95',
  ...fates,
  'lost_upstream',
] as const;
export type SeriesKey = (typeof series)[number];

export type Loadable<T> =
  | { kind: 'loading' }
  | { kind: 'loaded'; value: T }
  | { kind: 'failed'; error: ApiError };

/** `text` is called at each rendering, so that old entries follow a change of language. */
export type LogEntry = { id: number; at: Date; text: () => string };

const LOG_KEPT = 200;
/** Fifteen minutes at five rows a second. */
const HISTORY_ROWS = 15 * 60 * 5;

export class Store {
  /** The last beat, on performance.now()'s clock; everything below is as of then. */
  readonly nowMs = signal(0);
  readonly situation = signal<Situation>({ kind: 'connecting' });
  readonly playerMode = signal<PlayerMode>('worker');
  readonly view = signal<View>('analyzed');
  /** The viewer looks at one picture; frame and painted stand still with it. */
  readonly paused = signal(false);
  readonly state = signal<State | null>(null);
  /** The last frame's event, and its JSON as it came. */
  readonly frame = signal<FrameEvent | null>(null);
  readonly frameJson = signal('');
  readonly painted = signal<Painted | null>(null);
  /** The age of what is on the screen; null where the player cannot tell. */
  readonly ageMs = signal<number | null>(null);
  readonly fps = signal<{ captured: number | null; analyzed: number | null; painted: number | null }>({
    captured: null,
    analyzed: null,
    painted: null,
  });
  /** The server's budget of the painted frame, else of the newest. */
  readonly budgetUs = signal<Readonly<Record<string, number>> | null>(null);
  /** Whether budgetUs is the painted frame's own. */
  readonly budgetJoined = signal(false);
  readonly analyzers = signal<Loadable<Analyzer[]>>({ kind: 'loading' });
  /** The camera's, as last told; they are asked for only while somebody looks at them. */
  readonly controls = signal<Loadable<Control[]>>({ kind: 'loading' });
  readonly log = signal<readonly LogEntry[]>([]);
  readonly history = new History<SeriesKey>(HISTORY_ROWS, series);

  #logged = 0;

  say(text: () => string): void {
    this.log.value = [{ id: ++this.#logged, at: new Date(), text }, ...this.log.value].slice(0, LOG_KEPT);
  }
}
