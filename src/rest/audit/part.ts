/**
 * One interaction of a request, as it is done: a request of its own, or an entry of a Bundle. Both pass through
 * `audited`, so that nothing is answered that the trail does not know.
 */
import type { Shown } from '../../fhir/interaction.ts';

export interface Part {
  /** `read`, `search-type`, `operation`, `batch`; `capabilities` of a server. */
  interaction: string;
  type: string;
  id: string;
  version: string;
  /** Without the `$`. */
  operation: string | undefined;
  /** Raw query, with the fields of a search by POST. */
  query: string;
  method: string;
  /** A commit holds a fact about it already. */
  isWritten: boolean;
  status: number;
  text: string | Buffer | undefined;
  shown: Shown | undefined;
}

export type PartHead = Pick<Part, 'interaction' | 'type' | 'id' | 'version'>;
