import { backslash, KeySearch, newline } from '../../lib/index.ts'

/** Room for spaces and the longest word. */
const longestValue = 48
const oneWord = /^\s*:\s*(?:"([\w-]{1,32})"|null)/

/** Made once for each of the few markers. */
const searches = new Map<string, KeySearch>()

function searchFor(marker: string): KeySearch {
  const known = searches.get(marker) ?? new KeySearch(marker)
  searches.set(marker, known)
  return known
}

/**
 * Looks in a passing answer for the one word that tells how it was served. The field stands before what callers can write into an
 * answer (their `metadata`), so the first one in an event or document holds; of several events, the last.
 */
export class TermsWatch {
  /** Absent: the answer has not said. */
  told: string | undefined
  private readonly marker: KeySearch
  private readonly byLine: boolean
  /** This event or document has said it. */
  private hasTold = false
  /** The end of what came before, where the field may begin. */
  private tail: Buffer | undefined

  /**
   * @param marker the field's quoted key
   * @param byLine server-sent events: each line is a document
   */
  constructor(marker: string, byLine: boolean) {
    this.marker = searchFor(marker)
    this.byLine = byLine
  }

  feed(chunk: Buffer): void {
    const bytes = this.tail === undefined ? chunk : Buffer.concat([this.tail, chunk])
    let from = this.hasTold ? this.nextLine(bytes, 0) : 0
    while (from >= 0) {
      const at = this.marker.indexIn(bytes, from)
      if (at < 0) break
      const behind = at + this.marker.length
      const word =
        bytes[at - 1] === backslash ? null : oneWord.exec(bytes.toString('latin1', behind, behind + longestValue))
      if (word === null) {
        from = behind
        continue
      }
      this.told = word[1]
      this.hasTold = true
      from = this.nextLine(bytes, behind)
    }
    this.tail = this.mayGoOn(bytes) ? bytes.subarray(-this.marker.length - longestValue) : undefined
  }

  /** Where the next document begins; −1: not in these bytes. */
  private nextLine(bytes: Buffer, from: number): number {
    const end = this.byLine ? bytes.indexOf(newline, from) : -1
    if (end < 0) return -1
    this.hasTold = false
    return end + 1
  }

  private mayGoOn(bytes: Buffer): boolean {
    return !this.hasTold && !(this.byLine && bytes[bytes.length - 1] === newline)
  }
}
