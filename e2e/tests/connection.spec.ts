import type { Page } from '@playwright/test';
import { Dashboard } from '../support/dashboard';
import { expect, test } from '../support/test';

// Connections are given back when nobody looks, and come back by themselves.

test('a hidden tab releases both streams and resumes', async ({ dashboard, page, server }) => {
  await dashboard.open();
  await expect.poll(() => server.streams()).toEqual({ pictures: 1, events: 1 });
  await setVisibility(page, 'hidden');
  await expect.poll(() => server.streams()).toEqual({ pictures: 0, events: 0 });
  const last = await dashboard.seq();

  await setVisibility(page, 'visible');
  await expect.poll(() => server.streams()).toEqual({ pictures: 1, events: 1 });
  await dashboard.expectSituation('live');
  await dashboard.expectNewerThan(last);
});

/** Headless tabs are always visible: the page is told otherwise as the browser would. */
async function setVisibility(page: Page, state: DocumentVisibilityState): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => value });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
}

test('a killed server is waited for, and found again without a reload', async ({
  dashboard,
  page,
  server,
  complaints,
}) => {
  complaints.expect(/net::ERR_/);
  await dashboard.open();
  await dashboard.expectNewerThan(15);
  const loadedAt = await page.evaluate(() => performance.timeOrigin);

  await server.kill();
  await dashboard.expectSituation('serverDown');
  await expect(dashboard.get('stage')).toHaveAttribute('data-dim', 'true');
  await expect(dashboard.get('veil-retry')).toBeVisible();
  const told = new Set<string>();
  await expect
    .poll(
      async () => {
        const text = await dashboard.veil.textContent();
        for (const [, seconds] of text?.matchAll(/next try is in (\d+) s/g) ?? []) told.add(seconds ?? '');
        return told.size;
      },
      { message: 'different numbers of the countdown', intervals: [100] },
    )
    .toBeGreaterThanOrEqual(2);

  await server.start();
  await dashboard.expectSituation('live');
  await dashboard.expectNewerThan(0);
  await expect(dashboard.get('log')).toContainText('The server was restarted');
  expect(await page.evaluate(() => performance.timeOrigin), 'the page was not reloaded').toBe(loadedAt);
});

test('a server with viewers ends when it is told to', async ({ dashboard, server, complaints }) => {
  complaints.expect(/net::ERR_/);
  await dashboard.open();
  const { code, signal, tookMs } = await server.stop();
  test.info().annotations.push({ type: 'ended with a viewer', description: `after ${tookMs} ms` });
  expect({ code, signal }).toEqual({ code: 0, signal: null });
  await dashboard.expectSituation('serverDown');
});

test('closed tabs are noticed, with the camera stopped too', async ({ context, page, dashboard, server }) => {
  const second = new Dashboard(await context.newPage());
  await dashboard.open();
  await second.open();
  await expect.poll(() => server.streams()).toEqual({ pictures: 2, events: 2 });
  await second.page.close();
  await expect.poll(() => server.streams()).toEqual({ pictures: 1, events: 1 });

  await dashboard.get('control-camera').click();
  await dashboard.expectSituation('off');
  await page.close();
  await expect.poll(() => server.streams()).toEqual({ pictures: 0, events: 0 });
});
