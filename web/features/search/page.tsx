/** The regulator's page: who and where, and the free slots of every editor as the answers arrive. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Unreachable } from '../../fhir/client.ts';
import type { PageProps } from '../../ui/params.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { type Card, cardsOf } from './cards.ts';
import { type DirectoryPractitioner, findPractitioners, MAX_PRACTITIONERS } from './directory.ts';
import { Filters } from './filters.tsx';
import { SearchForm } from './form.tsx';
import { DEFAULT_RADIUS_KM, hasCriteria, type SearchParams } from './params.ts';
import { PlaceCard } from './place-card.tsx';
import { pointOf } from './points.ts';
import { ProgressBar } from './progress.tsx';
import { communeOf, type Town } from './towns.ts';
import { type Answers, useAnswers } from './use-answers.ts';
import { WithoutSlots } from './without-slots.tsx';
import './search.css';

const PlacesMap = lazy(() => import('./map.tsx'));

/** Cards at once; more are shown on demand, because a thousand would slow the page down. */
const CARDS_AT_ONCE = 30;

/** A search, and the moment when it began. Another round searches the same again. */
interface Round {
  number: number;
  now: number;
}

export default function SearchPage({ params, go }: PageProps<SearchParams>) {
  const { t } = useTranslation();
  const [round, setRound] = useState<Round>({ number: 0, now: Date.now() });
  const again = () => setRound({ number: round.number + 1, now: Date.now() });
  useLocated(params, go);
  const directory = useDirectory(params, round);
  const practitioners = hasCriteria(params) ? directory.data?.practitioners : undefined;
  const answers = useAnswers(practitioners, round.number);
  const total = directory.data?.total ?? 0;
  return (
    <>
      <div className="page-head">
        <h1>{t('search.title')}</h1>
      </div>
      <SearchForm
        params={params}
        onSearch={(searched) => {
          again();
          go(searched);
        }}
      />
      {params.street !== undefined && <p className="soft">{t('search.patientAt', { street: params.street })}</p>}
      {params.unread !== undefined && <p role="status">{t('search.doctorUnread', { doctor: params.unread })}</p>}
      {!hasCriteria(params) && <p className="soft">{t('search.how')}</p>}
      <RefusalAlert
        error={directory.error ?? answers.error}
        brief={answers.error instanceof Unreachable ? t('search.cut') : undefined}
      />
      {practitioners?.length === 0 && <p role="status">{t('search.nobody')}</p>}
      {total > MAX_PRACTITIONERS && <p role="status">{t('search.tooMany', { most: MAX_PRACTITIONERS, total })}</p>}
      <Results
        practitioners={practitioners ?? []}
        answers={answers}
        params={params}
        now={round.now}
        onFilter={(filtered) => go(filtered, true)}
        onAgain={again}
      />
    </>
  );
}

/** A dispatch software names a commune, by INSEE code or name: the page finds where it is, and searches there. */
function useLocated({ ids, near, town, ...others }: SearchParams, go: PageProps<SearchParams>['go']): void {
  const { data } = useQuery({
    queryKey: ['town', town],
    queryFn: async () => (await communeOf(town!)) ?? null,
    enabled: ids === undefined && near === undefined && town !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const isFound = data !== undefined && data !== null && near === undefined;
  const found = !isFound ? undefined : JSON.stringify({ ...others, ...located(data) });
  useEffect(() => {
    if (found !== undefined) go(JSON.parse(found) as SearchParams, true);
  }, [found, go]);
}

const located = ({ label, near }: Town): Pick<SearchParams, 'town' | 'near'> => ({ town: label, near });

function useDirectory(params: SearchParams, round: Round) {
  const { name, specialty, ids, near, radius } = params;
  return useQuery({
    queryKey: ['practitioners', { name, specialty, ids, near, radius, round: round.number }],
    queryFn: ({ signal }) => findPractitioners(params, signal),
    enabled: hasCriteria(params),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

interface ResultsProps {
  practitioners: readonly DirectoryPractitioner[];
  answers: Answers;
  params: SearchParams;
  now: number;
  onFilter: (params: SearchParams) => void;
  onAgain: () => void;
}

function Results({ practitioners, answers, params, now, onFilter, onAgain }: ResultsProps) {
  const { t } = useTranslation();
  const [isMapOpen, setMapOpen] = useState(false);
  const from = useMemo(() => pointOf(params.near), [params.near]);
  const cards = useMemo(
    () => cardsOf(answers.places, practitioners, from, params, now),
    [answers.places, practitioners, from, params, now],
  );
  const choose = useCallback((anchor: string) => {
    const card = document.getElementById(anchor);
    card?.scrollIntoView({ block: 'center' });
    card?.querySelector<HTMLElement>('a.slot')?.focus();
  }, []);
  if (answers.state === 'idle') return null;
  return (
    <>
      <ProgressBar answers={answers} found={cards.length} />
      <Filters params={params} onChange={onFilter} />
      <div className="results-head">
        <p>{t('search.found', { count: cards.length })}</p>
        <Button variant="default" size="compact-md" onClick={() => setMapOpen(!isMapOpen)} aria-expanded={isMapOpen}>
          {t(isMapOpen ? 'search.hideMap' : 'search.showMap')}
        </Button>
        <Button variant="default" size="compact-md" onClick={onAgain}>
          {t('search.refresh')}
        </Button>
      </div>
      {isMapOpen && (
        <Suspense fallback={<p>{t('app.loading')}</p>}>
          <PlacesMap cards={cards} from={from} radiusKm={params.radius ?? DEFAULT_RADIUS_KM} onChoose={choose} />
        </Suspense>
      )}
      <CardList key={now} cards={cards} now={now} />
      {answers.state === 'done' && answers.progress?.answered !== 0 && (
        <WithoutSlots practitioners={practitioners} places={answers.places} />
      )}
    </>
  );
}

function CardList({ cards, now }: { cards: readonly Card[]; now: number }) {
  const { t } = useTranslation();
  const [count, setCount] = useState(CARDS_AT_ONCE);
  return (
    <>
      <div className="offers">
        {cards.slice(0, count).map((card) => (
          <PlaceCard key={card.key} card={card} now={now} />
        ))}
      </div>
      {cards.length > count && (
        <Button variant="light" onClick={() => setCount(count + CARDS_AT_ONCE)}>
          {t('search.showMore', { count: cards.length - count })}
        </Button>
      )}
    </>
  );
}
