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

/** Levenshtein's distance; names are short. */
function editDistance(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > 2) return 3
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++) {
      const change = (row[j - 1] as number) + (left[i - 1] === right[j - 1] ? 0 : 1)
      next[j] = Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1)
    }
    row = next
  }
  return row[right.length] as number
}
