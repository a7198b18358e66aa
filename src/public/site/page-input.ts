/** The words of a practice for its pages, as `$publication-write` takes them: checked before they are stored. */
import { FhirError } from '../../fhir/issue.ts';
import type { Context } from '../../fhir/interaction.ts';
import type { OperationCall } from '../../rest/backend.ts';
import { OperationInput } from '../../rest/operations/operation-input.ts';
import { PAYMENTS, type PublicProfile, SECTORS, THIRD_PARTY } from './profile.ts';
import { LANGUAGE_WORDS } from './words.ts';
import { forbiddenWord } from './word-check.ts';

const MAX_TEXT = 2_000;
const MAX_SITES = 10;

export interface PageInput {
  slug: string | undefined;
  isIndexed: boolean;
  profile: PublicProfile;
}

/** Throws 400 or 422 with every fault. */
export function readPageInput(call: OperationCall, { base }: Context, isPractice: boolean): PageInput {
  const input = new OperationInput(call, base);
  const codes = <Code extends string>(name: string, known: readonly Code[]): Code[] =>
    input.all(name).map(({ value, path }) => {
      const code = known.find((candidate) => candidate === value);
      if (code === undefined) throw unknownCode(name, known, path);
      return code;
    });
  const presentation = publicText(input, 'presentation');
  const fees = publicText(input, 'fees');
  const payments = codes('payment', PAYMENTS);
  const languages = codes('language', [...LANGUAGE_WORDS.keys()]);
  const [sector] = codes('sector', SECTORS);
  const [thirdParty] = codes('thirdParty', THIRD_PARTY);
  const own: PublicProfile = {
    ...(presentation === undefined ? {} : { presentation }),
    ...(isPractice
      ? { ...sitesOf(input) }
      : {
          ...(fees === undefined ? {} : { fees }),
          ...(payments.length === 0 ? {} : { payments: [...new Set(payments)] }),
          ...(sector === undefined ? {} : { sector }),
          ...(thirdParty === undefined ? {} : { thirdParty }),
          ...(input.flag('css') === true ? { css: true } : {}),
          ...(languages.length === 0 ? {} : { languages: [...new Set(languages)] }),
        }),
  };
  return { slug: slugIn(input), isIndexed: input.flag('indexed') ?? false, profile: own };
}

function publicText(input: OperationInput, name: string): string | undefined {
  const text = input.text(name)?.replace(/\r\n?/g, '\n').trim();
  if (text === undefined || text === '') return undefined;
  if (text.length > MAX_TEXT)
    throw new FhirError('value', `${name} has more than ${MAX_TEXT} characters`, {
      expression: name,
      text: `Ce texte est trop long : ${MAX_TEXT} caractères au plus.`,
    });
  const word = forbiddenWord(text);
  if (word === undefined) return text;
  throw new FhirError('business-rule', `${name} speaks of the insurance or the origin of patients`, {
    expression: name,
    text:
      `« ${word} » : un texte public ne dit rien de la couverture sociale, de la nationalité ou de l'origine des ` +
      'patients. Même « CMU acceptée » a été jugé discriminatoire (Défenseur des droits, 2018-269 et 2018-270). ' +
      'Le tiers payant et les tarifs se disent par les cases prévues.',
  });
}

/** Origins, as the policy of a page takes them. */
function sitesOf(input: OperationInput): PublicProfile {
  const sites = input.all('site').map(({ value, path }) => {
    const text = String(value).trim();
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isLocal = url !== undefined && /^(localhost|127\.0\.0\.1)$/.test(url.hostname);
    if (url !== undefined && (url.protocol === 'https:' || (isLocal && url.protocol === 'http:'))) return url.origin;
    throw new FhirError('value', 'site is the address of a site, https://www.example.fr', {
      expression: path,
      text: "L'adresse d'un site commence par https://, par exemple https://www.cabinet.fr.",
    });
  });
  if (sites.length <= MAX_SITES) return sites.length === 0 ? {} : { sites: [...new Set(sites)] };
  throw new FhirError('value', `at most ${MAX_SITES} sites`, {
    expression: 'site',
    text: `${MAX_SITES} sites au plus.`,
  });
}

/** Words of an address that lead elsewhere. */
const RESERVED = ['donnees', 'accessibilite', 'refus-de-soins', 'rendez-vous', 'integrer', 'attente'];

function slugIn(input: OperationInput): string | undefined {
  const slug = input.text('slug')?.trim();
  if (slug === undefined || slug === '') return undefined;
  if (isSlug(slug)) return slug;
  throw new FhirError('value', 'slug is made of 3 to 60 small letters, digits and hyphens', {
    expression: 'slug',
    text: "L'adresse se compose de 3 à 60 lettres minuscules sans accent, chiffres et tirets.",
  });
}

function isSlug(slug: string): boolean {
  return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(slug) && slug.length >= 3 && slug.length <= 60 && !RESERVED.includes(slug);
}

/** `Dr Anne-Sophie Müller` -> `anne-sophie-muller`. */
export function slugOf(name: string): string {
  const words = name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/œ/gi, 'oe')
    .toLowerCase()
    .replace(/^(dr|docteur|pr|professeur|mme|m)\.?\s+/, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50)
    .replace(/-+$/, '');
  return isSlug(words) ? words : `page-${words}`.slice(0, 50).replace(/-+$/, '');
}

function unknownCode(name: string, known: readonly string[], path: string): FhirError {
  return new FhirError('value', `${name} is one of ${known.join(', ')}`, {
    expression: path,
    text: `« ${name} » vaut ${known.join(', ')}.`,
  });
}
