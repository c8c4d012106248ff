import type { KeyCheck, KeyTest } from '../../../src/contract/index.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { Icon } from '../ui/icon.tsx'
import { Said, useSaid } from '../ui/said.tsx'
import { ServerText } from '../ui/server-text.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'
import { useInView } from '../ui/use-in-view.ts'
import { remarksOnTest } from './remarks-of.ts'

interface TestReportProps {
  test: KeyTest | undefined
  /** What is known so far, while the test runs. */
  checks: readonly KeyCheck[]
  pending: boolean
  provider: string
}

const expected = ['shape', 'reachable', 'authenticated', 'permitted', 'latency'] as const

/** What a test said: each thing that was tried, and what to do when one failed. */
export function TestReport({ test, checks, pending, provider }: TestReportProps) {
  const { t } = useTranslation()
  const place = useInView(!pending && test)
  return (
    <div ref={place} className="scroll-my-4" aria-live="polite" data-testid="test-report">
      {pending && (
        <div className="rounded-lg border border-line text-sm">
          <p className="flex items-center gap-2.5 border-b border-line px-3 py-2">
            <span className="spinner text-muted" /> {t('test.asking', { provider })}
          </p>
          {checks.length > 0 && <Checks checks={checks} />}
          <ul aria-hidden="true" className="grid gap-2 px-3 py-2.5 text-muted">
            {expected
              .filter((name) => !checks.some((check) => check.name === name))
              .map((name) => (
                <li key={name} className="flex items-center gap-2.5" data-waiting={name}>
                  <span className="grid size-[1.15em] place-items-center">
                    <span className="size-1.5 rounded-full bg-line-strong" />
                  </span>
                  {t(`check.${name}`)}
                </li>
              ))}
          </ul>
        </div>
      )}
      {!pending && test && (
        <div className="rounded-lg border border-line">
          <Verdict test={test} />
          <Checks checks={test.checks} told={[test.cause, ...(test.noted ?? []).map(({ code }) => code)]} />
        </div>
      )}
    </div>
  )
}

/** What it comes to, before what was tried: the rest may lie below the edge. */
function Verdict({ test }: { test: KeyTest }) {
  const { t } = useTranslation()
  const said = useSaid()
  const { status, cause, reason, fix, missing } = test
  return (
    <div className="grid gap-1 border-b border-line px-3 py-2 text-sm">
      <p className="flex flex-wrap items-center gap-2">
        <StatusBadge status={status} /> {status === 'valid' && t('test.works')}
      </p>
      {reason && (
        <p>
          <Said code={`cause.${cause}.reason`}>{reason}</Said>
          {missing && said('cause.lacks') && ` ${said('cause.lacks', test)}`}
        </p>
      )}
      {fix && (
        <p className="font-medium">
          <Said code={`cause.${cause}.fix`}>{fix}</Said>
        </p>
      )}
      {remarksOnTest(test).map(({ text, noted }) => (
        <p key={text} className="text-muted">
          <Said code={`remark.${noted?.code}`} values={noted?.facts ?? {}}>
            {text}
          </Said>
        </p>
      ))}
    </div>
  )
}

/** The list of checks, each with its own verdict. @param told codes of what is said above already */
export function Checks({ checks, told = [] }: { checks: readonly KeyCheck[]; told?: readonly unknown[] }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <ul className="grid gap-2 px-3 py-2.5 text-sm">
      {checks.map((check) => (
        <li
          key={check.name + (check.capability ?? '')}
          data-check={check.name}
          data-ok={check.ok}
          className="flex gap-2.5"
        >
          <Icon name={check.ok ? 'check' : 'cross'} className={`mt-0.5 ${check.ok ? 'text-good' : 'text-bad'}`} />
          <span className="min-w-0">
            <span className="font-medium">{t(`check.${check.name}`)}</span>
            <span className="sr-only"> {t(check.ok ? 'check.passed' : 'check.failed')}</span>
            {check.latencyMs !== undefined && (
              <span className="text-muted">
                {' '}
                · {t('common.milliseconds', { value: format.whole(check.latencyMs) })}
              </span>
            )}
            {(check.code === undefined || !told.includes(check.code)) && <Found check={check} />}
          </span>
        </li>
      ))}
    </ul>
  )
}

/** What one check found. A failure's code is its cause; else the check has codes of its own. */
function Found({ check: { code, facts, detail } }: { check: KeyCheck }) {
  const said = useSaid()
  const capability = facts?.['capability']
  const use = [said(`capability.${capability}`) ?? capability, facts?.['model']].filter(Boolean).join(' · ')
  const known = said(`check.${code}`, { ...facts, use }) ?? said(`cause.${code}.reason`)
  if (known) return <span className="block text-muted">{known}</span>
  return <ServerText className="block text-muted">{detail}</ServerText>
}
