/** The cursor of a page: the place of the last item, in a form that fits into an address. */

/** Returns the cursor of a place; the next page begins after it. */
export const cursorOf = (place: unknown): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');
