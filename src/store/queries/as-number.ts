/**
 * A sum that stops at the largest number that JSON holds exactly: a customer's own server may tell any counts, and credits may be
 * as many as the operator likes.
 */
export const asNumber = (sum: string) => `least(${sum}, ${Number.MAX_SAFE_INTEGER})::bigint`
