/**
 * The operator's page: partners and their health, what waits for others, the messages to the dispatch software,
 * activity, certificates and versions.
 */
import { Tabs } from '@mantine/core';
import { lazy, type ReactNode, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { serverKind } from '../../ui/page.ts';
import { useOpen, usePageSearch } from '../../ui/navigation.ts';
import { HubPanel } from './hub.tsx';
import { OutboxPanel } from './outbox.tsx';
import { supervisionPage, TABS, type Tab } from './route.ts';
import { ServerPanel } from './server.tsx';
import './supervision.css';

/** The two panels with charts bring their library when they are opened. */
const PartnersPanel = lazy(() => import('./partners.tsx'));
const ActivityPanel = lazy(() => import('./activity.tsx'));

/** What an agenda server has of them. */
const OF_AGENDA: readonly Tab[] = ['outbox', 'server'];

const PANELS: Record<Tab, ReactNode> = {
  partners: <PartnersPanel />,
  outbox: <OutboxPanel />,
  hub: <HubPanel />,
  activity: <ActivityPanel />,
  server: <ServerPanel />,
};

export default function SupervisionPage() {
  const { t } = useTranslation();
  const { tab } = usePageSearch(supervisionPage);
  const open = useOpen();
  const tabs = serverKind() === 'platform' ? TABS : OF_AGENDA;
  const shown = tab !== undefined && tabs.includes(tab) ? tab : tabs[0]!;
  return (
    <>
      <div className="page-head">
        <h1>{t('supervision.title')}</h1>
      </div>
      <Tabs
        value={shown}
        onChange={(value) => open(supervisionPage, { tab: TABS.find((tab) => tab === value) }, true)}
        keepMounted={false}
      >
        <Tabs.List aria-label={t('supervision.title')}>
          {tabs.map((tab) => (
            <Tabs.Tab key={tab} value={tab}>
              {t(`supervision.tab.${tab}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map((tab) => (
          <Tabs.Panel key={tab} value={tab} pt="md">
            <Suspense fallback={<p>{t('shell.loading')}</p>}>{PANELS[tab]}</Suspense>
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  );
}
