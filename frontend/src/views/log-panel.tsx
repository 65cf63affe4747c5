import { t } from '../i18n/i18n';
import { timeOfDay } from '../ui/wording';
import { useDashboard } from './context';

export function LogPanel() {
  const { store } = useDashboard();
  const entries = store.log.value;
  return (
    <section class="card" aria-labelledby="h-log">
      <h2 id="h-log">{t('log')}</h2>
      <div class="scroll" role="log" aria-labelledby="h-log" tabIndex={0} data-testid="log">
        {entries.length === 0 ? (
          <p class="quiet">{t('logEmpty')}</p>
        ) : (
          <ol class="log">
            {entries.map((e) => (
              <li key={e.id}>
                <time dateTime={e.at.toISOString()}>{timeOfDay(e.at)}</time> {e.text()}
              </li>
            ))}
          </ol>
        )}
      </div>
    </section>
  );
}
