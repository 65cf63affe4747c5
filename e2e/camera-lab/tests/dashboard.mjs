// Opens the dashboard in a browser and prints one line for each thing that it shows, with the
// moment of the browser's clock in milliseconds: `live 1763870000123.4`, `lost …`, and
// `painted …` for the first new picture after each `live`. It ends with its standard input.
import { chromium } from '@playwright/test';
import args from '../../support/chromium.json' with { type: 'json' };

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH,
  timeout: 120_000,
  args,
});
const page = await browser.newPage();
page.setDefaultTimeout(120_000);
await page.exposeFunction('say', (line) => console.log(line));
await page.addInitScript(() => {
  const now = () => performance.timeOrigin + performance.now();
  let situation = '';
  let seqAtLive = null;
  new MutationObserver(() => {
    const badge = document.querySelector('[data-testid="conn"]');
    const seq = document.querySelector('[data-testid="seq"]')?.textContent;
    if (badge && badge.dataset.situation !== situation) {
      situation = badge.dataset.situation;
      seqAtLive = situation === 'live' ? seq : null;
      window.say(`${situation} ${now()}`);
    } else if (seqAtLive !== null && seq !== seqAtLive) {
      seqAtLive = null;
      window.say(`painted ${now()}`);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
});
await page.goto(process.argv[2], { waitUntil: 'domcontentloaded' });
for await (const _ of process.stdin);
await browser.close();
