import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n/i18n';
import { views } from '../player/player';
import { useDashboard } from './context';
import { Icon } from './icon';
import { hidesPicture, Veil } from './veil';

export function LiveView() {
  const dashboard = useDashboard();
  const { store } = dashboard;
  const stage = useRef<HTMLDivElement>(null);
  const picture = useRef<HTMLDivElement>(null);
  const full = useSignal(false);
  const player = dashboard.player.value;
  const camera = store.state.value?.camera;
  const paused = store.paused.value;
  const view = store.view.value;
  const layer = dashboard.layer.value;

  useEffect(() => {
    dashboard.viewElement = stage.current;
    const onChange = () => {
      full.value = document.fullscreenElement === stage.current;
    };
    document.addEventListener('fullscreenchange', onChange);
    return () => {
      document.removeEventListener('fullscreenchange', onChange);
      dashboard.viewElement = null;
    };
  }, [dashboard, full]);

  // The element belongs to the player: it is placed, not rendered.
  useEffect(() => {
    if (player) picture.current?.replaceChildren(player.element);
  }, [player]);

  useEffect(() => {
    if (!player) return;
    player.element.id = 'view';
    player.element.dataset['testid'] = 'view';
    player.element.tabIndex = -1; // where the skip link leads
    if (player.element instanceof HTMLImageElement) {
      player.element.alt = t('viewAlt');
    } else {
      player.element.setAttribute('role', 'img');
      player.element.setAttribute('aria-label', t('viewAlt'));
    }
  });

  const width = camera?.width || 16;
  const height = camera?.height || 9;
  return (
    <section class="card live" aria-labelledby="h-view">
      <h2 id="h-view" class="unseen">
        {t('view')}
      </h2>
      <div
        class="stage"
        ref={stage}
        data-dim={hidesPicture(store.situation.value)}
        data-testid="stage"
        style={{ '--ratio': `${width} / ${height}`, '--ratio-number': String(width / height) }}
      >
        <div class="picture">
          <div class="frame" ref={picture} />
          {layer?.over()}
          <div class="chips">
            {view !== 'analyzed' && (
              <span class="chip" data-testid="view-shown">
                <Icon name={view === 'live' ? 'live' : 'camera'} />
                {t(`view_${view}`)}
              </span>
            )}
            {paused && (
              <span class="chip" data-testid="paused">
                <Icon name="pause" />
                {t('isPaused')}
              </span>
            )}
          </div>
          <Veil />
        </div>
        {layer?.below()}
        <div class="toolbar">
          <button
            type="button"
            data-testid="control-pause"
            aria-keyshortcuts="p Space"
            title={`${t(paused ? 'resume' : 'pause')} (p)`}
            onClick={() => dashboard.togglePause()}
          >
            <Icon name={paused ? 'play' : 'pause'} />
            {t(paused ? 'resume' : 'pause')}
          </button>
          <button
            type="button"
            data-testid="control-snapshot"
            aria-keyshortcuts="s"
            title={`${t('snapshot')} (s)`}
            onClick={() => void dashboard.savePicture()}
          >
            <Icon name="save" />
            {t('snapshot')}
          </button>
          <button
            type="button"
            data-testid="control-fullscreen"
            aria-keyshortcuts="f"
            title={`${t(full.value ? 'exitFullscreen' : 'fullscreen')} (f)`}
            onClick={() => void dashboard.toggleFullscreen()}
          >
            <Icon name="fullscreen" />
            {t(full.value ? 'exitFullscreen' : 'fullscreen')}
          </button>
          <select
            data-testid="control-view"
            aria-label={t('viewChoice')}
            aria-keyshortcuts="r"
            title={t(`viewDoc_${view}`)}
            value={view}
            onChange={(e) => {
              const chosen = views.find((v) => v === e.currentTarget.value);
              if (chosen) dashboard.show(chosen);
            }}
          >
            {views.map((v) => (
              <option key={v} value={v}>
                {t(`view_${v}`)}
              </option>
            ))}
          </select>
          <span class="grow" />
          <span class="quiet" data-testid="player" data-mode={store.playerMode.value}>
            {t(store.playerMode.value === 'worker' ? 'playerWorker' : 'playerImg')}
          </span>
        </div>
      </div>
    </section>
  );
}
