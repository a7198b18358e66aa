/** The places on a map that needs no network: the outline of the country and a marker for each place. The list beside it says the same. The door of leaflet. */
import L from 'leaflet';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import outline from '../../generated/france.json';
import type { Point } from './directory.ts';
import type { Card } from './offers.ts';
import 'leaflet/dist/leaflet.css';

export default function PlacesMap({ cards, from, radiusKm, onChoose }: { cards: readonly Card[]; from: Point | undefined; radiusKm: number; onChoose: (anchor: string) => void }) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const map = useRef<L.Map>(undefined);
  const layer = useRef<L.LayerGroup>(undefined);
  useEffect(() => {
    const made = L.map(box.current!, { attributionControl: false, zoomControl: false, minZoom: 2, maxZoom: 15, zoomSnap: 0.25 }).setView([46.6, 2.4], 5);
    L.control.zoom({ zoomInTitle: t('search.zoomIn'), zoomOutTitle: t('search.zoomOut') }).addTo(made);
    L.control.scale({ imperial: false }).addTo(made);
    L.geoJSON(outline as never, { style: { color: '#52606d', weight: 1, fillColor: '#fff', fillOpacity: 1 }, interactive: false }).addTo(made);
    map.current = made;
    layer.current = L.layerGroup().addTo(made);
    return () => {
      made.remove();
    };
  }, [t]);
  useEffect(() => {
    layer.current!.clearLayers();
    const places = new Map<string, Card[]>();
    for (const card of cards) if (card.position !== undefined) places.set(`${card.position.latitude}|${card.position.longitude}`, [...(places.get(`${card.position.latitude}|${card.position.longitude}`) ?? []), card]);
    for (const [first, ...others] of places.values()) {
      const { latitude, longitude } = first!.position!;
      const names = t('search.onMap', { names: [first!, ...others].map((one) => one.name).join(', '), place: first!.place?.city ?? '' });
      L.marker([latitude, longitude], { keyboard: true, title: names, icon: L.divIcon({ className: 'pin', html: String(others.length + 1), iconSize: [28, 28] }) })
        .on('click keypress', () => onChoose(first!.anchor))
        .addTo(layer.current!);
    }
    // There are no tiles: the names of the towns say where this is.
    for (const [town, points] of townsOf(cards)) {
      const mean = (axis: keyof Point): number => points.reduce((sum, one) => sum + one[axis], 0) / points.length;
      L.marker([mean('latitude'), mean('longitude')], { opacity: 0, interactive: false, keyboard: false, icon: L.divIcon({ className: '', iconSize: [0, 0] }) })
        .bindTooltip(town, { permanent: true, direction: 'auto', offset: [14, 0], className: 'town' })
        .addTo(layer.current!);
    }
    const seen = L.latLngBounds([...places.values()].map(([one]) => [one!.position!.latitude, one!.position!.longitude] as [number, number]));
    if (from !== undefined) seen.extend(L.circle([from.latitude, from.longitude], { radius: radiusKm * 1000, color: '#0b5c6b', weight: 1, fillOpacity: 0.06, interactive: false }).addTo(layer.current!).getBounds());
    if (seen.isValid()) map.current!.fitBounds(seen, { maxZoom: 12, animate: false, padding: [30, 30] });
    // Leaflet gives a div icon no name of its own, and its drawings none at all.
    for (const one of box.current!.querySelectorAll<HTMLElement>('.pin')) one.setAttribute('aria-label', one.title);
    for (const one of box.current!.querySelectorAll('svg')) one.setAttribute('aria-hidden', 'true');
  }, [cards, from, radiusKm, onChoose, t]);
  return <section className="map" ref={box} aria-label={t('search.map')} />;
}

function townsOf(cards: readonly Card[]): ReadonlyMap<string, Point[]> {
  const towns = new Map<string, Point[]>();
  for (const { place, position } of cards) if (place !== undefined && position !== undefined && place.city !== '') towns.set(place.city, [...(towns.get(place.city) ?? []), position]);
  return towns;
}
