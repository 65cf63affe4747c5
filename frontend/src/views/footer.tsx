import { locale, t } from '../i18n/i18n';
import { mebibytes, uptime } from '../model/format';
import { useDashboard } from './context';

export function Footer() {
  const { store } = useDashboard();
  const state = store.state.value;
  if (!state) return <footer />;
  const { build, process } = state;
  const version = build.revision ? `${build.version} (${build.revision})` : build.version;
  return (
    <footer class="quiet">
      <span>{t('footBuild', { version })}</span>
      <span>{build.go}</span>
      <span>{t('footUptime', { time: uptime(process.uptime_s) })}</span>
      <span>{t('footMemory', { memory: mebibytes(locale.value, process.rss_bytes) })}</span>
    </footer>
  );
}
