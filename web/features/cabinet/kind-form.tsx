/** One kind of visit: its name and length, who books it, and its limits. */
import { Button, Checkbox, Group, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Resource } from '../../../src/fhir/resource.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { type KindFormState, KindLimits } from './kind-limits.tsx';
import { AUDIENCES, type KindValues, writeKind } from '../../schedule/kinds.ts';

const MODES = ['AMB', 'HH', 'VR'] as const;

export interface KindFormProps {
  organization: Resource;
  kind: KindValues;
  /** `name`: of the kind. */
  onDone: (organization: Resource, name: string) => void;
}

export function KindForm({ organization, kind, onDone }: KindFormProps) {
  const { t } = useTranslation();
  const [refusal, setRefusal] = useState<unknown>();
  const form = useForm<KindValues>({ initialValues: kind });
  const submit = form.onSubmit((values) => {
    setRefusal(undefined);
    writeKind(organization, values).then((written) => onDone(written, values.name), setRefusal);
  });
  return (
    <form className="stack" onSubmit={submit}>
      <Identity form={form} />
      <Bookers form={form} />
      <Times form={form} />
      <KindLimits form={form} />
      <Words form={form} />
      <RefusalAlert error={refusal} takesFocus />
      <div>
        <Button type="submit">{t('kinds.store')}</Button>
      </div>
    </form>
  );
}

function Identity({ form }: { form: KindFormState }) {
  const { t } = useTranslation();
  return (
    <>
      <div className="fields">
        <TextInput required maxLength={30} label={t('kinds.name')} {...form.getInputProps('name')} />
        <TextInput maxLength={30} label={t('kinds.group')} {...form.getInputProps('group')} />
        <TextInput
          required
          type="number"
          min={1}
          max={1440}
          label={t('kinds.minutes')}
          {...form.getInputProps('minutes')}
        />
      </div>
      <Checkbox.Group label={t('visibility.modes')} {...form.getInputProps('modes')}>
        <Group mt="xs">
          {MODES.map((mode) => (
            <Checkbox key={mode} value={mode} label={t(`modes.${mode}`)} />
          ))}
        </Group>
      </Checkbox.Group>
    </>
  );
}

function Bookers({ form }: { form: KindFormState }) {
  const { t } = useTranslation();
  return (
    <fieldset className="stack">
      <legend>{t('kinds.audience')}</legend>
      <Checkbox.Group
        description={t('kinds.audienceHelp')}
        aria-label={t('kinds.audience')}
        {...form.getInputProps('audiences')}
      >
        <Group mt="xs">
          {AUDIENCES.map((audience) => (
            <Checkbox key={audience} value={audience} label={t(`audience.${audience}`)} />
          ))}
        </Group>
      </Checkbox.Group>
      <Checkbox label={t('kinds.takesNew')} {...form.getInputProps('takesNew', { type: 'checkbox' })} />
      <Checkbox label={t('kinds.needsApproval')} {...form.getInputProps('needsApproval', { type: 'checkbox' })} />
      <div className="fields">
        <TextInput type="number" min={0} max={130} label={t('kinds.ageMin')} {...form.getInputProps('ageMin')} />
        <TextInput type="number" min={0} max={130} label={t('kinds.ageMax')} {...form.getInputProps('ageMax')} />
      </div>
    </fieldset>
  );
}

function Times({ form }: { form: KindFormState }) {
  const { t } = useTranslation();
  return (
    <div className="fields">
      <TextInput
        type="number"
        min={0}
        max={240}
        label={t('kinds.buffer')}
        description={t('kinds.bufferHelp')}
        {...form.getInputProps('buffer')}
      />
      <TextInput
        type="number"
        min={5}
        max={1440}
        label={t('kinds.step')}
        description={t('kinds.stepHelp')}
        {...form.getInputProps('step')}
      />
      <TextInput type="number" min={1} max={500} label={t('kinds.places')} {...form.getInputProps('places')} />
    </div>
  );
}

function Words({ form }: { form: KindFormState }) {
  const { t } = useTranslation();
  return (
    <>
      <Textarea autosize maxLength={2000} label={t('kinds.before')} {...form.getInputProps('before')} />
      <Textarea autosize maxLength={2000} label={t('kinds.documents')} {...form.getInputProps('documents')} />
      <Textarea autosize maxLength={2000} label={t('kinds.after')} {...form.getInputProps('after')} />
    </>
  );
}
