/**
 * The texts of the pages: one catalogue per language, French first. The door of i18next. The build cuts the French one
 * in two: the texts of the first screen, and the others, which come with the first page or dialog that needs them.
 */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type all from '../texts/fr.json';
import first from '../texts/fr.json?first';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof all };
  }
}

const KEPT = 'creneau-language';

export type Language = 'fr' | 'en';

export async function openTexts(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: 'fr',
    fallbackLng: 'fr',
    resources: { fr: { translation: first } },
    interpolation: { escapeValue: false },
  });
  if (localStorage.getItem(KEPT) === 'en') await speak('en');
}

export async function speak(language: Language): Promise<void> {
  if (language === 'en' && !i18next.hasResourceBundle('en', 'translation'))
    i18next.addResourceBundle('en', 'translation', (await import('../texts/en.json')).default);
  localStorage.setItem(KEPT, language);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}

let others: Promise<unknown> | undefined;

/** Code that shows texts from beyond the first screen comes together with them. */
export async function withTexts<Code>(code: Promise<Code>): Promise<Code> {
  others ??= import('../texts/fr.json?others').then(({ default: texts }) =>
    i18next.addResourceBundle('fr', 'translation', texts, true),
  );
  // A file that did not come is asked for again by the next try.
  others.catch(() => {
    others = undefined;
  });
  const [loaded] = await Promise.all([code, others]);
  return loaded;
}

export function language(): Language {
  return i18next.language === 'en' ? 'en' : 'fr';
}

/** For code outside of components; components use `useTranslation`, which follows a change of language. */
export const t = i18next.t.bind(i18next);
