import type { MaskedKey, Notice, Settings } from '../../../src/contract/index.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { isOneChoice } from './key-of.ts'

/** The key that a notice is about, as far as this page shows it. */
export function keyOfNotice({ keyId }: Notice, { providers }: Settings): MaskedKey | undefined {
  return providers.flatMap(({ keys }) => keys).find(({ id }) => id === keyId)
}

export function providerOfNotice({ provider }: Notice, { providers }: Settings): string {
  return providers.find(({ id }) => id === provider)?.name ?? provider ?? ''
}

/** Lists of notices that say the same of several keys, or of one: of one kind and cause, in one environment. */
export function useAlikeNotices(settings: Settings): [Notice, ...Notice[]][] {
  const { has } = useTranslation()
  const groups = new Map<string, [Notice, ...Notice[]]>()
  for (const notice of settings.notices) {
    const { id, kind, facts } = notice
    const environment = keyOfNotice(notice, settings)?.environment
    const name = has(`notices.many.${kind}`) ? [kind, facts['errorClass'], environment].join() : id
    const group = groups.get(name)
    if (group) group.push(notice)
    else groups.set(name, [notice])
  }
  return [...groups.values()]
}

const few = 3

/** Whose keys they are: the first few by name, which lead to their cards where these are on the page. */
export function AffectedKeys({ notices, settings }: { notices: readonly Notice[]; settings: Settings }) {
  const affected = new Map(notices.map((notice) => [providerOfNotice(notice, settings), notice]))
  // All of them are of one environment.
  const [first] = notices
  const shown = first && keyOfNotice(first, settings)?.environment === settings.environment && !isOneChoice(settings)
  return (
    <p className="flex flex-wrap gap-x-3">
      {[...affected].slice(0, few).map(([name, { keyId }]) =>
        shown ? (
          // In a widget the page lies in a shadow root, whose ids the document does not know.
          <button
            key={name}
            type="button"
            className="link"
            onClick={({ currentTarget }) =>
              (currentTarget.getRootNode() as Document).getElementById(`${keyId}`)?.focus()
            }
          >
            {name}
          </button>
        ) : (
          <span key={name}>{name}</span>
        ),
      )}
      {affected.size > few && `+ ${affected.size - few}`}
    </p>
  )
}
