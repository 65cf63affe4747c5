import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../i18n/i18n';
import { isResettable } from '../model/camera-controls';
import type { ApiError } from '../net/api';
import type { Control } from '../net/wire';
import { describeError } from '../ui/wording';
import { useDashboard } from './context';
import { ControlField } from './control-field';
import { Icon } from './icon';

/** The camera's own controls: brightness, exposure and so on, as its driver offers them. */
export function ControlList() {
  const dashboard = useDashboard();
  const { store } = dashboard;
  const state = store.state.value;
  const camera = state?.camera;
  const isThere = camera?.state === 'live' || camera?.state === 'stalled';
  const revision = camera?.controls_rev;

  // Each revision, and each process, has its own answers.
  useEffect(() => {
    if (isThere) dashboard.loadControls();
  }, [dashboard, isThere, revision, state?.boot]);

  const controls = store.controls.value;
  if (controls.kind === 'failed') return <Failure error={controls.error} />;
  const away = camera && !isThere && t(camera.state === 'off' ? 'controlsOff' : 'controlsAway');
  if (controls.kind === 'loading') return <Note>{away || t('controlsLoading')}</Note>;
  if (controls.value.length === 0) return <Note>{t('controlsNone')}</Note>;
  return (
    <>
      {away && <Note>{away}</Note>}
      {/* A camera that went away is shown as it was: what is set here is set again when it is back. */}
      <fieldset class="control-grid" disabled={!isThere} data-testid="camera-control-list">
        <Fields key={state?.boot} all={controls.value} />
      </fieldset>
    </>
  );
}

function Fields({ all }: { all: Control[] }) {
  const dashboard = useDashboard();
  const refusal = useSignal<ApiError | null>(null);
  /** Counts resets: after each, nothing half typed is left in any field. */
  const resets = useSignal(0);
  const resettable = all.filter(isResettable);

  const resetAll = async () => {
    if (resettable.length === 0) return;
    refusal.value = await dashboard.changeControls(Object.fromEntries(resettable.map((c) => [c.name, null])));
    resets.value++;
  };

  return (
    <>
      {all.map((control) => (
        <ControlField key={`${control.name} ${resets.value}`} control={control} all={all} />
      ))}
      <div class="wide">
        <button
          type="button"
          data-testid="camera-controls-reset"
          aria-disabled={resettable.length === 0}
          onClick={() => void resetAll()}
        >
          <Icon name="reset" />
          {t('resetAll')}
        </button>
        {refusal.value && (
          <p class="flaw" role="alert" data-testid="camera-controls-error">
            {describeError(refusal.value)}
          </p>
        )}
      </div>
    </>
  );
}

function Failure({ error }: { error: ApiError }) {
  const dashboard = useDashboard();
  switch (error.code) {
    case 'no_controls':
      return <Note>{t('controlsNone')}</Note>;
    case 'camera_off':
      return <Note>{t('controlsOff')}</Note>;
    default:
      return (
        <>
          <p class="flaw" role="alert" data-testid="camera-controls-note">
            {describeError(error)}
          </p>
          <button type="button" onClick={() => dashboard.loadControls()}>
            {t('retry')}
          </button>
        </>
      );
  }
}

function Note({ children }: { children: string }) {
  return (
    <p class="quiet" role="status" data-testid="camera-controls-note">
      {children}
    </p>
  );
}
