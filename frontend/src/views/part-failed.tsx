import { t } from '../i18n/i18n';

/** In place of a part that did not come: the server is gone, or has become a newer one with other files. */
export function PartFailed() {
  return (
    <p class="flaw" role="alert" data-testid="part-failed">
      {t('partFailed')}{' '}
      <button type="button" onClick={() => location.reload()}>
        {t('reloadPage')}
      </button>
    </p>
  );
}
