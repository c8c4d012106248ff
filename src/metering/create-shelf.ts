import { keepRefusedLine } from '../store/index.ts'

export interface ShelfParts {
  /** Absent, or on a full disk: the lines are lost. */
  folder: string | undefined
  onTrouble(trouble: { kind: 'set_aside' | 'lost'; entries: number; error: unknown }): void
}

/** Where lines go that the database refuses: one comes with the error, and the end of an entry that could not begin without. */
export function createShelf({ folder, onTrouble }: ShelfParts): (line: string, error?: unknown) => void {
  return (line, error) => {
    const kind = folder !== undefined && isKept(folder, line) ? 'set_aside' : 'lost'
    if (error !== undefined) onTrouble({ kind, entries: 1, error })
  }
}

function isKept(folder: string, line: string): boolean {
  try {
    keepRefusedLine(folder, line)
    return true
  } catch {
    return false
  }
}
