import type { PlatformKey } from '../../../src/contract/index.ts'
import { useKeyTest } from '../api/key-test.ts'
import { usePlatformKeys } from '../api/operator-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { TestReport } from '../settings/test-report.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Empty, Failure, Loading, PageHeader } from '../ui/states.tsx'

/** The platform's own keys: which are there, and how they did in the last day. */
export function PlatformKeysPage() {
  const { t } = useTranslation()
  const keys = usePlatformKeys()
  const items = [...(keys.data?.items ?? [])].sort((a, b) => Number(b.configured) - Number(a.configured))
  return (
    <>
      <PageHeader title={t('operator.keys.title')} lead={t('operator.keys.lead')} />
      {keys.isPending && <Loading rows={5} />}
      {keys.isError && <Failure error={keys.error} retry={() => void keys.refetch()} />}
      {keys.isSuccess && (
        <ul className="card rows">
          {items.map((item) => (
            <KeyItem key={item.provider} item={item} />
          ))}
          {items.length === 0 && <Empty icon="key" title={t('operator.keys.empty')} />}
        </ul>
      )}
    </>
  )
}

function KeyItem({ item }: { item: PlatformKey }) {
  const { t } = useTranslation()
  const format = useFormat()
  const test = useKeyTest(`/platform-keys/${encodeURIComponent(item.provider)}/test`)
  return (
    <li className="grid gap-3 p-4 sm:px-5" data-provider={item.provider}>
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <h2 className="font-medium">{item.name}</h2>
          <p className="text-sm text-muted">
            {item.configured ? (
              <code dir="ltr" className="break-all">
                {item.host}
              </code>
            ) : (
              t('operator.keys.missing')
            )}
          </p>
          {item.requests > 0 && (
            <p className="text-sm text-muted">
              {t('operator.keys.day', {
                requests: format.whole(item.requests),
                failed: format.whole(item.failed),
                fallbacks: format.whole(item.fallbacks),
              })}
              {item.lastErrorClass && <span className="text-bad"> · {t(`errorClass.${item.lastErrorClass}`)}</span>}
            </p>
          )}
        </div>
        {item.configured && (
          <button
            type="button"
            className="button"
            onClick={() => test.isPending || test.mutate({})}
            aria-disabled={test.isPending}
            aria-label={`${t('test.key')}: ${item.name}`}
          >
            {t('test.key')}
          </button>
        )}
      </div>
      {(test.isPending || test.data) && (
        <TestReport test={test.data} checks={test.checks} pending={test.isPending} provider={item.name} />
      )}
      {test.error && <ProblemNote error={test.error} />}
    </li>
  )
}
