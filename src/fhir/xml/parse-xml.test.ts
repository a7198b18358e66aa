/** Reading FHIR XML: the JSON that it becomes, and the refusals with their places. */
import { describe, expect, test } from 'vitest';
import { FhirError } from '../issue.ts';
import { stringifyJson } from '../json.ts';
import type { Json } from '../resource.ts';
import { parseXml } from './parse-xml.ts';
import { writeXml } from './write-xml.ts';

const patient = (content: string): string => `<Patient xmlns="http://hl7.org/fhir">${content}</Patient>`;

function refusal(xml: string): FhirError {
  try {
    parseXml(xml);
  } catch (error) {
    if (error instanceof FhirError) return error;
    throw error;
  }
  throw new Error(`accepted: ${xml.slice(0, 200)}`);
}

describe('becomes JSON', () => {
  test.each<[string, string, Json]>([
    ['a boolean', '<active value="true"/>', { active: true }],
    ['an integer', '<multipleBirthInteger value="2"/>', { multipleBirthInteger: 2 }],
    ['an integer with a sign', '<multipleBirthInteger value="+2"/>', { multipleBirthInteger: 2 }],
    ['a list of one', '<name><given value="A"/></name>', { name: [{ given: ['A'] }] }],
    [
      'an id',
      '<name id="n"><given value="A" id="g"/></name>',
      { name: [{ id: 'n', given: ['A'], _given: [{ id: 'g' }] }] },
    ],
    [
      'places in a list',
      '<name><given value="A"/><given><extension url="u"><valueCode value="c"/></extension></given>' +
        '<given value="C"/></name>',
      { name: [{ given: ['A', null, 'C'], _given: [null, { extension: [{ url: 'u', valueCode: 'c' }] }, null] }] },
    ],
    ['line breaks', '<name><text value="a&#10;b&#9;c"/></name>', { name: [{ text: 'a\nb\tc' }] }],
    [
      'characters by number',
      '<name><text value="&#233;&#x1F600;&amp;&lt;&gt;&quot;&apos;"/></name>',
      { name: [{ text: 'é😀&<>"\'' }] },
    ],
    ['comments', '<!-- a --><active value="true"/><!-- <b> -->', { active: true }],
    [
      'contained resources',
      '<contained><Basic><id value="b"/></Basic></contained>',
      { contained: [{ resourceType: 'Basic', id: 'b' }] },
    ],
  ])('%s', (_, content, expected) =>
    expect(parseXml(patient(content))).toEqual({ resourceType: 'Patient', ...expected }),
  );

  test('decimals keep their digits', () => {
    const xml =
      '<Location xmlns="http://hl7.org/fhir"><position><longitude value="2.350"/><latitude value="48.8566"/>' +
      '</position></Location>';
    const json = '{"resourceType":"Location","position":{"longitude":2.350,"latitude":48.8566}}';
    expect(stringifyJson(parseXml(xml))).toBe(json);
  });

  test('a declaration, a byte order mark, a prefix and a schema location are understood', () => {
    const xml =
      '\ufeff<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<!-- a -->\n' +
      '<f:Patient xmlns:f="http://hl7.org/fhir" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ' +
      'xsi:schemaLocation="http://hl7.org/fhir ../patient.xsd">\n  <f:active value="false"/>\n</f:Patient>\n';
    expect(parseXml(xml)).toEqual({ resourceType: 'Patient', active: false });
  });
});

