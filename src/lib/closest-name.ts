/**
 * The candidate that a mistyped name most likely means: few edits for its length, however it is joined or capitalized
 * (`add_ons`, `AddOns`); else undefined.
 */
export function closestName(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(name)
  let best: { candidate: string; edits: number } | undefined
  for (const candidate of candidates) {
    const edits = distance(wanted, plain(candidate))
    if (isFew(edits, wanted, plain(candidate)) && (!best || edits < best.edits)) best = { candidate, edits }
  }
  return best?.candidate
}

function plain(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase()
}

/** Of a short name, one edit can make any other: `au` does not mean `eu`. */
function isFew(edits: number, { length: one }: string, { length: other }: string): boolean {
  return edits < other / 2 && edits <= Math.max(1, Math.floor(Math.max(one, other) / 3))
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function distance(one: string, other: string): number {
  let before: number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1]
      const swapped = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      const edits = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      )
      current.push(swapped ? Math.min(edits, (before[column - 2] ?? 0) + 1) : edits)
    }
    before = last
    last = current
  }
  return last[other.length] ?? 0
}
