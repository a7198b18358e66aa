/** The parts of a line of the accesses, in the words of the page. */
import { useTranslation } from 'react-i18next';
import type { AccessLine } from './access-lines.ts';

export function useAccessTexts() {
  const { t } = useTranslation();
  return {
    act: ({ act }: AccessLine): string =>
      t(`accesses.acts.${act.replace(/^\$/, '')}` as 'accesses.acts.read', { defaultValue: act }),
    roles: ({ roles }: AccessLine): string =>
      roles.map((role) => t(`accesses.roles.${role}` as 'accesses.roles.manager', { defaultValue: role })).join(', '),
    outcome: ({ isRefused }: AccessLine): string => t(isRefused ? 'accesses.refused' : 'accesses.done'),
  };
}
