/**
 * The frame around every page: the menu, the person, and the news that concern all pages (server away, session ended).
 */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { announce } from '../ui/announcements.tsx';
import { clockTime } from '../ui/dates.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Link, Outlet, usePath } from '../ui/navigation.ts';
import { useSession } from '../ui/session.ts';
import { Account } from './account.tsx';
import { useConnection } from './connection.ts';
import { Denied, Sheet } from './fallbacks.tsx';
import { LoginChoice } from './login.tsx';
import { MainMenu } from './menu.tsx';
import { PAGES } from './pages.ts';
import { isFor, mustLogIn } from './session.tsx';

export function Frame() {
  const { t } = useTranslation();
  const { me } = useSession();
  const { awaySince, isExpired, settle } = useConnection();
  const away = awaySince === undefined ? '' : t('app.away', { time: clockTime(awaySince) });
  const path = usePath();
  // A dialog makes the banner inert, and says the same itself.
  useEffect(() => announce(away), [away]);
  const page = PAGES.find((candidate) => candidate.path === path);
  const main = usePageFocus(page === undefined ? t('app.name') : `${t(page.title)} – ${t('app.name')}`);
  // Once somebody was here, the page stays under the login, with everything that was typed.
  const wasHere = useRef(false);
  if (me.person !== null) wasHere.current = true;
  const isForEverybody = page?.roles.length === 0;
  // The home page of an installation that belongs to nobody leads to its set-up.
  const isDoor = me.person === null && (page?.isDoor === true || (me.setUp === true && path === '/'));
  const needsLogin = mustLogIn(me) && !isDoor && !(me.open && isForEverybody);
  return (
    <div className="frame">
      <a className="skip" href="#main">
        {t('app.skip')}
      </a>
      <header>
        <Link to="/" className="brand">
          <img src="/icon.svg" alt="" width={28} height={28} />
          {t('app.name')}
        </Link>
        <MainMenu />
        <Account />
      </header>
      {me.demo && (
        <aside className="banner demo" aria-label={t('app.demoTitle')}>
          {t('app.demo')}
        </aside>
      )}
      <div role="status">{away !== '' && <div className="banner">{away}</div>}</div>
      <main id="main" tabIndex={-1} ref={main}>
        {needsLogin && !wasHere.current ? (
          <Login />
        ) : page !== undefined && !isDoor && !needsLogin && !isFor(me, page.roles) ? (
          <Denied />
        ) : (
          <Outlet />
        )}
      </main>
      {wasHere.current && (isExpired || (mustLogIn(me) && !isDoor)) && <LoginAgain onDone={settle} />}
    </div>
  );
}

function Login() {
  const { t } = useTranslation();
  const { renew } = useSession();
  return (
    <Sheet title={t('login.title')}>
      <LoginChoice onDone={() => void renew()} />
    </Sheet>
  );
}

/** Over the page whose session has ended. */
function LoginAgain({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  return (
    <Dialog title={t('login.expiredTitle')} onClose={onDone}>
      <p>{t('login.expired')}</p>
      <LoginChoice
        inPlace
        onDone={() => {
          onDone();
          void client.invalidateQueries();
        }}
      />
    </Dialog>
  );
}

/**
 * Titles the page and moves the focus to its content, which is how a screen reader learns of a new page. The browser
 * itself announces the first one.
 */
function usePageFocus(title: string) {
  const main = useRef<HTMLElement>(null);
  const path = usePath();
  const announced = useRef(path);
  useEffect(() => {
    document.title = title;
  }, [title]);
  useEffect(() => {
    if (announced.current === path) return;
    announced.current = path;
    main.current?.focus();
  }, [path]);
  return main;
}
