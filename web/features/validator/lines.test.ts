/** The line of an element, in JSON and in XML. */
import { describe, expect, it } from 'vitest';
import { lineAt, linesOf } from './lines.ts';

const JSON_TEXT = `{
  "resourceType": "Slot",
  "serviceType": [
    { "coding": [{ "system": "a", "code": "AMB" }] },
    { "text": "two
lines" }
  ],
  "status": "fr\\"ee", "start": 12
}`;

const XML_TEXT = `<Bundle xmlns="http://hl7.org/fhir">
  <type value="searchset"/>
  <entry>
    <resource>
      <Slot>
        <serviceType><text value="a"/></serviceType>
        <serviceType>
          <text value="b"/>
        </serviceType>
      </Slot>
    </resource>
  </entry>
</Bundle>`;

describe('JSON', () => {
  it.each([
    ['Slot.status', 8],
    ['Slot.start', 8],
    ['Slot.serviceType[0].coding[0].code', 4],
    ['Slot.serviceType[1].text', 5],
    ['Slot.serviceType[1]', 5],
    ['Slot.serviceType', 3],
    // An element that is missing has the line of the element that should hold it.
    ['Slot.end', 1],
    ['Slot.serviceType[1].coding.code', 5],
    ['http.Content-Type', undefined],
  ])('%s is on line %s', (expression, line) => expect(lineAt(linesOf(JSON_TEXT), expression)).toBe(line));

  it('reads a text that ends too soon as far as it goes', () => {
    expect(lineAt(linesOf('{"resourceType":"Slot",\n"status":"free",\n"start"'), 'Slot.status')).toBe(2);
    expect(linesOf('').size).toBe(0);
  });
});

describe('XML', () => {
  it.each([
    ['Bundle.type', 2],
    ['Bundle.entry[0].resource', 4],
    ['Bundle.entry[0].resource.serviceType[1].text', 8],
    ['Bundle.entry[0].resource.serviceType[0].text', 6],
  ])('%s is on line %s', (expression, line) => expect(lineAt(linesOf(XML_TEXT), expression)).toBe(line));
});
