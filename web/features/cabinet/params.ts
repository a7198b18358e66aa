/** The address of the page of the practice. */
export function readCabinetParams(): object {
  return {};
}
