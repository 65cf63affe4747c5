import type { Control } from '../../frontend/src/net/wire';
import { Dashboard } from '../support/dashboard';
import { brightnessOf, take } from '../support/picture';
import { Server } from '../support/server';
import { expect, test } from '../support/test';

// What is set on the page is set in the camera: the pixels tell.

/** Of the picture on the screen: 0 to 255. */
async function brightness(dashboard: Dashboard): Promise<number> {
  const picture = await take(dashboard.view);
  return picture ? brightnessOf(picture) : Number.NaN;
}

async function control(server: Server, name: string): Promise<Control> {
  const reply = await fetch(`${server.url}/api/v1/camera/controls`);
  expect(reply.status).toBe(200);
  const { controls } = (await reply.json()) as { controls: Control[] };
  const found = controls.find((c) => c.name === name);
  if (!found) throw new Error(`no ${name} among ${controls.map((c) => c.name).join(', ')}`);
  return found;
}

/** Changes controls as another program would. */
function change(server: Server, controls: Record<string, unknown>): Promise<Response> {
  return fetch(`${server.url}/api/v1/camera/controls`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ controls }),
  });
}

test('more brightness makes the live picture brighter', { tag: '@mobile' }, async ({ dashboard, server }) => {
  await dashboard.open();
  const before = await brightness(dashboard);
  await dashboard.openCameraControls();
  const field = dashboard.get('camera-control-brightness');
  await expect(field).toHaveValue('0');

  await dashboard.get('camera-control-brightness-range').fill('50');
  await expect.poll(async () => (await control(server, 'brightness')).value).toBe(50);
  await expect(field).toHaveValue('50');
  await expect.poll(() => brightness(dashboard)).toBeGreaterThan(before + 25);

  await field.fill('-50');
  await field.press('Enter');
  await expect.poll(() => brightness(dashboard)).toBeLessThan(before - 25);

  await dashboard.get('camera-control-brightness-reset').click();
  await expect(field).toHaveValue('0');
  await expect.poll(async () => Math.abs((await brightness(dashboard)) - before)).toBeLessThan(10);
});

test('the picture follows while a hand drags, at most five times a second', async ({
  dashboard,
  page,
  server,
}) => {
  await dashboard.open();
  await dashboard.openCameraControls();
  const sent: { at: number; value: number }[] = [];
  page.on('request', (request) => {
    if (request.method() !== 'PATCH') return;
    const { controls } = request.postDataJSON() as { controls: { brightness: number } };
    sent.push({ at: performance.now(), value: controls.brightness });
  });
  const range = dashboard.get('camera-control-brightness-range');
  await range.scrollIntoViewIfNeeded();
  const box = await range.boundingBox();
  if (!box) throw new Error('the slider is not to be seen');
  const y = box.y + box.height / 2;
  const begin = performance.now();
  await page.mouse.move(box.x + box.width / 2, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 2, y, { steps: 60 });
  await expect.poll(async () => (await control(server, 'brightness')).value, 'while it is held').toBe(64);
  await page.mouse.up();
  const tookS = (performance.now() - begin) / 1000;
  expect(sent.at(-1)?.value).toBe(64);
  expect(sent.length, `changes in ${tookS} s`).toBeLessThanOrEqual(Math.ceil(tookS * 5) + 1);
});

test('a value out of range is refused with the range', async ({ dashboard, page, server, complaints }) => {
  complaints.expect(/status of 400/);
  const reply = await change(server, { brightness: 200 });
  expect(reply.status).toBe(400);
  const { error } = (await reply.json()) as { error: { code: string; message: string; hint: string } };
  expect(error.code).toBe('bad_control');
  expect(error.message).toContain('brightness=200: want a whole number from -64 to 64');

  await dashboard.open();
  await dashboard.openCameraControls();
  const field = dashboard.get('camera-control-brightness');
  const flaw = dashboard.get('camera-control-brightness-error');
  for (const [wrong, reason] of [
    ['200', 'At most 64.'],
    ['-65', 'At least -64.'],
    ['bright', 'A whole number is needed.'],
  ] as const) {
    await field.fill(wrong);
    await field.press('Enter');
    await expect(flaw).toHaveText(reason);
    await expect(field).toHaveAttribute('aria-invalid', 'true');
  }

  // What only the server knows to be wrong: here the page sends another value than it believes.
  await page.route('**/api/v1/camera/controls', (route) =>
    route.request().method() === 'PATCH'
      ? route.continue({ postData: JSON.stringify({ controls: { brightness: 200 } }) })
      : route.continue(),
  );
  await field.fill('20');
  await field.press('Enter');
  await expect(flaw).toContainText('want a whole number from -64 to 64');
  await expect(flaw).toContainText(error.hint);
  await expect(field, 'it springs back').toHaveValue('0');
  expect((await control(server, 'brightness')).value).toBe(0);
});

test('another tab follows, and so do all after a reset', async ({ dashboard, context, server }) => {
  await dashboard.open();
  await dashboard.openCameraControls();
  const other = new Dashboard(await context.newPage());
  await other.open();
  await other.openCameraControls();
  await dashboard.get('camera-control-brightness').fill('30');
  await dashboard.get('camera-control-brightness').press('Enter');
  await expect(other.get('camera-control-brightness')).toHaveValue('30');

  expect((await change(server, { brightness: -7 })).status).toBe(200);
  await expect(dashboard.get('camera-control-brightness')).toHaveValue('-7');
  await expect(other.get('camera-control-brightness')).toHaveValue('-7');

  const reset = other.get('camera-controls-reset');
  await reset.click();
  await expect(reset).toHaveAttribute('aria-disabled', 'true');
  await expect(dashboard.get('camera-control-brightness')).toHaveValue('0');
  await expect(dashboard.get('camera-controls-reset')).toHaveAttribute('aria-disabled', 'true');
});

