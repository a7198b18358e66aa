/**
 * The view of the SAS on an agenda: its offers, edited here; the pause; the slots that are sent now; the regulators who
 * looked, and those who booked.
 */
import { Alert, Loader, Switch } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { read } from '../../fhir/client.ts';
import { FRANCE } from '../../fhir/zone.ts';
import { useAgendaSettings } from '../../schedule/agenda-content.ts';
import { AgendaPage } from '../../schedule/agenda-page.tsx';
import { useLive } from '../../schedule/live.ts';
import { isPaused, setPaused } from '../../schedule/slot-offers.ts';
import { notify, notifyFailure } from '../../ui/notify.tsx';
import type { PageProps } from '../../ui/params.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { Offers } from './offers.tsx';
import type { VisibilityParams } from './params.ts';
import { Preview } from './preview.tsx';
import { Traces } from './traces.tsx';
import './visibility.css';

export default function VisibilityPage({ params, go }: PageProps<VisibilityParams>) {
  const { t } = useTranslation();
  return (
    <AgendaPage title={t('visibility.title')} chosen={params.agenda} go={go}>
      {(agenda) => <Visibility agenda={agenda} />}
    </AgendaPage>
  );
}

function Visibility({ agenda }: { agenda: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  useLive([agenda]);
  const { data: settings } = useAgendaSettings(agenda);
  const { data: schedule, error } = useQuery({
    queryKey: ['agenda', agenda, 'schedule'],
    queryFn: ({ signal }) => read('Schedule', agenda, signal),
  });
  if (schedule === undefined)
    return error === null ? <Loader aria-label={t('app.loading')} /> : <RefusalAlert error={error} />;
  const zone = settings?.zone ?? FRANCE;
  const mayWrite = settings?.mayWrite ?? false;
  const refresh = () => void client.invalidateQueries({ queryKey: ['agenda', agenda] });
  return (
    <>
      {isPaused(schedule) && <Alert color="orange">{t('visibility.paused')}</Alert>}
      {settings !== undefined && !mayWrite && <Alert color="blue">{t('visibility.onlyRead')}</Alert>}
      <Pause agenda={agenda} paused={isPaused(schedule)} mayWrite={mayWrite} onChange={refresh} />
      <Offers schedule={schedule} zone={zone} mayWrite={mayWrite} onChange={refresh} />
      <Preview agenda={agenda} zone={zone} />
      {mayWrite && <Traces agenda={agenda} zone={zone} />}
    </>
  );
}

interface PauseProps {
  agenda: string;
  paused: boolean;
  mayWrite: boolean;
  onChange: () => void;
}

function Pause({ agenda, paused, mayWrite, onChange }: PauseProps) {
  const { t } = useTranslation();
  const pause = async (isOn: boolean) => {
    try {
      await setPaused(agenda, isOn);
      notify({ title: isOn ? t('visibility.pausedNow') : t('visibility.resumed') });
    } catch (error) {
      notifyFailure(error);
    }
    onChange();
  };
  return (
    <div className="sheet">
      <Switch
        label={t('visibility.pause')}
        description={t('visibility.pauseHelp')}
        checked={paused}
        disabled={!mayWrite}
        onChange={(event) => void pause(event.currentTarget.checked)}
      />
    </div>
  );
}
