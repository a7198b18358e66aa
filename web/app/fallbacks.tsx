/** Pages that stand in for another: the home page, an unknown address, a page for other roles, a page that failed. */
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate } from '../ui/navigation.ts';
import { serverKind } from '../ui/server-kind.ts';
import { RefusalAlert } from '../ui/refusal.tsx';
import { useSession } from '../ui/session.ts';
import { language } from '../ui/texts.ts';
import { menuOf } from './menu.tsx';

export function Sheet({ title, children }: { title?: string; children: ReactNode }) {
  return (
    <div className="sheet narrow">
      {title !== undefined && <h1>{title}</h1>}
      {children}
    </div>
  );
}

/** `/`: the first page of the menu. */
export function Home() {
  const { t } = useTranslation();
  const { me } = useSession();
  const [first] = menuOf(me);
  if (me.setUp && serverKind() === 'agenda') return <Navigate to="/mise-en-route" replace />;
  if (first !== undefined) return <Navigate to={first.path} replace />;
  return (
    <Sheet title={t('app.nothingTitle')}>
      <p>{t('app.nothing')}</p>
    </Sheet>
  );
}

export function NotFound() {
  const { t } = useTranslation();
  return (
    <Sheet title={t('app.notFoundTitle')}>
      <p>{t('app.notFound')}</p>
    </Sheet>
  );
}

export function Denied() {
  const { t } = useTranslation();
  return (
    <Sheet title={t('app.deniedTitle')}>
      <p>{t('app.denied')}</p>
    </Sheet>
  );
}

/** A fault of the page itself. */
export function PageFailed({ error, reset }: { error: unknown; reset: () => void }) {
  const { t } = useTranslation();
  return (
    <Sheet>
      <RefusalAlert error={error} />
      <Button mt="md" onClick={reset} lang={language()}>
        {t('app.again')}
      </Button>
    </Sheet>
  );
}
