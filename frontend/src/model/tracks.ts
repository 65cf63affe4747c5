/**
 * The last half minute of every track: when it was seen, when it was only predicted, and
 * what it did or came through. In: every frame's event. Out: lanes. Times are the capture's, in milliseconds.
 */
import type { Detection, FrameEvent } from '../net/wire';

export const SPAN_MS = 30_000;
/** More silence than the slowest analysis gives: what lies between two events was not seen. */
const GAP_MS = 2500;

/** From its first to its last moment; of one frame alone the two are the same. */
export type Span = { from: number; to: number; predicted: boolean };
/** What it did for a while, or what happened to it at a moment: then the two are the same. */
export type Mark = { from: number; to: number } & (
  | { kind: 'gesture' | 'action'; name: string }
  | { kind: 'area'; area: string; what: string; stayMs: number }
  | { kind: 'refound' }
);

export function isMoment({ kind }: Mark): boolean {
  return kind === 'area' || kind === 'refound';
}

export type Lane = {
  track: number;
  /** As last said: labels flicker. */
  label: string;
  first: number;
  last: number;
  /** In order; between two that do not touch it was lost. */
  spans: Span[];
  marks: Mark[];
};

type Told = Pick<FrameEvent, 'seq' | 'captured_us' | 'analyzer' | 'analyzers' | 'zone_events'> & {
  result: Pick<FrameEvent['result'], 'detections'>;
};

export class TrackBook {
  readonly #lanes = new Map<number, Lane>();
  #newest: { seq: number; atMs: number; analyzer: string } | null = null;

  /** When the newest frame was captured; null before the first. */
  get newestMs(): number | null {
    return this.#newest?.atMs ?? null;
  }

  add({ seq, captured_us, analyzer, analyzers, result, zone_events }: Told): void {
    const atMs = captured_us / 1000;
    const before = this.#newest;
    if (before && seq <= before.seq && atMs <= before.atMs) return; // said again after a broken connection
    // Another process, another analyzer: their numbers begin anew.
    if (before && (seq <= before.seq || atMs < before.atMs || analyzer !== before.analyzer)) this.clear();
    const goesOn = this.#newest !== null && atMs - this.#newest.atMs <= GAP_MS;
    const since = goesOn ? (before?.atMs ?? null) : null;
    const resting = analyzers?.some((a) => !a.ran) ?? false;
    const told = new Set<number>();
    for (const d of result.detections ?? []) {
      if (d.track === null || d.track === 0 || told.has(d.track)) continue;
      told.add(d.track);
      this.#see(d, d.track, { atMs, since, resting });
    }
    // Who vanished from a zone is not among the detections any more.
    for (const { track, zone, what, stay_ms } of zone_events ?? [])
      this.#lanes
        .get(track)
        ?.marks.push({ from: atMs, to: atMs, kind: 'area', area: zone, what, stayMs: stay_ms });
    this.#newest = { seq, atMs, analyzer };
    this.#forget(atMs - SPAN_MS);
  }

  /** Those in sight first, then the latest gone, `most` of them, in the order of their numbers. */
  lanes(most: number): { lanes: Lane[]; more: number } {
    const all = [...this.#lanes.values()].sort((a, b) => b.last - a.last || a.track - b.track);
    const lanes = all.slice(0, most).sort((a, b) => a.track - b.track);
    return { lanes, more: all.length - lanes.length };
  }

  clear(): void {
    this.#lanes.clear();
    this.#newest = null;
  }

  /** `since` is the moment of the event before, where nothing was missed since. */
  #see(d: Detection, track: number, p: { atMs: number; since: number | null; resting: boolean }): void {
    const { atMs, since } = p;
    let lane = this.#lanes.get(track);
    if (!lane) {
      lane = { track, label: d.label, first: atMs, last: atMs, spans: [], marks: [] };
      this.#lanes.set(track, lane);
    }
    const continues = since !== null && lane.last === since;
    const open = continues ? lane.spans.at(-1) : undefined;
    // While an analyzer rests all it found is predicted: that does not mean that it is lost.
    const predicted = d.predicted === true && !(p.resting && open && !open.predicted);
    if (open && (open.predicted === predicted || open.predicted)) open.to = atMs;
    if (!open || open.predicted !== predicted)
      lane.spans.push({ from: predicted && open ? open.to : atMs, to: atMs, predicted });
    lane.label = d.label;
    lane.last = atMs;
    if (d.refound) lane.marks.push({ from: atMs, to: atMs, kind: 'refound' });
    for (const kind of ['gesture', 'action'] as const) {
      const name = d[kind];
      if (!name) continue;
      const mark = lane.marks.findLast((m) => m.kind === kind);
      if (continues && mark?.kind === kind && mark.name === name && mark.to === since) mark.to = atMs;
      else lane.marks.push({ from: atMs, to: atMs, kind, name });
    }
  }

  #forget(before: number): void {
    for (const [track, lane] of this.#lanes) {
      if (lane.last < before) this.#lanes.delete(track);
      while (lane.spans[0] && lane.spans[0].to < before) lane.spans.shift();
      while (lane.marks[0] && lane.marks[0].to < before) lane.marks.shift();
    }
  }
}
