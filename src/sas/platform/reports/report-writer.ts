/**
 * Writes the appointments that editors report (INT_R03). The same report sent twice is one write. Spec: 6.5
 */
import type { Condition, Context, Stored, WriteResult } from '../../../fhir/interaction.ts';
import { FhirError, unsupported } from '../../../fhir/issue.ts';
import type { Resource } from '../../../fhir/resource.ts';
import { parseAnyResource } from '../../../fhir/json.ts';
import type { Repository } from '../../../store/write/repository.ts';
import { identifierOf, isSameReport, ownerOf } from './report.ts';

export class ReportWriter {
  readonly #repository: Repository;

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** A report that is already there answers 200; with other content it is an update, and the answer says so (409). */
  async create(context: Context, resource: Resource, ifNoneExist?: string): Promise<WriteResult> {
    if (ifNoneExist !== undefined) requireSameIdentifier(resource, ifNoneExist);
    try {
      return await this.#repository.create(context, resource, ifNoneExist);
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
    if (id === undefined) requireSameIdentifier(resource, condition.query!);
    return this.#repository.update(context, resource, id, condition);
  }

  /** The appointment that has the identifier of this report. */
  #existing(context: Context, resource: Resource): Promise<Stored | undefined> {
    const { system, value } = identifierOf(resource);
    const [first, second] = [system, value].map((part) => encodeURIComponent(escaped(part)));
    return this.#repository.single(context, 'Appointment', `identifier=${first}|${second}`);
  }
}

function reportIn(stored: Stored | undefined): Resource | undefined {
  return stored?.body === undefined ? undefined : parseAnyResource(stored.body);
}

function escaped(text: string): string {
  return text.replace(/[\\,|$]/g, '\\$&');
}

/** Other criteria would tell one editor about the reports of others. */
function onlyByIdentifier(name: string): FhirError {
  return unsupported(
    'A report is updated by its identifier, and by no other criterion',
    'Un rendez-vous se met à jour par son identifiant seul.',
    name,
  );
}

/** The address and the body must name the same appointment. Spec: 6.5 */
function requireSameIdentifier(resource: Resource, query: string): void {
  const { system, value } = identifierOf(resource);
  for (const [name, asked] of new URLSearchParams(query)) {
    if (name.toLowerCase() !== 'identifier') throw onlyByIdentifier(name);
    const plain = asked.replace(/\\([\\,|$])/g, '$1');
    if ([`${system}|${value}`, `|${value}`, value].includes(plain)) continue;
    throw new FhirError('business-rule', 'The identifier of the address is not that of the body', {
      expression: 'Appointment.identifier',
      text: "L'identifiant de l'adresse diffère de celui du rendez-vous.",
    });
  }
}
