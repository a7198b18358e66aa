/** The validator: what is checked is never in the address; only the profile is (`?profile=http://...`). */
import { definePage, type Page, textParam } from '../../ui/page.ts';

export interface ValidatorSearch {
  profile?: string | undefined;
}

export const validatorPage: Page<ValidatorSearch> = definePage({
  path: '/validateur',
  title: 'validator.title',
  roles: [],
  serves: ['agenda', 'platform'],
  search: (raw): ValidatorSearch => ({ profile: textParam(raw['profile'], 300) }),
  load: () => import('./page.tsx'),
});
