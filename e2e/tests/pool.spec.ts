import type { State } from '../../frontend/src/net/wire';
import type { Dashboard } from '../support/dashboard';
import { backwards, PixelLog } from '../support/pixel-log';
import { expect, test } from '../support/test';

// One worker, several, or as the goal asks for: changed while people look.

/** More than one worker gives of 100 ms analyses, which vary. */
const SERIAL_FPS = 13;

test.describe('with an analysis that waits 100 ms, more or less', () => {
  test.use({
    source: 'synthetic:?scene=room&video_size=640x480&framerate=30',
    // Varying, so that some end before those that were started earlier.
    analyzer: 'simulate?processing_time=100ms&spread=0.3',
  });

  test('serial → pool → auto: more frames, never backwards, no viewer dropped', async ({
    dashboard,
    server,
  }) => {
    await dashboard.open();
    await expect.poll(() => dashboard.number('fps-analyzed')).toBeGreaterThan(7);
    expect(await dashboard.number('fps-analyzed')).toBeLessThan(SERIAL_FPS);
    await expect(dashboard.get('theory-running')).toHaveText('serial');
    await expect.poll(() => dashboard.number('theory-ceiling-expected')).toBeLessThan(SERIAL_FPS);
    await expect.poll(() => dashboard.number('theory-skipped-observed')).toBeGreaterThan(60);
    await expect(dashboard.get('control-pipeline-workers')).toBeHidden();
    const clients = clientIds(await server.state());
    const log = await PixelLog.start(dashboard.view);

    await dashboard.get('control-mode').selectOption('pool');
    await setGoal(dashboard, 'workers', '4');
    await expect(dashboard.get('theory-running')).toHaveText('pool');
    await expect(dashboard.get('theory-workers')).toContainText('4 workers');
    await expect.poll(() => dashboard.number('fps-analyzed')).toBeGreaterThan(20);
    await expect.poll(() => dashboard.number('fps-painted')).toBeGreaterThan(20);
    await expect.poll(() => dashboard.number('theory-ceiling-expected')).toBeCloseTo(30, 0);
    await expect.poll(() => dashboard.number('theory-fps-observed')).toBeGreaterThan(20);
    await expect.poll(() => dashboard.number('theory-age-observed')).toBeGreaterThanOrEqual(100);
    await expect(dashboard.get('theory-service')).toContainText('An analysis takes');
    const before = await log.count();
    await expect.poll(() => log.count()).toBeGreaterThan(before + 100);

    await dashboard.get('control-mode').selectOption('auto');
    await expect(dashboard.get('control-mode-reason')).toContainText('serial');
    await expect(dashboard.get('theory-running')).toHaveText('serial');
    await setGoal(dashboard, 'target_fps', '15');
    await expect(dashboard.get('control-mode-reason')).toContainText('2 workers: 15 fps wanted');
    await expect(dashboard.get('theory-running')).toHaveText('pool');
    await expect(dashboard.get('log')).toContainText('2 workers: 15 fps wanted');
    await expect.poll(() => dashboard.number('fps-analyzed')).toBeGreaterThan(SERIAL_FPS);

    await dashboard.get('control-mode').selectOption('serial');
    await expect(dashboard.get('theory-running')).toHaveText('serial');
    await expect.poll(() => dashboard.number('fps-analyzed')).toBeLessThan(SERIAL_FPS);
    await dashboard.expectSituation('live');

    const { seqs, unreadable } = await log.stop();
    expect(backwards(seqs)).toEqual([]);
    expect(unreadable, 'pictures without a code').toBe(0);
    const after = await server.state();
    expect(clientIds(after), 'the same connections').toEqual(clients);
    expect(after.ledger.failed).toBe(0);
  });

  test('an analyzer that remembers earlier frames is refused in the pool', async ({
    dashboard,
    server,
    complaints,
  }) => {
    complaints.expect(/status of 409/);
    await dashboard.open();
    await dashboard.get('control-mode').selectOption('pool');
    await expect(dashboard.get('theory-running')).toHaveText('pool');
    await dashboard.get('control-analyzer').selectOption('motion');
    await expect(dashboard.get('control-error')).toContainText('remembers earlier frames');
    await expect(dashboard.get('control-analyzer')).toHaveValue('simulate');
    expect((await server.state()).pipeline).toMatchObject({ analyzer: 'simulate', running: 'pool' });
    await dashboard.expectSituation('live');
  });

  test('a number of workers that cannot be is refused beside the field', async ({ dashboard, server }) => {
    await dashboard.open();
    await dashboard.get('control-mode').selectOption('pool');
    await setGoal(dashboard, 'workers', '99');
    await expect(dashboard.get('control-pipeline-workers-error')).toContainText('At most');
    expect((await server.state()).pipeline.workers.asked).toBe(0);
    await setGoal(dashboard, 'workers', '3');
    await expect(dashboard.get('control-pipeline-workers-error')).toBeHidden();
    await expect.poll(async () => (await server.state()).pipeline.workers.asked).toBe(3);
  });
});

test('the pool is refused to an analyzer that remembers earlier frames; auto says why it is serial', async ({
  dashboard,
  server,
  complaints,
}) => {
  complaints.expect(/status of 409/);
  await dashboard.open();
  const mode = dashboard.get('control-mode');
  await mode.selectOption('pool');
  const refusal = dashboard.get('control-mode-error');
  await expect(refusal).toContainText('motion remembers earlier frames');
  await expect(refusal, 'what to do').toContainText('choose the mode serial or auto');
  await expect(mode, 'springs back').toHaveValue('serial');
  expect((await server.state()).pipeline).toMatchObject({ mode: 'serial', running: 'serial' });

  await mode.selectOption('auto');
  await expect(refusal).toBeHidden();
  await expect(dashboard.get('control-mode-reason')).toContainText('remembers earlier frames');
  await expect(dashboard.get('theory-running')).toHaveText('serial');
  await dashboard.expectSituation('live');
});

async function setGoal(dashboard: Dashboard, name: string, value: string): Promise<void> {
  const field = dashboard.get(`control-pipeline-${name}`);
  await field.fill(value);
  await field.press('Enter');
}

function clientIds(state: State): number[] {
  return state.subscribers.clients.map((c) => c.id);
}
