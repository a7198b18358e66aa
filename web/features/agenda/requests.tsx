/** The requests of one agenda that have no time yet: each gets one of the free times, or is declined. */
import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { readWaiting, type Waiting } from '../../../src/fhir/french/waiting.ts';
import type { Period } from '../../../src/fhir/resource.ts';
import type { Appointment } from '../../../src/fhir/resources.ts';
import { dayIn, timeIn } from '../../fhir/zone.ts';
import type { AgendaContent, AgendaRequest } from '../../schedule/agenda-content.ts';
import { bookRequest, type FreeSlot, setStatus, spanOf } from '../../schedule/appointments.ts';
import { Conflict } from '../../schedule/conflict.tsx';
import { FreeTimes } from '../../schedule/free-times.tsx';
import { dayAndTime, numericDay } from '../../ui/dates.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { notify } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { CancelForm } from './cancel-form.tsx';
import { t as textOf } from '../../ui/texts.ts';

interface OpenAnswer {
  request: AgendaRequest;
  is: 'book' | 'decline';
}

/** `today`: proposed first for a request that wishes no day to come. */
export function Requests({ content, today }: { content: AgendaContent; today: string }) {
  const { t } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);
  const [answer, setAnswer] = useState<OpenAnswer>();
  const close = () => setAnswer(undefined);
  const done = (title: string, text: string) => {
    close();
    notify({ title, text });
    // The button that opened the dialog goes away with its request.
    heading.current?.focus();
  };
  return (
    <>
      <h3 ref={heading} tabIndex={-1}>
        {t('requests.count', { count: content.requests.length })}
      </h3>
      <ul>
        {content.requests.map((request) => (
          <RequestItem key={request.id} request={request} mayWrite={content.mayWrite} onAnswer={setAnswer} />
        ))}
      </ul>
      {answer?.is === 'book' && (
        <BookDialog content={content} request={answer.request} today={today} onClose={close} onDone={done} />
      )}
      {answer?.is === 'decline' && (
        <DeclineDialog agenda={content.id} request={answer.request} onClose={close} onDone={done} />
      )}
    </>
  );
}

interface RequestItemProps {
  request: AgendaRequest;
  mayWrite: boolean;
  onAnswer: (answer: OpenAnswer) => void;
}

function RequestItem({ request, mayWrite, onAnswer }: RequestItemProps) {
  const { t } = useTranslation();
  const { patient, kind, resource, mayBecome } = request;
  const name = patient || t('agenda.appointment');
  const action = (is: OpenAnswer['is'], label: string, variant: string): ReactNode => (
    <Button size="xs" variant={variant} aria-label={`${label} : ${name}`} onClick={() => onAnswer({ request, is })}>
      {label}
    </Button>
  );
  return (
    <li>
      <p>
        <strong dir="auto">{name}</strong>
        {kind && ` · ${kind}`} · {t(resource.status === 'waitlist' ? 'status.waitlist' : 'status.proposed')}
      </p>
      <p className="dim">
        {[...request.wishes.map((wish) => wishText(wish)), waitText(request), resource.comment ?? '']
          .filter(Boolean)
          .join(' · ')}
      </p>
      {mayWrite && (
        <Group gap="xs">
          {mayBecome.includes('booked') && action('book', t('requests.book'), 'filled')}
          {mayBecome.includes('cancelled') && action('decline', t('requests.decline'), 'light')}
        </Group>
      )}
    </li>
  );
}

function wishText({ start, end }: Period): string {
  const day = (date: string): string => numericDay(date.slice(0, 10));
  if (start !== undefined && end !== undefined) return textOf('requests.between', { from: day(start), to: day(end) });
  if (start !== undefined) return textOf('requests.after', { from: day(start) });
  return end === undefined ? '' : textOf('requests.before', { to: day(end) });
}

/** Why somebody on the waiting list has no time yet. */
function waitText({ resource }: AgendaRequest): string {
  const waiting = readWaiting(resource);
  if (waiting === undefined) return '';
  const half =
    waiting.half === undefined ? '' : textOf(waiting.half === 'am' ? 'requests.morning' : 'requests.afternoon');
  const state = waiting.isAsleep
    ? textOf('requests.asleep')
    : textOf('requests.offers', { count: offersSoFar(waiting) });
  return [half, state].filter(Boolean).join(' · ');
}

