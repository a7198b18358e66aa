/**
 * The calendars of an agenda: those that it takes closures and openings from, with their last reading and everything
 * that was lost; and the phones that read and write it.
 */
import { useTranslation } from 'react-i18next';
import { FRANCE } from '../../fhir/zone.ts';
import { useAgendaSettings } from '../../schedule/agenda-content.ts';
import { AgendaPage } from '../../schedule/agenda-page.tsx';
import type { PageProps } from '../../ui/params.ts';
import { ClosureMail } from './closure-mail.tsx';
import { Devices } from './devices.tsx';
import { ImportForms } from './import-forms.tsx';
import type { CalendarsParams } from './params.ts';
import { Sources } from './sources.tsx';

export default function CalendarsPage({ params, go }: PageProps<CalendarsParams>) {
  const { t } = useTranslation();
  return (
    <AgendaPage title={t('calendars.title')} chosen={params.agenda} go={go}>
      {(agenda) => <Calendars agenda={agenda} />}
    </AgendaPage>
  );
}

function Calendars({ agenda }: { agenda: string }) {
  const { data: settings } = useAgendaSettings(agenda);
  return (
    <>
      <Sources agenda={agenda} zone={settings?.zone ?? FRANCE} />
      <ImportForms agenda={agenda} />
      <ClosureMail />
      <Devices agenda={agenda} zone={settings?.zone ?? FRANCE} />
    </>
  );
}
