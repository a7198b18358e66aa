/**
 * The operator's page: partners and their health, messages to deliver, messages of the dispatch software, activity,
 * appointments that overlap, certificates and versions.
 */
import { Tabs } from '@mantine/core';
import { lazy, type ReactNode, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { choiceParam, type PageProps } from '../../ui/params.ts';
import { serverKind } from '../../ui/server-kind.ts';
import { HubPanel } from './hub.tsx';
import { OutboxPanel } from './outbox.tsx';
import { OverlapsPanel } from './overlaps.tsx';
import { type SupervisionParams, type Tab, TABS } from './params.ts';
import { ServerPanel } from './server.tsx';
import './supervision.css';

/** The two panels with charts load their library when they are opened. */
const PartnersPanel = lazy(() => import('./partners.tsx'));
const ActivityPanel = lazy(() => import('./activity.tsx'));

const AGENDA_TABS: readonly Tab[] = ['outbox', 'overlaps', 'server'];
const PLATFORM_TABS: readonly Tab[] = ['partners', 'outbox', 'hub', 'activity', 'server'];

const PANELS: Record<Tab, ReactNode> = {
  partners: <PartnersPanel />,
  outbox: <OutboxPanel />,
  hub: <HubPanel />,
  activity: <ActivityPanel />,
  overlaps: <OverlapsPanel />,
  server: <ServerPanel />,
};

export default function SupervisionPage({ params, go }: PageProps<SupervisionParams>) {
  const { t } = useTranslation();
  const tabs = serverKind() === 'platform' ? PLATFORM_TABS : AGENDA_TABS;
  const shown = choiceParam(tabs, params.tab) ?? tabs[0]!;
  return (
    <>
      <div className="page-head">
        <h1>{t('supervision.title')}</h1>
      </div>
      <Tabs value={shown} onChange={(tab) => go({ tab: choiceParam(TABS, tab) }, true)} keepMounted={false}>
        <Tabs.List aria-label={t('supervision.title')}>
          {tabs.map((tab) => (
            <Tabs.Tab key={tab} value={tab}>
              {t(`supervision.tab.${tab}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map((tab) => (
          <Tabs.Panel key={tab} value={tab} pt="md">
            <Suspense fallback={<p>{t('app.loading')}</p>}>{PANELS[tab]}</Suspense>
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  );
}
