/**
 * Practices in the dialect of the SAS, with their texts. The texts of its resources, and which of its identifiers were
 * asked for, decide all that is written of a practice: they are the key, so nothing here is ever stale (ADR 0035).
 */
import { LRUCache } from 'lru-cache';
import { IDNPS } from '../../../fhir/french/identifiers.ts';
import { asType, type Practitioner, type PractitionerRole } from '../../../fhir/resources.ts';
import { parseAnyResource, parseResource } from '../../../fhir/json.ts';
import type { SasDialect } from './dialect.ts';
import { tokensOf } from './dialect-parts.ts';

/** The professional and the place of a consultation. */
export interface Practice {
  /** `Practitioner/id`. */
  reference: string;
  practitioner: Practitioner;
  role: PractitionerRole;
  /** The same as JSON texts. */
  practitionerText: string;
  roleText: string;
}

/** JSON texts of the resources that one is made of, as far as they are there. */
export interface PracticeSources {
  role: string;
  /** Of the practitioner, if he or she is an actor of the agenda. */
  person: string | undefined;
  place: string | undefined;
  structure: string | undefined;
}

interface KnownPractice {
  /** Of the practitioner, `system|value`. */
  tokens: readonly string[];
  /** By the tokens that were asked for; `undefined`: incomplete. */
  practices: Map<string, Practice | undefined>;
}

/** Characters; parsed, a text takes about four times as much. */
const MAX_TEXT = 8_000_000;

export class KnownPractices {
  readonly #dialect: SasDialect;
  readonly #roles = new LRUCache<string, PractitionerRole>({
    maxSize: MAX_TEXT,
    sizeCalculation: (_role, text) => 200 + text.length,
  });
  readonly #known = new LRUCache<string, KnownPractice>({
    maxSize: MAX_TEXT,
    sizeCalculation: (_known, texts) => 1000 + texts.length,
  });

  constructor(dialect: SasDialect) {
    this.#dialect = dialect;
  }

  /** Parsed once. It is shared: nobody changes it. */
  role(text: string): PractitionerRole {
    const known = this.#roles.get(text);
    if (known !== undefined) return known;
    const role = parseResource('PractitionerRole', text);
    this.#roles.set(text, role);
    return role;
  }

  /** `reference`: of the practitioner; `asked`: identifiers of the search, `system|value`. */
  of(sources: PracticeSources, reference: string, asked: ReadonlySet<string>): Practice | undefined {
    const { role, person, place, structure } = sources;
    const key = [role, person, place, structure].join('\n');
    let known = this.#known.get(key);
    if (known === undefined) {
      const practitioner = parsed('Practitioner', person);
      known = { tokens: practitioner === undefined ? [] : tokensOf(practitioner, IDNPS), practices: new Map() };
      this.#known.set(key, known);
    }
    // An identifier of somebody else decides nothing.
    const own = known.tokens.filter((token) => asked.has(token));
    const choice = own.join('\n');
    if (!known.practices.has(choice)) known.practices.set(choice, this.#write(sources, reference, new Set(own)));
    return known.practices.get(choice);
  }

  #write(
    { role, person, place, structure }: PracticeSources,
    reference: string,
    asked: ReadonlySet<string>,
  ): Practice | undefined {
    const stored = parsed('Practitioner', person);
    const practitioner = stored && this.#dialect.practitioner(stored, asked);
    const written = this.#dialect.practitionerRole(
      this.role(role),
      reference,
      parsed('Location', place),
      parsed('Organization', structure),
    );
    if (practitioner?.identifier === undefined || written === undefined) return undefined;
    const texts = [practitioner, written].map((resource) => JSON.stringify(resource));
    return { reference, practitioner, role: written, practitionerText: texts[0]!, roleText: texts[1]! };
  }
}

function parsed<T extends 'Practitioner' | 'Location' | 'Organization'>(type: T, text: string | undefined) {
  return text === undefined ? undefined : asType(parseAnyResource(text), type);
}
