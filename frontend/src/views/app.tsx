import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Dashboard } from '../dashboard';
import { t, toggleLocale } from '../i18n/i18n';
import { type Action, actionFor } from '../model/shortcuts';
import { nextTheme } from '../ui/theme';
import { Budget } from './budget';
import { CameraControls } from './camera-controls';
import { CameraFacts } from './camera-facts';
import { Charts } from './charts';
import { DashboardContext } from './context';
import { Controls } from './controls';
import { Fallback } from './fallback';
import { Footer } from './footer';
import { Header } from './header';
import { HelpDialog, keysEnabled } from './help';
import { LiveView } from './live-view';
import { LogPanel } from './log-panel';
import { Objects } from './objects';
import { RawPanel } from './raw-panel';
import { Theory } from './theory';
import { Tiles } from './tiles';
import { Tracks } from './tracks';
import { Zones } from './zones';

export function App({ dashboard }: { dashboard: Dashboard }) {
  const help = useRef<HTMLDialogElement>(null);
  const showHelp = () => help.current?.showModal();

  useSignalEffect(() => {
    document.title = `${t('view')} – ${t('appName')}`;
  });

  useEffect(() => {
    const actions: Record<Exclude<Action, number>, () => void> = {
      pause: () => dashboard.togglePause(),
      fullscreen: () => void dashboard.toggleFullscreen(),
      snapshot: () => void dashboard.savePicture(),
      boxes: () => void dashboard.toggleOverlay('boxes'),
      trails: () => void dashboard.toggleOverlay('trails'),
      raw: () => dashboard.show(dashboard.store.view.peek() === 'raw' ? 'analyzed' : 'raw'),
      language: toggleLocale,
      theme: nextTheme,
      help: showHelp,
    };
    const onKey = (e: KeyboardEvent) => {
      if (!keysEnabled.peek() || help.current?.open) return;
      const at = e.target instanceof HTMLElement ? e.target : document.body;
      const action = actionFor({
        key: e.key,
        ctrlKey: e.ctrlKey,
        metaKey: e.metaKey,
        altKey: e.altKey,
        repeat: e.repeat,
        target: { tag: at.tagName, editable: at.isContentEditable },
      });
      if (!action) return;
      e.preventDefault(); // space would scroll
      if (typeof action === 'number') void dashboard.chooseAnalyzer(action);
      else actions[action]();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [dashboard]);

  return (
    <DashboardContext.Provider value={dashboard}>
      <a class="skip" href="#view">
        {t('skipToView')}
      </a>
      <Header showHelp={showHelp} />
      <main>
        <div class="column">
          <Fallback />
          <LiveView />
          <Tiles />
          <Zones />
          <Tracks />
          <Controls />
          <CameraControls />
          <Budget />
          <Theory />
          <Objects />
        </div>
        <div class="column">
          <Charts />
          <CameraFacts />
          <LogPanel />
          <RawPanel />
        </div>
      </main>
      <Footer />
      <HelpDialog dialog={help} />
    </DashboardContext.Provider>
  );
}
