/** The accounts that a simulated editor receives (INT_R02): POST creates, PUT by identifier creates or updates. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Resource } from '../../fhir/resource.ts';
import { list } from '../../fhir/resources.ts';
import { parseResource } from '../../fhir/json.ts';
import { outcome, send } from './answers.ts';

/** `accounts`: by `system|value`; `url`: the FHIR base. */
export async function receiveAccount(
  request: IncomingMessage,
  response: ServerResponse,
  query: string,
  accounts: Map<string, Resource>,
  url: string,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    const account = parseResource('Practitioner', Buffer.concat(chunks).toString());
    const [identifier] = list(account.identifier);
    const key = `${identifier!.system}|${identifier!.value}`;
    const asked = request.method === 'PUT' ? (new URLSearchParams(query).get('identifier') ?? key) : undefined;
    if (request.method === 'POST' && accounts.has(key))
      return send(response, 422, outcome('duplicate', 'Ce compte existe déjà.'));
    const isNew = asked === undefined || !accounts.has(asked);
    if (asked !== undefined) accounts.delete(asked);
    accounts.set(key, account);
    response.setHeader('Location', `${url}/Practitioner/${encodeURIComponent(identifier!.value!)}`);
    return send(response, isNew ? 201 : 200, account);
  } catch {
    return send(response, 400, outcome('structure', 'Compte illisible.'));
  }
}
