/** The layers of the map: markers, names of towns, the circle of the search. */
import L from 'leaflet';
import type { Card } from './cards.ts';
import type { Point } from './points.ts';

/** A card whose position is known. */
export type Placed = Card & { position: Point };

export function isPlaced(card: Card): card is Placed {
  return card.position !== undefined;
}

/** Markers closer than this on the screen become one, for a finger and for the tab key. */
const MIN_PIXELS = 44;

function latLng({ latitude, longitude }: Point): L.LatLngTuple {
  return [latitude, longitude];
}

export function boundsOf(placed: readonly Placed[]): L.LatLngBounds {
  return L.latLngBounds(placed.map(({ position }) => latLng(position)));
}

export function circleAround(centre: Point, radiusKm: number): L.Circle {
  return L.circle(latLng(centre), {
    radius: radiusKm * 1000,
    color: '#0b5c6b',
    weight: 1,
    fillOpacity: 0.06,
    interactive: false,
  });
}

/** The map has no tiles: the names of the towns say where one looks. */
export function townNames(placed: readonly Placed[]): L.LayerGroup {
  const towns = new Map<string, Point[]>();
  for (const { place, position } of placed)
    if (place !== undefined && place.city !== '') towns.set(place.city, [...(towns.get(place.city) ?? []), position]);
  const options = { permanent: true, direction: 'auto', className: 'town' } as const;
  return L.layerGroup(
    [...towns].map(([town, points]) => L.tooltip(middleOf(points), { ...options, offset: [16, 0], content: town })),
  );
}

function middleOf(points: readonly Point[]): L.LatLngTuple {
  const mean = (axis: keyof Point): number => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  return [mean('latitude'), mean('longitude')];
}

/** A marker for each group. It opens the card of a single place, and zooms into several. */
export function markersOf(
  placed: readonly Placed[],
  map: L.Map,
  nameOf: (group: readonly Placed[]) => string,
  onChoose: (anchor: string) => void,
): L.Marker[] {
  return groupsOf(placed, map).map((group) => {
    const bounds = boundsOf(group);
    const isOnePlace = bounds.getNorthEast().equals(bounds.getSouthWest());
    const open = () =>
      isOnePlace || map.getZoom() >= map.getMaxZoom()
        ? onChoose(group[0]!.anchor)
        : map.fitBounds(bounds, { animate: false, padding: [40, 40] });
    return L.marker(isOnePlace ? latLng(group[0]!.position) : bounds.getCenter(), {
      keyboard: true,
      title: nameOf(group),
      icon: L.divIcon({ className: 'pin', html: String(group.length), iconSize: [30, 30] }),
    }).on('click keypress', open);
  });
}

/** Cards close to the first of their group, at the present zoom. */
function groupsOf(placed: readonly Placed[], map: L.Map): Placed[][] {
  const groups: { centre: L.Point; cards: Placed[] }[] = [];
  for (const card of placed) {
    const point = map.latLngToLayerPoint(latLng(card.position));
    const group = groups.find(({ centre }) => centre.distanceTo(point) < MIN_PIXELS);
    if (group === undefined) groups.push({ centre: point, cards: [card] });
    else group.cards.push(card);
  }
  return groups.map((group) => group.cards);
}
