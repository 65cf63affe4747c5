import { useSignal } from '@preact/signals';
import { t } from '../i18n/i18n';
import { describeError } from '../ui/wording';
import { useDashboard } from './context';
import { Icon } from './icon';

/** Starts or stops the camera, whichever there is to do. */
export function CameraButton({ testId, primary = false }: { testId: string; primary?: boolean }) {
  const dashboard = useDashboard();
  const busy = useSignal(false);
  const refusal = useSignal('');
  const camera = dashboard.store.state.value?.camera;
  const to = camera?.state === 'off' ? 'start' : 'stop';

  const onClick = async () => {
    if (busy.value) return;
    busy.value = true;
    refusal.value = '';
    const error = await dashboard.switchCamera(to);
    busy.value = false;
    refusal.value = error ? describeError(error) : '';
  };

  return (
    <>
      <button
        type="button"
        class={primary ? 'primary' : undefined}
        data-testid={testId}
        aria-disabled={busy.value || !camera}
        onClick={onClick}
      >
        <Icon name={to === 'start' ? 'play' : 'off'} />
        {t(to === 'start' ? 'startCamera' : 'stopCamera')}
      </button>
      {refusal.value && (
        <p class="flaw" role="alert" data-testid={`${testId}-error`}>
          {refusal.value}
        </p>
      )}
    </>
  );
}
