/** The addresses of the page of campaigns. */

/** Returns the address of the page of one campaign; with an account, of its part. */
export const campaignPage = (campaignId: string, accountId = ''): string =>
  addressOf({ campaignId, accountId });

/** Returns the address of the page with that filter; an empty text is no filter. */
export function addressOf(
  filter: { readonly [name: string]: string },
  path = '/campaigns',
): string {
  const chosen = Object.entries(filter).filter(([, value]) => value !== '');
  const words = new URLSearchParams(chosen).toString();
  return words === '' ? path : `${path}?${words}`;
}
