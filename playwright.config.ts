import { existsSync } from 'node:fs';
import { defineConfig, devices } from '@playwright/test';
import args from './e2e/support/chromium.json' with { type: 'json' };
import type { ServerOptions } from './e2e/support/test';

/** The browser that npm test names, else the system's, else the one Playwright may have installed. */
function chromium(): string | undefined {
  const named = process.env['CHROMIUM_PATH'];
  if (named) return named;
  return existsSync('/usr/bin/chromium') ? '/usr/bin/chromium' : undefined;
}

const executablePath = chromium();
const inCI = Boolean(process.env['CI']);

export default defineConfig<ServerOptions>({
  testDir: 'e2e/tests',
  outputDir: 'test-results',
  // Server and browser of one test are a load that two cores carry; of two tests they are not.
  workers: 1,
  forbidOnly: inCI,
  retries: inCI ? 1 : 0,
  reporter: 'list',
  // Limits are there to fail, not to be met: a busy machine may take its time.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  use: {
    screenshot: 'only-on-failure',
    // Pictures of a page that changes all the time would cost more than the test itself.
    trace: { mode: 'retain-on-failure', screenshots: false },
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      args,
    },
  },
  projects: [
    { name: 'desktop', use: { viewport: { width: 1400, height: 900 } } },
    { name: 'mobile', grep: /@mobile/, use: devices['Pixel 7'] },
  ],
});
