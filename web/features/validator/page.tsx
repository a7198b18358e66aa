/** Paste or drop a resource or a Bundle, choose a profile, read the report with the faulty lines marked. */
import { Button, NativeSelect, Textarea } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type DragEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Json } from '../../../src/fhir/resource.ts';
import { ask, Refusal, searchAll } from '../../fhir/client.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { useOpen, usePageSearch } from '../../ui/navigation.ts';
import { language } from '../../ui/texts.ts';
import { lineAt, linesOf } from './lines.ts';
import { Marked } from './marked.tsx';
import { validatorPage } from './route.ts';
import './validator.css';

export interface Fault {
  severity: 'fatal' | 'error' | 'warning' | 'information';
  text: string;
  expression: string | undefined;
  line: number | undefined;
}

const MAX_BYTES = 5_000_000;

export default function ValidatorPage() {
  const { t } = useTranslation();
  const { profile = '' } = usePageSearch(validatorPage);
  const open = useOpen();
  const [text, setText] = useState('');
  const [checked, setChecked] = useState<{ text: string; faults: Fault[] }>();
  const [problem, setProblem] = useState<string>();
  const report = useRef<HTMLElement>(null);
  const profiles = useQuery({
    queryKey: ['profiles'],
    queryFn: ({ signal }) =>
      searchAll('StructureDefinition', { _elements: 'url,name,title,type,derivation', _count: '500' }, signal),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const check = useMutation({
    mutationFn: () => validate(text, profile),
    // A report of another text would mislead.
    onMutate: () => setChecked(undefined),
    onSuccess: (faults) => {
      setChecked({ text, faults });
      requestAnimationFrame(() => report.current?.focus());
    },
  });
  const [isOver, setOver] = useState(false);
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    if (file.size > MAX_BYTES) return setProblem(t('validator.tooLarge'));
    setProblem(undefined);
    setText(await file.text());
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files[0]);
  };
  const type = typeOf(text);
  const choices = (profiles.data?.matches ?? [])
    .filter((match) => type === undefined || match['type'] === type)
    .map((match) => ({ value: match['url'] as string, label: labelOf(match['url'], match['title']) }));
  return (
    <>
      <div className="page-head">
        <h1>{t('validator.title')}</h1>
      </div>
      <form
        className="sheet validator-form"
        data-over={isOver || undefined}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
        onSubmit={(event) => {
          event.preventDefault();
          if (type === undefined) return setProblem(t('validator.noType'));
          setProblem(undefined);
          check.mutate();
        }}
      >
        <Textarea
          label={t('validator.text')}
          description={t('validator.textHelp')}
          rows={12}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          spellCheck={false}
          classNames={{ input: 'code' }}
          error={problem}
        />
        <div className="validator-line">
          <label className="file">
            <span>{t('validator.file')}</span>
            {/* The same file again, changed meanwhile, is a new choice. */}
            <input
              type="file"
              onClick={(event) => (event.currentTarget.value = '')}
              accept=".json,.xml,application/json,application/fhir+json,application/fhir+xml"
              onChange={(event) => void take(event.currentTarget.files?.[0])}
            />
          </label>
          <NativeSelect
            label={t('validator.profile')}
            value={profile}
            onChange={({ currentTarget: { value } }) =>
              open(validatorPage, value === '' ? {} : { profile: value }, true)
            }
            data={[
              { value: '', label: t('validator.declared') },
              ...choices,
              ...(profile !== '' && !choices.some((choice) => choice.value === profile)
                ? [{ value: profile, label: profile }]
                : []),
            ]}
          />
          <Button type="submit" loading={check.isPending}>
            {t('validator.check')}
          </Button>
        </div>
      </form>
      <RefusalAlert error={check.error} />
      {checked !== undefined && (
        <section className="sheet report" aria-label={t('validator.report')} tabIndex={-1} ref={report}>
          <h2>{summary(checked.faults, t)}</h2>
          <Marked text={checked.text} faults={checked.faults} />
        </section>
      )}
    </>
  );
}

function summary(faults: readonly Fault[], t: ReturnType<typeof useTranslation>['t']): string {
  const errors = faults.filter((fault) => fault.severity === 'error' || fault.severity === 'fatal').length;
  const warnings = faults.filter((fault) => fault.severity === 'warning').length;
  if (errors === 0 && warnings === 0) return t('validator.good');
  return [
    ...(errors > 0 ? [t('validator.errors', { count: errors })] : [t('validator.good')]),
    ...(warnings > 0 ? [t('validator.warnings', { count: warnings })] : []),
  ].join(', ');
}

/** What a profile is called, and whose it is. */
function labelOf(url: string, title: string | undefined): string {
  const [, guide = '', name = url] = /^(?:https?:\/\/)?(.*?)(?:\/StructureDefinition)?\/([^/]+)$/.exec(url) ?? [];
  return `${title ?? name}${guide === '' ? '' : ` (${guide})`}`;
}

function typeOf(text: string): string | undefined {
  return text.trimStart().startsWith('<')
    ? /<([A-Z][A-Za-z]+)\b/.exec(text)?.[1]
    : /"resourceType"\s*:\s*"([A-Za-z]+)"/.exec(text)?.[1];
}

/** A text that is no resource at all is refused with 400: that is a report too. */
async function validate(text: string, profile: string): Promise<Fault[]> {
  const isXml = text.trimStart().startsWith('<');
  let outcome: Json;
  try {
    const { json } = await ask(
      `/fhir/${typeOf(text)}/$validate${profile === '' ? '' : `?profile=${encodeURIComponent(profile)}`}`,
      {
        method: 'POST',
        body: text,
        headers: { 'Content-Type': isXml ? 'application/fhir+xml' : 'application/fhir+json' },
      },
    );
    outcome = json;
  } catch (error) {
    if (!(error instanceof Refusal) || ![400, 413, 422].includes(error.status) || error.outcome === undefined)
      throw error;
    outcome = error.outcome;
  }
  const lines = linesOf(text);
  return ((outcome?.issue ?? []) as Json[])
    .map((issue) => {
      const told =
        (language() === 'en' ? issue.diagnostics : issue.details?.text) ??
        issue.details?.text ??
        issue.diagnostics ??
        issue.code;
      const stated = /(?:ligne|line) (\d+)/.exec(`${issue.details?.text ?? ''} ${issue.diagnostics ?? ''}`)?.[1];
      return {
        severity: issue.severity,
        text: told,
        expression: issue.expression?.[0],
        line: stated !== undefined ? Number(stated) : lineAt(lines, issue.expression?.[0]),
      };
    })
    .filter((one) => one.severity !== 'information');
}
