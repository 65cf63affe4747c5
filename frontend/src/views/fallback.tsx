import { t } from '../i18n/i18n';
import { useDashboard } from './context';
import { Icon } from './icon';

/** Says that something else analyzes than was wanted, why, and how to get what was wanted. */
export function Fallback() {
  const pipeline = useDashboard().store.state.value?.pipeline;
  if (!pipeline?.fallback) return null;
  const { wanted, reason, hint } = pipeline.fallback;
  return (
    <section class="card notice" aria-labelledby="h-fallback" data-testid="fallback">
      <Icon name="warning" />
      <div>
        <h2 id="h-fallback">{t('fallback', { analyzer: pipeline.analyzer, wanted })}</h2>
        <p lang="en">{reason}</p>
        {hint && <p lang="en">{hint}</p>}
      </div>
    </section>
  );
}
