/** The path of an address, to be put before others: '' or `/…`, without a slash at its end. */
export function basePathOf(address: string): string {
  return new URL(address).pathname.replace(/\/+$/, '')
}