function offersSoFar({ offered, told }: Waiting): number {
  return offered.length + told.length;
}

interface AnswerProps {
  request: AgendaRequest;
  onClose: () => void;
  onDone: (title: string, text: string) => void;
}

/** Sends an answer once, and keeps its refusal. */
function useAnswer(agenda: string) {
  const client = useQueryClient();
  const [refusal, setRefusal] = useState<unknown>();
  const isUnderWay = useRef(false);
  const send = async (work: () => Promise<Appointment>, onSent: (sent: Appointment) => void) => {
    if (isUnderWay.current) return;
    isUnderWay.current = true;
    setRefusal(undefined);
    try {
      onSent(await work());
    } catch (error) {
      setRefusal(error);
    } finally {
      isUnderWay.current = false;
      void client.invalidateQueries({ queryKey: ['agenda', agenda] });
      void client.invalidateQueries({ queryKey: ['free', agenda] });
    }
  };
  return { refusal, send };
}

function BookDialog({
  content,
  request,
  today,
  onClose,
  onDone,
}: AnswerProps & { content: AgendaContent; today: string }) {
  const { t } = useTranslation();
  const { id, zone, kinds } = content;
  const lengths = [...new Set(kinds.map(({ minutes }) => minutes))];
  const [day, setDay] = useState(firstDay(request, today));
  const [minutes, setMinutes] = useState(lengths[0]);
  const [slot, setSlot] = useState<FreeSlot>();
  const { refusal, send } = useAnswer(id);
  const chosen = slot !== undefined && dayIn(slot.start, zone) === day ? slot : undefined;
  const choose = (nearest: FreeSlot) => {
    setDay(dayIn(nearest.start, zone));
    setSlot(nearest);
  };
  const submit = () =>
    chosen &&
    void send(
      () => bookRequest(request.resource, chosen),
      (booked) => onDone(t('booking.done'), dayAndTime(spanOf(booked), zone)),
    );
  return (
    <Dialog onClose={onClose} title={`${t('requests.book')} : ${request.patient || t('agenda.appointment')}`}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <div className="fields">
          <TextInput
            type="date"
            required
            label={t('booking.day')}
            value={day}
            onChange={(event) => setDay(event.currentTarget.value)}
          />
          <NativeSelect
            label={t('agenda.length')}
            data={lengths.map(String)}
            value={String(minutes)}
            onChange={(event) => setMinutes(Number(event.currentTarget.value))}
          />
        </div>
        <FreeTimes
          agenda={content}
          day={day}
          time={chosen === undefined ? '' : timeIn(chosen.start, zone)}
          minutes={minutes}
          onChoose={setSlot}
        />
        <Conflict error={refusal} agenda={id} zone={zone} onChoose={choose} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('app.cancel')}
          </Button>
          <Button type="submit" disabled={chosen === undefined}>
            {t('booking.book')}
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}

/** The first day that is wished, if it is not over. */
function firstDay({ wishes }: AgendaRequest, today: string): string {
  const days = wishes.flatMap(({ start }) => (start === undefined ? [] : [start.slice(0, 10)])).sort();
  return days[0] !== undefined && days[0].length === 10 && days[0] > today ? days[0] : today;
}

function DeclineDialog({ agenda, request, onClose, onDone }: AnswerProps & { agenda: string }) {
  const { t } = useTranslation();
  const { refusal, send } = useAnswer(agenda);
  const name = request.patient || t('agenda.appointment');
  return (
    <Dialog onClose={onClose} title={`${t('requests.decline')} : ${name}`}>
      <RefusalAlert error={refusal} takesFocus />
      <CancelForm
        isRequest
        onSubmit={(reason) =>
          void send(
            () => setStatus(request.resource, 'cancelled', reason),
            () => onDone(t('requests.declined'), name),
          )
        }
        onCancel={onClose}
      />
    </Dialog>
  );
}
