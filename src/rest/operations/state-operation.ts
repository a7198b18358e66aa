/** `GET /fhir/$server-state`: versions, start time and expiry dates of certificates, for operators. */
import type { CertificateDate } from '../../runtime/tls/certificate-dates.ts';
import type { Operation } from '../backend.ts';

export interface ServerState {
  version: string;
  /** Name and version of the database. */
  database: () => Promise<string>;
  certificates: () => CertificateDate[];
}

export function stateOperation({ version, database, certificates }: ServerState): Operation {
  const started = new Date().toISOString();
  return {
    name: 'server-state',
    on: 'system',
    level: 'system',
    safe: true,
    description: 'Versions, date de démarrage, certificats et leur échéance.',
    async run() {
      const versions = { creneau: version, node: process.versions.node, database: await database() };
      const parameter = [
        { name: 'started', valueInstant: started },
        ...Object.entries(versions).map(([name, valueString]) => ({
          name: 'version',
          part: [
            { name: 'of', valueString: name },
            { name: 'is', valueString },
          ],
        })),
        ...certificates().map(({ option, subject, until, problem }) => ({
          name: 'certificate',
          part: [
            { name: 'option', valueString: option },
            { name: 'subject', valueString: subject },
            ...(until === undefined ? [] : [{ name: 'until', valueInstant: new Date(until).toISOString() }]),
            ...(problem === undefined ? [] : [{ name: 'problem', valueString: problem }]),
          ],
        })),
      ];
      return { resource: { resourceType: 'Parameters', parameter } };
    },
  };
}
