import { useSignal } from '@preact/signals';
import { t } from '../i18n/i18n';
import { goalsOf } from '../model/goals';
import type { ApiError } from '../net/api';
import { modes, type Pipeline } from '../net/wire';
import { describeError, describeGoal } from '../ui/wording';
import { useDashboard } from './context';
import { OptionField } from './option-field';

/** Who analyzes: one after another, several side by side, or as the server chooses. */
export function Workers({ pipeline }: { pipeline: Pipeline }) {
  const dashboard = useDashboard();
  const refusal = useSignal<ApiError | null>(null);
  const { mode, reason, workers } = pipeline;
  return (
    <fieldset>
      <legend>{t('workersAtWork')}</legend>
      <div class="field">
        <label for="c-mode">{t('mode')}</label>
        <select
          id="c-mode"
          data-testid="control-mode"
          aria-describedby="c-mode-why"
          value={mode}
          onChange={async (e) => {
            const select = e.currentTarget;
            const chosen = modes.find((m) => m === select.value);
            if (!chosen) return;
            refusal.value = await dashboard.changePipeline({ mode: chosen });
            if (refusal.value) select.value = mode;
          }}
        >
          {modes.map((m) => (
            <option key={m} value={m}>
              {t(`mode_${m}`)}
            </option>
          ))}
        </select>
        {refusal.value && (
          <p class="flaw" role="alert" data-testid="control-mode-error">
            {describeError(refusal.value)}
          </p>
        )}
        <div id="c-mode-why" class="quiet">
          {reason && (
            <p lang="en" data-testid="control-mode-reason">
              {reason}
            </p>
          )}
          {workers.limit && (
            <p lang="en" data-testid="control-workers-limit">
              {workers.limit}
            </p>
          )}
        </div>
      </div>
      {goalsOf(pipeline).map(({ name, option, value }) => (
        <OptionField
          key={name}
          owner="pipeline"
          option={option}
          value={String(value)}
          words={describeGoal(name, mode)}
          save={(text) => dashboard.changePipeline({ [name]: Number(text) })}
        />
      ))}
    </fieldset>
  );
}
