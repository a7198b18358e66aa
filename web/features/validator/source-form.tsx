/** The form of the validator: the text, pasted, dropped or read from a file, and the profile. */
import { Button, NativeSelect, Textarea } from '@mantine/core';
import { type DragEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProfileChoice } from './profiles.ts';

const MAX_BYTES = 5_000_000;
const FILE_TYPES = '.json,.xml,application/json,application/fhir+json,application/fhir+xml';

export interface SourceFormProps {
  text: string;
  onText: (text: string) => void;
  profiles: readonly ProfileChoice[];
  profile: string;
  onProfile: (profile: string) => void;
  /** Why the text cannot be sent. */
  problem: string | undefined;
  onProblem: (problem: string | undefined) => void;
  isChecking: boolean;
  onSubmit: () => void;
}

export function SourceForm({ text, onText, problem, onProblem, onSubmit, ...choices }: SourceFormProps) {
  const { t } = useTranslation();
  const read = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    if (file.size > MAX_BYTES) return onProblem(t('validator.tooLarge'));
    onProblem(undefined);
    onText(await file.text());
  };
  const dropZone = useDropZone(read);
  return (
    <form
      className="sheet validator-form"
      {...dropZone}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <Textarea
        label={t('validator.text')}
        description={t('validator.textHelp')}
        rows={12}
        value={text}
        onChange={(event) => onText(event.currentTarget.value)}
        spellCheck={false}
        classNames={{ input: 'code' }}
        error={problem}
      />
      <FormLine {...choices} onFile={(file) => void read(file)} />
    </form>
  );
}

interface FormLineProps extends Pick<SourceFormProps, 'profiles' | 'profile' | 'onProfile' | 'isChecking'> {
  onFile: (file: File | undefined) => void;
}

/** The file, the profile and the button. */
function FormLine({ profiles, profile, onProfile, isChecking, onFile }: FormLineProps) {
  const { t } = useTranslation();
  return (
    <div className="validator-line">
      <label className="file">
        <span>{t('validator.file')}</span>
        {/* Emptied at every click, so that the same file can be chosen again after a change. */}
        <input
          type="file"
          onClick={(event) => (event.currentTarget.value = '')}
          accept={FILE_TYPES}
          onChange={(event) => onFile(event.currentTarget.files?.[0])}
        />
      </label>
      <NativeSelect
        label={t('validator.profile')}
        value={profile}
        onChange={({ currentTarget: { value } }) => onProfile(value)}
        data={[{ value: '', label: t('validator.declared') }, ...profiles]}
      />
      <Button type="submit" loading={isChecking}>
        {t('validator.check')}
      </Button>
    </div>
  );
}

/** The attributes of an element that takes a file dropped on it, and shows it while a file is over it. */
function useDropZone(onFile: (file: File | undefined) => Promise<void>) {
  const [isOver, setOver] = useState(false);
  return {
    'data-over': isOver || undefined,
    onDragOver: (event: DragEvent) => {
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      void onFile(event.dataTransfer.files[0]);
    },
  };
}
