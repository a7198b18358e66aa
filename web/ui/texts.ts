/** The texts of the pages: one catalogue per language, French first. The door of i18next. */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import fr from '../texts/fr.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof fr };
  }
}

const KEPT = 'creneau-language';

export type Language = 'fr' | 'en';

export async function openTexts(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: 'fr',
    fallbackLng: 'fr',
    resources: { fr: { translation: fr } },
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

export function language(): Language {
  return i18next.language === 'en' ? 'en' : 'fr';
}

/** For code outside of components; components use `useTranslation`, which follows a change of language. */
export const t = i18next.t.bind(i18next);
