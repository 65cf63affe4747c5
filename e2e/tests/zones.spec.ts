import AxeBuilder from '@axe-core/playwright';
import type { Zones } from '../../frontend/src/net/wire';
import type { Dashboard } from '../support/dashboard';
import type { Server } from '../support/server';
import { expect, test } from '../support/test';

// Places drawn over the picture are the server's, and count what goes in and out.

test.use({ source: 'synthetic:?scene=people&video_size=640x480&framerate=15', analyzer: 'faces' });

async function zones(server: Server): Promise<Zones> {
  const reply = await fetch(`${server.url}/api/v1/zones`);
  expect(reply.status).toBe(200);
  return (await reply.json()) as Zones;
}

async function openEditor(dashboard: Dashboard): Promise<void> {
  await dashboard.open();
  await dashboard.get('zones').locator('summary').first().click();
  await expect(dashboard.get('draw-zone')).toBeVisible();
}

/** Clicks at fractions of the picture, wherever it stands now. */
async function clickAt(dashboard: Dashboard, ...points: [number, number][]): Promise<void> {
  const layer = dashboard.get('zone-layer');
  await expect(layer).toHaveAttribute('data-drawing', 'true');
  await layer.scrollIntoViewIfNeeded();
  const box = await layer.boundingBox();
  if (!box) throw new Error('the picture is not to be seen');
  for (const [x, y] of points)
    await dashboard.page.mouse.click(box.x + x * box.width, box.y + y * box.height);
}

test('a zone drawn with the mouse counts', async ({ dashboard, page, server }) => {
  await openEditor(dashboard);
  await dashboard.get('draw-zone').click();
  await clickAt(dashboard, [0.05, 0.1], [0.95, 0.1], [0.95, 0.95], [0.05, 0.95], [0.05, 0.1]);
  await expect(dashboard.get('drawing')).toBeHidden();
  await expect(dashboard.get('zones-status')).toContainText('Not saved');
  expect((await zones(server)).zones).toEqual([]);
  await dashboard.get('area-name').fill('room');
  await dashboard.get('zones-save').click();
  await expect(dashboard.get('zones-status')).toBeEmpty();

  const [room] = (await zones(server)).zones;
  expect(room).toMatchObject({ name: 'room', kind: 'zone', anchor: 'middle' });
  const drawn: [number, number][] = [
    [0.05, 0.1],
    [0.95, 0.1],
    [0.95, 0.95],
    [0.05, 0.95],
  ];
  expect(room?.points).toHaveLength(4);
  for (const [i, [x, y]] of drawn.entries()) {
    expect(room?.points[i]?.[0]).toBeCloseTo(x, 1);
    expect(room?.points[i]?.[1]).toBeCloseTo(y, 1);
  }
  await expect.poll(async () => (await zones(server)).zones[0]?.counts['face']?.inside).toBe(1);
  await expect(dashboard.get('count-room-face-inside')).toHaveText('1');
  await expect(dashboard.get('totals-room')).toContainText('inside 1');

  // A corner is pulled away from the face; the whole is another zone then, and counts anew.
  const corner = await dashboard.get('handle-2').boundingBox();
  if (!corner) throw new Error('the selected zone has no handles');
  const x = corner.x + corner.width / 2;
  const y = corner.y + corner.height / 2;
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - 100, y - 50, { steps: 5 });
  await page.mouse.up();
  await dashboard.get('zones-save').click();
  await expect(dashboard.get('zones-status')).toBeEmpty();
  const pulled = (await zones(server)).zones[0]?.points[2];
  expect(pulled?.[0]).toBeLessThan(0.9);
  expect(pulled?.[1]).toBeLessThan(0.92);

  await expect(dashboard.get('zones-text')).toBeHidden();
  await dashboard.get('zones').locator('summary', { hasText: 'As text' }).click();
  await expect(dashboard.get('zones-text')).toHaveText((await zones(server)).text);
});

