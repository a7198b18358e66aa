/** The parts that web/vite.config.ts cuts out of a catalogue. */
declare module '*.json?first' {
  const texts: Record<string, object>;
  export default texts;
}
declare module '*.json?others' {
  const texts: Record<string, object>;
  export default texts;
}
