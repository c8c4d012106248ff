/** The known name that was probably meant: the same letters written otherwise, or at most two slips away. */
export function didYouMean(written: string, known: readonly string[]): string | undefined {
  const plain = (name: string) => name.replaceAll(/[_-]/g, '').toLowerCase()
  const same = known.find((name) => plain(name) === plain(written))
  if (same) return same
  const near = known
    .map((name) => ({ name, distance: editDistance(plain(written), plain(name)) }))
    .sort((a, b) => a.distance - b.distance)[0]
  return near && near.distance <= 2 && near.distance < near.name.length / 2 ? near.name : undefined
}

/** Slips between two short names: a letter too many, too few or wrong, or two neighbours swapped. */
function editDistance(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > 2) return 3
  const at: number[][] = [Array.from({ length: right.length + 1 }, (_, index) => index)]
  const known = (i: number, j: number) => at[i]?.[j] ?? Number.POSITIVE_INFINITY
  for (let i = 1; i <= left.length; i++) {
    at[i] = [i]
    for (let j = 1; j <= right.length; j++) {
      const change = known(i - 1, j - 1) + (left[i - 1] === right[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]
      const swap = swapped ? known(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY
      ;(at[i] as number[])[j] = Math.min(change, swap, known(i - 1, j) + 1, known(i, j - 1) + 1)
    }
  }
  return known(left.length, right.length)
}