test('a line is made and moved with the keyboard alone', async ({ dashboard, page, server }) => {
  await openEditor(dashboard);
  await dashboard.get('draw-line').focus();
  await page.keyboard.press('Enter');
  await expect(dashboard.get('handle-0'), 'the focus goes to its first end').toBeFocused();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowUp');
  await page.keyboard.press('Delete'); // a line keeps its ends
  await page.keyboard.press('Tab');
  await expect(dashboard.get('handle-1')).toBeFocused();
  await page.keyboard.press('Shift+ArrowLeft');
  await dashboard.get('zones-save').focus();
  await page.keyboard.press('Enter');
  await expect
    .poll(async () => (await zones(server)).zones.map((z) => [z.kind, z.points]))
    .toEqual([
      [
        'line',
        [
          [0.505, 0.15],
          [0.45, 0.8],
        ],
      ],
    ]);
});

test('everything can be written as numbers', async ({ dashboard, server }) => {
  await openEditor(dashboard);
  await dashboard.get('draw-zone').focus();
  await dashboard.page.keyboard.press('Enter');
  await dashboard.get('area-name').fill('desk');
  await dashboard.get('area-classes').fill('person, cell_phone');
  await dashboard.get('area-anchor').selectOption('foot');
  await dashboard.get('area-0-dwell').fill('10');
  await dashboard.get('area-0-0-x').fill('0.125');
  await dashboard.get('area-0-0-y').fill('2');
  await dashboard.get('area-0-0-y').press('Enter');
  await expect(dashboard.get('area-0-0-y')).toHaveAttribute('aria-invalid', 'true');
  await expect(dashboard.get('zones')).toContainText('At most 1.');
  await dashboard.get('area-0-0-y').fill('0.25');
  await dashboard.get('area-0-0-y').press('Enter');
  await dashboard.get('area-fields').getByRole('button', { name: 'Remove corner 3' }).click();
  await dashboard.get('zones-save').click();
  await expect
    .poll(async () => (await zones(server)).zones)
    .toMatchObject([
      {
        name: 'desk',
        points: [
          [0.125, 0.25],
          [0.7, 0.3],
          [0.3, 0.7],
        ],
        classes: ['person', 'cell phone'],
        anchor: 'foot',
        dwell_s: 10,
      },
    ]);

  await dashboard.get('area-remove').click();
  await dashboard.get('zones-save').click();
  await expect.poll(async () => (await zones(server)).zones).toEqual([]);
  await expect(dashboard.get('zones-status')).toHaveText('There are none yet.');
});

test('what is wrong is told, by the page or by the server', async ({ dashboard, server, complaints }) => {
  complaints.expect(/status of 400/);
  await openEditor(dashboard);
  await dashboard.get('draw-zone').focus();
  await dashboard.page.keyboard.press('Enter');
  await dashboard.get('area-name').fill('my desk');
  await expect(dashboard.get('zones')).toContainText('1 to 32 letters');
  await dashboard.get('zones-save').click();
  expect((await zones(server)).zones).toEqual([]);

  await dashboard.get('area-name').fill('desk');
  // The sides cross: only the server looks for that.
  await dashboard.get('area-0-1-x').fill('0.5');
  await dashboard.get('area-0-1-y').fill('0.9');
  await dashboard.get('area-0-1-y').press('Enter');
  await dashboard.get('zones-save').click();
  await expect(dashboard.get('zones-error')).toContainText('give the corners in turn');
  expect((await zones(server)).zones).toEqual([]);
  await dashboard.get('zones-discard').click();
  await expect(dashboard.get('zones-error')).toBeHidden();
  await expect(dashboard.get('zones-status')).toHaveText('There are none yet.');
});

