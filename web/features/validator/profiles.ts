/** The profiles that the server knows, as the choices of a select. */
import { useQuery } from '@tanstack/react-query';
import { searchAll } from '../../fhir/client.ts';

export interface ProfileChoice {
  value: string;
  label: string;
}

/** The profiles of this type, or all while the type is unknown. `chosen` is among them, even if nobody knows it. */
export function useProfiles(type: string | undefined, chosen: string): ProfileChoice[] {
  const { data } = useQuery({
    queryKey: ['profiles'],
    queryFn: ({ signal }) =>
      searchAll('StructureDefinition', { _elements: 'url,name,title,type,derivation', _count: '500' }, signal),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const choices = (data?.matches ?? [])
    .filter((profile) => type === undefined || profile['type'] === type)
    .flatMap(({ url, title }): ProfileChoice[] =>
      typeof url === 'string'
        ? [{ value: url, label: labelOf(url, typeof title === 'string' ? title : undefined) }]
        : [],
    );
  return chosen === '' || choices.some(({ value }) => value === chosen)
    ? choices
    : [...choices, { value: chosen, label: chosen }];
}

/** The title of the profile with the guide that it comes from. */
function labelOf(url: string, title: string | undefined): string {
  const [, guide = '', name = url] = /^(?:https?:\/\/)?(.*?)(?:\/StructureDefinition)?\/([^/]+)$/.exec(url) ?? [];
  return `${title ?? name}${guide === '' ? '' : ` (${guide})`}`;
}
