import { locale, t } from '../i18n/i18n';
import { millis, portion, rate } from '../model/format';
import { type Comparison, compare } from '../model/theory';
import type { Pipeline } from '../net/wire';
import { useDashboard } from './context';

/** What can be expected of the pipeline as it runs now, beside what is observed. */
export function Theory() {
  const pipeline = useDashboard().store.state.value?.pipeline;
  return (
    <section class="card" aria-labelledby="h-theory" data-testid="theory">
      <header class="head">
        <h2 id="h-theory">{t('theory')}</h2>
        {pipeline && (
          <p class="quiet">
            <span data-testid="theory-running">{t(`running_${pipeline.running}`)}</span>
            {' · '}
            <span data-testid="theory-workers">{describeWorkers(pipeline)}</span>
          </p>
        )}
      </header>
      {pipeline?.service_ms ? (
        <Comparisons pipeline={pipeline} service={pipeline.service_ms} />
      ) : (
        <p class="quiet">{t('theoryNone')}</p>
      )}
    </section>
  );
}

function Comparisons(p: { pipeline: Pipeline; service: NonNullable<Pipeline['service_ms']> }) {
  const at = locale.value;
  const { mean, spread, p50, p90 } = p.service;
  return (
    <>
      <p class="quiet" data-testid="theory-service">
        {t('theoryService', {
          mean: millis(at, mean),
          spread: portion(at, spread),
          p50: millis(at, p50),
          p90: millis(at, p90),
        })}
      </p>
      <table class="compared">
        <thead>
          <tr>
            <td />
            <th scope="col" class="number">
              {t('expected')}
            </th>
            <th scope="col" class="number">
              {t('observed')}
            </th>
          </tr>
        </thead>
        <tbody>
          {compare(p.pipeline).map((row) => (
            <tr key={row.name}>
              <th scope="row">{t(`compared_${row.name}`)}</th>
              <Figure row={row} of="expected" />
              <Figure row={row} of="observed" />
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Figure({ row, of }: { row: Comparison; of: 'expected' | 'observed' }) {
  return (
    <td class="number" data-testid={`theory-${row.name}-${of}`}>
      {show(row.unit, row[of])}
    </td>
  );
}

function show(unit: Comparison['unit'], x: number | null): string {
  const at = locale.value;
  if (unit === 'share') return portion(at, x);
  const [number, name] = unit === 'fps' ? [rate(at, x), t('unitFps')] : [millis(at, x), t('unitMs')];
  return x === null ? number : `${number} ${name}`;
}

function describeWorkers({ workers: { working, busy } }: Pipeline): string {
  return working === 1 ? t('theoryWorker', { busy }) : t('theoryWorkers', { working, busy });
}
