/**
 * Rules of R4 on single values that neither the structure nor the constraints hold: OIDs and UUIDs written as URIs,
 * languages, currencies, the type that a reference states, absolute URLs of extensions, ids of contained resources, and
 * the `fullUrl` of a Bundle's entries. https://hl7.org/fhir/R4/datatypes.html, bundle.html#bundle-unique
 */
import { isResourceType } from '../definitions.ts';
import { type Issue, issue } from '../issue.ts';
import { namedType } from '../local-reference.ts';
import type { Json, Resource } from '../resource.ts';
import { list } from '../resources.ts';
import type { Bundle } from '../foundation.ts';

const OID = /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/;
const UUID = /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\S/i;

export const isAbsolute = (uri: string): boolean => ABSOLUTE.test(uri);

const LANGUAGES = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });
const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** A value of a primitive type; `name`: of its element. */
export function primitiveIssue(
  value: Json,
  type: string,
  owner: string,
  name: string,
  path: string,
): Issue | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^(uri|url|canonical|uuid|oid)$/.test(type)) {
    if (value.startsWith('urn:oid:') && !OID.test(value)) return wrong(path, `${value} is not an OID`, 'OID incorrect');
    if (value.startsWith('urn:uuid:') && !UUID.test(value))
      return wrong(
        path,
        `${value} is not a UUID in lower case`,
        'UUID incorrect (32 chiffres hexadécimaux, minuscules)',
      );
  }
  if (type === 'canonical' && !value.startsWith('#') && !isAbsolute(value))
    return wrong(path, `The canonical URL ${value} is not absolute`, 'Adresse canonique relative');
  if (owner === 'Identifier' && name === 'system' && !isAbsolute(value)) return relativeSystem(value, path);
  if (type === 'code' && name === 'language' && !isLanguage(value))
    return wrong(path, `${value} is not a language of BCP 47`, 'Langue inconnue (BCP 47 : fr, fr-FR)');
  if (owner === 'Money' && name === 'currency' && !CURRENCIES.has(value))
    return wrong(path, `${value} is not a currency of ISO 4217`, 'Monnaie inconnue (ISO 4217 : EUR)');
  return undefined;
}

/** Nobody can say what a relative system is relative to. */
export function relativeSystem(system: string, path: string): Issue {
  return wrong(path, `The system ${system} is not an absolute URI`, 'Le système est une adresse absolue');
}

function isLanguage(tag: string): boolean {
  try {
    const [canonical = ''] = Intl.getCanonicalLocales(tag);
    const { language } = new Intl.Locale(canonical);
    return language.startsWith('x-') || LANGUAGES.of(language) !== undefined;
  } catch {
    return /^[xi]-/i.test(tag);
  }
}

/** The `type` of a reference must be that of its address. */
export function referenceIssue({ reference, type }: Json, path: string): Issue | undefined {
  const named = typeof reference === 'string' && !reference.startsWith('#') ? namedType(reference) : undefined;
  if (named === undefined || typeof type !== 'string' || type === named) return undefined;
  return wrong(
    `${path}.type`,
    `The reference leads to ${named}, its type says ${type}`,
    'Type contraire à la référence',
  );
}

/** A part of a complex extension has a name; every other extension an absolute URL. */
export function extensionIssue({ url }: Json, isPart: boolean, path: string): Issue | undefined {
  return isPart || typeof url !== 'string' || ABSOLUTE.test(url)
    ? undefined
    : wrong(`${path}.url`, `The URL of an extension is absolute, not ${url}`, "L'adresse d'une extension est absolue");
}

export function containedIssues(resource: Resource, path: string): Issue[] {
  const ids = list(resource.contained).map(({ id }) => id);
  return ids.flatMap((id, i) =>
    id !== undefined && ids.indexOf(id) < i
      ? [
          wrong(
            `${path}.contained[${i}]`,
            `Another contained resource has the id ${id}`,
            'Identifiant interne en double',
          ),
        ]
      : [],
  );
}

/** Twice the same label says nothing more. */
export function labelIssues({ security }: Json, path: string): Issue[] {
  const labels: string[] = list(security).map(({ system, code }: Json) => `${system}#${code}`);
  return labels.flatMap((label, i) =>
    labels.indexOf(label) < i
      ? [wrong(`${path}.security[${i}]`, `The security label ${label} is there twice`, 'Étiquette en double')]
      : [],
  );
}

/** In these Bundles an entry need not have an address of its own. */
const WITHOUT_ADDRESS: ReadonlySet<string> = new Set([
  'batch',
  'transaction',
  'batch-response',
  'transaction-response',
]);

export function fullUrlIssues(bundle: Bundle): Issue[] {
  const { type, entry: entries } = bundle;
  return list(entries).flatMap((entry, i) => fullUrlIssue(entry, type, `Bundle.entry[${i}]`) ?? []);
}

function fullUrlIssue({ fullUrl, resource }: Json, type: string, path: string): Issue | undefined {
  if (fullUrl === undefined)
    return resource === undefined || WITHOUT_ADDRESS.has(type)
      ? undefined
      : wrong(path, 'The entry has no fullUrl', "L'entrée n'a pas de fullUrl");
  if (typeof fullUrl !== 'string') return undefined;
  if (!ABSOLUTE.test(fullUrl)) return wrong(`${path}.fullUrl`, 'The fullUrl is not absolute', 'fullUrl relatif');
  const [, named, id] = /^https?:\/\/.*\/([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})$/.exec(fullUrl) ?? [];
  if (named === undefined || !isResourceType(named) || resource?.id === undefined) return undefined;
  return named === resource.resourceType && id === resource.id
    ? undefined
    : wrong(`${path}.fullUrl`, 'The fullUrl names another resource', 'fullUrl d’une autre ressource');
}

function wrong(expression: string, english: string, french: string): Issue {
  return issue('error', 'value', english, { expression, text: `${french}.` });
}