describe('narratives', () => {
  const text = (div: string): Json =>
    (parseXml(`\ufeff${patient(`<text><status value="generated"/>${div}</text>`)}`) as Json).text.div;

  test('are kept as they are', () => {
    const div = `<div\n class='a' xmlns="http://www.w3.org/1999/xhtml"><p>é&#233; &amp;<br/>\r\n</p><!-- x --></div>`;
    expect(text(`\n ${div} `)).toBe(div);
  });

  test('that use the namespaces of their surroundings are rewritten to stand alone', () => {
    const xml =
      '<Patient xmlns="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml"><text>' +
      '<status value="generated"/><h:div class="a&quot;"><h:p>a &lt; b<h:br/></h:p></h:div></text></Patient>';
    expect((parseXml(xml) as Json).text.div).toBe(
      '<div xmlns="http://www.w3.org/1999/xhtml" class="a&quot;"><p>a &lt; b<br/></p></div>',
    );
  });

  test.each([
    ['a script', '<div xmlns="http://www.w3.org/1999/xhtml"><script>a</script></div>'],
    ['an event', '<div xmlns="http://www.w3.org/1999/xhtml" onclick="a()">a</div>'],
    ['a program in a link', '<div xmlns="http://www.w3.org/1999/xhtml"><a href=" java&#10;script:a()">a</a></div>'],
    ['another outer tag', '<p xmlns="http://www.w3.org/1999/xhtml">a</p>'],
    [
      'another namespace inside',
      '<div xmlns="http://www.w3.org/1999/xhtml"><p xmlns="http://hl7.org/fhir">a</p></div>',
    ],
    ['no namespace', '<div>a</div>'],
    ['an entity of HTML', '<div xmlns="http://www.w3.org/1999/xhtml">&nbsp;</div>'],
    [
      'two of them',
      '<div xmlns="http://www.w3.org/1999/xhtml">a</div><div xmlns="http://www.w3.org/1999/xhtml">b</div>',
    ],
    ['endless nesting', `<div xmlns="http://www.w3.org/1999/xhtml">${'<b>'.repeat(100)}a${'</b>'.repeat(100)}</div>`],
  ])('refused: %s', (_, div) => expect(() => text(div)).toThrow(FhirError));
});

