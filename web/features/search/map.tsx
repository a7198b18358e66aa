/**
 * The places on a map that needs no network: the outline of the country and a marker for each place, or for several
 * that would lie on top of each other.
 * The list beside it says the same. The door of leaflet.
 */
import L from 'leaflet';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import outline from '../../../generated/france.json';
import type { Point } from './directory.ts';
import type { Card } from './offers.ts';
import 'leaflet/dist/leaflet.css';

/** A card whose place is known. */
type Placed = Card & { position: Point };

/** Points of the screen: nearer, two markers are one, for a finger and for the tab key. */
const SEPARATE_TABLES = 44;
/** Names that a marker tells. */
const MAX_NAMES = 5;

export default function PlacesMap({
  cards,
  from,
  radiusKm,
  onChoose,
}: {
  cards: readonly Card[];
  from: Point | undefined;
  radiusKm: number;
  onChoose: (anchor: string) => void;
}) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const map = useRef<L.Map>(undefined);
  useEffect(() => {
    const moves = !matchMedia('(prefers-reduced-motion: reduce)').matches;
    const made = L.map(box.current!, {
      attributionControl: false,
      zoomControl: false,
      minZoom: 2,
      maxZoom: 15,
      zoomSnap: 0.25,
      zoomAnimation: moves,
      fadeAnimation: moves,
      inertia: moves,
    }).setView([46.6, 2.4], 5);
    L.control.zoom({ zoomInTitle: t('search.zoomIn'), zoomOutTitle: t('search.zoomOut') }).addTo(made);
    L.control.scale({ imperial: false }).addTo(made);
    L.geoJSON(outline as never, {
      style: { color: '#52606d', weight: 1, fillColor: '#fff', fillOpacity: 1 },
      interactive: false,
    }).addTo(made);
    map.current = made;
    return () => {
      made.remove();
    };
  }, [t]);
  useEffect(() => {
    const on = map.current!;
    const placed = cards.filter((card): card is Placed => card.position !== undefined);
    const seen = L.latLngBounds(placed.map(({ position }) => at(position)));
    const circle =
      from &&
      L.circle(at(from), {
        radius: radiusKm * 1000,
        color: '#0b5c6b',
        weight: 1,
        fillOpacity: 0.06,
        interactive: false,
      }).addTo(on);
    if (circle !== undefined) seen.extend(circle.getBounds());
    if (seen.isValid()) on.fitBounds(seen, { maxZoom: 12, animate: false, padding: [30, 30] });
    // There are no tiles: the names of the towns say where this is.
    const towns = L.layerGroup(
      [...townsOf(placed)].map(([town, points]) =>
        L.tooltip(middle(points), {
          content: town,
          permanent: true,
          direction: 'auto',
          offset: [16, 0],
          className: 'town',
        }),
      ),
    ).addTo(on);
    const pins = L.layerGroup().addTo(on);
    const nameOf = (group: readonly Placed[]): string => {
      const names = group.slice(0, MAX_NAMES).map((one) => one.name);
      const others = group.length - names.length;
      return t('search.onMap', {
        names: [...names, ...(others > 0 ? [t('search.others', { count: others })] : [])].join(', '),
        place: [...new Set(group.map((one) => one.place?.city ?? ''))].join(', '),
      });
    };
    const draw = (): void => {
      pins.clearLayers();
      for (const group of groupsOf(placed, on)) {
        const bounds = L.latLngBounds(group.map(({ position }) => at(position)));
        const isOnePlace = bounds.getNorthEast().equals(bounds.getSouthWest());
        L.marker(isOnePlace ? at(group[0]!.position) : bounds.getCenter(), {
          keyboard: true,
          title: nameOf(group),
          icon: L.divIcon({ className: 'pin', html: String(group.length), iconSize: [30, 30] }),
        })
          .on('click keypress', () =>
            isOnePlace || on.getZoom() >= on.getMaxZoom()
              ? onChoose(group[0]!.anchor)
              : on.fitBounds(bounds, { animate: false, padding: [40, 40] }),
          )
          .addTo(pins);
      }
      // Leaflet gives a div icon no name of its own, and its drawings none at all.
      for (const one of box.current!.querySelectorAll<HTMLElement>('.pin')) one.setAttribute('aria-label', one.title);
      for (const one of box.current!.querySelectorAll('svg')) one.setAttribute('aria-hidden', 'true');
    };
    draw();
    on.on('zoomend', draw);
    return () => {
      on.off('zoomend', draw);
      for (const one of [circle, towns, pins]) one?.remove();
    };
  }, [cards, from, radiusKm, onChoose, t]);
  return <section className="map" ref={box} aria-label={t('search.map')} />;
}

function at({ latitude, longitude }: Point): L.LatLngTuple {
  return [latitude, longitude];
}

/** Those that lie close to the first of a group, at the present zoom. */
function groupsOf(placed: readonly Placed[], map: L.Map): Placed[][] {
  const groups: { centre: L.Point; cards: Placed[] }[] = [];
  for (const card of placed) {
    const point = map.latLngToLayerPoint(at(card.position));
    const group = groups.find(({ centre }) => centre.distanceTo(point) < SEPARATE_TABLES);
    if (group === undefined) groups.push({ centre: point, cards: [card] });
    else group.cards.push(card);
  }
  return groups.map((group) => group.cards);
}

function townsOf(placed: readonly Placed[]): ReadonlyMap<string, Point[]> {
  const towns = new Map<string, Point[]>();
  for (const { place, position } of placed)
    if (place !== undefined && place.city !== '') towns.set(place.city, [...(towns.get(place.city) ?? []), position]);
  return towns;
}

function middle(points: readonly Point[]): L.LatLngTuple {
  const mean = (axis: keyof Point): number => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  return [mean('latitude'), mean('longitude')];
}
