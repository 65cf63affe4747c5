import { locale, t } from '../i18n/i18n';
import { type Stage, type StagePart, stages, totalMs } from '../model/budget';
import { millis } from '../model/format';
import { nameOf } from '../ui/wording';
import { useDashboard } from './context';

/** Where one frame's time went: a bar of its stages, and the same in numbers. */
export function Budget() {
  const { store } = useDashboard();
  const budgetUs = store.budgetUs.value;
  const at = locale.value;
  const joined = store.budgetJoined.value;
  const analyzers = store.frame.value?.analyzers ?? null;
  const all = budgetUs ? stages(budgetUs, joined ? store.painted.value : null, analyzers) : [];
  const total = totalMs(all);
  return (
    <section class="card" aria-labelledby="h-budget" data-testid="budget">
      <header class="head">
        <h2 id="h-budget">{t('budget')}</h2>
        {all.length > 0 && (
          <p class="quiet" data-testid="budget-total">
            {t(joined ? 'budgetTotal' : 'budgetServer', { ms: millis(at, total) })}
          </p>
        )}
      </header>
      {all.length === 0 ? (
        <p class="quiet">{t('budgetNone')}</p>
      ) : (
        <>
          <div class="waterfall" aria-hidden="true">
            {all.map((s) => (
              <span key={s.name} data-stage={s.name} style={{ flexGrow: String(s.ms / (total || 1)) }}>
                {s.parts && <Shares of={s} parts={s.parts} />}
              </span>
            ))}
          </div>
          <dl class="legend">
            {all.map((s) => (
              <div key={s.name}>
                <dt>
                  <i class="swatch" data-stage={s.name} />
                  {nameOf('stage', s.name)}
                </dt>
                <dd>
                  {millis(at, s.ms)} {t('unitMs')}
                </dd>
                {s.parts?.map((p, i) => (
                  <dd key={p.name} class="share" data-testid={`budget-part-${p.name}`} data-ran={p.ran}>
                    <i class="swatch" data-part={i % SHADES} />
                    {p.name}{' '}
                    <b>
                      {millis(at, p.ms)} {t('unitMs')}
                    </b>
                    {!p.ran && ` (${t('resting')})`}
                  </dd>
                ))}
              </div>
            ))}
          </dl>
        </>
      )}
    </section>
  );
}

/** As many as the styles have. */
const SHADES = 4;

/** The analyzers inside the stage's bar; the rest of it, such as reading the picture, stays as it is. */
function Shares({ of, parts }: { of: Stage; parts: readonly StagePart[] }) {
  const share = (p: StagePart) => (p.ran ? p.ms : 0);
  const rest = of.ms - parts.reduce((sum, p) => sum + share(p), 0);
  return (
    <>
      {parts.map((p, i) => (
        <i key={p.name} data-part={i % SHADES} style={{ flexGrow: String(share(p) / (of.ms || 1)) }} />
      ))}
      {rest > 0 && <i style={{ flexGrow: String(rest / (of.ms || 1)) }} />}
    </>
  );
}
