/**
 * The door to the teleservice INSi: a connector that the deployment runs beside us, which has the certificate of the
 * structure and speaks SOAP to the national service. Between us: `POST {address}/search`, JSON (docs/identite.md).
 */
import { request } from 'undici';
import { isInsSystem, type NationalIdentity } from '../../fhir/french/identity.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Json } from '../../fhir/resource.ts';
import type { AskedTraits, Insi, InsiAnswer } from './insi.ts';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 65_536;

export class InsiConnector implements Insi {
  private readonly address: string;

  constructor(address: string) {
    this.address = address;
  }

  async search(traits: AskedTraits): Promise<InsiAnswer> {
    const text = await this.post(JSON.stringify(traits)).catch((error: unknown) => {
      throw unreached(error);
    });
    const answer = parsed(text);
    if (answer?.code === '01') return { found: 'none' };
    if (answer?.code === '02') return { found: 'several' };
    const identity = answer?.code === '00' ? identityIn(answer.identity) : undefined;
    if (identity === undefined) throw unreached(new Error('an answer that is not one of codes 00, 01 and 02'));
    return { found: 'one', identity };
  }

  private async post(body: string): Promise<string> {
    const reply = await request(`${this.address}/search`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    let text = '';
    for await (const chunk of reply.body.setEncoding('utf8')) {
      text += chunk;
      if (text.length > MAX_BYTES) throw new Error('an answer that is too long');
    }
    if (reply.statusCode !== 200) throw new Error(`status ${reply.statusCode}`);
    return text;
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const FORMS: Readonly<Record<keyof NationalIdentity, RegExp>> = {
  matricule: /^[0-9AB]{15}$/,
  system: /^urn:oid:[\d.]+$/,
  family: /^.{1,100}$/,
  given: /^.{1,200}$/,
  gender: /^(male|female)$/,
  birthDate: /^\d{4}-\d\d-\d\d$/,
  birthPlace: /^[0-9AB]{5}$/,
};

/** `undefined` when a part is missing or has another form. */
function identityIn(value: Json): NationalIdentity | undefined {
  const isWhole = Object.entries(FORMS).every(
    ([name, form]) => typeof value?.[name] === 'string' && form.test(value[name]),
  );
  return isWhole && isInsSystem(value.system) ? value : undefined;
}

function unreached(cause: unknown): FhirError {
  return new FhirError('transient', 'The teleservice INSi does not answer', {
    text: 'Le téléservice INSi ne répond pas : réessayez plus tard.',
    cause,
  });
}
