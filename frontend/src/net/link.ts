/**
 * A stream that is kept alive: opened, watched, reopened with back-off.
 * In: a session, which runs one connection until it ends. Out: where the link stands.
 * It knows no protocol; the event stream and the picture stream both run on it.
 */
import { Backoff } from './backoff';

/** Why a connection ended. */
export type Ending =
  | { kind: 'unreachable' } // no reply
  | { kind: 'refused'; status: number } // a reply, but not a stream
  | { kind: 'ended' } // the server closed it
  | { kind: 'silent' } // open, yet nothing came for too long
  | { kind: 'malformed'; detail: string }; // it breaks its own format

export type LinkState =
  | { kind: 'idle' }
  | { kind: 'opening'; attempt: number; why: Ending | null } // why the last attempt ended
  | { kind: 'open' }
  | { kind: 'waiting'; attempt: number; retryAtMs: number; why: Ending };

/** Runs one connection until it ends or `signal` aborts. Must not throw. */
export type Session = (line: {
  signal: AbortSignal;
  /** The server accepted. */
  opened(): void;
  /** Something came; feeds the watchdog. */
  alive(): void;
}) => Promise<Ending>;

export type LinkOptions = {
  session: Session;
  onState: (state: LinkState) => void;
  /** Give up an attempt to open after this long. */
  openTimeoutMs: number;
  /** Reopen after this much silence; Infinity where silence cannot be heard. */
  silenceMs: number;
  backoff?: Backoff;
};

/** A connection that held this long was a good one: the next failure starts over at the shortest pause. */
const STABLE_MS = 5000;

export class Link {
  #state: LinkState = { kind: 'idle' };
  #running: AbortController | null = null;
  #wake: () => void = () => {};
  readonly #options: LinkOptions;
  readonly #backoff: Backoff;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff();
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Opens and keeps open until `stop`. Does nothing while running. */
  start(): void {
    if (this.#running) return;
    this.#running = new AbortController();
    this.#backoff.reset();
    void this.#run(this.#running.signal);
  }

  /** Closes at once. */
  stop(): void {
    this.#running?.abort();
    this.#running = null;
    this.#set({ kind: 'idle' });
  }

  /** Cuts a pause short; does nothing otherwise. */
  retryNow(): void {
    this.#wake();
  }

  async #run(signal: AbortSignal): Promise<void> {
    let last: Ending | null = null;
    for (let attempt = 1; ; attempt++) {
      this.#set({ kind: 'opening', attempt, why: last });
      const { why, openMs } = await this.#runOnce(signal);
      if (signal.aborted) return;
      last = why;
      if (openMs >= STABLE_MS) {
        this.#backoff.reset();
        attempt = 1;
      }
      const pauseMs = this.#backoff.nextMs();
      this.#set({ kind: 'waiting', attempt, retryAtMs: performance.now() + pauseMs, why });
      await this.#pause(pauseMs, signal);
      if (signal.aborted) return;
    }
  }

  async #runOnce(signal: AbortSignal): Promise<{ why: Ending; openMs: number }> {
    const { openTimeoutMs, silenceMs, session } = this.#options;
    const attempt = new AbortController();
    const forward = () => attempt.abort();
    signal.addEventListener('abort', forward, { once: true });

    let timer: ReturnType<typeof setTimeout> | undefined;
    let openedAt: number | null = null;
    let silent = false;
    const watch = (ms: number) => {
      clearTimeout(timer);
      if (ms === Number.POSITIVE_INFINITY) return;
      timer = setTimeout(() => {
        silent = true;
        attempt.abort();
      }, ms);
    };

    watch(openTimeoutMs);
    const why = await session({
      signal: attempt.signal,
      opened: () => {
        if (attempt.signal.aborted || openedAt !== null) return;
        openedAt = performance.now();
        this.#set({ kind: 'open' });
        watch(silenceMs);
      },
      alive: () => {
        if (!attempt.signal.aborted && openedAt !== null) watch(silenceMs);
      },
    });
    clearTimeout(timer);
    signal.removeEventListener('abort', forward);
    return {
      why: silent ? { kind: 'silent' } : why,
      openMs: openedAt === null ? 0 : performance.now() - openedAt,
    };
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#wake = () => {};
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done, { once: true });
      this.#wake = done;
    });
  }

  #set(state: LinkState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}
