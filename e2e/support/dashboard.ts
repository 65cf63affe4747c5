/** The dashboard as a person meets it: what it shows, by name. It decides nothing. */
import { expect, type Locator, type Page } from '@playwright/test';
import type { Situation } from '../../frontend/src/model/situation';
import type { Code } from './blockcode';
import { codeOf, type Picture, take } from './picture';

export class Dashboard {
  readonly page: Page;
  readonly view: Locator;
  readonly badge: Locator;
  readonly veil: Locator;

  constructor(page: Page) {
    this.page = page;
    this.view = this.get('view');
    this.badge = this.get('conn');
    this.veil = this.get('veil');
  }

  get(testId: string): Locator {
    return this.page.getByTestId(testId);
  }

  /** Opens the page and waits until it is live. */
  async open(query = ''): Promise<void> {
    await this.goto(query);
    await this.expectSituation('live');
  }

  /** A page with a stream may never finish loading: nothing must wait for that. */
  async goto(query = ''): Promise<void> {
    await this.page.goto(`/${query}`, { waitUntil: 'domcontentloaded' });
  }

  async expectSituation(kind: Situation['kind']): Promise<void> {
    await expect(this.badge).toHaveAttribute('data-situation', kind);
  }

  /** Unfolds the camera's controls and waits until they are told. */
  async openCameraControls(): Promise<void> {
    const card = this.get('camera-controls');
    if ((await card.getAttribute('open')) === null) await card.locator('summary').click();
    await expect(this.get('camera-control-list')).toBeVisible();
  }

  /** The number shown at that place, NaN while there is none. */
  async number(testId: string): Promise<number> {
    return readNumber((await this.get(testId).textContent()) ?? '');
  }

  /** The code in the pixels on the screen; null where there is none. */
  async code(): Promise<Code | null> {
    const picture = await take(this.view, 'code');
    return picture && codeOf(picture);
  }

  async seq(): Promise<number> {
    return (await this.code())?.seq ?? 0;
  }

  /** Waits until a newer frame than that is on the screen, read from its pixels. */
  async expectNewerThan(seq: number): Promise<void> {
    await expect.poll(() => this.seq(), { message: 'the seq in the pixels' }).toBeGreaterThan(seq);
  }

  /**
   * Pauses and waits until the picture stands still: what was being decoded when the
   * button was pressed may still come.
   */
  async freeze(): Promise<{ picture: Picture; code: Code }> {
    await this.get('control-pause').click();
    await this.expectSituation('paused');
    let before = -1;
    await expect(async () => {
      const now = await this.seq();
      const last = before;
      before = now;
      expect(now).toBeGreaterThan(0);
      expect(now).toBe(last);
    }).toPass({ intervals: [100, 300] });
    const picture = await take(this.view);
    const code = picture && codeOf(picture);
    if (!picture || !code) throw new Error('the paused picture holds no code');
    return { picture, code };
  }

  async resume(): Promise<void> {
    await this.get('control-pause').click();
    await this.expectSituation('live');
  }
}

export function readNumber(text: string): number {
  const digits = /-?[\d,]+(\.\d+)?/.exec(text)?.[0];
  return digits === undefined ? Number.NaN : Number(digits.replaceAll(',', ''));
}
