/** Follow a calendar that is elsewhere, or take over a file. The answer shows what was lost. */
import { Button, FileInput, NativeSelect, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { followCalendar, importCalendar, type Remark } from './calendar-operations.ts';
import { Remarks } from './sources.tsx';

/** Minutes between two readings. */
const INTERVALS = ['15', '60', '360', '1440'] as const;

export function ImportForms({ agenda }: { agenda: string }) {
  const { t } = useTranslation();
  const [url, setUrl] = useState('');
  const [minutes, setMinutes] = useState<(typeof INTERVALS)[number]>('60');
  const [file, setFile] = useState<File | null>(null);
  const { run, busy, error, remarks } = useImport(agenda);
  return (
    <section className="stack" aria-label={t('calendars.add')}>
      <h2>{t('calendars.add')}</h2>
      <form className="sheet" onSubmit={run(() => followCalendar(agenda, url.trim(), Number(minutes)))}>
        <div className="fields">
          <TextInput
            type="url"
            required
            label={t('calendars.url')}
            description={t('calendars.urlHelp')}
            value={url}
            onChange={(event) => setUrl(event.currentTarget.value)}
          />
          <NativeSelect
            label={t('calendars.interval')}
            value={minutes}
            onChange={(event) => setMinutes(event.currentTarget.value as typeof minutes)}
            data={INTERVALS.map((value) => ({ value, label: t(`calendars.every.${value}`) }))}
          />
        </div>
        <Button type="submit" loading={busy}>
          {t('calendars.follow')}
        </Button>
      </form>
      <form className="sheet" onSubmit={run(async () => (file === null ? [] : importCalendar(agenda, file)))}>
        <div className="fields">
          <FileInput required label={t('calendars.file')} accept=".ics,text/calendar" value={file} onChange={setFile} />
        </div>
        <Button type="submit" loading={busy} disabled={file === null}>
          {t('calendars.import')}
        </Button>
      </form>
      <RefusalAlert error={error} />
      {remarks !== undefined && (
        <div className="sheet" role="status">
          <p>{remarks[0]?.text}</p>
          <Remarks remarks={remarks.slice(1)} />
        </div>
      )}
    </section>
  );
}

/** Runs a form, and keeps what came of it. */
function useImport(agenda: string) {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [remarks, setRemarks] = useState<Remark[]>();
  const run = (work: () => Promise<Remark[]>) => async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    setRemarks(undefined);
    try {
      setRemarks(await work());
    } catch (refused) {
      setError(refused);
    }
    setBusy(false);
    void client.invalidateQueries({ queryKey: ['agenda', agenda] });
  };
  return { run, busy, error, remarks };
}
