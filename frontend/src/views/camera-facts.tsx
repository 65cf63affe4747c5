import { t } from '../i18n/i18n';
import { describeDelivery, nameOf } from '../ui/wording';
import { useDashboard } from './context';
import { Copy } from './copy';

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
                <Copy text={camera.stable} testId="camera-stable-copy" />
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
