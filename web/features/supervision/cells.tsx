/** How the tables of the operator write instants and the words of machines. */
import { useTranslation } from 'react-i18next';
import { language } from '../../ui/texts.ts';
import { failureText } from './failure-text.ts';

export function formatInstant(text: string | undefined): string {
  if (text === undefined) return '';
  return new Intl.DateTimeFormat(language(), { dateStyle: 'short', timeStyle: 'medium' }).format(Date.parse(text));
}

/** The message of a machine about a failure. In French where we know it, with the original for engineers. */
export function Technical({ text }: { text: string | undefined }) {
  const { t } = useTranslation();
  if (text === undefined || text === '') return null;
  const known = language() === 'fr' ? failureText(text, t) : undefined;
  return known === undefined ? <span lang="en">{text}</span> : <span title={text}>{known}</span>;
}
