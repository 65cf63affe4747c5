import { readFile } from 'node:fs/promises';
import type { FrameEvent } from '../../frontend/src/net/wire';
import { codeOf, decodeJpeg, luma, type Picture, take } from '../support/picture';
import { type Box, FIRST_COLOUR, find } from '../support/scene';
import { expect, test } from '../support/test';

// What is on the screen is the present, and what the page says of it is true.

test('the picture is drawn and goes on', { tag: '@mobile' }, async ({ dashboard }) => {
  await dashboard.open();
  const first = await dashboard.seq();
  await dashboard.expectNewerThan(first);
  await dashboard.expectNewerThan(first + 15);
});

test('the image player draws it too', { tag: '@mobile' }, async ({ dashboard }) => {
  await dashboard.open('?player=img');
  const first = await dashboard.seq();
  await dashboard.expectNewerThan(first + 15);
});

test('the seq on a paused page is that of its pixels', async ({ dashboard }) => {
  await dashboard.open();
  await dashboard.get('raw-panel').locator('summary').click();
  for (let sample = 0; sample < 3; sample++) {
    const { picture, code } = await dashboard.freeze();
    expect(picture.seq).toBe(code.seq);
    await expect(dashboard.get('seq'), 'the tile').toHaveText(String(code.seq));
    await expect(dashboard.get('raw'), 'the JSON').toContainText(`"seq": ${code.seq},`);
    await dashboard.resume();
    await dashboard.expectNewerThan(code.seq);
  }
});

test.describe('with one moving object', () => {
  test.use({ source: 'synthetic:?scene=room&video_size=640x480&framerate=15&objects=1&seed=1' });

  // Its way is about 5 pixels a frame: boxes that are one frame late are off by as much.
  const OFF_CENTRE = 3;
  // The rim of the object has another colour, and a region of motion ends on a grid.
  const MARGIN = 12;

  test('the box lies on the object, in the data and in the pixels', async ({ dashboard, frames }) => {
    await dashboard.open();
    for (const text of ['processing_time', 'object_count', 'fps', 'labels']) {
      await dashboard.get(`control-overlay-${text}`).uncheck();
    }
    // While the background was being learned the object stood in it and left a ghost.
    await expect.poll(() => frames.newest?.seq ?? 0).toBeGreaterThan(40);
    await expect.poll(() => frames.newest?.result.count).toBe(1);

    for (let sample = 0; sample < 4; sample++) {
      const { picture, code } = await dashboard.freeze();
      const event = frames.get(code.seq);
      if (!event) throw new Error(`there was no event of frame ${code.seq}`);
      expect(event.captured_us, 'capture time').toBe(code.capturedUs);

      const object = find(picture, FIRST_COLOUR);
      if (!object) throw new Error(`no object can be seen in frame ${code.seq}`);
      const box = onlyBox(event);
      await test.info().attach(`frame ${code.seq}`, { body: JSON.stringify({ object, box }) });
      for (const [a, b] of [
        [object.left - box.left, box.right - object.right],
        [object.top - box.top, box.bottom - object.bottom],
      ] as const) {
        expect(Math.min(a, b), 'the object is inside').toBeGreaterThanOrEqual(0);
        expect(Math.max(a, b), 'the box is not much larger').toBeLessThanOrEqual(MARGIN);
        expect(Math.abs(a - b) / 2, 'they have the same centre').toBeLessThanOrEqual(OFF_CENTRE);
      }
      for (const [edge, { stroke, rim }] of Object.entries(edges(picture, box))) {
        expect(stroke - rim, `${edge}: a light stroke with a dark rim`).toBeGreaterThan(80);
      }
      await dashboard.resume();
    }
  });

  function onlyBox(event: FrameEvent): Box {
    const [detection, ...others] = event.result.detections ?? [];
    expect(others, 'other boxes').toEqual([]);
    const [x = 0, y = 0, w = 0, h = 0] = detection?.box ?? [];
    const across = (share: number) => Math.round(share * event.width);
    const down = (share: number) => Math.round(share * event.height);
    return { left: across(x), top: down(y), right: across(x + w), bottom: down(y + h) };
  }

  /** For each edge of the box, the mean luma of the line just inside and just outside it. */
  function edges(picture: Picture, { left, top, right, bottom }: Box) {
    const across = (y: number) => mean(range(left, right).map((x) => luma(picture, x, y)));
    const down = (x: number) => mean(range(top, bottom).map((y) => luma(picture, x, y)));
    return {
      top: { stroke: across(top), rim: across(top - 1) },
      bottom: { stroke: across(bottom - 1), rim: across(bottom) },
      left: { stroke: down(left), rim: down(left - 1) },
      right: { stroke: down(right - 1), rim: down(right) },
    };
  }
});

