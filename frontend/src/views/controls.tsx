import { useSignal } from '@preact/signals';
import { t } from '../i18n/i18n';
import { freshnesses, type Pipeline, type PipelineChange } from '../net/wire';
import { describeError, nameOf } from '../ui/wording';
import { Analyzers } from './analyzers';
import { useDashboard } from './context';
import { Foldable } from './foldable';
import { Workers } from './workers';

export function Controls() {
  const { store } = useDashboard();
  const pipeline = store.state.value?.pipeline;
  return (
    <Foldable
      title={t('controls')}
      testId="controls"
      preference="controls"
      // Where there is room for it.
      openAtFirst={matchMedia('(min-width: 900px)').matches}
    >
      {pipeline && <PipelineControls pipeline={pipeline} />}
    </Foldable>
  );
}

function PipelineControls({ pipeline }: { pipeline: Pipeline }) {
  const dashboard = useDashboard();
  const refusal = useSignal('');

  /** The server decides: what it refuses springs back and says why. */
  const change = async (what: PipelineChange, springBack: () => void) => {
    const error = await dashboard.changePipeline(what);
    refusal.value = error ? describeError(error) : '';
    if (error) springBack();
  };

  return (
    <div class="control-grid halves">
      <Analyzers pipeline={pipeline}>
        <div class="field">
          <label for="c-freshness">{t('freshness')}</label>
          <select
            id="c-freshness"
            data-testid="control-freshness"
            value={pipeline.freshness}
            onChange={(e) => {
              const select = e.currentTarget;
              const freshness = freshnesses.find((f) => f === select.value);
              if (!freshness) return;
              void change({ freshness }, () => {
                select.value = pipeline.freshness;
              });
            }}
          >
            {freshnesses.map((f) => (
              <option key={f} value={f}>
                {t(`freshness_${f}`)}
              </option>
            ))}
          </select>
          <Switch
            testId="control-pause-analysis"
            label={t('pauseAnalysis')}
            on={pipeline.paused}
            onChange={(paused, springBack) => void change({ paused }, springBack)}
          />
        </div>
      </Analyzers>

      <div class="stack">
        <Workers key={pipeline.analyzer} pipeline={pipeline} />

        <fieldset>
          <legend>{t('overlay')}</legend>
          <div class="switches">
            {Object.entries(pipeline.overlay).map(([name, on]) => (
              <Switch
                key={name}
                testId={`control-overlay-${name}`}
                label={nameOf('overlay', name)}
                on={on}
                onChange={(next, springBack) => void change({ overlay: { [name]: next } }, springBack)}
              />
            ))}
          </div>
        </fieldset>
      </div>

      {refusal.value && (
        <p class="flaw" role="alert" data-testid="pipeline-error">
          {refusal.value}
        </p>
      )}
    </div>
  );
}

function Switch(p: {
  testId: string;
  label: string;
  on: boolean;
  onChange: (on: boolean, springBack: () => void) => void;
}) {
  return (
    <label class="switch">
      <input
        type="checkbox"
        data-testid={p.testId}
        checked={p.on}
        onChange={(e) => {
          const box = e.currentTarget;
          p.onChange(box.checked, () => {
            box.checked = !box.checked;
          });
        }}
      />
      {p.label}
    </label>
  );
}
