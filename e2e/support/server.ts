/**
 * The real program, run for a test. In: its source and analyzer. Out: its address, its
 * state, its log and how it ended. It never outlives the test that started it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { State } from '../../frontend/src/net/wire';

const binary = fileURLToPath(new URL('../../bin/freshframe', import.meta.url));
const STOP_LIMIT_MS = 15_000;

export type Exit = { code: number | null; signal: NodeJS.Signals | null };

export class Server {
  readonly #source: string;
  readonly #analyzer: string;
  readonly #flags: readonly string[];
  #port = 0;
  #child: ChildProcess | null = null;
  #exit: Promise<Exit> = Promise.resolve({ code: 0, signal: null });
  /** Everything written to stderr, by all processes this has started. */
  log = '';

  /** No analyzer: that which the program chooses itself. `flags` are added as they are. */
  constructor(source: string, analyzer: string, flags: readonly string[] = []) {
    this.#source = source;
    this.#analyzer = analyzer;
    this.#flags = flags;
  }

  /** Without a slash at its end. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The first start takes any free port, later ones the same again. */
  async start(): Promise<void> {
    if (!existsSync(binary))
      throw new Error(`${binary} is missing: npm test builds it, then runs these tests`);
    const options = { listen: `127.0.0.1:${this.#port}`, source: this.#source, analyzer: this.#analyzer };
    const args = Object.entries(options).flatMap(([name, value]) => (value ? [`--${name}`, value] : []));
    args.push(...this.#flags);
    // Settings in this shell's environment are a person's, not the test's.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith('FRESHFRAME')),
    );
    const child = spawn(binary, ['serve', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#exit = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal }));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
    const firstLine = new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve));
    const line = await Promise.race([firstLine, this.#exit.then((exit) => JSON.stringify(exit))]);
    const port = /^freshframe: listening on http:\/\/127\.0\.0\.1:(\d+)\/$/.exec(line)?.[1];
    if (!port) {
      await this.kill();
      throw new Error(`freshframe did not say where it listens, but: ${line}\n${this.log}`);
    }
    this.#port = Number(port);
  }

  /** Asks it to end, and waits. */
  async stop(): Promise<Exit & { tookMs: number }> {
    const begin = performance.now();
    this.#child?.kill('SIGTERM');
    const impatience = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_LIMIT_MS);
    const exit = await this.#exit;
    clearTimeout(impatience);
    return { ...exit, tookMs: Math.round(performance.now() - begin) };
  }

  /** Ends it as a crash would, and waits. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exit;
  }

  async state(): Promise<State> {
    const reply = await fetch(`${this.url}/api/v1/state`);
    if (!reply.ok) throw new Error(`GET /api/v1/state: ${reply.status} ${await reply.text()}`);
    return (await reply.json()) as State;
  }

  /** How many streams of each kind have a client. */
  async streams(): Promise<{ pictures: number; events: number }> {
    const { annotated, clean, raw, live, events } = (await this.state()).subscribers;
    return { pictures: annotated + clean + raw + (live ?? 0), events };
  }
}
