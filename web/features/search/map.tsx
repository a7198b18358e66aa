/**
 * The places on a map that needs no network: the outline of the country, and a marker for each place or for several
 * that would overlap. The list beside it says the same. The door of leaflet, with `map-layers.ts`.
 */
import L from 'leaflet';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import outline from '../../../generated/france.json';
import type { Card } from './cards.ts';
import { boundsOf, circleAround, isPlaced, markersOf, type Placed, townNames } from './map-layers.ts';
import type { Point } from './points.ts';
import 'leaflet/dist/leaflet.css';

/** Names that a marker says; the others are counted. */
const MAX_NAMES = 5;

export interface PlacesMapProps {
  cards: readonly Card[];
  /** The centre of the search, drawn with its radius. */
  from: Point | undefined;
  radiusKm: number;
  onChoose: (anchor: string) => void;
}

export default function PlacesMap({ cards, from, radiusKm, onChoose }: PlacesMapProps) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const map = useRef<L.Map>(undefined);
  const nameOf = useMarkerName();
  useEffect(() => {
    const drawn = emptyMap(box.current!, t('search.zoomIn'), t('search.zoomOut'));
    map.current = drawn;
    return () => {
      drawn.remove();
    };
  }, [t]);
  // `nameOf` is not a dependency: it changes with the language only, which makes a new map.
  useEffect(() => {
    const shown = map.current!;
    const placed = cards.filter(isPlaced);
    const circle = from && circleAround(from, radiusKm).addTo(shown);
    const bounds = boundsOf(placed);
    if (circle !== undefined) bounds.extend(circle.getBounds());
    if (bounds.isValid()) shown.fitBounds(bounds, { maxZoom: 12, animate: false, padding: [30, 30] });
    const towns = townNames(placed).addTo(shown);
    const markers = L.layerGroup().addTo(shown);
    const draw = (): void => {
      markers.clearLayers();
      for (const marker of markersOf(placed, shown, nameOf, onChoose)) marker.addTo(markers);
      nameDrawings(box.current!);
    };
    draw();
    shown.on('zoomend', draw);
    return () => {
      shown.off('zoomend', draw);
      for (const layer of [circle, towns, markers]) layer?.remove();
    };
  }, [cards, from, radiusKm, onChoose, t]);
  return <section className="map" ref={box} aria-label={t('search.map')} />;
}

function emptyMap(box: HTMLElement, zoomInTitle: string, zoomOutTitle: string): L.Map {
  const isMoving = !matchMedia('(prefers-reduced-motion: reduce)').matches;
  const map = L.map(box, {
    attributionControl: false,
    zoomControl: false,
    minZoom: 2,
    maxZoom: 15,
    zoomSnap: 0.25,
    zoomAnimation: isMoving,
    fadeAnimation: isMoving,
    inertia: isMoving,
  }).setView([46.6, 2.4], 5);
  L.control.zoom({ zoomInTitle, zoomOutTitle }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  L.geoJSON(outline as never, {
    style: { color: 'var(--soft)', weight: 1, fillColor: 'var(--paper)', fillOpacity: 1 },
    interactive: false,
  }).addTo(map);
  return map;
}

/** Leaflet gives a div icon no name of its own, and hides none of its drawings from screen readers. */
function nameDrawings(box: HTMLElement): void {
  for (const pin of box.querySelectorAll<HTMLElement>('.pin')) pin.setAttribute('aria-label', pin.title);
  for (const drawing of box.querySelectorAll('svg')) drawing.setAttribute('aria-hidden', 'true');
}

function useMarkerName(): (group: readonly Placed[]) => string {
  const { t } = useTranslation();
  return (group) => {
    const names = group.slice(0, MAX_NAMES).map((card) => card.name);
    const others = group.length - names.length;
    if (others > 0) names.push(t('search.others', { count: others }));
    const cities = [...new Set(group.map((card) => card.place?.city ?? ''))];
    return t('search.onMap', { names: names.join(', '), place: cities.join(', ') });
  };
}
