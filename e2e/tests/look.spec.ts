import AxeBuilder from '@axe-core/playwright';
import type { Page, TestInfo } from '@playwright/test';
import type { Dashboard } from '../support/dashboard';
import { expect, test } from '../support/test';

// The page fits, can be read by everybody, and is photographed for those who judge looks.

// Colours know no language and words no colour: each of both is seen once on each device.
for (const [colorScheme, locale] of [
  ['light', 'en'],
  ['dark', 'zh-TW'],
] as const) {
  test.describe(() => {
    test.use({ colorScheme, locale });

    test(`accessible in ${colorScheme}, ${locale}`, { tag: '@mobile' }, async ({ dashboard, page }, info) => {
      await dashboard.open();
      await expect(dashboard.get('budget-total')).toBeVisible();
      // Some history for the charts.
      await dashboard.expectNewerThan(30);
      const name = `${colorScheme}-${locale}`;
      await photograph(page, info, name);
      await expectAccessible(page, 'live');

      await openControls(dashboard);
      await dashboard.get('control-mode').selectOption('auto');
      await expect(dashboard.get('control-mode-reason')).toBeVisible();
      await dashboard.openCameraControls();
      await dashboard.get('camera-control-brightness').fill('200');
      await dashboard.get('camera-control-brightness').press('Enter');
      await expect(dashboard.get('camera-control-brightness-error')).toBeVisible();
      await dashboard.get('raw-panel').locator('summary').click();
      await dashboard.get('control-param-min_area').fill('200');
      await dashboard.get('control-param-min_area').press('Enter');
      await expect(dashboard.get('control-param-min_area-error')).toBeVisible();
      await photograph(page, info, `${name}-open`);
      await expectAccessible(page, 'all panels open, with flaws');

      await dashboard.get('control-help').click();
      await expect(dashboard.get('help')).toBeVisible();
      await expectAccessible(page, 'help');
      await dashboard.get('help').getByRole('button').click();

      await dashboard.get('control-camera').click();
      await dashboard.expectSituation('off');
      await photograph(page, info, `${name}-off`);
      await expectAccessible(page, 'camera off');
    });
  });
}

test('it fits a small screen, and fingers', { tag: '@mobile' }, async ({ dashboard, page, hasTouch }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await dashboard.open();
  await openControls(dashboard);
  await dashboard.openCameraControls();
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
});

async function openControls(dashboard: Dashboard): Promise<void> {
  const controls = dashboard.get('controls');
  if ((await controls.getAttribute('open')) === null) await controls.locator('summary').click();
  await expect(dashboard.get('control-analyzer')).toBeVisible();
}

async function photograph(page: Page, info: TestInfo, name: string): Promise<void> {
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: info.outputPath(`${info.project.name}-${name}.png`), fullPage: true });
}

async function expectAccessible(page: Page, when: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  const told = violations.map((v) => `${v.id}: ${v.help}\n${v.nodes.map((n) => n.html).join('\n')}`);
  expect(told, `axe's complaints: ${when}`).toEqual([]);
}
