/**
 * The kinds of visit of an agenda: its service types that have an entry in the catalogue of the practice, with the
 * rules of the catalogue, of the practitioner and of the agenda itself laid over each other in this order. ADR 0035
 */
import type { ServiceTypeDuration } from '../fhir/french/fr-extensions.ts';
import {
  type Audience,
  type KindLimit,
  type KindRules,
  keysOfConcept,
  type VisitKindEntry,
} from '../fhir/french/visit-kind.ts';
import type { CodeableConcept } from '../fhir/resource.ts';

export interface AgendaKind {
  /** `system|code`. */
  key: string;
  serviceType: CodeableConcept;
  name: string;
  group: string | undefined;
  durationMs: number;
  /** From one start to the next. */
  stepMs: number;
  /** Kept free after each appointment. */
  bufferMs: number;
  /** How many come at the same time. */
  places: number;
  /** AMB, HH, VR; empty: not said. */
  modes: readonly string[];
  /** Empty: only the desk books it. */
  audiences: readonly Audience[];
  takesNew: boolean;
  needsApproval: boolean;
  ageMin: number;
  ageMax: number;
  cancelMs: number;
  /** `undefined`: as the server does. */
  reminderHours: readonly number[] | undefined;
  limits: readonly KindLimit[];
}

/** Slots of one grid: the service types that share it. */
export interface Grid {
  durationMs: number;
  stepMs: number;
  bufferMs: number;
  places: number;
  serviceTypes: CodeableConcept[];
  kinds: AgendaKind[];
}

const HOUR_MS = 3_600_000;

/** The kinds of these service types; those that are retired are not among them. */
export function compileKinds(
  durations: readonly ServiceTypeDuration[],
  entries: readonly VisitKindEntry[],
  defaultDurationMs: number,
): { kinds: AgendaKind[]; plain: ServiceTypeDuration[] } {
  const rules = new Map<string, KindRules>();
  for (const entry of entries) rules.set(entry.key, { ...rules.get(entry.key), ...entry.rules });
  const kinds: AgendaKind[] = [];
  const plain: ServiceTypeDuration[] = [];
  for (const { serviceType, durationMs } of durations) {
    const key = keysOfConcept(serviceType).find((known) => rules.has(known));
    if (key === undefined) {
      plain.push({ serviceType, ...(durationMs === undefined ? {} : { durationMs }) });
      continue;
    }
    const own = rules.get(key)!;
    if (own.isRetired === true || kinds.some((kind) => kind.key === key)) continue;
    kinds.push(kindOf(key, serviceType, durationMs ?? own.durationMs ?? defaultDurationMs, own));
  }
  return { kinds, plain };
}

function kindOf(key: string, serviceType: CodeableConcept, durationMs: number, rules: KindRules): AgendaKind {
  const { bufferMs = 0 } = rules;
  return {
    key,
    serviceType,
    name: rules.name ?? serviceType.text ?? serviceType.coding?.[0]?.display ?? key.slice(key.indexOf('|') + 1),
    group: rules.group,
    durationMs,
    stepMs: rules.stepMs ?? durationMs + bufferMs,
    bufferMs,
    places: rules.places ?? 1,
    modes: rules.modes ?? [],
    audiences: rules.audiences ?? [],
    takesNew: rules.takesNew ?? true,
    needsApproval: rules.needsApproval ?? false,
    ageMin: rules.ageMin ?? 0,
    ageMax: rules.ageMax ?? Number.POSITIVE_INFINITY,
    cancelMs: rules.cancelMs ?? HOUR_MS,
    reminderHours: rules.reminderHours,
    limits: rules.limits ?? [],
  };
}

/** Kinds that start, last and end alike are one grid; service types without an entry keep the grid of their length. */
export function gridsOf(
  kinds: readonly AgendaKind[],
  plain: readonly { durationMs: number; serviceTypes: CodeableConcept[] }[],
): Grid[] {
  const grids = new Map<string, Grid>();
  for (const { durationMs, serviceTypes } of plain)
    grids.set(`${durationMs}`, { durationMs, stepMs: durationMs, bufferMs: 0, places: 1, serviceTypes, kinds: [] });
  for (const kind of kinds) {
    const { durationMs, stepMs, bufferMs, places } = kind;
    // Of a kind with places, time that it shares with itself counts otherwise than for any other kind.
    const key = `${durationMs} ${stepMs} ${bufferMs} ${places > 1 ? kind.key : ''}`;
    const grid = grids.get(key);
    if (grid === undefined)
      grids.set(key, { durationMs, stepMs, bufferMs, places, serviceTypes: [kind.serviceType], kinds: [kind] });
    else {
      grid.serviceTypes.push(kind.serviceType);
      grid.kinds.push(kind);
    }
  }
  return [...grids.values()].sort((a, b) => a.durationMs - b.durationMs || a.stepMs - b.stepMs);
}
