/** Being built. */
export default function Page() {
  return <div className="sheet" />;
}
