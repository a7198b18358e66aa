/**
 * « Cabinet »: the people of a practice, its kinds of visit, places, practitioners, agendas, their typical weeks and
 * public holidays.
 * Each part is loaded when it is opened.
 */
import { Button, Tabs } from '@mantine/core';
import { lazy, type ReactNode, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from '../../ui/navigation.ts';
import { choiceParam, type PageProps } from '../../ui/params.ts';
import { useSession } from '../../ui/session.ts';
import { CABINET_TABS, type CabinetParams, type CabinetTab } from './params.ts';

const PeoplePanel = lazy(() => import('./people-panel.tsx'));
const KindsPanel = lazy(() => import('./kinds-panel.tsx'));
const WeekPanel = lazy(() => import('./week-panel.tsx'));
const HolidaysPanel = lazy(() => import('./holidays-panel.tsx'));
const PlacesPanel = lazy(() => import('./places-panel.tsx'));
const PractitionersPanel = lazy(() => import('./practitioners-panel.tsx'));
const AgendasPanel = lazy(() => import('./agendas-panel.tsx'));
const PublicationPanel = lazy(() => import('./publication-panel.tsx'));
const OwnPublication = lazy(async () => ({ default: (await import('./publication-panel.tsx')).OwnPublication }));

export default function CabinetPage({ params, go }: PageProps<CabinetParams>) {
  const { t } = useTranslation();
  const { me } = useSession();
  const practice = me.person?.practices?.[0];
  const shown = params.tab ?? 'people';
  return (
    <div className="stack">
      <div className="page-head">
        <h1>{t('cabinet.title')}</h1>
        {practice !== undefined && (
          <Button component={Link} to="/mise-en-route" variant="default">
            {t('setUp.title')}
          </Button>
        )}
      </div>
      {practice === undefined ? (
        <Suspense fallback={<p>{t('app.loading')}</p>}>
          {me.person?.practitioner === undefined ? (
            <p className="sheet">{t('cabinet.none')}</p>
          ) : (
            <OwnPublication practitioner={me.person.practitioner} />
          )}
        </Suspense>
      ) : (
        <Tabs value={shown} onChange={(tab) => go({ tab: choiceParam(CABINET_TABS, tab) }, true)} keepMounted={false}>
          <Tabs.List aria-label={t('cabinet.title')}>
            {CABINET_TABS.map((tab) => (
              <Tabs.Tab key={tab} value={tab}>
                {t(`cabinet.tab.${tab}`)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value={shown} pt="md">
            <Suspense fallback={<p>{t('app.loading')}</p>}>
              <Panel
                tab={shown}
                practice={practice}
                agenda={params.agenda}
                onAgenda={(agenda) => go({ tab: 'week', agenda })}
                onHolidays={(agenda) => go({ tab: 'holidays', agenda })}
              />
            </Suspense>
          </Tabs.Panel>
        </Tabs>
      )}
    </div>
  );
}

interface PanelProps {
  tab: CabinetTab;
  practice: string;
  agenda: string | undefined;
  /** Opens the typical week of an agenda. */
  onAgenda: (agenda: string) => void;
  /** Opens the public holidays of an agenda, or of the practice. */
  onHolidays: (agenda: string | undefined) => void;
}

function Panel({ tab, practice, agenda, onAgenda, onHolidays }: PanelProps): ReactNode {
  if (tab === 'kinds') return <KindsPanel practice={practice} />;
  if (tab === 'week')
    return <WeekPanel practice={practice} agenda={agenda} onAgenda={onAgenda} onHolidays={onHolidays} />;
  if (tab === 'holidays') return <HolidaysPanel practice={practice} agenda={agenda} onAgenda={onHolidays} />;
  if (tab === 'places') return <PlacesPanel practice={practice} />;
  if (tab === 'practitioners') return <PractitionersPanel practice={practice} />;
  if (tab === 'publication') return <PublicationPanel practice={practice} />;
  if (tab === 'agendas') return <AgendasPanel practice={practice} onAgenda={onAgenda} />;
  return <PeoplePanel practice={practice} />;
}
