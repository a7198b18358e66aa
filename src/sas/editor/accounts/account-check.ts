/**
 * Turns the Practitioner that the platform sends into the account that is kept. Faults are reported with their place,
 * the profile's rules apply (one given name, e-mails only), and nothing is filled in that was not sent. A malformed or
 * incomplete body is 400, a broken rule 422. Spec: 1.10, 6.4, traps C16 and U1
 */
import { IDNPS, IDNST } from '../../../fhir/french/identifiers.ts';
import { errorOf, type Issue, issue } from '../../../fhir/issue.ts';
import type { Coding, Identifier, Json, Resource } from '../../../fhir/resource.ts';
import { PROFILES } from '../../../fhir/profile/definitions/all.ts';
import { Validator } from '../../../fhir/profile/validate.ts';
import { checkStructure } from '../../../fhir/structure.ts';
import { Terminology } from '../../../fhir/terminology/terminology.ts';
import { ACCOUNT_PROFILE, ACCOUNT_SYSTEMS, accountIdentifier, PLATFORM_SYSTEM } from './account.ts';
import { ID_TYPE } from '../codes.ts';

/** Type of identifier that each system must say, and the systems that each type allows. */
const TYPE_OF: Record<string, string> = { [IDNPS]: 'IDNPS', [PLATFORM_SYSTEM]: 'INTRN' };
/** IDNST: as the guide's own example has it. */
const SYSTEMS_OF: Record<string, readonly string[]> = { IDNPS: [IDNPS, IDNST], INTRN: [PLATFORM_SYSTEM] };
/** The names under which callers send the code system of identifier types (trap I7). */
const TYPE_SYSTEM = /(^|[/-])v2-0203$/;

const ADDRESS = /^[^\s@<>]+@[^\s@<>]+$/;

let validator: Validator | undefined;

/** The account as it is stored. Throws every fault at once; the gravest decides the status. */
export function checkAccount(sent: Resource): Resource {
  const shape = checkStructure(sent).filter((one) => one.severity === 'error' || one.severity === 'fatal');
  if (sent?.resourceType !== 'Practitioner')
    shape.unshift(
      issue('error', 'invalid', 'An account is a Practitioner', {
        expression: 'resourceType',
        text: 'Un compte régulateur est une ressource Practitioner.',
      }),
    );
  if (shape.length > 0) throw errorOf(shape, 400);
  const faults = [...identifierFaults(sent), ...activeFaults(sent), ...nameFaults(sent), ...telecomFaults(sent)];
  const malformed = faults.filter((fault) => fault.code === 'required' || fault.code === 'value');
  if (faults.length > 0) throw errorOf([...malformed, ...faults.filter((fault) => !malformed.includes(fault))]);
  const { id: _, meta, text: _text, ...rest } = sent;
  // A profile or source of somebody else's is not refused, and not kept; nor is a text, which would go on telling the
  // old names.
  const source = meta?.['source'] === PLATFORM_SYSTEM ? { source: PLATFORM_SYSTEM } : {};
  const account = {
    ...rest,
    meta: { ...source, profile: [ACCOUNT_PROFILE] },
    identifier: (sent['identifier'] as Identifier[]).map(canonicalType),
    name: (sent['name'] as Json[]).map(oneGiven),
    telecom: (sent['telecom'] as Json[]).map(trimmed),
  } as Resource;
  // What the rules above do not know, the profile does.
  validator ??= new Validator(PROFILES, new Terminology());
  const more = validator
    .validate(account, { profiles: [ACCOUNT_PROFILE], declared: false })
    .filter((one) => one.severity === 'error');
  if (more.length > 0) throw errorOf(more, 422);
  return account;
}

/** The type under the profile's name of its code system, whichever name was sent (trap I7). */
function canonicalType(identifier: Identifier): Identifier {
  const code = TYPE_OF[identifier.system!];
  return code === undefined ? identifier : { ...identifier, type: { coding: [{ system: ID_TYPE, code }] } };
}

function identifierFaults(sent: Resource): Issue[] {
  const identifiers = (sent['identifier'] as Identifier[] | undefined) ?? [];
  if (identifiers.length === 0) return [missing('Practitioner.identifier', "l'identifiant du régulateur")];
  const faults = identifiers.flatMap((identifier, i) => oneIdentifier(identifier, `Practitioner.identifier[${i}]`));
  if (
    faults.length > 0 ||
    identifiers.some((identifier) => ACCOUNT_SYSTEMS.includes(accountIdentifier(identifier).system))
  )
    return faults;
  return [
    issue('error', 'business-rule', `No identifier is national (${IDNPS}) or of the platform (${PLATFORM_SYSTEM})`, {
      expression: 'Practitioner.identifier',
      text: "Le compte doit porter un identifiant national (IDNPS) ou l'identifiant technique du SAS (INTRN).",
    }),
  ];
}

