/**
 * The zones and lines on the desk: those that the server has, and what a person has made of
 * them and not saved yet. In: the card's and the layer's hands. Out: signals they both show.
 */
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Dashboard } from '../dashboard';
import { fewestPoints, flawOf, MOST_POINTS, newArea, type Point, wishOf } from '../model/areas';
import type { ApiError } from '../net/api';
import type { AreaKind, AreaWish, Zones } from '../net/wire';
import type { Loadable } from '../store';

/** Counts are asked for not more often. */
const POLL_MS = 1000;

const desks = new WeakMap<Dashboard, ZoneDesk>();

/** Always the same: what is drawn and not saved outlives the card that is folded. */
export function deskOf(dashboard: Dashboard): ZoneDesk {
  const desk = desks.get(dashboard) ?? new ZoneDesk(dashboard);
  desks.set(dashboard, desk);
  return desk;
}

export class ZoneDesk {
  readonly saved: Signal<Loadable<Zones>> = signal({ kind: 'loading' });
  /** null: nothing is changed, so what the server says is shown. */
  readonly drafts = signal<readonly AreaWish[] | null>(null);
  readonly areas: ReadonlySignal<readonly AreaWish[]>;
  /** Whether the server's are not those any more that the drafts began with. */
  readonly overtaken: ReadonlySignal<boolean>;
  /** Its place among the areas. */
  readonly selected = signal<number | null>(null);
  /** What is being drawn, point by point. */
  readonly drawing = signal<{ kind: AreaKind; points: readonly Point[] } | null>(null);
  readonly refusal = signal<ApiError | null>(null);
  readonly saving = signal(false);
  /** The handle to go to as soon as it is there: area and point. */
  readonly wanted = signal<readonly [number, number] | null>(null);

  readonly #dashboard: Dashboard;
  /** The server's, as text, when the drafts began. */
  readonly #begunWith = signal('');
  #saves = 0;

  constructor(dashboard: Dashboard) {
    this.#dashboard = dashboard;
    this.areas = computed(() => {
      const saved = this.saved.value;
      return this.drafts.value ?? (saved.kind === 'loaded' ? saved.value.zones.map(wishOf) : []);
    });
    this.overtaken = computed(
      () => this.drafts.value !== null && textOf(this.saved.value) !== this.#begunWith.value,
    );
  }

  /** Asks for the areas and their counts, again and again; returns what ends it. */
  follow(): () => void {
    const following = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      if (document.visibilityState === 'visible') await this.#load(following.signal);
      if (!following.signal.aborted) timer = setTimeout(ask, POLL_MS);
    };
    void ask();
    return () => {
      following.abort();
      clearTimeout(timer);
      this.drawing.value = null;
    };
  }

  async #load(signal: AbortSignal): Promise<void> {
    const saves = this.#saves;
    const outcome = await this.#dashboard.zones(signal);
    // What was asked before a saving may have been answered before it.
    if (saves !== this.#saves) return;
    if (outcome.kind === 'success') this.saved.value = { kind: 'loaded', value: outcome.value };
    else if (outcome.kind === 'error' && this.saved.peek().kind !== 'loaded')
      this.saved.value = { kind: 'failed', error: outcome.error };
  }

  /** Whether the server has it just so. */
  isSaved(area: AreaWish): boolean {
    const saved = this.saved.value;
    const text = JSON.stringify(area);
    return saved.kind === 'loaded' && saved.value.zones.some((z) => JSON.stringify(wishOf(z)) === text);
  }

  change(at: number, area: AreaWish): void {
    this.#draft(this.areas.peek().map((other, i) => (i === at ? area : other)));
  }

  remove(at: number): void {
    this.#draft(this.areas.peek().filter((_, i) => i !== at));
    this.selected.value = null;
  }

  add(kind: AreaKind, points: readonly Point[]): void {
    const all = this.areas.peek();
    this.#draft([...all, newArea(all, kind, points)]);
    this.selected.value = all.length;
  }

  #draft(all: readonly AreaWish[]): void {
    if (this.drafts.peek() === null) this.#begunWith.value = textOf(this.saved.peek());
    this.drafts.value = all;
    this.refusal.value = null;
  }

  /** One more point of what is being drawn; a line's second ends it. */
  draw(point: Point): void {
    const drawing = this.drawing.peek();
    if (!drawing) return;
    const points = [...drawing.points, point];
    this.drawing.value = { ...drawing, points };
    if (points.length === (drawing.kind === 'line' ? 2 : MOST_POINTS)) this.finish();
  }

  undraw(): void {
    const drawing = this.drawing.peek();
    if (drawing) this.drawing.value = { ...drawing, points: drawing.points.slice(0, -1) };
  }

  /** Too few points are no area: then the drawing goes on. */
  finish(): void {
    const drawing = this.drawing.peek();
    if (!drawing || drawing.points.length < fewestPoints(drawing.kind)) return;
    this.drawing.value = null;
    this.add(drawing.kind, drawing.points);
  }

  discard(): void {
    this.drafts.value = null;
    this.drawing.value = null;
    this.selected.value = null;
    this.refusal.value = null;
  }

  async save(): Promise<void> {
    const drafts = this.drafts.peek();
    const flawed = drafts?.findIndex((_, i) => flawOf(drafts, i) !== null) ?? -1;
    if (flawed >= 0) this.selected.value = flawed;
    if (!drafts || flawed >= 0 || this.saving.peek()) return;
    this.saving.value = true;
    this.#saves++;
    const outcome = await this.#dashboard.changeZones(drafts);
    this.#saves++;
    this.saving.value = false;
    if (outcome.kind === 'error') this.refusal.value = outcome.error;
    if (outcome.kind !== 'success') return;
    this.saved.value = { kind: 'loaded', value: outcome.value };
    this.#begunWith.value = outcome.value.text;
    this.refusal.value = null;
    // What was changed while it was being saved is still to be saved.
    if (this.drafts.peek() === drafts) this.drafts.value = null;
  }
}

function textOf(saved: Loadable<Zones>): string {
  return saved.kind === 'loaded' ? saved.value.text : '';
}
