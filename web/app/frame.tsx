/**
 * What surrounds every page: the menu, who is here, and the news that concern all pages (server away, session ended).
 */
import { Button, Menu } from '@mantine/core';
import { Link, Navigate, Outlet, usePath } from '../ui/navigation.ts';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../fhir/client.ts';
import { useConnection } from '../ui/connection.ts';
import { Dialog } from '../ui/dialog.tsx';
import { LoginChoice } from './login.tsx';
import { serverKind } from '../ui/page.ts';
import { PAGES } from './pages.ts';
import { RefusalAlert } from '../ui/refusal.tsx';
import { isFor, type Me, mustChoose, useSession } from '../ui/session.tsx';
import { language, speak } from '../ui/texts.ts';

function pagesFor(me: Me) {
  return PAGES.filter((page) => page.serves.includes(serverKind()) && isFor(me, page.roles));
}

export function Frame() {
  const { t } = useTranslation();
  const { me, renew } = useSession();
  const { away, expired, settle } = useConnection();
  const client = useQueryClient();
  const path = usePath();
  // Who has been here may come back to the same page, with all that was written on it.
  const wasHere = useRef(false);
  if (me.person !== null) wasHere.current = true;
  const page = PAGES.find((page) => page.path === path);
  const mustLogIn = mustChoose(me) && !(me.open && page?.roles.length === 0);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = page === undefined ? t('shell.name') : `${t(page.title)} – ${t('shell.name')}`;
    // A screen reader is told of the new page by the focus; not at the first, which the browser announces.
    if (first.current) first.current = false;
    else main.current?.focus();
  }, [page, t]);
  const isDenied = page !== undefined && !mustLogIn && !isFor(me, page.roles);
  return (
    <div className="frame">
      <a className="skip" href="#main">
        {t('shell.skip')}
      </a>
      <header>
        <Link to="/" className="brand">
          <img src="/icon.svg" alt="" width={28} height={28} />
          {t('shell.name')}
        </Link>
        <nav aria-label={t('shell.menu')}>
          <ul>
            {pagesFor(me)
              .filter((page) => page.hidden !== true)
              .map((page) => (
                <li key={page.path}>
                  <Link to={page.path} aria-current={page.path === path ? 'page' : undefined}>
                    {t(page.title)}
                  </Link>
                </li>
              ))}
          </ul>
        </nav>
        <Someone />
      </header>
      {me.demo && (
        <aside className="banner demo" aria-label={t('shell.demoTitle')}>
          {t('shell.demo')}
        </aside>
      )}
      <div role="status">{away && <div className="banner">{t('shell.away')}</div>}</div>
      <main id="main" tabIndex={-1} ref={main}>
        {mustLogIn && !wasHere.current ? (
          <div className="sheet narrow">
            <h1>{t('login.title')}</h1>
            <LoginChoice onDone={() => void renew()} />
          </div>
        ) : isDenied ? (
          <div className="sheet narrow">
            <h1>{t('shell.deniedTitle')}</h1>
            <p>{t('shell.denied')}</p>
          </div>
        ) : (
          <Outlet />
        )}
      </main>
      <Dialog
        above
        title={t('login.expiredTitle')}
        opened={wasHere.current && (expired || mustChoose(me))}
        onClose={settle}
      >
        <p>{t('login.expired')}</p>
        <LoginChoice
          inPlace
          onDone={() => {
            settle();
            void client.invalidateQueries();
          }}
        />
      </Dialog>
    </div>
  );
}

function Someone() {
  const { t, i18n } = useTranslation();
  const { me } = useSession();
  const other = i18n.language === 'en' ? 'fr' : 'en';
  const leave = async () => {
    const { json } = await ask('/auth/logout', { method: 'POST' });
    location.assign(json?.redirect ?? '/');
  };
  return (
    <>
      <Button variant="subtle" size="compact-sm" lang={other} onClick={() => void speak(other)}>
        {t('shell.otherLanguage')}
      </Button>
      {me.person !== null && (
        <Menu position="bottom-end" transitionProps={{ duration: 0 }}>
          <Menu.Target>
            <Button variant="default" size="compact-md">
              {me.person.name}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>{me.person.roles.map((role) => t(`role.${role}`)).join(', ')}</Menu.Label>
            <Menu.Item onClick={() => void leave()}>{t('login.leave')}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
    </>
  );
}

/** `/`: the first page of the menu; somebody without any is told so. */
export function Home() {
  const { t } = useTranslation();
  const { me } = useSession();
  const [page] = pagesFor(me);
  if (page !== undefined) return <Navigate to={page.path} replace />;
  return (
    <div className="sheet narrow">
      <h1>{t('shell.nothingTitle')}</h1>
      <p>{t('shell.nothing')}</p>
    </div>
  );
}

export function NotFound() {
  const { t } = useTranslation();
  return (
    <div className="sheet narrow">
      <h1>{t('shell.notFoundTitle')}</h1>
      <p>{t('shell.notFound')}</p>
    </div>
  );
}

/** A fault of ours: said, and the page can be tried again. */
export function PageFailed({ error, reset }: { error: unknown; reset: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="sheet narrow">
      <RefusalAlert error={error} />
      <Button mt="md" onClick={reset} lang={language()}>
        {t('shell.again')}
      </Button>
    </div>
  );
}
