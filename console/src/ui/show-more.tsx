import { useTranslation } from '../i18n/translation.tsx'
import { ProblemNote } from './problem-note.tsx'

interface ShowMoreProps {
  list: {
    hasNextPage: boolean
    isFetchingNextPage: boolean
    isFetchNextPageError: boolean
    error: Error | null
    fetchNextPage(): Promise<unknown>
  }
}

/** The way to a list's next page. That it could not be fetched is said here, and takes nothing away of what is shown. */
export function ShowMore({ list }: ShowMoreProps) {
  const { t } = useTranslation()
  if (!list.hasNextPage) return null
  return (
    <div className="mt-4 grid justify-items-center gap-3">
      {list.isFetchNextPageError && list.error && <ProblemNote error={list.error} className="w-full" />}
      <button
        type="button"
        className="button"
        onClick={() => list.isFetchingNextPage || void list.fetchNextPage()}
        aria-disabled={list.isFetchingNextPage}
      >
        {t('shell.more')}
      </button>
    </div>
  )
}
