/** The address of the page of an invitation. Its secret stands behind the `#`, which no server sees. */
export function readInvitationParams(): object {
  return {};
}
