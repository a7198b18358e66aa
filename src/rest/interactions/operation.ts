/** Operations (`$name`) at the three levels. https://hl7.org/fhir/R4/operations.html */
import { FhirError } from '../../fhir/issue.ts';
import { notOffered } from '../../fhir/refusals.ts';
import { stringifyJson } from '../../fhir/json.ts';
import type { Backend, OperationCall, Upload } from '../backend.ts';
import {
  type Answer,
  bodyResource,
  type Exchange,
  refuseEvents,
  uncheckedResource,
  warningHeader,
} from '../exchange.ts';

export async function invoke(
  backend: Backend,
  exchange: Exchange,
  type: string | undefined,
  id: string | undefined,
): Promise<Answer> {
  const name = exchange.operation!;
  const level = id !== undefined ? 'instance' : type !== undefined ? 'type' : 'system';
  const operation = backend.operations.find(
    (operation) =>
      operation.name === name &&
      operation.level === level &&
      (operation.on === 'system' ? type === undefined : operation.on.includes(type ?? '')),
  );
  if (operation === undefined) {
    throw new FhirError('not-found', `There is no operation $${name} here`, {
      text: `L'opération « $${name} » n'existe pas ici.`,
    });
  }
  if (exchange.method === 'GET' && !operation.safe) {
    throw notOffered(`$${name} changes data: call it by POST`, `« $${name} » s'appelle par POST.`);
  }
  const hasBody = exchange.body !== undefined && exchange.body.length > 0;
  const isUpload =
    hasBody &&
    operation.accepts !== undefined &&
    new RegExp(`^\\s*${operation.accepts}\\s*(;|$)`, 'i').test(exchange.header('content-type') ?? '');
  const lastEventId = exchange.header('last-event-id');
  const call: OperationCall = {
    ...(type ? { type } : {}),
    ...(id ? { id } : {}),
    method: exchange.method as 'GET' | 'POST',
    query: exchange.query,
    resource:
      hasBody && !isUpload
        ? operation.takesUnchecked
          ? uncheckedResource(exchange)
          : bodyResource(exchange)
        : undefined,
    ...(isUpload ? { upload: uploadOf(exchange) } : {}),
    ...(lastEventId === undefined ? {} : { lastEventId }),
    mayAsk: (method, path) => mayAsk(exchange, method, path),
  };
  if (exchange.asEvents && operation.events !== undefined)
    return { status: 200, events: await operation.events(exchange.context, call) };
  refuseEvents(exchange);
  const { status = 200, resource, issues = [] } = await operation.run(exchange.context, call);
  return { status, headers: warningHeader(issues), text: stringifyJson(withContent(resource, exchange)) };
}

/** XML has no empty resource: an empty list has an id. */
function withContent<T>(resource: T, { context }: Exchange): T {
  const isEmpty = resource !== undefined && Object.keys(resource as object).join() === 'resourceType';
  return isEmpty ? { ...resource, id: context.requestId } : resource;
}

function mayAsk(exchange: Exchange, method: string, path: string): boolean {
  try {
    exchange.requireOpen(method, path);
    return true;
  } catch (error) {
    if (error instanceof FhirError && error.code === 'forbidden') return false;
    throw error;
  }
}

function uploadOf(exchange: Exchange): Upload {
  const charset = /;\s*charset\s*=\s*"?([\w.:-]+)/i.exec(exchange.header('content-type') ?? '')?.[1];
  return { octets: exchange.body!, ...(charset === undefined ? {} : { charset }) };
}
