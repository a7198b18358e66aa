/** Step 4: the week and the kinds of visit. */
import { Button, Checkbox, Group, TextInput } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { DAY_CODES } from '../../schedule/availability.ts';
import type { StepContentProps } from './progress.ts';
import { StepForm } from './step-form.tsx';
import { type WeekValues, writeWeek } from './writes.ts';

const MAX_KINDS = 8;

const USUAL: WeekValues = {
  days: ['MO', 'TU', 'WE', 'TH', 'FR'],
  ...{ morningFrom: '08:30', morningTo: '12:00', afternoonFrom: '14:00', afternoonTo: '18:00' },
  kinds: [{ name: 'Consultation', minutes: '15' }],
};

export function WeekStep({ progress, onDone }: StepContentProps) {
  const { t } = useTranslation();
  const form = useForm<WeekValues>({ initialValues: USUAL });
  if (progress.role === undefined) return <p>{t('setUp.needsPractitioner')}</p>;
  if (progress.schedule !== undefined) return <p>{t('setUp.hasWeek')}</p>;
  const store = async () => {
    await writeWeek(progress, form.values);
    await onDone();
  };
  const hour = (name: 'morningFrom' | 'morningTo' | 'afternoonFrom' | 'afternoonTo') => (
    <TextInput type="time" label={t(`setUp.${name}`)} {...form.getInputProps(name)} />
  );
  return (
    <StepForm title={t('setUp.step4')} store={store}>
      <Checkbox.Group label={t('agenda.days')} {...form.getInputProps('days')}>
        <Group mt="xs" gap="sm">
          {DAY_CODES.map((code) => (
            <Checkbox key={code} value={code} label={t(`day.${code}`)} />
          ))}
        </Group>
      </Checkbox.Group>
      <div className="fields">
        {hour('morningFrom')}
        {hour('morningTo')}
        {hour('afternoonFrom')}
        {hour('afternoonTo')}
      </div>
      <Kinds form={form} />
    </StepForm>
  );
}

function Kinds({ form }: { form: UseFormReturnType<WeekValues> }) {
  const { t } = useTranslation();
  const { kinds } = form.values;
  return (
    <fieldset className="stack">
      <legend>{t('setUp.kinds')}</legend>
      {kinds.map((_kind, i) => (
        <div className="fields" key={i}>
          <TextInput
            required
            maxLength={30}
            label={t('setUp.kindName', { number: i + 1 })}
            {...form.getInputProps(`kinds.${i}.name`)}
          />
          <TextInput
            type="number"
            required
            min={5}
            max={240}
            label={t('setUp.kindMinutes', { number: i + 1 })}
            {...form.getInputProps(`kinds.${i}.minutes`)}
          />
        </div>
      ))}
      {kinds.length < MAX_KINDS && (
        <div>
          <Button variant="default" onClick={() => form.insertListItem('kinds', { name: '', minutes: '30' })}>
            {t('setUp.addKind')}
          </Button>
        </div>
      )}
    </fieldset>
  );
}