describe('refused', () => {
  test.each<[string, string, string]>([
    ['nothing', '', ''],
    ['no XML', '{"resourceType":"Patient"}', ''],
    ['two roots', `${patient('')}${patient('')}`, ''],
    ['a root without namespace', '<Patient><active value="true"/></Patient>', 'namespace'],
    ['another namespace', '<Patient xmlns="urn:hl7-org:v3"/>', 'namespace'],
    ['an unknown resource', '<Rendezvous xmlns="http://hl7.org/fhir"/>', 'not a resource of R4'],

    [
      'an element before its turn',
      patient('<gender value="male"/><active value="true"/>'),
      '<active> comes before <gender>',
    ],
    [
      'a repeat after another element',
      patient('<name><family value="a"/></name><gender value="male"/><name><family value="b"/></name>'),
      '<name> comes before <gender>',
    ],
    [
      'an element of a datatype before its turn',
      patient('<name><given value="a"/><family value="b"/></name>'),
      '<family> comes before <given>',
    ],
    [
      'an extension after the rest',
      patient('<active value="true"/><extension url="u"><valueCode value="a"/></extension>'),
      '<extension> comes before <active>',
    ],
    [
      'a narrative before its status',
      patient('<text><div xmlns="http://www.w3.org/1999/xhtml">a</div><status value="generated"/></text>'),
      '<status> comes before <div>',
    ],
    ['an unknown element', patient('<foo value="a"/>'), '<foo> is not an element of Patient'],
    ['an element of another namespace', patient('<active xmlns="urn:x" value="true"/>'), 'namespace'],
    [
      'an attribute as an element',
      patient('<extension><url value="u"/></extension>'),
      '<url> is not an element of Extension',
    ],
    ['a choice without type', patient('<deceased value="true"/>'), '<deceased> is not an element'],
    ['an unknown attribute', patient('<active value="true" foo="a"/>'), 'no attribute foo'],
    ['a value on what has none', patient('<name value="a"/>'), 'no attribute value'],
    ['an attribute on a resource', '<Patient xmlns="http://hl7.org/fhir" id="a"/>', 'no attribute id'],
    ['an attribute on contained', patient('<contained id="a"><Basic/></contained>'), 'no attribute id'],
    ['an attribute with a prefix', patient('<active value="true" xml:lang="fr"/>'), 'no attribute xml:lang'],
    [
      'a schema location inside',
      patient('<active value="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="a"/>'),
      'no attribute xsi:type',
    ],
    ['text', patient('<active value="true">a</active>'), 'text outside an attribute'],
    ['a no-break space', patient('\u00a0<active value="true"/>'), 'text outside an attribute'],
    ['an empty element', patient('<name/>'), '<name> is empty'],
    ['an id alone', patient('<active id="a"/>'), '<active> is empty'],
    ['an empty attribute', patient('<active value=""/>'), 'the attribute value is empty'],
    ['an empty contained', patient('<contained/>'), '<contained> is empty'],
    ['two in one contained', patient('<contained><Basic/><Basic/></contained>'), 'second resource'],
    ['twice what does not repeat', patient('<active value="true"/><active value="true"/>'), '<active> is given twice'],
    ['no boolean', patient('<active value="1"/>'), 'true or false'],
    ['no number', patient('<multipleBirthInteger value="0x10"/>'), 'expected a number'],
    ['a number with a leading zero', patient('<multipleBirthInteger value="007"/>'), 'expected a number'],
    ['a broken tag', patient('<active value="true">'), ''],
    ['an attribute twice', patient('<active value="true" value="false"/>'), 'duplicate'],
    ['a prefix of nowhere', patient('<f:active value="true"/>'), 'prefix'],
    ['a DOCTYPE', `<!DOCTYPE Patient>${patient('')}`, 'DOCTYPE'],
    [
      'a billion laughs',
      `<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]>${patient('<active value="&c;"/>')}`,
      'DOCTYPE',
    ],
    [
      'a file from outside',
      `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>${patient('<language value="&b;"/>')}`,
      'DOCTYPE',
    ],
    ['an unknown entity', patient('<language value="&b;"/>'), 'entity'],
    ['an entity of JavaScript', patient('<language value="&constructor;"/>'), 'entity'],
    ['a character that XML has not', patient('<language value="&#0;"/>'), ''],
    ['a processing instruction', patient('<?php a ?>'), 'processing instruction'],
    ['a stylesheet', `<?xml version="1.0"?><?xml-stylesheet href="a"?>${patient('')}`, 'processing instruction'],
    ['CDATA', patient('<![CDATA[ ]]>'), 'CDATA'],
    ['XML 1.1', `<?xml version="1.1"?>${patient('')}`, 'XML 1.0'],
    ['another encoding', `<?xml version="1.0" encoding="ISO-8859-1"?>${patient('')}`, 'UTF-8'],
  ])('%s', (_, xml, reason) => {
    const error = refusal(xml);
    expect(error.message).toContain(reason);
    expect(error.message).toMatch(/^XML line \d+, column \d+/);
    expect(error.issues[0]!.text).toMatch(/^XML, ligne \d+, colonne \d+ : /);
    expect([400]).toContain(error.status);
  });

  test('a refusal names the place in the text and in the resource', () => {
    const xml =
      '<Bundle xmlns="http://hl7.org/fhir">\n  <type value="collection"/>\n' +
      '  <entry><fullUrl value="urn:x"/></entry>\n  <entry>\n' +
      '    <resource><Patient><name><given value="A"/><given value=""/></name></Patient></resource>\n' +
      '  </entry>\n</Bundle>';
    const [issue] = refusal(xml).issues;
    expect(issue).toMatchObject({ code: 'structure', expression: ['Bundle.entry[1].resource.name[0].given[1]'] });
    expect(issue!.diagnostics).toBe(
      'XML line 5, column 65 (Bundle.entry[1].resource.name[0].given[1]): the attribute value is empty',
    );
    expect(refusal(`<?xml version="1.0"?>\n${patient('\n  <![CDATA[a]]>')}`).message).toBe(
      'XML line 3, column 3: a CDATA section is not allowed',
    );
  });

  test('long names are cut short', () => {
    const name = 'a'.repeat(100_000);
    for (const xml of [
      `<${name}/>`,
      patient(`<${name}/>`),
      patient(`<active ${name}="a"/>`),
      patient(`<active value="&${name};"/>`),
    ]) {
      expect(refusal(xml).message.length).toBeLessThan(400);
    }
  });
});

