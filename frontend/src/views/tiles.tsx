import { locale, t } from '../i18n/i18n';
import { count, millis, plain, rate } from '../model/format';
import { useDashboard } from './context';

export function Tiles() {
  const { store } = useDashboard();
  const fps = store.fps.value;
  const frame = store.frame.value;
  const state = store.state.value;
  const painted = store.painted.value;
  const at = locale.value;
  const subscribers = state?.subscribers;
  const viewers =
    subscribers && subscribers.annotated + subscribers.clean + subscribers.raw + (subscribers.live ?? 0);
  const ledger = frame?.ledger ?? state?.ledger;
  return (
    <section class="tiles" aria-label={t('numbers')}>
      <dl>
        <Tile id="age" label={t('ageShort')} value={millis(at, store.ageMs.value)} unit={t('unitMs')} />
        <Tile id="fps-captured" label={t('fpsCaptured')} value={rate(at, fps.captured)} unit={t('unitFps')} />
        <Tile id="fps-analyzed" label={t('fpsAnalyzed')} value={rate(at, fps.analyzed)} unit={t('unitFps')} />
        <Tile id="fps-painted" label={t('fpsPainted')} value={rate(at, fps.painted)} unit={t('unitFps')} />
        <Tile id="objects" label={t('objects')} value={count(at, frame?.result.count ?? null)} />
        <Tile id="seq" label={t('frame')} value={plain(painted?.seq ?? frame?.seq ?? null)} />
        <Tile id="displaced" label={t('displaced')} value={count(at, ledger?.displaced ?? null)} />
        <Tile id="subscribers" label={t('subscribers')} value={count(at, viewers ?? null)} />
      </dl>
    </section>
  );
}

function Tile({ id, label, value, unit }: { id: string; label: string; value: string; unit?: string }) {
  return (
    <div class="tile" data-testid={`tile-${id}`}>
      <dt>{label}</dt>
      <dd>
        <span data-testid={id}>{value}</span>
        {unit && <small> {unit}</small>}
      </dd>
    </div>
  );
}
