/**
 * What the SAS sees of an agenda: its offers, edited here; the pause; what would leave now; who looked and who booked.
 */
import { Alert, Button, Loader, NativeSelect, Switch } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useOwnAgendas } from '../../schedule/agendas.ts';
import { useLive } from '../../schedule/live.ts';
import { useShown } from '../../schedule/shown.ts';
import { read, search } from '../../fhir/client.ts';
import { actorName } from '../../fhir/names.ts';
import { addDays, dayIn, instantAt } from '../../fhir/zone.ts';
import { notify } from '../../ui/notify.tsx';
import { useOpen, usePageSearch } from '../../ui/navigation.ts';
import { explain, RefusalAlert } from '../../ui/refusal.tsx';
import { availabilitiesOf, isPaused, NEW_OFFER, type Offer, offersOf, setPaused } from './offers.ts';
import { OfferDialog, useAvailabilityText } from './offer-dialog.tsx';
import { Preview } from './preview.tsx';
import { visibilityPage } from './route.ts';
import { Traces } from './traces.tsx';
import '../agenda/agenda.css';
import '../booking/booking.css';
import './visibility.css';

export default function VisibilityPage() {
  const { t } = useTranslation();
  const open = useOpen();
  const own = useOwnAgendas();
  const agenda = usePageSearch(visibilityPage).agenda ?? own.data?.[0]?.id;
  useLive(agenda === undefined ? [] : [agenda]);
  return (
    <div className="stack">
      <div className="page-head">
        <h1>{t('visibility.title')}</h1>
        {(own.data ?? []).length > 0 && (
          <NativeSelect
            aria-label={t('visibility.agenda')}
            value={agenda}
            onChange={(event) => open(visibilityPage, { agenda: event.currentTarget.value })}
            data={own.data!.map((one) => ({ value: one.id, label: `${one.name} ${one.place}` }))}
          />
        )}
      </div>
      <RefusalAlert error={own.error} />
      {own.isPending && <Loader aria-label={t('shell.loading')} />}
      {own.data?.length === 0 && agenda === undefined && <p className="sheet">{t('visibility.noneOwn')}</p>}
      {agenda !== undefined && <Visibility key={agenda} agenda={agenda} />}
    </div>
  );
}

