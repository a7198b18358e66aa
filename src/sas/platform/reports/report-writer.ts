/**
 * Writes the appointments that editors report (INT_R03). The same report sent twice is one write, and an unknown
 * regulator is a warning. Spec: 6.5
 */
import type { Condition, Context, Stored, WriteResult } from '../../../fhir/interaction.ts';
import { errorOf, FhirError, type Issue, issue } from '../../../fhir/issue.ts';
import { parseJson } from '../../../fhir/json.ts';
import type { Resource } from '../../../fhir/resource.ts';
import type { Repository } from '../../../store/write/repository.ts';
import { tokenOf } from '../../contract/identifier.ts';
import { identifierOf, isSameReport, operatorOf, ownerOf } from './report.ts';

export class ReportWriter {
  readonly #repository: Repository;

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** A report that is already there answers 200; with other content it is an update, and the answer says so (409). */
  async create(context: Context, resource: Resource, ifNoneExist?: string): Promise<WriteResult> {
    const issues = await this.#regulatorIssues(context, resource);
    try {
      return { ...(await this.#repository.create(context, resource, ifNoneExist)), issues };
    } catch (error) {
      if (!(error instanceof FhirError) || error.code !== 'duplicate') throw error;
      const existing = await this.#existing(context, resource);
      const report = reportIn(existing);
      if (existing === undefined || report === undefined) throw error;
      if (ownerOf(report) !== context.caller)
        throw new FhirError('forbidden', 'This identifier was used by another caller, and is theirs', {
          expression: 'Appointment.identifier',
          text: 'Cet identifiant de rendez-vous appartient à un autre éditeur.',
        });
      if (!isSameReport(report, resource)) throw error;
      return { stored: existing, created: false, unchanged: true };
    }
  }

  async update(
    context: Context,
    resource: Resource,
    id: string | undefined,
    condition: Condition,
  ): Promise<WriteResult> {
    const existing =
      id === undefined
        ? await this.#repository.single(context, 'Appointment', condition.query!)
        : await this.#repository.reader.read('Appointment', id);
    if (id === undefined) requireSameIdentifier(resource, condition.query!);
    const report = reportIn(existing);
    // A repetition makes no new version, and no message to the dispatch software.
    const isRepetition =
      report !== undefined &&
      condition.ifMatch === undefined &&
      ownerOf(report) === context.caller &&
      isSameReport(report, resource);
    if (isRepetition) return { stored: existing!, created: false, unchanged: true };
    const issues = await this.#regulatorIssues(context, resource);
    return { ...(await this.#repository.update(context, resource, id, condition)), issues };
  }

  /** The appointment that has the identifier of this report. */
  #existing(context: Context, resource: Resource): Promise<Stored | undefined> {
    const { system, value } = identifierOf(resource);
    const [first, second] = [system, value].map((part) => encodeURIComponent(escaped(part)));
    return this.#repository.single(context, 'Appointment', `identifier=${first}|${second}`);
  }

  /**
   * An unknown regulator is a warning: no appointment is lost because an account comes late. Under `handling=strict` it
   * is refused (422).
   */
  async #regulatorIssues(context: Context, resource: Resource): Promise<Issue[]> {
    const operator = operatorOf(resource);
    if (operator === undefined || (await this.#isKnown(operator.system ?? '', operator.value))) return [];
    const unknown = issue('warning', 'not-found', 'The regulator of this appointment is not known to the platform', {
      expression: 'Appointment.extension',
      text: 'Régulateur inconnu de la plateforme.',
    });
    if (context.strict) throw errorOf([{ ...unknown, severity: 'error' }], 422);
    return [unknown];
  }

  async #isKnown(system: string, value: string | undefined): Promise<boolean> {
    if (value === undefined) return false;
    const found = await this.#repository.reader.byIdentifier(['Practitioner'], [tokenOf({ system, value })], 2);
    return found.length > 0;
  }
}

function reportIn(stored: Stored | undefined): Resource | undefined {
  return stored?.body === undefined ? undefined : (parseJson(stored.body) as Resource);
}

function escaped(text: string): string {
  return text.replace(/[\\,|$]/g, '\\$&');
}

/** The address and the body must name the same appointment. Spec: 6.5 */
function requireSameIdentifier(resource: Resource, query: string): void {
  const { system, value } = identifierOf(resource);
  for (const [name, asked] of new URLSearchParams(query)) {
    if (name.toLowerCase() !== 'identifier') continue;
    const plain = asked.replace(/\\([\\,|$])/g, '$1');
    if ([`${system}|${value}`, `|${value}`, value].includes(plain)) continue;
    throw new FhirError('business-rule', 'The identifier of the address is not that of the body', {
      expression: 'Appointment.identifier',
      text: "L'identifiant de l'adresse diffère de celui du rendez-vous.",
    });
  }
}
