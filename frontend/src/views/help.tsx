import { signal } from '@preact/signals';
import { Fragment, type RefObject } from 'preact';
import { type Key, t } from '../i18n/i18n';
import { loadPreference, savePreference } from '../ui/preferences';

/** Single keys get in the way of speech input and screen readers, so they can be switched off. */
export const keysEnabled = signal(loadPreference('keys') !== 'off');

const keys = [
  { keys: ['p', 'space'], does: 'keyPause' },
  { keys: ['f'], does: 'keyFullscreen' },
  { keys: ['s'], does: 'keySnapshot' },
  { keys: ['b'], does: 'keyBoxes' },
  { keys: ['t'], does: 'keyTrails' },
  { keys: ['r'], does: 'keyRaw' },
  { keys: ['1', '9'], does: 'keyAnalyzer' },
  { keys: ['l'], does: 'keyLanguage' },
  { keys: ['d'], does: 'keyTheme' },
  { keys: ['?'], does: 'keyHelp' },
] as const satisfies { keys: readonly string[]; does: Key }[];

export function HelpDialog({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  return (
    <dialog ref={dialog} aria-labelledby="h-help" data-testid="help">
      <h2 id="h-help">{t('help')}</h2>
      <dl class="keys">
        {keys.map((row) => (
          <div key={row.does}>
            <dt>
              {row.keys.map((k, i) => (
                <Fragment key={k}>
                  {k === '9' && i > 0 && '… '}
                  <kbd>{k === 'space' ? t('keySpace') : k}</kbd>
                </Fragment>
              ))}
            </dt>
            <dd>{t(row.does)}</dd>
          </div>
        ))}
      </dl>
      <label class="switch">
        <input
          type="checkbox"
          data-testid="control-keys"
          checked={keysEnabled.value}
          onChange={(e) => {
            keysEnabled.value = e.currentTarget.checked;
            savePreference('keys', keysEnabled.value ? 'on' : 'off');
          }}
        />
        {t('keysEnabled')}
      </label>
      <form method="dialog">
        <button type="submit" class="primary">
          {t('close')}
        </button>
      </form>
    </dialog>
  );
}
