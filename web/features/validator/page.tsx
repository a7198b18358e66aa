/** Paste or drop a resource or a Bundle, choose a profile, read the report with the faulty lines marked. */
import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PageProps } from '../../ui/params.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { Marked } from './marked.tsx';
import type { ValidatorParams } from './params.ts';
import { useProfiles } from './profiles.ts';
import { SourceForm } from './source-form.tsx';
import { type Fault, typeOf, validate } from './validate.ts';
import './validator.css';

export default function ValidatorPage({ params: { profile = '' }, go }: PageProps<ValidatorParams>) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const [checked, setChecked] = useState<{ text: string; faults: Fault[] }>();
  const report = useRef<HTMLElement>(null);
  const type = typeOf(text);
  const profiles = useProfiles(type, profile);
  const check = useMutation({
    mutationFn: () => validate(text, profile),
    // The report of another text would mislead.
    onMutate: () => setChecked(undefined),
    onSuccess: (faults) => {
      setChecked({ text, faults });
      requestAnimationFrame(() => report.current?.focus());
    },
  });
  return (
    <>
      <div className="page-head">
        <h1>{t('validator.title')}</h1>
      </div>
      <SourceForm
        text={text}
        onText={(typed) => setText(typed)}
        profiles={profiles}
        profile={profile}
        onProfile={(chosen) => go(chosen === '' ? {} : { profile: chosen }, true)}
        problem={problem}
        onProblem={setProblem}
        isChecking={check.isPending}
        onSubmit={() => {
          setProblem(type === undefined ? t('validator.noType') : undefined);
          if (type !== undefined) check.mutate();
        }}
      />
      <RefusalAlert error={check.error} />
      {checked !== undefined && (
        <section className="sheet report" aria-label={t('validator.report')} tabIndex={-1} ref={report}>
          <Summary faults={checked.faults} />
          <Marked text={checked.text} faults={checked.faults} />
        </section>
      )}
    </>
  );
}

function Summary({ faults }: { faults: readonly Fault[] }) {
  const { t } = useTranslation();
  const warnings = faults.filter(({ severity }) => severity === 'warning').length;
  const errors = faults.length - warnings;
  const parts = [
    errors > 0 ? t('validator.errors', { count: errors }) : t('validator.good'),
    ...(warnings > 0 ? [t('validator.warnings', { count: warnings })] : []),
  ];
  return <h2>{parts.join(', ')}</h2>;
}