function oneIdentifier({ system, value, type }: Identifier, place: string): Issue[] {
  const faults: Issue[] = [];
  if (isBlank(system)) faults.push(missing(`${place}.system`, "le système de l'identifiant"));
  if (isBlank(value)) faults.push(missing(`${place}.value`, "la valeur de l'identifiant"));
  if (type === undefined) faults.push(missing(`${place}.type`, "le type de l'identifiant"));
  if (faults.length > 0) return faults;
  const codes = ((type!.coding as Coding[] | undefined) ?? [])
    .filter((coding) => coding.system === undefined || TYPE_SYSTEM.test(coding.system))
    .map((coding) => coding.code ?? '');
  const wanted = TYPE_OF[system!];
  const isMismatch =
    (wanted !== undefined && !codes.includes(wanted)) ||
    codes.some((code) => SYSTEMS_OF[code] !== undefined && !SYSTEMS_OF[code]!.includes(system!));
  if (!isMismatch) return [];
  return [
    issue(
      'error',
      'code-invalid',
      `${place}: type and system do not agree: IDNPS is of ${IDNPS}, INTRN of ${PLATFORM_SYSTEM}`,
      {
        expression: `${place}.type`,
        text: "Le type et le système de l'identifiant ne s'accordent pas (IDNPS : identifiant national ; INTRN : identifiant technique du SAS).",
      },
    ),
  ];
}

function activeFaults(sent: Resource): Issue[] {
  return typeof sent['active'] === 'boolean'
    ? []
    : [missing('Practitioner.active', "l'état du compte (active : true ou false)")];
}

function nameFaults(sent: Resource): Issue[] {
  const names = (sent['name'] as Json[] | undefined) ?? [];
  if (names.length === 0) return [missing('Practitioner.name', 'le nom du régulateur')];
  return names.flatMap((name, i) => [
    ...(isBlank(name.family) ? [missing(`Practitioner.name[${i}].family`, 'le nom de famille')] : []),
    ...(givenOf(name) === '' ? [missing(`Practitioner.name[${i}].given`, 'le prénom')] : []),
  ]);
}

function telecomFaults(sent: Resource): Issue[] {
  const telecoms = (sent['telecom'] as Json[] | undefined) ?? [];
  if (telecoms.length === 0) return [missing('Practitioner.telecom', "l'adresse e-mail")];
  return telecoms.flatMap((telecom, i) => {
    const place = `Practitioner.telecom[${i}]`;
    if (telecom.system === undefined) return [missing(`${place}.system`, 'le type de contact (email)')];
    if (telecom.system !== 'email')
      return [
        issue('error', 'code-invalid', `${place}.system is "${telecom.system}": an account has e-mails only`, {
          expression: `${place}.system`,
          text: "Un compte régulateur n'a que des adresses e-mail (telecom.system : email).",
        }),
      ];
    if (isBlank(telecom.value)) return [missing(`${place}.value`, "l'adresse e-mail")];
    if (!ADDRESS.test(telecom.value.trim()))
      return [
        issue('error', 'value', `${place}.value is no e-mail address`, {
          expression: `${place}.value`,
          text: "L'adresse e-mail n'a pas la forme d'une adresse.",
        }),
      ];
    return [];
  });
}

function missing(place: string, what: string): Issue {
  return issue('error', 'required', `${place} is missing: it is mandatory`, {
    expression: place,
    text: `Il manque ${what} : cet élément est obligatoire.`,
  });
}

function isBlank(value: Json): boolean {
  return typeof value !== 'string' || value.trim() === '';
}

function givenOf(name: Json): string {
  return ((name.given as (string | null)[] | undefined) ?? [])
    .map((given) => given?.trim() ?? '')
    .filter(Boolean)
    .join(' ');
}

/** The profile has room for one given name (trap C16), so that extensions of single names are dropped. */
function oneGiven(name: Json): Json {
  const { _given, ...rest } = name;
  return { ...rest, given: [givenOf(name)], ...(name.given.length === 1 && _given !== undefined ? { _given } : {}) };
}

function trimmed(telecom: Json): Json {
  return { ...telecom, value: telecom.value.trim() };
}
