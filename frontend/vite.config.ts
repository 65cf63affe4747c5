import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Everything the first visit loads, compressed, must stay within this. */
const BUDGET_KB = 60;

/** Fails the build when the page outgrows its budget. */
function sizeBudget(): Plugin {
  return {
    name: 'size-budget',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      let bytes = 0;
      for (const file of Object.values(bundle)) {
        bytes += gzipSync(file.type === 'chunk' ? file.code : file.source).length;
      }
      const kb = bytes / 1024;
      this.info(`first load ${kb.toFixed(1)} KB gzip of ${BUDGET_KB}`);
      if (kb > BUDGET_KB) this.error(`first load is ${kb.toFixed(1)} KB gzip, more than ${BUDGET_KB}`);
    },
  };
}

const backend = process.env['FRESHFRAME'] ?? 'http://127.0.0.1:8080';
const served = ['/api', '/ai-video-stream', '/raw-video-stream', '/healthz', '/readyz', '/metrics'];

export default defineConfig({
  // One JSX for the bundle and for the tests, with no plugin.
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // light-dark() must reach the browser as written: lowered, it costs 2 KB.
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
  plugins: [sizeBudget()],
  server: { host: '127.0.0.1', proxy: Object.fromEntries(served.map((path) => [path, backend])) },
  test: { include: ['test/**/*.test.ts', 'test/**/*.test.tsx'] },
});
