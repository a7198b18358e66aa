/** The patients whom a mail has not reached: the desk calls them, or corrects the address and sends it again. */
import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { retryMails, type UndeliveredMail } from '../../schedule/undelivered.ts';
import { dayAndTime } from '../../ui/dates.ts';
import { notify, notifyFailure } from '../../ui/notify.tsx';

export interface UndeliveredProps {
  mails: readonly UndeliveredMail[];
  /** Id of their agenda. */
  agenda: string;
  zone: string;
}

export default function Undelivered({ mails, agenda, zone }: UndeliveredProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const retry = async (box: HTMLElement | null) => {
    await retryMails(agenda);
    // The list goes away, and would take the focus along.
    box?.focus();
    notify({ title: t('undelivered.sentAgain') });
    await client.invalidateQueries({ queryKey: ['agenda', agenda, 'undelivered'] });
  };
  return (
    <section className="inbox no-print" aria-label={t('undelivered.title')}>
      <h3>{t('undelivered.count', { count: mails.length })}</h3>
      <p className="dim">{t('undelivered.help')}</p>
      <ul>
        {mails.map((mail) => (
          <li key={mail.id}>
            <strong dir="auto">{mail.patient}</strong> · {dayAndTime(mail, zone)}
            {mail.isCancelled && ` · ${t('status.cancelled')}`} ·{' '}
            <mark>{mail.email || t('undelivered.noAddress')}</mark>
            {mail.phone !== '' && (
              <>
                {' · '}
                <a href={`tel:${mail.phone.replace(/\s/g, '')}`}>{mail.phone}</a>
              </>
            )}
          </li>
        ))}
      </ul>
      <Button
        size="xs"
        variant="light"
        onClick={({ currentTarget }) =>
          void retry(currentTarget.closest<HTMLElement>('.column-news')).catch(notifyFailure)
        }
      >
        {t('undelivered.retry')}
      </Button>
    </section>
  );
}
