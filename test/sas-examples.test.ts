/**
 * The published examples of the SAS guide, in both versions: each is valid by the profiles of its version, and by the
 * default of the server whatever its version. Loaded into an agenda, the resources of each Bundle come back from the
 * SAS search entry for entry, but for what the contract wants otherwise: `search.mode`, Paris offsets, a `comment` on
 * every slot, and the codings of both versions on the identifier of a CPTS (trap I3).
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Conformance } from '../src/fhir/conformance.ts';
import type { Json, Resource } from '../src/fhir/resource.ts';
import { startTestServer, type TestServer } from './harness.ts';
import type { GuideVersion } from './sas-example-parts.ts';
import { singles } from './sas-example-singles.ts';
import { bundles } from './sas-examples.ts';

const VERSIONS: GuideVersion[] = ['1.1.0', '1.2.0'];
const ORDER = ['Organization', 'Location', 'Practitioner', 'HealthcareService', 'PractitionerRole', 'Schedule', 'Slot'];
/** The slices by `pattern:$this` have no pattern: every consultation mode would have to be a CPTS (trap C32). */
const C32 = /extension:sas-servicetype-r5 is there 0 times/;

describe.each(VERSIONS)('the examples of %s', (version) => {
  const all: Resource[] = [...bundles(version).map(({ bundle }) => bundle), ...singles(version)];

  it.each([version, '1.2.0'] as const)('are valid where %s is spoken', (spoken) => {
    const { validator } = new Conformance([], spoken);
    const errors = all.flatMap((resource) =>
      validator
        .validate(resource)
        .filter(({ severity, diagnostics }) => severity === 'error' && !C32.test(diagnostics))
        .map(({ expression, diagnostics }) => `${resource.resourceType}/${resource.id} ${expression} ${diagnostics}`),
    );
    expect(errors).toEqual([]);
  });
});

describe('the type of the identifier of a CPTS', () => {
  const { bundle } = bundles('1.2.0')[1]!;
  const organization = bundle.entry.at(-1).resource as Resource;
  const errors = (spoken: GuideVersion, version: string): number => {
    const url = organization.meta!.profile![0]!;
    const resource = { ...organization, meta: { profile: [url + version] } };
    return new Conformance([], spoken).validator.validate(resource).filter(({ severity }) => severity === 'error')
      .length;
  };

  it('is judged by the version that the canonical names', () => {
    expect([errors('1.1.0', '|1.1.0'), errors('1.2.0', '|1.1.0'), errors('1.1.0', '|1.2.0')]).toEqual([1, 1, 0]);
  });
});

describe.each(VERSIONS)('the Bundles of %s', (version) => {
  let test: TestServer;
  beforeAll(async () => {
    test = await startTestServer({ sasVersion: version });
  });
  afterAll(() => test.close());
  beforeEach(() => test.reset());

  it.each(bundles(version))('come back: $name', async ({ bundle, now, query }) => {
    test.clock.now = Date.parse(now);
    const resources: Json[] = bundle.entry.map((entry: Json) => entry.resource);
    const byType = (a: Json, b: Json): number => ORDER.indexOf(a.resourceType) - ORDER.indexOf(b.resourceType);
    for (const resource of [...resources].sort(byType)) {
      const { status, text } = await test.request('PUT', `${resource.resourceType}/${resource.id}`, resource);
      expect([resource.id, status, status > 299 ? text : '']).toEqual([resource.id, 201, '']);
    }
    const { status, json } = await test.request('GET', `../sas/${query}`);
    expect(status).toBe(200);
    expect(json.meta.profile).toEqual(bundle.meta.profile);
    expect(json.total).toBe(bundle.total);
    expect(json.link).toEqual([{ relation: 'self', url: `${test.base.replace(/fhir$/, 'sas')}/${query}` }]);
    expect(byId(json.entry.map((entry: Json) => entry.resource))).toEqual(byId(resources));
  });
});

function byId(resources: Json[]): Record<string, Json> {
  return Object.fromEntries(
    resources.map((resource) => [`${resource.resourceType}/${resource.id}`, normal(resource)]).sort(),
  );
}

/**
 * Instants as such, whatever their offset; the text of a comment only where there is one of the caller's; one of the
 * codings of a CPTS.
 */
function normal(resource: Json): Json {
  if (resource.id.startsWith('ExampleOrgaCPTS')) {
    const [{ type, ...identifier }] = resource.identifier;
    return { ...resource, identifier: [{ ...identifier, types: type.coding.map(({ code }: Json) => code)[0] }] };
  }
  if (resource.resourceType !== 'Slot') return resource;
  const comment = String(resource.comment ?? '');
  const url = comment === '' || comment.includes('/rdv?agenda=') ? 'ours' : comment.split('?')[0];
  return { ...resource, start: Date.parse(resource.start), end: Date.parse(resource.end), comment: url };
}
