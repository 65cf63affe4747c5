import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../i18n/i18n';
import { describeDelivery, nameOf } from '../ui/wording';
import { useDashboard } from './context';

/** What the camera is and what it delivers: the parts that do not fit into the bar. */
export function CameraFacts() {
  const { store } = useDashboard();
  const camera = store.state.value?.camera;
  const times = store.frame.value?.captured_by;
  return (
    <section class="card" aria-labelledby="h-camera" data-testid="camera-facts">
      <h2 id="h-camera">{t('camera')}</h2>
      {camera && (
        <dl class="pairs">
          <Fact id="device" name={t('cameraDevice')}>
            {camera.name && camera.name !== camera.device
              ? `${camera.name} (${camera.device})`
              : camera.device}
          </Fact>
          <Fact id="picture" name={t('cameraPicture')}>
            {describeDelivery(camera) || '–'}
          </Fact>
          {camera.stable && (
            <div>
              <dt>{t('cameraStable')}</dt>
              <dd class="name">
                <span class="code" data-testid="camera-stable">
                  {camera.stable}
                </span>
                <Copy text={camera.stable} />
              </dd>
            </div>
          )}
          {times && (
            <Fact id="times" name={t('cameraTimes')}>
              {nameOf('times', times)}
            </Fact>
          )}
        </dl>
      )}
    </section>
  );
}

function Fact({ id, name, children }: { id: string; name: string; children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-testid={`camera-fact-${id}`}>{children}</dd>
    </div>
  );
}

const COPIED_MS = 2000;

/** Browsers have a clipboard only on secure pages; elsewhere one click selects the whole name. */
function Copy({ text }: { text: string }) {
  const copied = useSignal(false);
  useEffect(() => {
    if (!copied.value) return;
    const timer = setTimeout(() => {
      copied.value = false;
    }, COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied, copied.value]);
  if (!navigator.clipboard) return null;
  return (
    <button
      type="button"
      data-testid="camera-stable-copy"
      onClick={async () => {
        try {
          await navigator.clipboard.writeText(text);
          copied.value = true;
        } catch {
          // Not allowed here: the name can still be selected.
        }
      }}
    >
      <span role="status">{t(copied.value ? 'copied' : 'copy')}</span>
    </button>
  );
}
