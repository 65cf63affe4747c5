import { languages, locale, otherLocale, t, toggleLocale } from '../i18n/i18n';
import { describePicture } from '../model/camera-facts';
import type { Situation } from '../model/situation';
import { nextTheme, theme } from '../ui/theme';
import { describeDelivery, describeSituation } from '../ui/wording';
import { CameraButton } from './camera-button';
import { useDashboard } from './context';
import { Icon, type IconName } from './icon';

/** How each situation looks: never by colour alone, the icon and the word say it too. */
export const looks = {
  connecting: { tone: 'wait', icon: 'wait' },
  live: { tone: 'good', icon: 'live' },
  paused: { tone: 'wait', icon: 'pause' },
  idle: { tone: 'wait', icon: 'pause' },
  stale: { tone: 'warn', icon: 'clock' },
  opening: { tone: 'wait', icon: 'wait' },
  lost: { tone: 'bad', icon: 'unplugged' },
  stalled: { tone: 'warn', icon: 'clock' },
  off: { tone: 'wait', icon: 'off' },
  serverDown: { tone: 'bad', icon: 'server' },
  eventsDown: { tone: 'warn', icon: 'warning' },
  pictureDown: { tone: 'bad', icon: 'warning' },
} as const satisfies Record<Situation['kind'], { tone: 'good' | 'wait' | 'warn' | 'bad'; icon: IconName }>;

export function Header({ showHelp }: { showHelp: () => void }) {
  const dashboard = useDashboard();
  const situation = dashboard.store.situation.value;
  const state = dashboard.store.state.value;
  const look = looks[situation.kind];
  const themeNames = { auto: t('themeAuto'), light: t('themeLight'), dark: t('themeDark') };
  const other = otherLocale();
  return (
    <header class="bar">
      <h1>{t('appName')}</h1>
      {/* Only the word for the situation: a status that spoke each countdown would never be silent. */}
      <span class={`badge ${look.tone}`} role="status" data-testid="conn" data-situation={situation.kind}>
        <Icon name={look.icon} />
        {describeSituation(situation)}
      </span>
      {state && (
        <dl class="facts">
          <div>
            <dt>{t('camera')}</dt>
            <dd data-testid="camera" title={describeDelivery(state.camera)}>
              <span>
                {state.camera.name || state.camera.device}
                <small data-testid="camera-picture">{` ${describePicture(state.camera)}`}</small>
              </span>
              {state.camera.simulated && <Simulated testId="simulated-camera" why={t('simulatedCamera')} />}
            </dd>
          </div>
          <div>
            <dt>{t('analyzer')}</dt>
            <dd data-testid="analyzer">
              <span>{state.pipeline.analyzer}</span>
              {state.pipeline.simulated && (
                <Simulated testId="simulated-analyzer" why={t('simulatedAnalyzer')} />
              )}
            </dd>
          </div>
        </dl>
      )}
      <span class="grow" />
      <CameraButton testId="control-camera" />
      <button
        type="button"
        class="plain"
        data-testid="control-language"
        lang={other}
        aria-label={`${t('switchLanguage')}: ${languages[other].languageName}`}
        title={`${t('switchLanguage')} (l)`}
        onClick={toggleLocale}
      >
        <Icon name="globe" />
        {locale.value === 'en' ? '中文' : 'EN'}
      </button>
      <button
        type="button"
        class="plain"
        data-testid="control-theme"
        data-theme-choice={theme.value}
        aria-label={t('theme', { theme: themeNames[theme.value] })}
        title={`${t('theme', { theme: themeNames[theme.value] })} (d)`}
        onClick={nextTheme}
      >
        <Icon name="theme" />
      </button>
      <button
        type="button"
        class="plain"
        data-testid="control-help"
        aria-label={t('help')}
        title={`${t('help')} (?)`}
        onClick={showHelp}
      >
        <Icon name="help" />
      </button>
    </header>
  );
}

/** What is not real says so wherever it is named. */
export function Simulated({ testId, why }: { testId: string; why: string }) {
  return (
    <span class="simulated" title={why} data-testid={testId}>
      {t('simulated')}
    </span>
  );
}
