/** A field that searches while the person types: a named combobox with an announced list. */
import { Combobox, Loader, TextInput, useCombobox } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

export interface ChoiceOption {
  value: string;
  label: string;
  detail?: string | undefined;
}

export interface ChoiceProps {
  label: string;
  description?: string;
  /** Names the search in the cache. */
  name: string;
  find: (text: string, signal: AbortSignal) => Promise<ChoiceOption[]>;
  onChoose: (option: ChoiceOption) => void;
  error?: string | undefined;
  required?: boolean;
  /** Offers to create what is typed, as the last option; `label` names it. */
  create?: { label: (text: string) => string; onCreate: (text: string) => void };
}

/** Value of the option that creates; no resource has it. */
const CREATE = '';
const WAIT_MS = 200;
const MIN_LETTERS = 2;

export function Choice({ label, description, name, find, onChoose, error, required, create }: ChoiceProps) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [searched] = useDebouncedValue(text.trim(), WAIT_MS);
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const { data, isFetching } = useQuery({
    queryKey: ['choice', name, searched],
    enabled: searched.length >= MIN_LETTERS,
    queryFn: ({ signal }) => find(searched, signal),
  });
  const choose = (value: string) => {
    const option = data?.find((candidate) => candidate.value === value);
    setText('');
    combobox.closeDropdown();
    if (option !== undefined) onChoose(option);
    else create?.onCreate(searched);
  };
  const isOpen = combobox.dropdownOpened && searched.length >= MIN_LETTERS && data !== undefined;
  return (
    <Combobox store={combobox} onOptionSubmit={choose} withinPortal={false}>
      <Combobox.Target withExpandedAttribute>
        <TextInput
          role="combobox"
          label={label}
          description={description}
          error={error}
          required={required ?? false}
          autoComplete="off"
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            combobox.openDropdown();
          }}
          onKeyDown={(event) => {
            if (event.key !== 'Escape' || !isOpen) return;
            // Escape closes the list first, not the dialog around the field.
            event.preventDefault();
            event.stopPropagation();
          }}
          onFocus={() => combobox.openDropdown()}
          onBlur={() => combobox.closeDropdown()}
          rightSection={isFetching ? <Loader size="xs" aria-label={t('app.loading')} /> : null}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={!isOpen}>
        <Combobox.Options aria-label={label}>
          {data?.map((option) => (
            <Combobox.Option key={option.value} value={option.value}>
              {option.label}
              {option.detail && <span className="choice-detail"> · {option.detail}</span>}
            </Combobox.Option>
          ))}
          {data?.length === 0 && <Combobox.Empty>{t('app.nobody')}</Combobox.Empty>}
          {create && <Combobox.Option value={CREATE}>{create.label(searched)}</Combobox.Option>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
