import { locale, t } from '../i18n/i18n';
import { count, percent } from '../model/format';
import type { Detection } from '../net/wire';
import { describeCounted, describeDoing } from '../ui/wording';
import { useDashboard } from './context';

/** More rows than a person reads; the number of the rest is told. */
const ROWS = 12;

export function Objects() {
  const { store } = useDashboard();
  const result = store.frame.value?.result;
  const found = result?.detections ?? [];
  const rest = found.length - ROWS;
  const counted = describeCounted(result?.values ?? null);
  return (
    <section class="card" aria-labelledby="h-objects" data-testid="objects-table">
      <header class="head">
        <h2 id="h-objects">{t('objects')}</h2>
        {result && <p class="quiet">{count(locale.value, result.count)}</p>}
      </header>
      {counted && (
        <p class="quiet" data-testid="counted">
          {counted}
        </p>
      )}
      {found.length === 0 ? (
        <p class="quiet">{t(result?.count ? 'countedOnly' : 'noObjects')}</p>
      ) : (
        // biome-ignore lint/a11y/useSemanticElements: a table wider than a phone scrolls here, by keyboard too
        <div class="scroll-x" tabIndex={0} role="group" aria-labelledby="h-objects">
          <table>
            <thead>
              <tr>
                <th scope="col">{t('label')}</th>
                <th scope="col" class="number">
                  {t('score')}
                </th>
                <th scope="col" class="number">
                  {t('track')}
                </th>
                <th scope="col">{t('doing')}</th>
                <th scope="col">{t('position')}</th>
              </tr>
            </thead>
            <tbody>
              {found.slice(0, ROWS).map((d, i) => (
                <Row key={d.track ?? `#${i}`} of={d} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rest > 0 && <p class="quiet">{t('moreObjects', { n: rest })}</p>}
    </section>
  );
}

function Row({ of }: { of: Detection }) {
  return (
    <tr>
      <td>
        {of.label}
        {of.predicted && <small> ({t('predicted')})</small>}
      </td>
      <td class="number">{percent(locale.value, of.score)}</td>
      <td class="number">{of.track ?? '–'}</td>
      <td>{describeDoing(of) || '–'}</td>
      <td class="code">{of.box.map((x) => x.toFixed(2)).join(' ')}</td>
    </tr>
  );
}
