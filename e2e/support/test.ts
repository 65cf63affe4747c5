/**
 * The test function of the browser tests: each test has its own server, and fails when
 * the server does not end well or the browser complains.
 */
import { type BrowserContext, test as base, expect } from '@playwright/test';
import { Dashboard } from './dashboard';
import { Frames } from './frames';
import { Server } from './server';

export type ServerOptions = {
  /** As of --source. */
  source: string;
  /** As of --analyzer; empty for none. */
  analyzer: string;
  /** More flags, as they are. */
  flags: string[];
};

/** Errors that the browser writes to its console or that no script has caught. */
export class Complaints {
  readonly #heard: string[] = [];
  readonly #expected: RegExp[] = [];

  constructor(context: BrowserContext) {
    context.on('console', (message) => {
      if (message.type() === 'error') this.#heard.push(`${message.text()} (${message.location().url})`);
    });
    context.on('weberror', (error) => this.#heard.push(String(error.error().stack)));
  }

  /** Tells which ones the test brings about itself. */
  expect(...patterns: RegExp[]): void {
    this.#expected.push(...patterns);
  }

  get unexpected(): string[] {
    return this.#heard.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
  }
}

type Fixtures = ServerOptions & {
  server: Server;
  dashboard: Dashboard;
  frames: Frames;
  complaints: Complaints;
};

export const test = base.extend<Fixtures>({
  source: ['synthetic:?scene=room&video_size=640x480&framerate=15', { option: true }],
  analyzer: ['motion', { option: true }],
  flags: [[], { option: true }],

  server: async ({ source, analyzer, flags }, provide, info) => {
    const server = new Server(source, analyzer, flags);
    await server.start();
    await provide(server);
    const { code, signal, tookMs } = await server.stop();
    await info.attach('server log', { body: server.log, contentType: 'text/plain' });
    info.annotations.push({ type: 'server ended', description: `after ${tookMs} ms` });
    expect({ code, signal }, `how freshframe ended; it wrote:\n${server.log}`).toEqual({
      code: 0,
      signal: null,
    });
  },

  baseURL: ({ server }, provide) => provide(server.url),

  dashboard: ({ page }, provide) => provide(new Dashboard(page)),

  frames: async ({ server }, provide) => {
    const frames = new Frames(server.url);
    await provide(frames);
    await frames.close();
  },

  complaints: [
    async ({ context }, provide) => {
      const complaints = new Complaints(context);
      await provide(complaints);
      expect(complaints.unexpected, 'errors in the browser').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect } from '@playwright/test';
