import { gzipSync } from 'node:zlib';
import type { Plugin, Rolldown } from 'vite';
import { defineConfig } from 'vitest/config';

/** Kilobytes after gzip: of all that the first visit loads, and of all that comes later. */
const BUDGET = { firstLoadKb: 60, laterKb: 40 };

type File = { fileName: string; bytes: number; later: boolean };

/** Fails the build when the page outgrows its budget. */
function sizeBudget(): Plugin {
  return {
    name: 'size-budget',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const files = weigh(bundle);
      const later = files.filter((f) => f.later);
      for (const { fileName, bytes } of later) this.info(`later: ${fileName} ${kb(bytes)} KB`);
      for (const [what, these, limit] of [
        ['first load', files.filter((f) => !f.later), BUDGET.firstLoadKb],
        ['later', later, BUDGET.laterKb],
      ] as const) {
        const bytes = these.reduce((sum, f) => sum + f.bytes, 0);
        this.info(`${what} ${kb(bytes)} KB gzip of ${limit}`);
        if (bytes > limit * 1024) this.error(`${what} is ${kb(bytes)} KB gzip, more than ${limit}`);
      }
    },
  };
}

/** Later is what only an import() reaches, with its styles; all else counts for the first load. */
function weigh(bundle: Rolldown.OutputBundle): File[] {
  const chunks = Object.values(bundle).filter((f) => f.type === 'chunk');
  const first = new Set<string>();
  const enter = (fileName: string) => {
    const chunk = bundle[fileName];
    if (first.has(fileName) || chunk?.type !== 'chunk') return;
    first.add(fileName);
    for (const next of chunk.imports) enter(next);
    for (const style of chunk.viteMetadata?.importedCss ?? []) first.add(style);
  };
  for (const chunk of chunks) if (chunk.isEntry) enter(chunk.fileName);
  const later = new Set(
    chunks
      .filter((c) => !first.has(c.fileName))
      .flatMap((c) => [c.fileName, ...(c.viteMetadata?.importedCss ?? [])])
      .filter((fileName) => !first.has(fileName)),
  );
  return Object.values(bundle).map((f) => ({
    fileName: f.fileName,
    bytes: gzipSync(f.type === 'chunk' ? f.code : f.source).length,
    later: later.has(f.fileName),
  }));
}

function kb(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}

const backend = process.env['FRESHFRAME'] ?? 'http://127.0.0.1:8080';
const served = [
  '/api',
  '/ai-video-stream',
  '/live-video-stream',
  '/raw-video-stream',
  '/healthz',
  '/readyz',
  '/metrics',
];

export default defineConfig({
  // One JSX for the bundle and for the tests, with no plugin.
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // light-dark() must reach the browser as written: lowered, it costs 2 KB.
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: {
      polyfill: false,
      // What a later part shares with the first load is there already; only its styles are not.
      resolveDependencies: (_file, needed, { hostType }) =>
        hostType === 'html' ? needed : needed.filter((file) => file.endsWith('.css')),
    },
  },
  worker: { format: 'es' },
  plugins: [sizeBudget()],
  server: { host: '127.0.0.1', proxy: Object.fromEntries(served.map((path) => [path, backend])) },
  test: { include: ['test/**/*.test.ts', 'test/**/*.test.tsx'] },
});