test('what is drawn and not saved outlives the folded card, and tells of others', async ({
  dashboard,
  server,
}) => {
  await openEditor(dashboard);
  await dashboard.get('draw-zone').focus();
  await dashboard.page.keyboard.press('Enter');
  await dashboard.get('area-name').fill('desk');
  await dashboard.get('draw-line').click();
  await expect(dashboard.get('drawing')).toBeVisible();
  const summary = dashboard.get('zones').locator('summary').first();
  await summary.click();
  await expect(dashboard.get('drawing')).toBeHidden();
  await summary.click();
  await expect(dashboard.get('area-row-desk')).toBeVisible();
  await expect(dashboard.get('zones-status')).toHaveText('Not saved yet. Saving starts all counts anew.');
  await expect(dashboard.get('zone-layer')).toHaveAttribute('data-drawing', 'false');

  const reply = await fetch(`${server.url}/api/v1/zones`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      zones: [
        {
          name: 'door',
          kind: 'line',
          points: [
            [0.5, 0],
            [0.5, 1],
          ],
          classes: [],
          anchor: 'foot',
          dwell_s: 0,
        },
      ],
    }),
  });
  expect(reply.status).toBe(200);
  await expect(dashboard.get('zones-status')).toContainText('changed elsewhere');
  await dashboard.get('zones-discard').click();
  await expect(dashboard.get('area-row-door')).toBeVisible();
  await expect(dashboard.get('area-row-desk')).toBeHidden();
  await expect(dashboard.get('zones-status')).toBeEmpty();
});

test('an area takes no counts with the name of another', async ({ dashboard }) => {
  await openEditor(dashboard);
  await dashboard.get('draw-line').focus();
  await dashboard.page.keyboard.press('Enter');
  await dashboard.get('area-name').fill('desk');
  await dashboard.get('zones-save').click();
  await expect(dashboard.get('totals-desk')).toBeVisible();
  await dashboard.get('draw-zone').focus();
  await dashboard.page.keyboard.press('Enter');
  await dashboard.get('area-name').fill('desk');
  await expect(dashboard.get('area-flaw').first()).toHaveText('Another one has this name.');
  await expect(dashboard.get('totals-desk')).toBeHidden();
});

test.describe('with zones from the start', () => {
  test.use({ flags: ['--zones', 'room: zone 0,0 1,0 1,1 0,1; door: line 0.5,0 0.5,1'] });

  test('what happened in them stands in the timeline', async ({ dashboard }) => {
    await dashboard.open();
    await expect(dashboard.get('timeline-summary')).toContainText(/Now: .*door: to the (left|right)/, {
      timeout: 60_000,
    });
  });

  test('a phone shows all of the picture that is drawn in', { tag: '@mobile' }, async ({
    dashboard,
    page,
  }) => {
    await openEditor(dashboard);
    await dashboard.get('draw-zone').click();
    await expect(dashboard.get('drawing')).toBeVisible();
    const bar = await page.locator('header.bar').boundingBox();
    const picture = await dashboard.get('zone-layer').boundingBox();
    expect(picture?.y).toBeGreaterThanOrEqual((bar?.y ?? 0) + (bar?.height ?? 0));
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(() => {
      test.use({ colorScheme });

      test(
        `the editor is accessible in ${colorScheme}`,
        { tag: '@mobile' },
        async ({ dashboard, page, hasTouch }, info) => {
          await openEditor(dashboard);
          await expect(dashboard.get('counts-room')).toContainText('face');
          await dashboard.get('area-row-room').click();
          await expect(dashboard.get('handle-0')).toBeVisible();
          await dashboard.get('zones').locator('summary', { hasText: 'As text' }).click();
          await page.screenshot({
            path: info.outputPath(`${info.project.name}-${colorScheme}-zones.png`),
            fullPage: true,
          });
          await page.evaluate(() => scrollTo(0, 0)); // else the bar covers what it covers
          const { violations } = await new AxeBuilder({ page })
            .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
            .analyze();
          const told = violations.map((v) => `${v.id}: ${v.help}\n${v.nodes.map((n) => n.html).join('\n')}`);
          expect(told).toEqual([]);

          const overflow = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          expect(overflow, 'pixels that stick out to the right').toBeLessThanOrEqual(0);
          if (!hasTouch) return;
          const small: string[] = [];
          for (const control of await dashboard.get('zones').locator('button:visible, input:visible').all()) {
            const box = await control.boundingBox();
            if (box && box.height < 44)
              small.push(`${await control.textContent()}: ${box.width}x${box.height}`);
          }
          expect(small, 'targets below 44 pixels').toEqual([]);
        },
      );
    });
  }
});