describe('limits', () => {
  const nested = (levels: number): string =>
    patient(`${'<extension url="u">'.repeat(levels)}<valueCode value="a"/>${'</extension>'.repeat(levels)}`);

  test('nesting is accepted as deep as by the structure check, not deeper', () => {
    expect(parseXml(nested(62))['extension']).toHaveLength(1);
    expect(refusal(nested(70)).message).toContain('deeper than 64 levels');
    expect(refusal(nested(100_000)).message).toContain('deeper than 64 levels');
    const bundles = '<Bundle xmlns="http://hl7.org/fhir"><entry><resource>';
    expect(refusal(bundles.repeat(10_000)).message).toContain('deeper than 64 levels');
  });

  test('a long text takes time in proportion to its length', () => {
    const entry =
      '<entry><fullUrl value="urn:x"/><resource><Basic><id value="a"/><code><text value="b"/></code></Basic>' +
      '</resource></entry>';
    const bundle = (entries: number): string =>
      `<Bundle xmlns="http://hl7.org/fhir"><type value="collection"/>${entry.repeat(entries)}</Bundle>`;
    const ms = (entries: number): number => {
      const xml = bundle(entries);
      const start = performance.now();
      expect(parseXml(xml)['entry']).toHaveLength(entries);
      return performance.now() - start;
    };
    ms(2_000);
    expect(ms(40_000)).toBeLessThan(Math.max(20 * ms(2_000) * 5, 4_000));
    const attributes = Array.from({ length: 20_000 }, (_, i) => `a${i}="b"`).join(' ');
    expect(refusal(patient(`<active ${attributes}/>`)).message).toContain('no attribute');
  });
});

describe('writing', () => {
  test('puts elements in the order of the standard, primitives as attributes', () => {
    const slot = {
      end: '2026-05-12T09:15:00Z',
      status: 'free',
      comment: 'a "b" <c>\n',
      id: 's',
      resourceType: 'Slot',
      schedule: { display: 'é', reference: 'Schedule/1' },
    };
    expect(writeXml(slot)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><Slot xmlns="http://hl7.org/fhir"><id value="s"/><schedule>' +
        '<reference value="Schedule/1"/><display value="é"/></schedule>' +
        '<status value="free"/><end value="2026-05-12T09:15:00Z"/>' +
        '<comment value="a &quot;b&quot; &lt;c&gt;&#10;"/></Slot>',
    );
  });

  test('in lines, when asked', () => {
    const bundle = {
      resourceType: 'Bundle',
      type: 'searchset',
      total: 0,
      entry: [
        {
          resource: {
            resourceType: 'Basic',
            text: { status: 'empty', div: '<div xmlns="http://www.w3.org/1999/xhtml">a</div>' },
          },
        },
      ],
    };
    expect(writeXml(bundle, true)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<Bundle xmlns="http://hl7.org/fhir">
  <type value="searchset"/>
  <total value="0"/>
  <entry>
    <resource>
      <Basic>
        <text>
          <status value="empty"/>
          <div xmlns="http://www.w3.org/1999/xhtml">a</div>
        </text>
      </Basic>
    </resource>
  </entry>
</Bundle>
`);
  });

  test.each<[string, Json]>([
    ['an unknown element', { resourceType: 'Basic', foo: 1 }],
    ['an unknown resource', { resourceType: 'Foo' }],
    [
      'a narrative that would break out',
      {
        resourceType: 'Basic',
        text: { div: '<div xmlns="http://www.w3.org/1999/xhtml">a</div></text><active value="true"/>' },
      },
    ],
    [
      'a narrative that runs',
      { resourceType: 'Basic', text: { div: '<div xmlns="http://www.w3.org/1999/xhtml"><script>a</script></div>' } },
    ],
    ['a text for an object', { resourceType: 'Basic', code: 'a' }],
    ['a text for a resource', { resourceType: 'Basic', contained: ['a'] }],
  ])('refuses %s', (_, resource) => expect(() => writeXml(resource)).toThrow(FhirError));
});
