/** A field that finds as one types: a combobox, named, its list announced. */
import { Combobox, Loader, TextInput, useCombobox } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDebouncedValue } from '@mantine/hooks';

export interface Found {
  value: string;
  label: string;
  detail?: string | undefined;
}

export interface ChoiceProps {
  label: string;
  description?: string;
  /** Names the question in the cache. */
  name: string;
  find: (text: string, signal: AbortSignal) => Promise<Found[]>;
  onChoose: (found: Found) => void;
  error?: string | undefined;
  required?: boolean;
  /** Has the focus when the dialog around it opens: one types at once, and the dialog takes the focus from nobody. */
  first?: boolean;
  /** Letters before anything is looked for. */
  from?: number;
  /** What the field holds once something is chosen; `''` to choose again. */
  keeps?: string;
}

const WAIT_MS = 200;

export function Choice({
  label,
  description,
  name,
  find,
  onChoose,
  error,
  required,
  first = false,
  from = 2,
  keeps = '',
}: ChoiceProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(keeps);
  const [asked] = useDebouncedValue(text.trim(), WAIT_MS);
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const { data, isFetching } = useQuery({
    queryKey: ['choice', name, asked],
    enabled: asked.length >= from && asked !== keeps,
    queryFn: ({ signal }) => find(asked, signal),
  });
  const isOpen = combobox.dropdownOpened && asked.length >= from && data !== undefined;
  return (
    <Combobox
      store={combobox}
      onOptionSubmit={(value) => {
        const found = data?.find((one) => one.value === value);
        if (found === undefined) return;
        setText(keeps === '' ? '' : found.label);
        combobox.closeDropdown();
        onChoose(found);
      }}
    >
      <Combobox.Target withExpandedAttribute>
        <TextInput
          role="combobox"
          label={label}
          description={description}
          error={error}
          required={required ?? false}
          {...(first ? { 'data-autofocus': true } : {})}
          autoComplete="off"
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            combobox.openDropdown();
          }}
          onFocus={() => combobox.openDropdown()}
          onBlur={() => combobox.closeDropdown()}
          rightSection={isFetching ? <Loader size="xs" aria-label={t('shell.loading')} /> : null}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={!isOpen}>
        <Combobox.Options aria-label={label}>
          {data?.map((one) => (
            <Combobox.Option key={one.value} value={one.value}>
              {one.label}
              {one.detail && <span className="choice-detail"> · {one.detail}</span>}
            </Combobox.Option>
          ))}
          {data?.length === 0 && <Combobox.Empty>{t('shell.nobody')}</Combobox.Empty>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
