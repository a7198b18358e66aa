/**
 * `$calendar-device`, `$calendar-devices` and `$calendar-device-revoke` on Schedule and Practitioner: the password of
 * one phone or program, shown once, the list of them, and the end of one. docs/icalendar.md.
 */
import { type Parameter, parameters } from '../../fhir/foundation.ts';
import type { Context } from '../../fhir/interaction.ts';
import { notFound } from '../../fhir/issue.ts';
import { parseAnyResource, parseJson } from '../../fhir/json.ts';
import type { Operation } from '../../rest/backend.ts';
import { OperationInput } from '../../rest/operations/operation-input.ts';
import { type Author, authorOf } from '../../server/authors.ts';
import type { CalendarDevices, ListedDevice } from '../../store/records/calendar-devices.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { MayManage } from '../ical/out/link-operations.ts';

const TYPES = ['Schedule', 'Practitioner'];

export function deviceOperations(devices: CalendarDevices, reader: ResourceReader, mayManage: MayManage): Operation[] {
  const requireOwn = async (context: Context, type: string, id: string): Promise<void> => {
    const stored = await reader.read(type, id);
    if (stored?.body === undefined) throw notFound(type, id);
    await mayManage(context, parseAnyResource(stored.body));
  };
  return [
    {
      name: 'calendar-device',
      on: TYPES,
      level: 'instance',
      safe: false,
      description:
        "Crée l'accès CalDAV d'un appareil : adresse, nom d'utilisateur et mot de passe, dit une seule fois. " +
        'patient-names=true : le nom des personnes y figure. label : le nom de l’appareil.',
      async run(context, call) {
        const { type, id } = call;
        await requireOwn(context, type!, id!);
        const input = new OperationInput(call, context.base);
        const names = input.flag('patient-names') ?? false;
        const author = JSON.stringify(authorOf(context));
        const device = await devices.create({ type: type!, resource: id!, names, author }, input.text('label') ?? '');
        return {
          status: 201,
          resource: parameters([
            { name: 'url', valueUrl: `${context.base.replace(/\/fhir$/, '')}/dav/` },
            { name: 'username', valueString: device.id },
            { name: 'password', valueString: device.password },
            { name: 'patient-names', valueBoolean: names },
          ]),
        };
      },
    },
    {
      name: 'calendar-devices',
      on: TYPES,
      level: 'instance',
      safe: true,
      description: 'Les appareils qui ont un accès CalDAV : nom, titulaire, date ; jamais leur mot de passe.',
      async run(context, { type, id }) {
        await requireOwn(context, type!, id!);
        return { resource: parameters((await devices.of(type!, id!)).map(deviceParameter)) };
      },
    },
    {
      name: 'calendar-device-revoke',
      on: TYPES,
      level: 'instance',
      safe: false,
      description: "Révoque l'accès CalDAV d'un appareil (username), ou de tous ceux de la ressource.",
      async run(context, call) {
        const { type, id } = call;
        await requireOwn(context, type!, id!);
        const user = new OperationInput(call, context.base).text('username');
        const revoked = await devices.revoke(type!, id!, user);
        return { resource: parameters([{ name: 'revoked', valueInteger: revoked }]) };
      },
    },
  ];
}

function deviceParameter({ id, label, names, author, createdAt }: ListedDevice): Parameter {
  const { caller, identity } = parseJson(author) as Author;
  return {
    name: 'device',
    part: [
      { name: 'username', valueString: id },
      ...(label === '' ? [] : [{ name: 'label', valueString: label }]),
      { name: 'holder', valueString: identity?.name ?? caller },
      { name: 'patient-names', valueBoolean: names },
      { name: 'created', valueInstant: new Date(createdAt).toISOString() },
    ],
  };
}
