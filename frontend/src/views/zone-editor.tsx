import { useEffect } from 'preact/hooks';
import { locale, t } from '../i18n/i18n';
import { firstShape, flawOf } from '../model/areas';
import { count, seconds } from '../model/format';
import { type Area, type AreaKind, areaKinds, type Counts } from '../net/wire';
import { describeError } from '../ui/wording';
import { useDashboard } from './context';
import { Copy } from './copy';
import { Icon } from './icon';
import { deskOf, type ZoneDesk } from './zone-desk';
import { AreaFields } from './zone-fields';
import { DrawingBar, ZoneLayer } from './zone-layer';

/** Zones and lines: drawn over the picture or written as numbers, saved together, counted at once. */
export function ZoneEditor() {
  const dashboard = useDashboard();
  const desk = deskOf(dashboard);
  useEffect(() => desk.follow(), [desk]);
  useEffect(() => {
    dashboard.layer.value = {
      over: () => <ZoneLayer desk={desk} />,
      below: () => <DrawingBar desk={desk} />,
    };
    return () => {
      dashboard.layer.value = null;
    };
  }, [dashboard, desk]);

  const saved = desk.saved.value;
  if (saved.kind === 'loading') return <p class="quiet">{t('partLoading')}</p>;
  if (saved.kind === 'failed') {
    return (
      <p class="flaw" role="alert">
        {describeError(saved.error)}
      </p>
    );
  }
  const areas = desk.areas.value;
  const isChanged = desk.drafts.value !== null;
  const refusal = desk.refusal.value;
  return (
    <>
      <p class="quiet">{t('zonesDoc')}</p>
      <div class="buttons">
        {areaKinds.map((kind) => (
          <DrawButton key={kind} desk={desk} kind={kind} />
        ))}
        <span class="grow" />
        <button
          type="button"
          class={isChanged ? 'primary' : undefined}
          data-testid="zones-save"
          aria-disabled={!isChanged || desk.saving.value}
          onClick={() => void desk.save()}
        >
          <Icon name="save" />
          {t('save')}
        </button>
        <button
          type="button"
          data-testid="zones-discard"
          aria-disabled={!isChanged}
          onClick={() => isChanged && desk.discard()}
        >
          <Icon name="reset" />
          {t('discard')}
        </button>
      </div>
      <p role="status" class={isChanged ? 'changed' : 'quiet'} data-testid="zones-status">
        {isChanged ? t('zonesChanged') : areas.length === 0 ? t('zonesNone') : ''}
        {desk.overtaken.value && ` ${t('zonesOvertaken')}`}
      </p>
      {refusal && (
        <p class="flaw" role="alert" data-testid="zones-error">
          {describeError(refusal)}
        </p>
      )}
      <ul class="areas">
        {areas.map((area, i) => {
          // A draft that takes another's name does not take its counts.
          const isTaken = flawOf(areas, i) === 'taken';
          const counted = saved.value.zones.find((z) => z.name === area.name && z.kind === area.kind);
          return (
            <li key={i}>
              <div class="area-head">
                <button
                  type="button"
                  class="plain"
                  data-testid={`area-row-${area.name}`}
                  aria-expanded={desk.selected.value === i}
                  onClick={() => {
                    desk.selected.value = desk.selected.peek() === i ? null : i;
                  }}
                >
                  <Icon name={area.kind} />
                  {area.name || '–'} <small class="quiet">{t(`area_${area.kind}`)}</small>
                </button>
                {counted && !isTaken && <Totals name={area.name} />}
              </div>
              {desk.selected.value === i && <AreaFields desk={desk} area={area} at={i} />}
              {counted && !isTaken && <CountsTable of={counted} />}
            </li>
          );
        })}
      </ul>
      {saved.value.text && (
        <details class="group">
          <summary>{t('zonesText')}</summary>
          <p class="quiet">{t('zonesTextDoc')}</p>
          <div class="name">
            <span class="code" data-testid="zones-text">
              {saved.value.text}
            </span>
            <Copy text={saved.value.text} testId="zones-copy" />
          </div>
        </details>
      )}
    </>
  );
}

function DrawButton({ desk, kind }: { desk: ZoneDesk; kind: AreaKind }) {
  const dashboard = useDashboard();
  return (
    <button
      type="button"
      data-testid={`draw-${kind}`}
      aria-pressed={desk.drawing.value?.kind === kind}
      onClick={(e) => {
        desk.selected.value = null;
        if (e.detail === 0) {
          // Pressed by a key: a shape to begin with, whose corners keys can move.
          desk.drawing.value = null;
          desk.add(kind, firstShape(kind));
          desk.wanted.value = [desk.areas.peek().length - 1, 0];
        } else {
          desk.drawing.value = { kind, points: [] };
          dashboard.viewElement?.scrollIntoView({ block: 'nearest' });
        }
      }}
    >
      <Icon name={kind} />
      {t(kind === 'line' ? 'drawLine' : 'drawZone')}
    </button>
  );
}

/** What the newest frame says of the area, all classes together. */
function Totals({ name }: { name: string }) {
  const { store } = useDashboard();
  const zone = store.frame.value?.zones?.find((z) => z.name === name);
  if (!zone) return null;
  const at = locale.value;
  return (
    <span class="quiet" data-testid={`totals-${name}`}>
      {zone.kind === 'line'
        ? t('lineTotals', { right: count(at, zone.to_right), left: count(at, zone.to_left) })
        : t('zoneTotals', {
            inside: count(at, zone.inside),
            came: count(at, zone.entered + zone.appeared),
            went: count(at, zone.left + zone.vanished),
          })}
    </span>
  );
}

const columns = {
  zone: ['inside', 'entered', 'appeared', 'left', 'vanished', 'dwelt'],
  line: ['to_right', 'to_left'],
} as const satisfies Record<AreaKind, readonly (keyof Counts)[]>;

/** What was counted so far, by class; nothing while nothing was. */
function CountsTable({ of }: { of: Area }) {
  const at = locale.value;
  const rows = Object.entries(of.counts);
  if (rows.length === 0) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table wider than a phone scrolls here, by keyboard too
    <div class="scroll-x" tabIndex={0} role="group" aria-label={t('countsOf', { name: of.name })}>
      <table data-testid={`counts-${of.name}`}>
        <thead>
          <tr>
            <th scope="col">{t('label')}</th>
            {columns[of.kind].map((c) => (
              <th key={c} scope="col" class="number">
                {t(`count_${c}`)}
              </th>
            ))}
            {of.kind === 'zone' && (
              <th scope="col" class="number">
                {t('countLongest')}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map(([label, n]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {columns[of.kind].map((c) => (
                <td key={c} class="number" data-testid={`count-${of.name}-${label}-${c}`}>
                  {count(at, n[c])}
                </td>
              ))}
              {of.kind === 'zone' && <td class="number">{seconds(at, n.longest_s * 1000, 'down')} s</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
