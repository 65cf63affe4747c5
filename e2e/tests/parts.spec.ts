import type { Page } from '@playwright/test';
import { expect, test } from '../support/test';

// Parts of the page that come later: never before the picture, never at its cost.

function scripts(page: Page): string[] {
  const names: string[] = [];
  page.on('request', (request) => {
    const name = /\/assets\/([\w-]+)-[\w-]{8}\.js$/.exec(new URL(request.url()).pathname)?.[1];
    if (name) names.push(name);
  });
  return names;
}

test('plots and controls are loaded when they are needed', async ({ dashboard, page }) => {
  const loaded = scripts(page);
  await page.route('**/ai-video-stream*', () => {}); // no picture yet
  await page.route('**/api/v1/events*', () => {});
  await dashboard.goto();
  await dashboard.expectSituation('connecting');
  await expect(dashboard.get('chart-fps')).toBeVisible();
  expect(loaded).toEqual(expect.arrayContaining(['index', 'worker']));
  expect(loaded).not.toContain('plot');

  await page.unrouteAll();
  await dashboard.open();
  await expect(page.locator('.plot canvas')).toHaveCount(3);
  expect(loaded.filter((name) => name === 'plot')).toHaveLength(1);
  expect(loaded).not.toContain('control-list');
  await dashboard.openCameraControls();
  expect(loaded).toContain('control-list');
});

test('nothing jumps when the plots come', { tag: '@mobile' }, async ({ dashboard, page }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route('**/assets/plot-*.js', async (route) => {
    await held;
    await route.continue();
  });
  await dashboard.open();
  const places = () =>
    page
      .locator('.plot, .chart')
      .evaluateAll((all) => all.map((e) => [e.clientWidth, e.clientHeight, e.scrollHeight]));
  await expect(dashboard.get('chart-fps').locator('.legend')).toBeVisible();
  const before = await places();
  expect(before.length).toBe(6);
  release();
  await expect(page.locator('.plot canvas')).toHaveCount(3);
  expect(await places()).toEqual(before);
});

test('a part that does not come leaves the rest as it is', async ({ dashboard, page, complaints }) => {
  complaints.expect(/net::ERR_FAILED/);
  await page.route('**/assets/plot-*.js', (route) => route.abort());
  await dashboard.open();
  const failed = dashboard.get('part-failed');
  await expect(failed).toContainText('could not be loaded');
  await expect.poll(() => dashboard.number('fps-painted')).toBeGreaterThan(5);
  await expect(dashboard.get('chart-fps-summary')).toContainText('Captured');

  await page.unrouteAll();
  await failed.getByRole('button').click();
  await dashboard.expectSituation('live');
  await expect(page.locator('.plot canvas')).toHaveCount(3);
  await expect(failed).toBeHidden();
});
