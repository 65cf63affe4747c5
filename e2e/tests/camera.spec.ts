import { expect, test } from '../support/test';

// A camera that is not there is never mistaken for one that is.

test.describe('with a camera that is unplugged again and again', () => {
  test.use({ source: 'synthetic:?scene=room&video_size=640x480&framerate=15&lose_after=4s&return_after=3s' });

  test('the page says so, and goes on when it is back', async ({ dashboard, server }) => {
    await dashboard.open();
    await dashboard.expectSituation('lost');
    await expect(dashboard.veil).toHaveAttribute('data-situation', 'lost');
    await expect(dashboard.veil).toContainText('Camera lost');
    await expect(dashboard.veil).toContainText(/Lost \d+ s ago/);
    await expect(dashboard.get('stage'), 'the last picture is dimmed').toHaveAttribute('data-dim', 'true');
    const last = await dashboard.seq();
    expect(last, 'the last picture stays').toBeGreaterThan(0);
    const { reopens } = (await server.state()).camera;

    await dashboard.expectSituation('live');
    await expect(dashboard.veil).toBeHidden();
    await dashboard.expectNewerThan(last);
    expect((await server.state()).camera.reopens).toBeGreaterThanOrEqual(Math.max(reopens, 1));
    await expect(dashboard.get('log')).toContainText('Camera: lost');
  });
});

test.describe('with a camera that falls silent', () => {
  test.use({ source: 'synthetic:?scene=room&video_size=640x480&framerate=15&freeze_after=3s' });

  test('the page says so', async ({ dashboard }) => {
    await dashboard.open();
    await dashboard.expectSituation('stalled');
    await expect(dashboard.veil).toContainText('Camera stalled');
  });
});

test('the camera is stopped and started from the page', { tag: '@mobile' }, async ({ dashboard, server }) => {
  await dashboard.open();
  const before = await dashboard.seq();
  await dashboard.get('control-camera').click();
  await dashboard.expectSituation('off');
  await expect(dashboard.veil).toContainText('Camera off');
  expect((await server.state()).camera.state).toBe('off');
  await expect(dashboard.get('control-camera')).toHaveText('Start camera');
  for (const rate of ['fps-captured', 'fps-analyzed', 'fps-painted']) {
    await expect.poll(() => dashboard.number(rate), { message: rate }).toBeLessThan(5);
  }

  await dashboard.get('veil-start').click();
  await dashboard.expectSituation('live');
  await expect(dashboard.veil).toBeHidden();
  expect((await server.state()).camera.state).toBe('live');
  await dashboard.expectNewerThan(before);
});