function Visibility({ agenda }: { agenda: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const today = dayIn(Date.now(), 'UTC');
  const shown = useShown(agenda, {
    start: instantAt(today, '00:00', 'UTC'),
    end: instantAt(addDays(today, 1), '00:00', 'UTC'),
  });
  const { data: schedule, error } = useQuery({
    queryKey: ['shown', agenda, 'schedule'],
    queryFn: ({ signal }) => read(`Schedule/${agenda}`, signal),
  });
  const services =
    schedule === undefined
      ? []
      : offersOf(schedule).flatMap((offer) => offer.cpts.flatMap(({ reference }) => reference?.split('/')[1] ?? []));
  const found = useQuery({
    queryKey: ['services', services],
    enabled: services.length > 0,
    queryFn: async ({ signal }) => (await search('HealthcareService', { _id: services.join(',') }, signal)).matches,
  });
  const names = new Map((found.data ?? []).map((one) => [`HealthcareService/${one.id}`, actorName(one)]));
  const zone = shown.data?.zone ?? 'Europe/Paris';
  const text = useAvailabilityText(zone);
  const [edited, setEdited] = useState<{ place: number; offer: Offer; isNew: boolean }>();
  if (schedule === undefined)
    return error === null ? <Loader aria-label={t('shell.loading')} /> : <RefusalAlert error={error} />;
  const offers = offersOf(schedule);
  const paused = isPaused(schedule);
  const mayWrite = shown.data?.mayWrite ?? false;
  const refresh = () => void client.invalidateQueries({ queryKey: ['shown', agenda] });
  const pause = async (value: boolean) => {
    try {
      await setPaused(agenda, value);
      notify({ title: value ? t('visibility.pausedNow') : t('visibility.resumed') });
    } catch (thrown) {
      notify({ title: t('shell.notDone'), text: explain(thrown).join(' '), kind: 'bad' });
    }
    refresh();
  };
  const named = (ids: readonly string[]) => {
    const all = availabilitiesOf(schedule);
    return ids.length === 0
      ? t('visibility.all')
      : ids
          .map((id) => all.find((one) => one.id === id))
          .flatMap((one) => (one === undefined ? [] : [text(one)]))
          .join(' ; ');
  };
  return (
    <>
      {paused && <Alert color="orange">{t('visibility.paused')}</Alert>}
      {shown.data !== undefined && !mayWrite && <Alert color="blue">{t('visibility.onlyRead')}</Alert>}
      <div className="sheet">
        <Switch
          label={t('visibility.pause')}
          description={t('visibility.pauseHelp')}
          checked={paused}
          disabled={!mayWrite}
          onChange={(event) => void pause(event.currentTarget.checked)}
        />
      </div>
      <section>
        <div className="bar">
          <h2>{t('visibility.offers')}</h2>
          <span className="grow" />
          {mayWrite && (
            <Button onClick={() => setEdited({ place: offers.length, offer: NEW_OFFER, isNew: true })}>
              {t('visibility.newOffer')}
            </Button>
          )}
        </div>
        <p className="dim">{t('visibility.offersHelp')}</p>
        {offers.length === 0 && <p>{t('visibility.noOffer')}</p>}
        <ul className="offers">
          {offers.map((offer, place) => (
            <li key={JSON.stringify(offer)} className="sheet">
              <h3>{t('visibility.offerNumber', { number: place + 1 })}</h3>
              <dl className="facts">
                <dt>{t('visibility.for')}</dt>
                <dd>{named(offer.availability)}</dd>
                <dt>{t('visibility.seenBy')}</dt>
                <dd>{offer.visibility.map((code) => t(`seenBy.${code}`)).join(', ') || '–'}</dd>
                <dt>{t('visibility.modes')}</dt>
                <dd>{offer.mode.map((code) => t(`modes.${code}`)).join(', ') || '–'}</dd>
                {offer.appointmentType === 'WALKIN' && (
                  <>
                    <dt>{t('visibility.appointmentType')}</dt>
                    <dd>{t('appointmentType.WALKIN')}</dd>
                  </>
                )}
                {offer.cpts.length > 0 && (
                  <>
                    <dt>{t('visibility.cptsChosen')}</dt>
                    <dd dir="auto">
                      {offer.cpts
                        .map((cpts) => cpts.display ?? names.get(cpts.reference ?? '') ?? cpts.reference)
                        .join(', ')}
                    </dd>
                  </>
                )}
                {offer.capacity !== '' && (
                  <>
                    <dt>{t('visibility.capacityTitle')}</dt>
                    <dd>{t('visibility.capacityIs', { count: Number(offer.capacity) })}</dd>
                  </>
                )}
                {offer.dailyQuota !== '' && (
                  <>
                    <dt>{t('visibility.quotaTitle')}</dt>
                    <dd>{t('visibility.quotaIs', { count: Number(offer.dailyQuota) })}</dd>
                  </>
                )}
                {offer.reason !== '' && (
                  <>
                    <dt>{t('visibility.reason')}</dt>
                    <dd dir="auto">{offer.reason}</dd>
                  </>
                )}
                {offer.bookingUrl !== '' && (
                  <>
                    <dt>{t('visibility.bookingUrl')}</dt>
                    <dd>{offer.bookingUrl}</dd>
                  </>
                )}
              </dl>
              {mayWrite && (
                <Button
                  variant="light"
                  size="xs"
                  mt="xs"
                  onClick={() => setEdited({ place, offer: offer, isNew: false })}
                >
                  {t('visibility.changeOffer')}
                  <span className="sr-only"> {place + 1}</span>
                </Button>
              )}
            </li>
          ))}
        </ul>
      </section>
      <Preview agenda={agenda} zone={zone} />
      <Traces agenda={agenda} zone={zone} />
      {edited && (
        <OfferDialog
          schedule={schedule}
          zone={zone}
          {...edited}
          onClose={() => setEdited(undefined)}
          onWritten={(removed) => {
            setEdited(undefined);
            notify({ title: removed ? t('visibility.removed') : t('visibility.saved') });
            refresh();
          }}
        />
      )}
    </>
  );
}
