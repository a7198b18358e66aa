/** The regulator's page: who, where, and what is free at every editor, told as each answers. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Unreachable } from '../../fhir/client.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { useOpen, usePageSearch } from '../../ui/navigation.ts';
import { OfferCard } from './card.tsx';
import { findPeople, isAsked, MAX_PEOPLE, pointOf } from './directory.ts';
import { Filters } from './filters.tsx';
import { SearchForm } from './form.tsx';
import { cardsOf } from './offers.ts';
import { SearchProgress } from './progress.tsx';
import { searchPage } from './route.ts';
import { useAnswers } from './use-answers.ts';
import { Without } from './without.tsx';
import './search.css';

const PlacesMap = lazy(() => import('./map.tsx'));

/** Cards at once: more are shown on demand, so that a thousand do not slow the page down. */
const PAGE = 30;

export default function SearchPage() {
  const { t } = useTranslation();
  const search = usePageSearch(searchPage);
  const open = useOpen();
  const [{ round, now }, setRound] = useState({ round: 0, now: Date.now() });
  const [isMapOpen, setMapOpen] = useState(false);
  const [shown, setShown] = useState(PAGE);
  const { name, specialty, ids, near, radius } = search;
  const crowd = useQuery({
    queryKey: ['people', { name, specialty, ids, near, radius, round }],
    queryFn: ({ signal }) => findPeople(search, signal),
    enabled: isAsked(search),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const people = isAsked(search) ? crowd.data?.people : undefined;
  const answers = useAnswers(people, round);
  const from = useMemo(() => pointOf(near), [near]);
  const cards = useMemo(
    () => cardsOf(answers.offers, people ?? [], from, search, now),
    [answers.offers, people, from, search, now],
  );
  const choose = useCallback((anchor: string) => {
    const card = document.getElementById(anchor);
    card?.scrollIntoView({ block: 'center' });
    card?.querySelector<HTMLElement>('a.slot')?.focus();
  }, []);
  const again = (): void => setRound({ round: round + 1, now: Date.now() });
  return (
    <>
      <div className="page-head">
        <h1>{t('search.title')}</h1>
      </div>
      <SearchForm
        asked={search}
        onAsk={(asked) => {
          setShown(PAGE);
          again();
          open(searchPage, asked);
        }}
      />
      {!isAsked(search) && <p className="soft">{t('search.how')}</p>}
      <RefusalAlert
        error={crowd.error ?? answers.error}
        brief={answers.error instanceof Unreachable ? t('search.cut') : undefined}
      />
      {people?.length === 0 && <p role="status">{t('search.nobody')}</p>}
      {crowd.data !== undefined && crowd.data.total > MAX_PEOPLE && (
        <p role="status">{t('search.tooMany', { most: MAX_PEOPLE, total: crowd.data.total })}</p>
      )}
      <SearchProgress answers={answers} found={cards.length} />
      {answers.state !== 'idle' && people !== undefined && people.length > 0 && (
        <>
          <Filters search={search} onChange={(asked) => open(searchPage, asked, true)} />
          <div className="results-head">
            <p>{t('search.found', { count: cards.length })}</p>
            <Button
              variant="default"
              size="compact-md"
              onClick={() => setMapOpen(!isMapOpen)}
              aria-expanded={isMapOpen}
            >
              {t(isMapOpen ? 'search.hideMap' : 'search.showMap')}
            </Button>
            <Button variant="default" size="compact-md" onClick={again}>
              {t('search.refresh')}
            </Button>
          </div>
          {isMapOpen && (
            <Suspense fallback={<p>{t('shell.loading')}</p>}>
              <PlacesMap cards={cards} from={from} radiusKm={radius ?? 10} onChoose={choose} />
            </Suspense>
          )}
          <div className="offers">
            {cards.slice(0, shown).map((one) => (
              <OfferCard key={one.key} card={one} now={now} />
            ))}
          </div>
          {cards.length > shown && (
            <Button variant="light" onClick={() => setShown(shown + PAGE)}>
              {t('search.showMore', { count: cards.length - shown })}
            </Button>
          )}
          {answers.state === 'done' && answers.progress?.answered !== 0 && (
            <Without people={people} offers={answers.offers} />
          )}
        </>
      )}
    </>
  );
}
