import type { Locator } from '@playwright/test';
import type { State } from '../../frontend/src/net/wire';
import { readNumber } from '../support/dashboard';
import type { Server } from '../support/server';
import { expect, test } from '../support/test';

// The analysis is changed while it runs, and its numbers tell.

test.describe('with an analysis of 400 ms', () => {
  test.use({ analyzer: 'simulate?processing_time=400ms' });

  test('switching the analyzer shows in the numbers and drops no viewer', async ({ dashboard, server }) => {
    await dashboard.open();
    await expect(dashboard.get('analyzer')).toContainText('simulate');
    await expect(dashboard.get('simulated-analyzer')).toBeVisible();
    await expect.poll(() => dashboard.number('fps-analyzed')).toBeLessThan(3);
    await expect.poll(() => analysisMs(dashboard.get('budget'))).toBeGreaterThanOrEqual(400);
    const clients = clientIds(await server.state());
    expect(clients).toHaveLength(2);

    await dashboard.get('control-analyzer').selectOption('motion');
    await expect(dashboard.get('analyzer')).toHaveText('motion');
    await expect(dashboard.get('simulated-analyzer')).toBeHidden();
    await expect.poll(() => dashboard.number('fps-analyzed')).toBeGreaterThan(5);
    await expect.poll(() => analysisMs(dashboard.get('budget'))).toBeLessThan(400);
    await dashboard.expectSituation('live');
    const after = await server.state();
    expect(after.pipeline.analyzer).toBe('motion');
    expect(clientIds(after), 'the same connections').toEqual(clients);
  });

  test('a parameter is changed; a wrong one is refused with the reason', async ({ dashboard, server }) => {
    await dashboard.open();
    const field = dashboard.get('control-param-processing_time');
    await expect(field).toHaveValue('400ms');
    await field.fill('150ms');
    await field.press('Enter');
    await expect.poll(() => param(server, 'processing_time')).toBe('150ms');
    await expect.poll(() => analysisMs(dashboard.get('budget'))).toBeLessThan(400);
    expect(await analysisMs(dashboard.get('budget'))).toBeGreaterThanOrEqual(150);

    const flaw = dashboard.get('control-param-processing_time-error');
    for (const [wrong, reason] of [
      ['99s', 'At most 10 s.'],
      ['150', 'A duration with its unit is needed'],
      ['soon', 'A duration with its unit is needed'],
    ] as const) {
      await field.fill(wrong);
      await field.press('Enter');
      await expect(flaw).toContainText(reason);
      await expect(field).toHaveAttribute('aria-invalid', 'true');
      expect(await param(server, 'processing_time')).toBe('150ms');
    }

    await field.fill('200ms');
    await field.press('Enter');
    await expect(flaw).toBeHidden();
    await expect.poll(() => param(server, 'processing_time')).toBe('200ms');
    await dashboard.expectSituation('live');
  });
});

test('what only the server knows to be wrong is told in its words', async ({
  dashboard,
  server,
  complaints,
}) => {
  complaints.expect(/status of 400/);
  await dashboard.open();
  // The page takes this for a number, as JavaScript does; the server has another notation.
  const field = dashboard.get('control-param-min_area');
  await field.fill('0x10');
  await field.press('Enter');
  await expect(dashboard.get('control-param-min_area-error')).toContainText('min_area');
  expect(await param(server, 'min_area')).toBe('0.1');
});

test('the analysis is paused and resumed', async ({ dashboard, server }) => {
  await dashboard.open();
  await dashboard.get('control-pause-analysis').check();
  await dashboard.expectSituation('idle');
  expect((await server.state()).pipeline.paused).toBe(true);
  await dashboard.get('veil-resume').click();
  await dashboard.expectSituation('live');
  await expect(dashboard.get('control-pause-analysis')).not.toBeChecked();
});

async function param(server: Server, name: string): Promise<string | undefined> {
  return (await server.state()).pipeline.params[name];
}

function clientIds(state: State): number[] {
  return state.subscribers.clients.map((c) => c.id);
}

/** The stage "Analysis" of the budget shown. */
async function analysisMs(budget: Locator): Promise<number> {
  const stage = budget.locator('.legend > div').filter({ hasText: 'Analysis' });
  return readNumber((await stage.locator('dd').textContent()) ?? '');
}
