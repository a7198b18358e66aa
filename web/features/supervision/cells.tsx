/** How the tables of the operator write instants and the words of machines. */
import { language } from '../../ui/texts.ts';

export function formatInstant(text: string | undefined): string {
  if (text === undefined) return '';
  return new Intl.DateTimeFormat(language(), { dateStyle: 'short', timeStyle: 'medium' }).format(Date.parse(text));
}

/** The message of a machine about a failure, for engineers: in English, and read aloud as such. */
export function Technical({ text }: { text: string | undefined }) {
  return text === undefined || text === '' ? null : <span lang="en">{text}</span>;
}
