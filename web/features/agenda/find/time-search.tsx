/** The next free times of the agendas that are asked: by kind, people, place, day and half of the day. */
import { Button, Loader, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type RefObject, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { dayIn, FRANCE, timeIn } from '../../../fhir/zone.ts';
import type { AgendaSummary } from '../../../schedule/agendas.ts';
import { HALF_DAYS, type ProposedTime, proposedTimes } from '../../../schedule/held-times.ts';
import { useLive } from '../../../schedule/live.ts';
import { shortDay } from '../../../ui/dates.ts';
import { RefusalAlert } from '../../../ui/refusal.tsx';
import { useRoving } from '../roving.ts';
import { ANYBODY, agendasOf, placesOf, type SearchValues, SHOWN } from './search-values.ts';
import { type VisitName, useVisitNames } from './visit-names.ts';
import '../../../schedule/schedule.css';

/** As many as can be read to a caller. */
const FIRST_COUNT = 12;
const MAX_COUNT = 96;

export interface TimeSearchProps {
  own: readonly AgendaSummary[];
  /** Those that the page shows. */
  shown: readonly AgendaSummary[];
  /** Nobody looks at the answers now. */
  isPaused: boolean;
  onChoose: (time: ProposedTime) => void;
}

export function TimeSearch({ own, shown, isPaused, onChoose }: TimeSearchProps) {
  const [values, setValues] = useState<SearchValues>({
    kind: '',
    who: shown.length > 1 ? SHOWN : ANYBODY,
    place: '',
    from: dayIn(Date.now(), FRANCE),
    halfDay: '',
  });
  const [count, setCount] = useState(FIRST_COUNT);
  const results = useRef<HTMLElement>(null);
  const agendas = agendasOf(values, own, shown);
  const { kinds, zoneOf } = useVisitNames(agendas);
  const kind = kinds.find(({ name }) => name === values.kind) ?? kinds[0];
  const { data, error, isFetching } = useTimes(agendas, kind, values, count, isPaused);
  // The page follows those that it shows.
  useLive(agendas.map(({ id }) => id).filter((id) => !shown.some((agenda) => agenda.id === id)));
  return (
    <form
      className="stack"
      data-search
      onKeyDown={(event) => {
        // A list opens with the space bar or Alt+Down, and gives Enter to the form as every other field does.
        if (event.key !== 'Enter' || !(event.target instanceof HTMLSelectElement)) return;
        event.preventDefault();
        event.currentTarget.requestSubmit();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        results.current?.querySelector<HTMLElement>('.time')?.focus();
      }}
    >
      <SearchFields
        values={values}
        kinds={kinds}
        own={own}
        shown={shown}
        onChange={(changes) => {
          setValues({ ...values, ...changes });
          setCount(FIRST_COUNT);
        }}
      />
      <RefusalAlert error={error} />
      <Times
        box={results}
        times={data}
        zoneOf={zoneOf}
        isFetching={isFetching}
        onChoose={onChoose}
        onMore={data?.length === count && count < MAX_COUNT ? () => setCount(count * 2) : undefined}
      />
    </form>
  );
}

function useTimes(
  agendas: readonly AgendaSummary[],
  kind: VisitName | undefined,
  { from, halfDay }: SearchValues,
  count: number,
  isPaused: boolean,
) {
  const ids = agendas.map(({ id }) => id);
  return useQuery({
    // Live changes of any of these agendas read the times again.
    queryKey: ['found', ids, kind?.name, from, halfDay, count],
    enabled: !isPaused && kind !== undefined && ids.length > 0 && /^\d{4}-\d\d-\d\d$/.test(from),
    queryFn: ({ signal }) =>
      proposedTimes(
        {
          agendas,
          kind: kind!.serviceType,
          minutes: kind!.minutes[0]!,
          from,
          halfDay: HALF_DAYS.find((half) => half === halfDay),
          count,
        },
        signal,
      ),
    placeholderData: (before) => before,
  });
}

interface SearchFieldsProps {
  values: SearchValues;
  kinds: readonly VisitName[];
  own: readonly AgendaSummary[];
  shown: readonly AgendaSummary[];
  onChange: (changes: Partial<SearchValues>) => void;
}

function SearchFields({ values, kinds, own, shown, onChange }: SearchFieldsProps) {
  const { t } = useTranslation();
  const places = placesOf([...own, ...shown]);
  const field = (name: keyof SearchValues) => ({
    value: values[name],
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) => onChange({ [name]: currentTarget.value }),
  });
  return (
    <div className="fields find-fields">
      <NativeSelect
        label={t('booking.kind')}
        data={kinds.map(({ name, minutes }) => ({
          value: name,
          label: t('find.kind', { name, minutes: minutes.join('–') }),
        }))}
        {...field('kind')}
      />
      <NativeSelect
        label={t('find.who')}
        data={[
          { value: ANYBODY, label: t('find.anybody', { count: own.length }) },
          ...(shown.length > 1 ? [{ value: SHOWN, label: t('find.shown', { count: shown.length }) }] : []),
          ...own.map(({ id, name, place }) => ({ value: id, label: place === '' ? name : `${name} · ${place}` })),
        ]}
        {...field('who')}
      />
      {places.length > 1 && (
        <NativeSelect
          label={t('find.place')}
          data={[{ value: '', label: t('find.anyPlace') }, ...places]}
          {...field('place')}
        />
      )}
      <TextInput type="date" label={t('find.from')} {...field('from')} />
      <NativeSelect
        label={t('find.halfDay')}
        data={[
          { value: '', label: t('find.wholeDay') },
          ...HALF_DAYS.map((half) => ({ value: half, label: t(`find.${half}`) })),
        ]}
        {...field('halfDay')}
      />
    </div>
  );
}

interface TimesProps {
  box: RefObject<HTMLElement | null>;
  times: readonly ProposedTime[] | undefined;
  zoneOf: (agenda: string) => string;
  isFetching: boolean;
  onChoose: (time: ProposedTime) => void;
  onMore: (() => void) | undefined;
}

function Times({ box, times, zoneOf, isFetching, onChoose, onMore }: TimesProps) {
  const { t } = useTranslation();
  useRoving(box, '.time');
  return (
    <section className="found" ref={box} aria-label={t('find.results')} aria-busy={isFetching}>
      <p role="status" className="dim">
        {times !== undefined && t('find.found', { count: times.length })}
        {isFetching && <Loader size="xs" ml="xs" aria-label={t('app.loading')} />}
      </p>
      <ul className="found-list">
        {(times ?? []).map((time) => (
          <li key={`${time.id} ${time.agenda.id}`}>
            <button type="button" className="time" tabIndex={-1} onClick={() => onChoose(time)}>
              <strong>
                {shortDay(dayIn(time.start, zoneOf(time.agenda.id)))} {timeIn(time.start, zoneOf(time.agenda.id))}
              </strong>{' '}
              <span dir="auto">{time.agenda.name}</span>
              {time.agenda.place !== '' && <span className="dim found-place">{time.agenda.place}</span>}
            </button>
          </li>
        ))}
      </ul>
      {onMore && (
        <Button variant="subtle" size="compact-sm" onClick={onMore}>
          {t('find.more')}
        </Button>
      )}
    </section>
  );
}
