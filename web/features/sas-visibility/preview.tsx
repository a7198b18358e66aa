/**
 * The slots that the SAS receives now in each kind of search, and the reason why every other free slot is withheld
 * (`$sas-preview`).
 */
import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Parameter, Parameters } from '../../../src/fhir/foundation.ts';
import { ask } from '../../fhir/client.ts';
import { parametersNamed, partsNamed, partValue, partValues } from '../../fhir/parameters.ts';
import { dayIn } from '../../fhir/zone.ts';
import { DataTable, type TableColumn } from '../../ui/data-table.tsx';
import { shortDay, type Span, timeSpan } from '../../ui/dates.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';

const SEARCH_KINDS = ['PS', 'CPTS', 'SOS'] as const;
type SearchKind = (typeof SEARCH_KINDS)[number];

interface PreviewedSlot extends Span {
  visibility: string[];
  explanation: string;
  /** The changes that the sending makes to the stored content. */
  adapted: string[];
}

interface SearchPreview {
  kind: SearchKind;
  visible: PreviewedSlot[];
  withheld: PreviewedSlot[];
  /** The same of what goes with every slot. */
  adapted: string[];
}

/** Rows of one table; its title counts them all. */
const MAX_ROWS = 100;

function previewsIn(json: Parameters): SearchPreview[] {
  return parametersNamed(json, 'door').map((search) => ({
    kind: partValue(search, 'code'),
    visible: partsNamed(search, 'visible').map(slotIn),
    withheld: partsNamed(search, 'withheld').map(slotIn),
    adapted: adaptedIn(search),
  }));
}

function slotIn(part: Parameter): PreviewedSlot {
  return {
    start: partValue(part, 'start'),
    end: partValue(part, 'end'),
    visibility: partValues(part, 'visibility'),
    explanation: partValue(part, 'explanation') ?? '',
    adapted: adaptedIn(part),
  };
}

function adaptedIn(part: Parameter): string[] {
  return partsNamed(part, 'adapted').map((note) => partValue(note, 'explanation') ?? '');
}

export function Preview({ agenda, zone }: { agenda: string; zone: string }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: ['agenda', agenda, 'preview'],
    queryFn: async ({ signal }) => previewsIn((await ask(`/fhir/Schedule/${agenda}/$sas-preview`, { signal })).json),
  });
  const [kind, setKind] = useState<SearchKind>('PS');
  if (error !== null) return <RefusalAlert error={error} />;
  const preview = data?.find((candidate) => candidate.kind === kind);
  if (preview === undefined) return null;
  return (
    <section className="stack">
      <div className="bar">
        <h2>{t('visibility.preview')}</h2>
        <span className="grow" />
        <SegmentedControl
          aria-label={t('visibility.door')}
          value={kind}
          onChange={setKind}
          transitionDuration={0}
          data={SEARCH_KINDS.map((value) => ({ value, label: t(`door.${value}`) }))}
        />
      </div>
      {preview.adapted.length > 0 && (
        <ul>
          {preview.adapted.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      <div className="two">
        <PreviewTable
          title={t('visibility.visible', { count: preview.visible.length })}
          slots={preview.visible}
          zone={zone}
          empty={t('visibility.noneVisible')}
          detail={{
            title: t('visibility.seen'),
            cell: (slot) =>
              [slot.visibility.map((code) => t(`seenBy.${code as 'PRO'}`)).join(', '), ...slot.adapted].join(' · '),
          }}
        />
        <PreviewTable
          title={t('visibility.withheld', { count: preview.withheld.length })}
          slots={preview.withheld}
          zone={zone}
          empty={t('visibility.noneWithheld')}
          detail={{ title: t('visibility.why'), cell: (slot) => slot.explanation }}
        />
      </div>
    </section>
  );
}

interface PreviewTableProps {
  title: string;
  slots: readonly PreviewedSlot[];
  zone: string;
  empty: string;
  detail: TableColumn<PreviewedSlot>;
}

function PreviewTable({ title, slots, zone, empty, detail }: PreviewTableProps) {
  const { t } = useTranslation();
  return (
    <div>
      <h3>{title}</h3>
      <DataTable
        label={title}
        columns={[
          {
            title: t('visibility.slot'),
            cell: (slot) => `${shortDay(dayIn(slot.start, zone))} ${timeSpan(slot, zone)}`,
          },
          detail,
        ]}
        rows={slots.slice(0, MAX_ROWS)}
        keyOf={(slot) => `${slot.start} ${slot.end}`}
        empty={empty}
      />
    </div>
  );
}
