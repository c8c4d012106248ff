import type { MaskedKey, Notice, Settings } from '../../../src/contract/index.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { isOneChoice } from './key-of.ts'

/** A notice with what it is about: the provider's name, and the key as far as this page knows it. */
export interface NoticeAbout {
  notice: Notice
  provider: string
  key: MaskedKey | undefined
}

/** Lists of notices that say the same of several keys, or of one: of one kind and cause, in one environment. */
export function useAlikeNotices({ notices, providers }: Settings): [NoticeAbout, ...NoticeAbout[]][] {
  const { has } = useTranslation()
  const groups = new Map<string, [NoticeAbout, ...NoticeAbout[]]>()
  for (const notice of notices) {
    const { id, kind, facts, keyId } = notice
    const named = providers.find(({ id }) => id === notice.provider)
    const key = providers.flatMap(({ keys }) => keys).find(({ id }) => id === keyId)
    const about = { notice, provider: named?.name ?? notice.provider ?? '', key }
    const name = has(`notices.many.${kind}`) ? [kind, facts['errorClass'], key?.environment].join() : id
    const group = groups.get(name)
    if (group) group.push(about)
    else groups.set(name, [about])
  }
  return [...groups.values()]
}

const few = 3

/** Whose keys they are: the first few by name, which lead to their cards where these are on the page. */
export function AffectedKeys({ alike, settings }: { alike: readonly NoticeAbout[]; settings: Settings }) {
  const affected = [...new Map(alike.map((one) => [one.provider, one.key]))]
  return (
    <p className="flex flex-wrap gap-x-3">
      {affected.slice(0, few).map(([name, key]) =>
        key?.environment === settings.environment && !isOneChoice(settings) ? (
          // In a widget the page lies in a shadow root, whose ids the document does not know.
          <button
            key={name}
            type="button"
            className="link"
            onClick={({ currentTarget }) => (currentTarget.getRootNode() as Document).getElementById(key.id)?.focus()}
          >
            {name}
          </button>
        ) : (
          <span key={name}>{name}</span>
        ),
      )}
      {affected.length > few && `+ ${affected.length - few}`}
    </p>
  )
}
