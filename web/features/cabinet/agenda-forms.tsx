/** Opens an agenda of somebody at a place, of a room or of a machine; closes one from a day on. */
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { dayIn, FRANCE } from '../../fhir/zone.ts';
import { dayAndTime } from '../../ui/dates.ts';
import { notify } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { closeAgenda, openAgenda, readClosing } from './agendas.ts';
import type { PracticePart } from './places.ts';
import type { PracticeRole } from './practitioners.ts';

export interface OpenAgendaProps {
  practice: string;
  roles: readonly PracticeRole[];
  parts: readonly PracticePart[];
  onDone: (agenda: string) => void;
}

export function OpenAgenda({ practice, roles, parts, onDone }: OpenAgendaProps) {
  const { t } = useTranslation();
  const [refusal, setRefusal] = useState<unknown>();
  const people = new Map(roles.map(({ practitioner, name }) => [practitioner, name]));
  const referenceOf = ({ resource }: PracticePart): string => `${resource.resourceType}/${resource.id}`;
  const things = parts.filter(({ kind }) => kind !== 'site');
  const sites = parts.filter(({ kind }) => kind === 'site');
  const [actor, setActor] = useState([...people.keys(), ...things.map(referenceOf)][0] ?? '');
  const [place, setPlace] = useState(sites[0] === undefined ? '' : referenceOf(sites[0]));
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        openAgenda(practice, { actor, place }, roles, parts).then(({ id }) => onDone(id ?? ''), setRefusal);
      }}
    >
      <NativeSelect
        required
        label={t('agendas.of')}
        value={actor}
        data={[
          ...[...people].map(([value, label]) => ({ value, label })),
          ...things.map((part) => ({ value: referenceOf(part), label: part.name })),
        ]}
        onChange={(event) => setActor(event.currentTarget.value)}
      />
      {sites.length === 0 && <p role="status">{t('agendas.noPlace')}</p>}
      {actor.startsWith('Practitioner/') && sites.length > 0 && (
        <NativeSelect
          required
          label={t('cabinet.place')}
          value={place}
          data={sites.map((part) => ({ value: referenceOf(part), label: part.name }))}
          onChange={(event) => setPlace(event.currentTarget.value)}
        />
      )}
      <RefusalAlert error={refusal} takesFocus />
      <div>
        <Button type="submit" disabled={actor.startsWith('Practitioner/') && sites.length === 0}>
          {t('agendas.open')}
        </Button>
      </div>
    </form>
  );
}

/** Appointments after the last day are named first: none is lost. */
export function CloseAgenda({ agenda, onDone }: { agenda: string; onDone: () => void }) {
  const { t } = useTranslation();
  const [lastDay, setLastDay] = useState(dayIn(Date.now(), FRANCE));
  const [refusal, setRefusal] = useState<unknown>();
  const closing = useQuery({
    queryKey: ['agenda', agenda, 'closing', lastDay],
    queryFn: ({ client }) => readClosing(agenda, lastDay, client),
    staleTime: 0,
  });
  const left = closing.data?.left ?? [];
  const close = async () => {
    await closeAgenda(closing.data!, lastDay);
    notify({ title: t('agendas.closed') });
    onDone();
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        close().catch(setRefusal);
      }}
    >
      <TextInput
        required
        type="date"
        label={t('agendas.lastDay')}
        value={lastDay}
        onChange={(event) => setLastDay(event.currentTarget.value || lastDay)}
      />
      <div role="status">
        {left.length > 0 && <p>{t('agendas.left', { count: left.length })}</p>}
        <ul>
          {left.map(({ id, patient, start, end }) => (
            <li key={id}>
              <span dir="auto">{patient}</span>, {dayAndTime({ start, end }, closing.data?.zone ?? FRANCE)}
            </li>
          ))}
        </ul>
      </div>
      <RefusalAlert error={refusal ?? closing.error} takesFocus />
      <div>
        <Button type="submit" disabled={closing.data === undefined || left.length > 0}>
          {t('agendas.closeNow')}
        </Button>
      </div>
    </form>
  );
}
