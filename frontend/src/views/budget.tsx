import { locale, t } from '../i18n/i18n';
import { stages, totalMs } from '../model/budget';
import { millis } from '../model/format';
import { nameOf } from '../ui/wording';
import { useDashboard } from './context';

/** Where one frame's time went: a bar of its stages, and the same in numbers. */
export function Budget() {
  const { store } = useDashboard();
  const budgetUs = store.budgetUs.value;
  const at = locale.value;
  const joined = store.budgetJoined.value;
  const parts = budgetUs ? stages(budgetUs, joined ? store.painted.value : null) : [];
  const total = totalMs(parts);
  return (
    <section class="card" aria-labelledby="h-budget" data-testid="budget">
      <header class="head">
        <h2 id="h-budget">{t('budget')}</h2>
        {parts.length > 0 && (
          <p class="quiet" data-testid="budget-total">
            {t(joined ? 'budgetTotal' : 'budgetServer', { ms: millis(at, total) })}
          </p>
        )}
      </header>
      {parts.length === 0 ? (
        <p class="quiet">{t('budgetNone')}</p>
      ) : (
        <>
          <div class="waterfall" aria-hidden="true">
            {parts.map((s) => (
              <span key={s.name} data-stage={s.name} style={{ flexGrow: String(s.ms / (total || 1)) }} />
            ))}
          </div>
          <dl class="legend">
            {parts.map((s) => (
              <div key={s.name}>
                <dt>
                  <i class="swatch" data-stage={s.name} />
                  {nameOf('stage', s.name)}
                </dt>
                <dd>
                  {millis(at, s.ms)} {t('unitMs')}
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </section>
  );
}
