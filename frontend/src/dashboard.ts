/**
 * The page's conductor: owns both streams, the poll and the beat; writes the store.
 * In: what the server sends and what a person does. Out: the store's signals.
 * It draws nothing; views read the store and call the actions below.
 */
import { batch, signal } from '@preact/signals';
import type { VNode } from 'preact';
import { locale, t } from './i18n/i18n';
import { FateMeter, type FateRates, fates } from './model/fates';
import { FrameBook } from './model/frame-book';
import { Paced } from './model/paced';
import { type Inputs, situationOf } from './model/situation';
import { SlidingWindow } from './model/window';
import type { Api, ApiError, Outcome } from './net/api';
import { type Decoder, parse } from './net/decode';
import { Link, type LinkState } from './net/link';
import { eventSession, type ServerEvent } from './net/sse';
import * as wire from './net/wire';
import {
  createPlayer,
  type Player,
  type PlayerMode,
  searchWithView,
  streams,
  type View,
} from './player/player';
import type { Painted } from './player/protocol';
import type { Store } from './store';
import { download } from './ui/download';
import {
  describeCamera,
  describeError,
  describeRunning,
  describeSituation,
  describeTrouble,
} from './ui/wording';

const BEAT_MS = 200;
/** What is observed of the pipeline comes by this way alone. */
const POLL_MS = 1000;
/** The server speaks at least every 15 s, if only to keep the stream alive. */
const EVENTS_SILENCE_MS = 20_000;
const EVENTS_OPEN_MS = 8000;
/** Listing the controls is work for a camera: not more often than a hand that drags can use. */
const CONTROLS_MS = 200;

/** A frame's event, as read and as it came. */
type Told = { event: wire.FrameEvent; json: string; atMs: number };

/** Hears of every frame as it comes; `atMs` is on performance.now()'s clock. */
export type FrameListener = (event: wire.FrameEvent, atMs: number) => void;

export class Dashboard {
  readonly store: Store;
  /** Replaced when the worker proves unusable. */
  readonly player = signal<Player | null>(null);
  /** What lies over the picture, such as zones being drawn, and below it; null: nothing. */
  readonly layer = signal<{ over(): VNode; below(): VNode } | null>(null);
  /** What goes full screen; the live view puts itself here. */
  viewElement: HTMLElement | null = null;

  readonly #api: Api;
  readonly #events: Link;
  #eventsState: LinkState = { kind: 'idle' };
  #pictureState: LinkState = { kind: 'idle' };
  #beat: ReturnType<typeof setInterval> | undefined;
  #polling: AbortController | null = null;

  // The newest of everything, at full rate; the beat carries it into the store.
  #frame: Told | null = null;
  #painted: { frame: Painted; atMs: number } | null = null;
  #lastFrameMs: number | null = null;
  #stateAtMs = 0;
  #notice: wire.CameraState | null = null;
  #fates: FateRates | null = null;

  readonly #paints = new SlidingWindow(2000);
  readonly #ages = new SlidingWindow(10_000);
  readonly #fateMeter = new FateMeter();
  readonly #told = new FrameBook<Told>();
  readonly #listeners = new Set<FrameListener>();
  readonly #controlsLoader = new Paced<void>(() => this.#loadControls(), CONTROLS_MS);
  #controlsChanges = 0;
  #badEvent = '';
  #undecodable = false;