test('every kind of control is changed with the keyboard alone', async ({ dashboard, page, server }) => {
  await dashboard.open();
  await dashboard.get('camera-controls').locator('summary').focus();
  await page.keyboard.press('Enter');
  await expect(dashboard.get('camera-control-list')).toBeVisible();

  await dashboard.get('camera-control-brightness-range').focus();
  for (let n = 0; n < 3; n++) await page.keyboard.press('ArrowRight');
  await expect(dashboard.get('camera-control-brightness')).toHaveValue('3');
  await expect.poll(async () => (await control(server, 'brightness')).value).toBe(3);
  await page.keyboard.press('Tab');
  await expect(dashboard.get('camera-control-brightness')).toBeFocused();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('21');
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await control(server, 'brightness')).value).toBe(21);
  await page.keyboard.press('Tab');
  await expect(dashboard.get('camera-control-brightness-reset')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dashboard.get('camera-control-brightness')).toHaveValue('0');
  await expect(dashboard.get('camera-control-brightness-reset'), 'the focus stays').toBeFocused();

  await dashboard.get('camera-control-mirror').focus();
  await page.keyboard.press('Space');
  await expect(dashboard.get('camera-control-mirror')).toBeChecked();
  await expect.poll(async () => (await control(server, 'mirror')).value).toBe(1);

  const menu = dashboard.get('camera-control-pattern');
  const { value } = await control(server, 'pattern');
  await menu.focus();
  await page.keyboard.press('ArrowDown');
  await expect.poll(async () => (await control(server, 'pattern')).value).toBe(value + 1);
  await expect(menu).toHaveValue(String(value + 1));
});

test.describe('with a camera that is unplugged again and again', () => {
  test.use({ source: 'synthetic:?scene=room&video_size=640x480&framerate=15&lose_after=8s&return_after=4s' });

  test('what was set is set again when it returns', async ({ dashboard, server, complaints }) => {
    complaints.expect(/status of 503/);
    await dashboard.open();
    const before = await brightness(dashboard);
    await dashboard.openCameraControls();
    const field = dashboard.get('camera-control-brightness');
    await field.fill('50');
    await field.press('Enter');
    await expect.poll(() => brightness(dashboard)).toBeGreaterThan(before + 25);

    await dashboard.expectSituation('lost');
    await expect(dashboard.get('camera-controls-note')).toContainText('not there');
    await expect(field).toBeDisabled();
    await expect(field, 'what was set stays in sight').toHaveValue('50');
    const last = await dashboard.seq();

    await dashboard.expectSituation('live');
    await dashboard.expectNewerThan(last);
    await expect(field).toBeEnabled();
    await expect(field).toHaveValue('50');
    await expect(dashboard.get('camera-controls-note')).toBeHidden();
    expect(await brightness(dashboard)).toBeGreaterThan(before + 25);
    expect((await control(server, 'brightness')).value).toBe(50);
  });
});

test('a camera that is off says so, and tells its controls once it runs', async ({ dashboard }) => {
  await dashboard.open();
  await dashboard.get('control-camera').click();
  await dashboard.expectSituation('off');
  await dashboard.get('camera-controls').locator('summary').click();
  await expect(dashboard.get('camera-controls-note')).toContainText('The camera is off.');
  await dashboard.get('control-camera').click();
  await dashboard.expectSituation('live');
  await expect(dashboard.get('camera-control-brightness')).toHaveValue('0');
});

test.describe('with a network camera', () => {
  test.use({
    source: async ({ analyzer }, provide) => {
      const camera = new Server('synthetic:?scene=room&video_size=640x480&framerate=15', analyzer);
      await camera.start();
      await provide(`${camera.url}/raw-video-stream`);
      await camera.stop();
    },
  });

  test('it is said to have no controls', async ({ dashboard, complaints }) => {
    complaints.expect(/status of 404/);
    await dashboard.open();
    await dashboard.get('camera-controls').locator('summary').click();
    await expect(dashboard.get('camera-controls-note')).toHaveText('This camera has no controls.');
  });
});

test('what holds a control back is named', async ({ dashboard, page }) => {
  const plain = {
    min: 0,
    max: 1,
    step: 1,
    default: 1,
    value: 1,
    menu: [],
    read_only: false,
    inactive: false,
  };
  await page.route('**/api/v1/camera/controls', (route) =>
    route.fulfill({
      json: {
        controls: [
          { ...plain, name: 'white_balance_automatic', title: 'White Balance, Automatic', type: 'bool' },
          { ...plain, name: 'white_balance_temperature', title: 'Temperature', type: 'int', inactive: true },
          { ...plain, name: 'iris', title: 'Iris', type: 'int', inactive: true },
          { ...plain, name: 'privacy', title: 'Privacy', type: 'bool', read_only: true },
        ] satisfies Control[],
      },
    }),
  );
  await dashboard.open();
  await dashboard.openCameraControls();
  await expect(dashboard.get('camera-control-white_balance_temperature')).toBeDisabled();
  await expect(dashboard.get('camera-control-white_balance_temperature-held')).toHaveText(
    'Without effect: “White Balance, Automatic” is on.',
  );
  await expect(dashboard.get('camera-control-iris-held')).toHaveText(
    'Without effect while other controls are as they are.',
  );
  await expect(dashboard.get('camera-control-privacy')).toContainText('Can only be read.');
  await expect(dashboard.get('camera-control-privacy').getByRole('checkbox')).toHaveCount(0);
});
