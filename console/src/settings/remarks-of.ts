import type { KeyTest, MaskedKey, SavedKey } from '../../../src/contract/index.ts'

type Noted = NonNullable<SavedKey['noted']>[number]

/** A sentence about what was pasted, and what it says as a code where the server told it. */
export interface Remark {
  text: string
  noted: Noted | undefined
}

/** What was noticed in the key of this card when it was pasted. How it looks says nothing any more once it is known to work. */
export function remarksOnSaved(saved: SavedKey | undefined, current: MaskedKey): readonly Remark[] {
  if (saved?.id !== current.id || saved.version !== current.version) return []
  return remarksOf(saved).filter(({ noted }) => current.status !== 'valid' || noted?.code === 'spaces_removed')
}

/** What a test's report has to add to its checks: those tell an unusual form themselves. */
export function remarksOnTest(test: KeyTest): readonly Remark[] {
  const tellsForm = test.checks.some(({ name }) => name === 'shape')
  return remarksOf(test).filter(({ noted }) => !(tellsForm && noted?.code.startsWith('unusual')))
}

function remarksOf({ remarks, noted }: Pick<KeyTest, 'remarks' | 'noted'>): readonly Remark[] {
  return (remarks ?? []).map((text, place) => ({ text, noted: noted?.[place] }))
}
