/** The main menu: the pages that this server has for this person. */
import { useTranslation } from 'react-i18next';
import type { Me } from '../fhir/me.ts';
import { Link, usePath } from '../ui/navigation.ts';
import { serverKind } from '../ui/server-kind.ts';
import { useSession } from '../ui/session.ts';
import { type Page, PAGES } from './pages.ts';
import { isFor } from './session.tsx';

export function menuOf(me: Me): Page[] {
  return PAGES.filter((page) => !page.hidden && page.serves.includes(serverKind()) && isFor(me, page.roles));
}

export function MainMenu() {
  const { t } = useTranslation();
  const { me } = useSession();
  const path = usePath();
  return (
    <nav aria-label={t('app.menu')}>
      <ul>
        {menuOf(me).map((page) => (
          <li key={page.path}>
            <Link to={page.path} aria-current={page.path === path ? 'page' : undefined}>
              {t(page.title)}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
