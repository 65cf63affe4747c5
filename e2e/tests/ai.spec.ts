import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import type { State } from '../../frontend/src/net/wire';
import { PixelLog } from '../support/pixel-log';
import type { Server } from '../support/server';
import { expect, test } from '../support/test';

// Real models look at the pictures; the page says which, how long they took, and what they follow.

const people = 'synthetic:?scene=people&video_size=640x480&framerate=15';

async function parts(server: Server): Promise<State['pipeline']['parts']> {
  return (await server.state()).pipeline.parts;
}

test.describe('with three analyzers joined', () => {
  test.use({ source: people, analyzer: 'faces+hands+objects@5fps' });

  test('they are joined, slowed down and taken out on the page', async ({ dashboard, server }) => {
    await dashboard.open();
    await expect(dashboard.get('analyzer')).toHaveText('faces+hands+objects');
    await expect(dashboard.get('rate-objects')).toHaveValue('5');
    await expect(dashboard.get('join-motion')).not.toBeChecked();

    await dashboard.get('rate-hands').selectOption('2');
    await expect
      .poll(() => parts(server))
      .toEqual([
        { name: 'faces', rate: 0 },
        { name: 'hands', rate: 2 },
        { name: 'objects', rate: 5 },
      ]);
    await dashboard.get('join-objects').uncheck();
    await dashboard.get('join-motion').check();
    await expect
      .poll(() => parts(server))
      .toEqual([
        { name: 'faces', rate: 0 },
        { name: 'hands', rate: 2 },
        { name: 'motion', rate: 0 },
      ]);

    // Parameters are each analyzer's own, and stay when another one is taken out.
    await dashboard.get('params-faces').locator('summary').click();
    await dashboard.get('control-param-faces.threshold').fill('0.6');
    await dashboard.get('control-param-faces.threshold').press('Enter');
    await expect.poll(async () => (await server.state()).pipeline.params['faces.threshold']).toBe('0.6');
    await dashboard.get('join-hands').uncheck();
    await dashboard.get('join-motion').uncheck();
    await expect.poll(() => parts(server)).toEqual([{ name: 'faces', rate: 0 }]);
    expect((await server.state()).pipeline.params['threshold']).toBe('0.6');
    await expect(dashboard.get('join-faces'), 'something must analyze').toBeDisabled();
    await expect(dashboard.get('control-analyzer')).toHaveValue('faces');
    await dashboard.expectSituation('live');
  });

  test('tracks are drawn over time, and told in words', { tag: '@mobile' }, async ({ dashboard, page }) => {
    await dashboard.open();
    const told = dashboard.get('timeline-summary').locator('li');
    await expect(told.filter({ hasText: /^face \d+: in sight/ })).toHaveCount(1);
    const timeline = dashboard.get('timeline');
    await timeline.scrollIntoViewIfNeeded();
    await expect.poll(() => coloured(page), 'pixels of bars').toBeGreaterThan(200);
    const early = await coloured(page);
    await expect.poll(() => coloured(page), 'they grow').toBeGreaterThan(early);
  });

  test(
    'all of it fits and can be read by everybody',
    { tag: '@mobile' },
    async ({ dashboard, page, hasTouch }, info) => {
      await page.emulateMedia({ colorScheme: 'dark' });
      await dashboard.open();
      const controls = dashboard.get('controls');
      if ((await controls.getAttribute('open')) === null) await controls.locator('summary').first().click();
      await dashboard.get('params-objects').locator('summary').click();
      await expect(dashboard.get('budget-part-objects')).toBeVisible();
      await expect(dashboard.get('timeline-summary').locator('li')).not.toHaveCount(0);
      await page.screenshot({ path: info.outputPath(`${info.project.name}-joined.png`), fullPage: true });
      await page.evaluate(() => scrollTo(0, 0)); // else the bar covers what it covers
      const { violations } = await new AxeBuilder({ page })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
        .analyze();
      expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join('\n')}`)).toEqual([]);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow, 'pixels that stick out to the right').toBeLessThanOrEqual(0);
      if (!hasTouch) return;
      const small: string[] = [];
      for (const control of await page.locator('button:visible, select:visible, summary:visible').all()) {
        const box = await control.boundingBox();
        if (box && (box.height < 44 || box.width < 44))
          small.push(`${await control.textContent()}: ${box.width}x${box.height}`);
      }
      expect(small, 'targets below 44 pixels').toEqual([]);
    },
  );

  test('the timeline is drawn in the colours of the theme', async ({ dashboard, page }) => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await dashboard.open();
    await dashboard.get('tracks').scrollIntoViewIfNeeded();
    const isLight = async () => (await brightness(page)) > 128;
    await expect.poll(isLight, 'letters on dark').toBe(true);
    await page.keyboard.press('d');
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
    await expect.poll(isLight, 'letters on light').toBe(false);
    await page.keyboard.press('d');
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    await expect.poll(isLight, 'letters on dark again').toBe(true);
  });

  test('in Chinese the words are Chinese', async ({ dashboard, page }) => {
    await dashboard.open();
    await expect(dashboard.get('timeline-summary').locator('li').first()).toContainText(/in sight/);
    await page.keyboard.press('l');
    await expect(dashboard.get('timeline-summary')).toContainText('在畫面中');
    await expect(dashboard.get('rate-objects').locator('option').first()).toHaveText('每個影格');
  });
});

/** Of the letters of the first lane's name, 0 to 255; 0 where there are none. */
function brightness(page: Page): Promise<number> {
  return page.getByTestId('timeline').evaluate((canvas) => {
    if (!(canvas instanceof HTMLCanvasElement) || canvas.width === 0) return 0;
    const scale = canvas.width / canvas.clientWidth;
    const data = canvas.getContext('2d')?.getImageData(10 * scale, 0, 50 * scale, 22 * scale).data ?? [];
    let [light, covered] = [0, 0];
    for (let i = 0; i < data.length; i += 4) {
      const [r = 0, g = 0, b = 0, a = 0] = data.slice(i, i + 4);
      light += ((r + g + b) / 3) * a;
      covered += a;
    }
    return covered && light / covered;
  });
}

/** Saturated pixels of the timeline: those of bars. */
function coloured(page: Page): Promise<number> {
  return page.getByTestId('timeline').evaluate((canvas) => {
    if (!(canvas instanceof HTMLCanvasElement) || canvas.width === 0) return 0;
    const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    let n = 0;
    for (let i = 0; i < data.length; i += 4) {
      const [r = 0, g = 0, b = 0] = data.slice(i, i + 3);
      if (Math.max(r, g, b) - Math.min(r, g, b) > 100) n++;
    }
    return n;
  });
}

test.describe('with one that rests most of the time', () => {
  test.use({ source: people, analyzer: 'faces+objects@1fps' });

  test('the waterfall shows who took how long, and who rested', async ({ dashboard }) => {
    await dashboard.open();
    const objects = dashboard.get('budget-part-objects');
    await expect(objects).toHaveText(/^objects [1-9][\d.,]* ms \(resting\)$/);
    await expect(dashboard.get('budget-part-faces')).toHaveText(/^faces [\d.,]+ ms$/);
  });
});

test.describe('without ONNX Runtime', () => {
  test.use({ source: people, analyzer: '', flags: ['--onnxruntime', '/nonexistent'] });

  test('the page says what is missing and how to get it', { tag: '@mobile' }, async ({
    dashboard,
    server,
  }) => {
    await dashboard.open();
    const { analyzer, fallback } = (await server.state()).pipeline;
    expect(analyzer).toBe('motion');
    if (!fallback?.hint) throw new Error(`no hint in ${JSON.stringify(fallback)}`);
    const notice = dashboard.get('fallback');
    await expect(notice).toContainText(`motion analyzes instead of ${fallback.wanted}`);
    await expect(notice).toContainText(fallback.reason);
    await expect(notice).toContainText(fallback.hint);

    const controls = dashboard.get('controls');
    if ((await controls.getAttribute('open')) === null) await controls.locator('summary').first().click();
    await expect(dashboard.get('join-objects')).toBeDisabled();
    await expect(dashboard.get('missing')).toHaveText(/^faces, hands, objects, pose: ONNX Runtime/);
    await expect(dashboard.get('join-objects')).toHaveAccessibleDescription(/ONNX Runtime/);
    await expect(dashboard.get('join-simulate')).toBeEnabled();
    await expect(dashboard.get('control-analyzer').locator('option', { hasText: /^faces$/ })).toBeDisabled();
  });

  test('a key for what cannot run says so and changes nothing', async ({ dashboard, page, server }) => {
    await dashboard.open();
    const reply = await page.request.get('/api/v1/analyzers');
    const { analyzers } = (await reply.json()) as { analyzers: { name: string }[] };
    const place = analyzers.findIndex((a) => a.name === 'objects') + 1;
    await page.keyboard.press(String(place));
    await expect(dashboard.get('log')).toContainText('objects cannot run here');
    expect((await server.state()).pipeline.analyzer).toBe('motion');
  });
});

test.describe('with an analysis of 400 ms', () => {
  test.use({ analyzer: 'simulate?processing_time=400ms' });

  test('the live view shows every frame of the camera, the analyzed one does not', async ({
    dashboard,
    page,
    server,
  }) => {
    await dashboard.open('?view=live');
    await expect(dashboard.get('view-shown')).toHaveText('Live, predicted');
    await expect.poll(async () => (await server.state()).subscribers.live).toBe(1);
    await expect.poll(() => dashboard.number('fps-painted')).toBeGreaterThan(10);
    const steps = await stepsOf(dashboard.view);
    const single = steps.filter((step) => step === 1).length;
    expect(single / steps.length, `steps of ${steps}`).toBeGreaterThan(0.8);

    await dashboard.get('control-view').selectOption('analyzed');
    await expect(dashboard.get('view-shown')).toBeHidden();
    expect(new URL(page.url()).search).toBe('');
    await expect.poll(() => dashboard.number('fps-painted')).toBeLessThan(3);
    await expect
      .poll(async () => (await server.state()).subscribers)
      .toMatchObject({ live: 0, annotated: 1 });
    await dashboard.expectSituation('live');
  });

  test('a key shows the camera alone; the address keeps it', async ({ dashboard, page, server }) => {
    await dashboard.open();
    await page.keyboard.press('r');
    await expect(dashboard.get('view-shown')).toHaveText('Camera only');
    expect(new URL(page.url()).search).toBe('?view=raw');
    await expect.poll(async () => (await server.state()).subscribers.raw).toBe(1);
    const seq = await dashboard.seq();
    await dashboard.expectNewerThan(seq + 15);
    await page.reload({ waitUntil: 'domcontentloaded' });
    await expect(dashboard.get('view-shown')).toHaveText('Camera only');
    await dashboard.expectSituation('live');
    await page.keyboard.press('r');
    await expect(dashboard.get('view-shown')).toBeHidden();
  });

  test('another view than the one that stands goes on', async ({ dashboard }) => {
    await dashboard.open();
    await dashboard.freeze();
    await dashboard.get('control-view').selectOption('raw');
    await expect(dashboard.get('paused')).toBeHidden();
    await dashboard.expectSituation('live');
    const seq = await dashboard.seq();
    await dashboard.expectNewerThan(seq + 15);
  });

  test('the camera is shown while the analysis is paused', async ({ dashboard }) => {
    await dashboard.open('?view=raw');
    await dashboard.get('control-pause-analysis').check();
    await expect(dashboard.get('control-pause-analysis')).toBeChecked();
    const seq = await dashboard.seq();
    await dashboard.expectNewerThan(seq + 15);
    await dashboard.expectSituation('live');
    await dashboard.get('control-view').selectOption('analyzed');
    await dashboard.expectSituation('idle');
  });
});

/** How far apart in seq the pictures are that are seen one after another. */
async function stepsOf(view: Parameters<typeof PixelLog.start>[0]): Promise<number[]> {
  const log = await PixelLog.start(view);
  await expect.poll(() => log.count()).toBeGreaterThan(40);
  const { seqs } = await log.stop();
  return seqs.slice(1).map((seq, i) => seq - (seqs[i] ?? 0));
}

test('keys choose an analyzer and what is drawn', async ({ dashboard, page, server }) => {
  await dashboard.open();
  const reply = await page.request.get('/api/v1/analyzers');
  const { analyzers } = (await reply.json()) as { analyzers: { name: string }[] };
  await page.keyboard.press(String(analyzers.findIndex((a) => a.name === 'simulate') + 1));
  await expect(dashboard.get('analyzer')).toContainText('simulate');
  await page.keyboard.press('t');
  await expect.poll(async () => (await server.state()).pipeline.overlay['trails']).toBe(false);
  await expect(dashboard.get('control-overlay-trails')).not.toBeChecked();
  await page.keyboard.press('b');
  await expect.poll(async () => (await server.state()).pipeline.overlay['boxes']).toBe(false);
});

test.describe('with one real analyzer', () => {
  test.use({ source: people, analyzer: 'objects' });

  test('a file of this machine is refused with the way out', async ({ dashboard, complaints }) => {
    complaints.expect(/status of 403/);
    await dashboard.open();
    const field = dashboard.get('control-param-model');
    await field.fill('/etc/passwd');
    await field.press('Enter');
    await expect(dashboard.get('control-param-model-error')).toContainText('--models');
    await dashboard.expectSituation('live');
  });
});

test.describe('with an analysis that tracks nothing', () => {
  test.use({ analyzer: 'simulate?processing_time=5ms' });

  test('what is not needed is not loaded', async ({ dashboard, page }) => {
    const loaded: string[] = [];
    page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
    const has = (part: string) => loaded.some((path) => path.startsWith(`/assets/${part}-`));
    await dashboard.open();
    await expect.poll(() => has('plot')).toBe(true);
    expect([has('timeline'), has('zone-editor')]).toEqual([false, false]);
    expect(loaded).not.toContain('/api/v1/zones');
    await dashboard.get('zones').locator('summary').first().click();
    await expect(dashboard.get('draw-zone')).toBeVisible();
    expect(has('zone-editor')).toBe(true);

    // The counts are asked for only while somebody looks at them.
    await expect.poll(() => loaded.filter((path) => path === '/api/v1/zones').length).toBeGreaterThan(1);
    await dashboard.get('zones').locator('summary').first().click();
    await expect(dashboard.get('draw-zone')).toBeHidden();
    const asked = loaded.filter((path) => path === '/api/v1/zones').length;
    const seq = await dashboard.seq();
    await dashboard.expectNewerThan(seq + 40);
    expect(loaded.filter((path) => path === '/api/v1/zones').length).toBe(asked);
    await expect(dashboard.get('zone-layer')).toBeHidden();
  });
});