  constructor(store: Store, api: Api, { mode, view }: { mode: PlayerMode; view: View }) {
    this.store = store;
    store.view.value = view;
    this.#api = api;
    this.#events = new Link({
      session: eventSession('/api/v1/events', (event) => this.#onEvent(event)),
      onState: (state) => this.#onEventsState(state),
      openTimeoutMs: EVENTS_OPEN_MS,
      silenceMs: EVENTS_SILENCE_MS,
    });
    this.#usePlayer(mode);
  }

  /** Opens the streams and follows the tab's visibility; returns what undoes it. */
  start(): () => void {
    const follow = () => (document.visibilityState === 'hidden' ? this.#release() : this.#resume());
    const retry = () => this.retryNow();
    document.addEventListener('visibilitychange', follow);
    window.addEventListener('online', retry);
    follow();
    return () => {
      document.removeEventListener('visibilitychange', follow);
      window.removeEventListener('online', retry);
      this.#release();
      this.player.peek()?.dispose();
    };
  }

  /** For what must not miss a frame between two beats; returns what ends it. */
  listen(listener: FrameListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // Actions.

  togglePause(): void {
    const paused = !this.store.paused.peek();
    this.store.paused.value = paused;
    const link = this.player.peek()?.link;
    if (paused) {
      link?.stop();
      this.#paints.clear();
    } else if (this.#beat !== undefined) {
      link?.start();
    }
    this.#onBeat();
  }

  retryNow(): void {
    this.#events.retryNow();
    this.player.peek()?.link.retryNow();
  }

  /** null: done; else why not. The store already has the server's answer. */
  async changePipeline(change: wire.PipelineChange): Promise<ApiError | null> {
    const outcome = await this.#api.changePipeline(change);
    if (outcome.kind === 'success') {
      this.#merge({ pipeline: outcome.value });
      return null;
    }
    return this.#refused(outcome);
  }

  async switchCamera(to: 'start' | 'stop'): Promise<ApiError | null> {
    const outcome = await this.#api.switchCamera(to);
    if (outcome.kind === 'success') {
      this.#merge({ camera: outcome.value });
      return null;
    }
    return this.#refused(outcome);
  }

  /** Asks for the camera's controls as they are now; the answer comes into the store. */
  loadControls(): void {
    this.#controlsLoader.push();
  }

  async changeControls(change: wire.ControlsChange): Promise<ApiError | null> {
    const outcome = await this.#api.changeControls(change);
    if (outcome.kind === 'success') {
      this.#controlsChanges++;
      this.store.controls.value = { kind: 'loaded', value: outcome.value.controls };
      return null;
    }
    return this.#refused(outcome);
  }

  zones(signal: AbortSignal): Promise<Outcome<wire.Zones>> {
    return this.#api.zones(signal);
  }

  async changeZones(all: readonly wire.AreaWish[]): Promise<Outcome<wire.Zones>> {
    const outcome = await this.#api.changeZones(all);
    if (outcome.kind !== 'success') this.#refused(outcome);
    return outcome;
  }

  /** What the server does not draw at all it is not asked for. */
  async toggleOverlay(name: 'boxes' | 'trails'): Promise<void> {
    const drawn = this.store.state.peek()?.pipeline.overlay[name];
    if (drawn !== undefined) await this.changePipeline({ overlay: { [name]: !drawn } });
  }

  /** Chooses one analyzer by its place in the list, from 1 on. */
  async chooseAnalyzer(place: number): Promise<void> {
    const known = this.store.analyzers.peek();
    const kind = known.kind === 'loaded' ? known.value[place - 1] : undefined;
    if (!kind) return;
    const { missing, name } = kind;
    if (missing) this.store.say(() => t('analyzerMissing', { analyzer: name, why: missing }));
    else await this.changePipeline({ analyzer: name });
  }

  show(view: View): void {
    if (view === this.store.view.peek()) return;
    this.store.view.value = view;
    history.replaceState(null, '', location.pathname + searchWithView(location.search, view) + location.hash);
    this.#paints.clear();
    this.#ages.clear();
    // The picture that stands is not one of this view: going on opens the other stream.
    if (this.store.paused.peek()) {
      this.togglePause();
      return;
    }
    const link = this.player.peek()?.link;
    if (link && link.state.kind !== 'idle') {
      link.stop();
      link.start();
    }
  }

  /** Saves exactly what is on the screen; where the player cannot give it, the server's newest. */
  async savePicture(): Promise<void> {
    const shown = await this.player.peek()?.shownPicture();
    if (shown) {
      this.#saved(shown.jpeg, String(shown.seq));
      return;
    }
    const outcome = await this.#api.snapshot();
    if (outcome.kind === 'success') {
      this.#saved(outcome.value.jpeg, outcome.value.seq ?? 'newest');
    } else if (outcome.kind === 'error') {
      const { error } = outcome;
      this.store.say(() => t('logSnapshotFailed', { why: describeError(error) }));
    }
  }

  async toggleFullscreen(): Promise<void> {
    try {
      if (document.fullscreenElement) await document.exitFullscreen();
      else await this.viewElement?.requestFullscreen();
    } catch {
      // The browser does not allow it here (an embedded page, a phone); nothing has changed.
    }
  }

  // The streams.

  #resume(): void {
    if (this.#beat !== undefined) return;
    this.store.history.breakLines(performance.now() / 1000);
    this.#beat = setInterval(() => this.#onBeat(), BEAT_MS);
    this.#events.start();
    if (!this.store.paused.peek()) this.player.peek()?.link.start();
    this.#onBeat();
  }

  /** Gives both connections back: a hidden tab must not keep them from a visible one. */
  #release(): void {
    clearInterval(this.#beat);
    this.#beat = undefined;
    this.#polling?.abort();
    this.#polling = null;
    this.#events.stop();
    this.player.peek()?.link.stop();
    this.#paints.clear();
    this.#fateMeter.clear();
    this.#lastFrameMs = null;
  }

  #usePlayer(mode: PlayerMode): void {
    this.player.peek()?.dispose();
    this.store.playerMode.value = mode;
    this.player.value = createPlayer(mode, {
      stream: () => streams[this.store.view.peek()],
      onState: (state) => this.#onPictureState(state),
      onPainted: (painted) => this.#onPainted(painted),
      onNotice: (camera) => {
        this.#notice = camera;
      },
      onUndecodable: () => {
        if (!this.#undecodable) this.store.say(() => t('logUndecodable'));
        this.#undecodable = true;
      },
      onUnusable: () => {
        this.store.say(() => t('logPlayerFallback'));
        this.#usePlayer('img');
        if (this.#beat !== undefined && !this.store.paused.peek()) this.player.peek()?.link.start();
      },
    });
  }

  #onEventsState(state: LinkState): void {
    this.#eventsState = state;
    if (state.kind === 'open') {
      // What brought the one back brings the other back too.
      this.player.peek()?.link.retryNow();
      this.#startPolling();
      void this.#loadAnalyzers();
    } else {
      this.#polling?.abort();
      this.#polling = null;
      this.#fateMeter.clear();
      this.#fates = null;
    }
  }

  #onPictureState(state: LinkState): void {
    this.#pictureState = state;
    if (state.kind === 'opening') this.#lastFrameMs = null;
    if (state.kind === 'open') this.#events.retryNow();
  }

  #onPainted(frame: Painted): void {
    const atMs = performance.now();
    this.#painted = { frame, atMs };
    this.#notice = null;
    if (!frame.isNew) return;
    this.#lastFrameMs = atMs;
    this.#undecodable = false;
    this.#paints.push(atMs);
    this.#ages.push(atMs, frame.ageMs);
  }

  #onEvent({ name, data }: ServerEvent): void {
    switch (name) {
      case 'frame':
        this.#read(wire.frameEvent, data, (frame) => this.#acceptFrame(frame, data));
        break;
      case 'state':
        this.#read(wire.state, data, (state) => this.#acceptState(state));
        break;
      case 'gap':
        this.#read(wire.gapEvent, data, ({ lost }) =>
          this.store.say(() => (lost > 0 ? t('logGap', { n: lost }) : t('logGapUnknown'))),
        );
        break;
      // Events of other names are of a newer server: not for this page.
    }
  }

  #read<T>(decoder: Decoder<T>, data: string, accept: (value: T) => void): void {
    const got = parse(decoder, data);
    if (got.ok) {
      accept(got.value);
    } else if (got.error !== this.#badEvent) {
      // Said once for each cause, not at each frame.
      this.#badEvent = got.error;
      this.store.say(() => t('logBadEvent', { why: got.error }));
    }
  }

  #acceptFrame(event: wire.FrameEvent, json: string): void {
    const atMs = performance.now();
    this.#frame = { event, json, atMs };
    this.#told.add(event.seq, this.#frame);
    for (const listener of this.#listeners) listener(event, atMs);
    if (this.store.playerMode.peek() === 'worker') return;
    // The image cannot tell what it shows: the server's own measure stands in.
    this.#lastFrameMs = atMs;
    const ageMs = budgetAge(event.budget_us);
    if (ageMs !== null) this.#ages.push(atMs, ageMs);
  }

  // The server's state.

  #startPolling(): void {
    this.#polling?.abort();
    const polling = new AbortController();
    this.#polling = polling;
    let timer: ReturnType<typeof setTimeout> | undefined;
    polling.signal.addEventListener('abort', () => clearTimeout(timer));
    const poll = async () => {
      const outcome = await this.#api.state(polling.signal);
      if (polling.signal.aborted) return;
      if (outcome.kind === 'success') this.#acceptState(outcome.value);
      // An error needs no word: the event stream's link notices a server that is gone.
      timer = setTimeout(poll, POLL_MS);
    };
    void poll();
  }

  async #loadAnalyzers(): Promise<void> {
    const outcome = await this.#api.analyzers();
    if (outcome.kind === 'success') {
      this.store.analyzers.value = { kind: 'loaded', value: outcome.value.analyzers };
    } else if (outcome.kind === 'error' && this.store.analyzers.peek().kind !== 'loaded') {
      this.store.analyzers.value = { kind: 'failed', error: outcome.error };
    }
  }

  async #loadControls(): Promise<void> {
    const { controls } = this.store;
    const changes = this.#controlsChanges;
    const outcome = await this.#api.controls();
    if (changes !== this.#controlsChanges) {
      // A change was answered meanwhile: which of the two is older, nobody can tell.
      this.loadControls();
    } else if (outcome.kind === 'success') {
      controls.value = { kind: 'loaded', value: outcome.value.controls };
    } else if (outcome.kind === 'error' && (controls.peek().kind !== 'loaded' || isFinal(outcome.error))) {
      controls.value = { kind: 'failed', error: outcome.error };
    }
  }

  #acceptState(next: wire.State): void {
    const known = this.store.state.peek();
    const sameProcess = known?.boot === next.boot;
    // A poll's answer may be overtaken by an event that tells of a later moment.
    if (sameProcess && next.now_us < known.now_us) return;
    if (known && !sameProcess) {
      this.#fateMeter.clear();
      this.#told.clear();
      this.#frame = null;
      this.store.controls.value = { kind: 'loading' };
      this.store.say(() => t('logRestarted'));
    }
    this.#stateAtMs = performance.now();
    this.#sayChanges(known, next);
    this.store.state.value = next;
    this.#judge();
  }

  #merge(part: { pipeline: wire.Pipeline } | { camera: wire.Camera }): void {
    const known = this.store.state.peek();
    if (!known) return;
    const next = { ...known, ...part };
    this.#sayChanges(known, next);
    this.store.state.value = next;
    this.#judge();
  }

  #sayChanges(before: wire.State | null, after: wire.State): void {
    const { camera, pipeline } = after;
    if (before?.camera.state !== camera.state) {
      const why = camera.error;
      this.store.say(() =>
        why
          ? t('logCameraWhy', { state: describeCamera(camera.state), why: describeTrouble(why) })
          : t('logCamera', { state: describeCamera(camera.state) }),
      );
    }
    if (before?.pipeline.spec !== pipeline.spec)
      this.store.say(() => t('logAnalyzer', { spec: pipeline.spec }));
    if (before?.pipeline.running !== pipeline.running || before.pipeline.reason !== pipeline.reason) {
      this.store.say(() => describeRunning(pipeline));
    }
    if (before && before.pipeline.freshness !== pipeline.freshness) {
      this.store.say(() => t('logFreshness', { freshness: t(`freshness_${pipeline.freshness}`) }));
    }
    if (before && before.pipeline.paused !== pipeline.paused) {
      this.store.say(() => t(pipeline.paused ? 'logAnalysisPaused' : 'logAnalysisResumed'));
    }
    const trouble = pipeline.error;
    if (trouble && before?.pipeline.error?.message !== trouble.message) {
      this.store.say(() => t('logPipelineError', { why: describeTrouble(trouble) }));
    }
  }

  #refused(outcome: { kind: 'aborted' } | { kind: 'error'; error: ApiError }): ApiError | null {
    if (outcome.kind === 'aborted') return null;
    const { error } = outcome;
    this.store.say(() => t('logRefused', { why: describeError(error) }));
    return error;
  }

  #saved(jpeg: Blob, seq: string): void {
    download(jpeg, `freshframe-${seq}.jpg`);
    this.store.say(() => t('logSnapshot', { seq }));
  }

  // The beat.

  #onBeat(): void {
    const nowMs = performance.now();
    batch(() => {
      this.#publish(nowMs);
      this.#sample(nowMs);
      this.#judge();
      this.store.nowMs.value = nowMs; // last: views that wait for the beat find the rest in place
    });
  }

  #publish(nowMs: number): void {
    const { store } = this;
    const inWorker = store.playerMode.peek() === 'worker';
    // Whichever spoke last: without frames, only the poll knows that the rates fall.
    const frameIsNewer = this.#frame !== null && this.#frame.atMs >= this.#stateAtMs;
    const rates = frameIsNewer ? this.#frame?.event.fps : store.state.peek()?.rates;
    const connected = this.#eventsState.kind === 'open';
    store.fps.value = {
      captured: connected ? (rates?.captured ?? null) : null,
      analyzed: connected ? (rates?.analyzed ?? null) : null,
      painted: inWorker && this.#pictureState.kind === 'open' ? this.#paints.rate(nowMs) : null,
    };
    const paused = store.paused.peek();
    const painted = inWorker ? this.#painted : null;
    // Paused, all numbers are those of the picture; the image player cannot tell which it shows.
    if (paused && !painted) return;
    const own = painted && this.#told.of(painted.frame.seq);
    if (own || !paused) {
      const told = own ?? this.#frame;
      store.frame.value = told?.event ?? null;
      store.frameJson.value = told?.json ?? '';
      store.budgetUs.value = told?.event.budget_us ?? null;
      store.budgetJoined.value = own !== null;
    }
    store.painted.value = painted?.frame ?? null;
    store.ageMs.value = painted && shownAge(painted.frame.ageMs, paused ? 0 : nowMs - painted.atMs);
  }

  #sample(nowMs: number): void {
    const { store } = this;
    if (this.#eventsState.kind !== 'open') {
      store.history.breakLines(nowMs / 1000);
      return;
    }
    const ledger = frameOrStateLedger(this.#frame?.event ?? null, store.state.peek());
    if (ledger) this.#fates = this.#fateMeter.read(nowMs, ledger) ?? this.#fates;
    const ages = this.#ages.percentiles(nowMs, [0.5, 0.95]);
    const fates_ = this.#fates;
    store.history.push(nowMs / 1000, {
      ...store.fps.peek(),
      ageLatest: ages && (store.ageMs.peek() ?? budgetAge(store.budgetUs.peek())),
      ageP50: ages?.[0] ?? null,
      ageP95: ages?.[1] ?? null,
      ...Object.fromEntries(fates.map((f) => [f, fates_?.[f] ?? null])),
      lost_upstream: fates_?.lost_upstream ?? null,
    } as Parameters<typeof store.history.push>[1]);
  }

  /**
   * Decides what the page is in; only a change of it is written and said. Links that break
   * together are judged together, at the next beat.
   */
  #judge(): void {
    const { store } = this;
    const state = store.state.peek();
    const known = this.#eventsState.kind === 'open' && state !== null;
    const camera: Inputs['camera'] = known
      ? {
          state: state.camera.state,
          sinceMs: this.#stateAtMs - (state.now_us - state.camera.since_us) / 1000,
          error: state.camera.error,
        }
      : this.#notice && { state: this.#notice, sinceMs: null, error: null };
    const next = situationOf({
      nowMs: performance.now(),
      paused: store.paused.peek(),
      events: this.#eventsState,
      picture: this.#pictureState,
      lastFrameMs: this.#lastFrameMs,
      analysisMs: (this.#frame?.event.budget_us['analysis'] ?? 0) / 1000,
      camera,
      // The camera's frames go on without it.
      analysisPaused: known && state.pipeline.paused && store.view.peek() === 'analyzed',
    });
    const before = store.situation.peek();
    if (JSON.stringify(before) === JSON.stringify(next)) return;
    store.situation.value = next;
    if (before.kind !== next.kind) store.say(() => t('logSituation', { situation: describeSituation(next) }));
  }
}

/** What stands on the screen grows older until the next frame; between frames that is no news. */
function shownAge(paintedAgeMs: number, standsMs: number): number {
  return standsMs > 1000 ? paintedAgeMs + standsMs : paintedAgeMs;
}

function budgetAge(budgetUs: Readonly<Record<string, number>> | null): number | null {
  const us = budgetUs?.['age'];
  return us === undefined ? null : us / 1000;
}

/** Whether the controls are gone for good: a camera that is away or off still has those it had. */
function isFinal({ status }: ApiError): boolean {
  return status === 404;
}

/** Whichever counted further: both are totals of the same ledger. */
function frameOrStateLedger(frame: wire.FrameEvent | null, state: wire.State | null): wire.Ledger | null {
  if (!frame || !state) return frame?.ledger ?? state?.ledger ?? null;
  return frame.ledger.captured >= state.ledger.captured ? frame.ledger : state.ledger;
}

/** Keeps <html lang> and so every reader's pronunciation in step with the language. */
export function followLocale(): () => void {
  return locale.subscribe((tag) => {
    document.documentElement.lang = tag;
  });
}
