import type { Locator, Page } from '@playwright/test';
import { expect, test } from '../support/test';

// How a person wants the page: kept, followed, and never in the way.

test('the address chooses the player; a wrong word in it is ignored', async ({ dashboard, page }) => {
  for (const [query, mode, element] of [
    ['?player=img', 'img', 'IMG'],
    ['?player=worker', 'worker', 'CANVAS'],
    ['?player=telepathy&boxes=%00&nonsense', 'worker', 'CANVAS'],
  ] as const) {
    await dashboard.open(query);
    await expect(dashboard.get('player')).toHaveAttribute('data-mode', mode);
    expect(await dashboard.view.evaluate((e) => e.tagName)).toBe(element);
    expect(new URL(page.url()).search, 'the address stays').toBe(query);
  }
  await dashboard.goto('?player=img');
  await page.reload({ waitUntil: 'domcontentloaded' });
  await expect(dashboard.get('player')).toHaveAttribute('data-mode', 'img');
});

test.describe('in a browser that prefers Chinese', () => {
  test.use({ locale: 'zh-TW' });

  test('the language follows the browser, then the choice', { tag: '@mobile' }, async ({
    dashboard,
    page,
  }) => {
    const html = page.locator('html');
    await dashboard.open();
    await expect(html).toHaveAttribute('lang', 'zh-TW');
    await expect(dashboard.get('control-pause')).toHaveText('暫停');
    await dashboard.get('control-language').click();
    await expect(html).toHaveAttribute('lang', 'en');
    await expect(dashboard.get('control-pause')).toHaveText('Pause');
    await expect(page).toHaveTitle(/Live view/);

    await page.reload({ waitUntil: 'domcontentloaded' });
    await expect(html, 'the choice is kept').toHaveAttribute('lang', 'en');
    await dashboard.get('control-language').click();
    await expect(html).toHaveAttribute('lang', 'zh-TW');
  });
});

test.describe('in a browser that prefers German', () => {
  test.use({ locale: 'de-DE' });

  test('the language is English', async ({ dashboard, page }) => {
    await dashboard.open();
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  });
});

test('the theme follows the system, then the choice', async ({ dashboard, page }) => {
  const html = page.locator('html');
  const button = dashboard.get('control-theme');
  await page.emulateMedia({ colorScheme: 'dark' });
  await dashboard.open();
  await expect(button).toHaveAttribute('data-theme-choice', 'auto');
  await expect.poll(() => brightness(page)).toBeLessThan(60);
  await page.emulateMedia({ colorScheme: 'light' });
  await expect.poll(() => brightness(page)).toBeGreaterThan(200);

  await button.click();
  await button.click();
  await expect(button).toHaveAttribute('data-theme-choice', 'dark');
  await expect.poll(() => brightness(page)).toBeLessThan(60);

  // Before the page's own program has run, so that nothing flashes.
  await page.route('**/assets/*.js', () => {});
  await page.reload({ waitUntil: 'commit' });
  await expect(html, 'the choice is kept').toHaveAttribute('data-theme', 'dark');
  await expect.poll(() => brightness(page)).toBeLessThan(60);
});

/** Of the page's ground, 0..255. */
async function brightness(page: Page): Promise<number> {
  const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const [r = 0, g = 0, b = 0] = ground.match(/\d+/g)?.map(Number) ?? [];
  return 0.299 * r + 0.587 * g + 0.114 * b;
}

test('nothing moves by itself for those who do not want it', async ({ dashboard, page }) => {
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await dashboard.open();
  expect(await animations(dashboard.badge), 'the test can see animations').toBeGreaterThan(0);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await expect.poll(() => animations(dashboard.page.locator('body'))).toBe(0);
});

function animations(of: Locator): Promise<number> {
  return of.evaluate((e) => e.getAnimations({ subtree: true }).length);
}

test('everything can be done with the keyboard', async ({ dashboard, page }) => {
  await dashboard.open();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the live view' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dashboard.view).toBeFocused();

  await page.keyboard.press('p');
  await dashboard.expectSituation('paused');
  await page.keyboard.press('Space');
  await dashboard.expectSituation('live');
  await page.keyboard.press('l');
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-TW');
  await page.keyboard.press('l');
  await page.keyboard.press('d');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');

  await page.keyboard.press('?');
  await expect(dashboard.get('help')).toBeVisible();
  await page.keyboard.press('p');
  await dashboard.expectSituation('live');
  await page.keyboard.press('Escape');
  await expect(dashboard.get('help')).toBeHidden();

  await dashboard.get('control-param-min_area').focus();
  await page.keyboard.press('p');
  await dashboard.expectSituation('live');

  await dashboard.get('control-camera').focus();
  await page.keyboard.press('Enter');
  await dashboard.expectSituation('off');
});