test.describe('with an analysis of 100 ms', () => {
  test.use({ analyzer: 'simulate?processing_time=100ms' });

  test('the age shown is that of the pixels', async ({ dashboard }) => {
    await dashboard.open();
    const shown: number[] = [];
    const measured: number[] = [];
    await expect(async () => {
      const picture = await take(dashboard.view, 'code');
      const code = picture && codeOf(picture);
      if (!picture || !code) throw new Error('no code in the picture');
      measured.push((picture.takenUs - code.capturedUs) / 1000);
      shown.push(await dashboard.number('age'));
      expect(shown.length).toBeGreaterThanOrEqual(12);
    }).toPass({ intervals: [150] });
    await test.info().attach('ages', { body: JSON.stringify({ shown, measured }) });
    for (const age of [...shown, ...measured]) {
      expect(age, 'no frame is younger than its analysis took').toBeGreaterThanOrEqual(100);
      expect(age).toBeLessThan(5000);
    }
    // The page tells a frame's age when it was painted; these pixels were looked at later.
    expect(Math.abs(median(shown) - median(measured)), 'the two apart').toBeLessThan(400);
  });
});

test('a saved picture is a JPEG of the frame on the screen', async ({ dashboard, page }) => {
  await dashboard.open();
  const { code } = await dashboard.freeze();
  const download = page.waitForEvent('download');
  await dashboard.get('control-snapshot').click();
  const file = await download;
  expect(file.suggestedFilename()).toBe(`freshframe-${code.seq}.jpg`);
  const decoded = await decodeJpeg(page, await readFile(await file.path()));
  expect(decoded && codeOf(decoded)).toEqual(code);
  expect(decoded).toMatchObject({ width: 640, height: 480 });
  await expect(dashboard.get('log')).toContainText(`Saved the picture of frame ${code.seq}`);
});

test('the snapshot of the API is the JPEG that its header names', async ({ dashboard, page, request }) => {
  await dashboard.goto();
  const reply = await request.get('/api/v1/snapshot.jpg');
  expect(reply.status()).toBe(200);
  expect(reply.headers()['content-type']).toBe('image/jpeg');
  const jpeg = await reply.body();
  expect(jpeg.subarray(0, 2).toString('hex')).toBe('ffd8');
  expect(jpeg.subarray(-2).toString('hex')).toBe('ffd9');
  const decoded = await decodeJpeg(page, jpeg);
  const code = decoded && codeOf(decoded);
  expect(String(code?.seq)).toBe(reply.headers()['x-frame-seq']);
  const timestamp = Number(reply.headers()['x-timestamp']?.replace('.', ''));
  expect(code?.capturedUs).toBe(timestamp);
});

test('a page of one <img> shows the stream', async ({ dashboard, page }) => {
  await page.route('**/plain.html', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: '<!doctype html><title>plain</title><img data-testid="view" src="/ai-video-stream" alt="">',
    }),
  );
  await page.goto('/plain.html', { waitUntil: 'domcontentloaded' });
  await expect.poll(() => dashboard.seq()).toBeGreaterThan(0);
  await dashboard.expectNewerThan((await dashboard.seq()) + 15);
});

function median(of: readonly number[]): number {
  return [...of].sort((a, b) => a - b)[Math.floor(of.length / 2)] ?? Number.NaN;
}

function mean(of: readonly number[]): number {
  return of.reduce((sum, x) => sum + x, 0) / of.length;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
