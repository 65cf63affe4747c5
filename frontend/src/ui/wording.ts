/** The model's unions in a person's language. */
import { fill, locale, lookUp, t } from '../i18n/i18n';
import { describeAsked, describePicture } from '../model/camera-facts';
import { clock, count, seconds } from '../model/format';
import type { GoalName } from '../model/goals';
import type { Flaw, Unit } from '../model/options';
import type { Situation } from '../model/situation';
import type { Mark } from '../model/tracks';
import { type ApiError, LOCAL } from '../net/api';
import type { Ending } from '../net/link';
import type { Camera, CameraState, Detection, Option, Pipeline, Trouble } from '../net/wire';

const situations = {
  connecting: 'isConnecting',
  live: 'isLive',
  paused: 'isPaused',
  idle: 'isIdle',
  stale: 'isStale',
  opening: 'isOpening',
  lost: 'isLost',
  stalled: 'isStalled',
  off: 'isOff',
  serverDown: 'isServerDown',
  eventsDown: 'isEventsDown',
  pictureDown: 'isPictureDown',
} as const satisfies Record<Situation['kind'], string>;

export function describeSituation(s: Situation): string {
  return t(situations[s.kind]);
}

/** The sentence under the situation's name. `nowMs` is on performance.now()'s clock. */
export function explainSituation(s: Situation, nowMs: number): string {
  const left = (ms: number) => seconds(locale.value, ms - nowMs, 'up');
  const gone = (ms: number) => seconds(locale.value, nowMs - ms, 'down');
  switch (s.kind) {
    case 'connecting':
      return t('veilConnecting');
    case 'idle':
      return t('veilIdle');
    case 'stale':
      return t('veilStale', { seconds: gone(s.lastMs) });
    case 'opening':
      return t('veilOpening');
    case 'lost':
      return s.sinceMs === null ? t('veilLostUnknown') : t('veilLost', { seconds: gone(s.sinceMs) });
    case 'stalled':
      return s.sinceMs === null ? t('veilStalledUnknown') : t('veilStalled', { seconds: gone(s.sinceMs) });
    case 'off':
      return t('veilOff');
    case 'serverDown':
      return s.retryAtMs === null
        ? t('veilServerTrying')
        : t('veilServerDown', { seconds: left(s.retryAtMs) });
    case 'pictureDown':
      return s.why.kind === 'refused'
        ? t('veilPictureRefused', { status: s.why.status, seconds: left(s.retryAtMs) })
        : t('veilPictureDown', { seconds: left(s.retryAtMs) });
    case 'live':
    case 'paused':
    case 'eventsDown':
      return '';
  }
}

/** Whether the browser's limit of connections may be behind it. */
export function smellsOfTooManyTabs(why: Ending | null): boolean {
  return why?.kind === 'silent' || (why?.kind === 'refused' && (why.status === 429 || why.status === 503));
}

export function describeCamera(state: CameraState): string {
  return t(`camera_${state}`);
}

/** What the camera delivers and, where it differs, what it was asked for. */
export function describeDelivery(camera: Camera): string {
  const picture = describePicture(camera);
  const asked = describeAsked(camera);
  return asked ? t('askedFor', { picture, asked }) : picture;
}

/** How frames are analyzed and, where the server has chosen that itself, why. */
export function describeRunning({ running, reason }: Pipeline): string {
  const mode = t(`running_${running}`);
  return reason ? t('logRunningWhy', { mode, why: reason }) : t('logRunning', { mode });
}

export function describeTrouble({ message, hint }: Trouble): string {
  return hint ? `${message} (${hint})` : message;
}

export function describeError(error: ApiError): string {
  if (error.status !== 0) return describeTrouble(error);
  switch (error.code) {
    case LOCAL.timeout:
      return `${t('errorTimeout')} ${t('veilTooManyTabs')}`;
    case LOCAL.badReply:
      return t('errorBadReply', { detail: error.message });
    default:
      return t('errorUnreachable');
  }
}

function unitText(unit: Unit): string {
  return unit === '' ? '' : ` ${unit}`;
}

export function describeFlaw(flaw: Flaw): string {
  switch (flaw.kind) {
    case 'whole':
      return t('flawWhole');
    case 'number':
      return t('flawNumber');
    case 'duration':
      return t('flawDuration');
    case 'size':
      return t('flawSize');
    case 'bool':
      return t('flawBool');
    case 'choice':
      return t('flawChoice', { choices: flaw.choices.join(', ') });
    case 'below':
      return t('flawBelow', { min: flaw.min, unit: unitText(flaw.unit) });
    case 'above':
      return t('flawAbove', { max: flaw.max, unit: unitText(flaw.unit) });
  }
}

/** An option's range and default, in words. */
export function describeRange(option: Option): string {
  const unit = option.type === 'duration' ? ' s' : option.type === 'size' ? ' px' : '';
  const parts: string[] = [];
  if (option.min !== null && option.max !== null) {
    parts.push(t('optionRange', { min: option.min, max: option.max, unit }));
  }
  if (option.default !== '') parts.push(t('optionDefault', { value: option.default }));
  return parts.join(' ');
}

/** A goal's name, and what 0 and the other numbers mean in that mode. */
export function describeGoal(name: GoalName, mode: Pipeline['mode']): { label: string; doc: string } {
  const doc = name === 'workers' && mode === 'auto' ? t('goalDoc_workers_auto') : t(`goalDoc_${name}`);
  return { label: t(`goal_${name}`), doc };
}

/** A stage, a switch, a clock: the word for it where we have one, else its own name made readable. */
export function nameOf(group: 'stage' | 'overlay' | 'times', name: string): string {
  return lookUp(`${group}_${name}`) ?? name.replaceAll('_', ' ');
}

/** A gesture's or action's word; the server's own where we have none. */
export function nameOfDoing(kind: 'gesture' | 'action', name: string): string {
  return lookUp(`${kind}_${name.replaceAll(' ', '_')}`) ?? name.replaceAll('_', ' ');
}

export function describeDoing({ gesture, action }: Pick<Detection, 'gesture' | 'action'>): string {
  const words = [gesture && nameOfDoing('gesture', gesture), action && nameOfDoing('action', action)];
  return words.filter(Boolean).join(', ');
}

/** What was counted over time; other numbers of an analyzer are for the raw data. */
export function describeCounted(values: Readonly<Record<string, number>> | null): string {
  const words = Object.entries(values ?? {}).map(([name, n]) => {
    const text = lookUp(`value_${name}`);
    return text && fill(text, { n: count(locale.value, n) });
  });
  return words.filter(Boolean).join(' · ');
}

/** What a track's lane tells at one place; the server's own word where we have none. */
export function describeMark(mark: Mark): string {
  switch (mark.kind) {
    case 'refound':
      return t('refound');
    case 'area': {
      const text = lookUp(`happening_${mark.what}`) ?? `{area}: ${mark.what.replaceAll('_', ' ')}`;
      return fill(text, { area: mark.area, seconds: seconds(locale.value, mark.stayMs, 'down') });
    }
    default:
      return nameOfDoing(mark.kind, mark.name);
  }
}

export function timeOfDay(at: Date): string {
  return clock(locale.value, at);
}
