import { ProblemError } from '../api/problem-error.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useFormat } from '../i18n/use-format.ts'
import { Icon } from './icon.tsx'
import { useSaid } from './said.tsx'
import { ServerText } from './server-text.tsx'

/** Where the texts have a field's label, so that an error names it as the form does. */
const labels = ['keyForm', 'common', 'operator.orgs', 'operator.credits', 'tryOut']

/** Says what went wrong and what to do: in the reader's language by its code, else in the server's words. */
export function ProblemNote({ error, className = '' }: { error: Error; className?: string }) {
  const { t, has } = useTranslation()
  const said = useSaid()
  const format = useFormat()
  const problem = error instanceof ProblemError ? error : undefined
  const { code, facts = {}, fields = [], message, fix } = problem ?? {}
  const { cause, host, remark, managers, missing } = facts
  const values = Array.isArray(managers)
    ? { ...facts, managers: format.list(managers.map((role) => t(`role.${role}`))) }
    : facts
  const exactly = said(`cause.${cause}.reason`)
  const translated = exactly ?? said(`error.${code}.message`, values)
  const state = problem?.status === 429 ? 'busy' : has(`problem.${code}`) ? code : 'unexpected'
  const later = state === 'busy' && problem?.retryAfter
  const labelOf = (field: string) => {
    const name = field.replace(/^\w+\./, '')
    const label = labels.map((group) => `${group}.${name}`).find(has)
    return label ? t(label) : name
  }
  // A request that breaks its schema: the first field stands before the colon.
  const headline = message?.replace(/^(?:body|query|params)\.\w+(?=:)/, labelOf)
  return (
    <div role="alert" className={`flex gap-3 rounded-lg bg-bad-soft p-3 text-sm ${className}`}>
      <Icon name="warning" className="mt-0.5 text-bad" />
      <div className="min-w-0">
        <p className="font-medium text-bad">
          {translated ? (
            `${translated} ${(missing && said('cause.lacks', facts)) || ''}`
          ) : headline ? (
            <ServerText>{headline}</ServerText>
          ) : (
            t(`problem.${state}`, facts)
          )}
        </p>
        <p className="mt-0.5">
          {said(`cause.${cause}.fix`) ??
            said(`error.${code}.fix`, values) ??
            (fix ? (
              <ServerText>{fix}</ServerText>
            ) : later ? (
              t('problem.busyUntil', { count: later })
            ) : (
              t(`problem.${state}Fix`)
            ))}
        </p>
        {!exactly &&
          [said(`host.${host}`) ?? said(`remark.${remark}`, facts)]
            .concat(
              fields
                // What the headline says already is not said twice.
                .filter(({ detail }) => translated || !message?.includes(detail))
                .map(
                  (field) =>
                    `${labelOf(field.field)}: ${said(`field.${field.code}`, { ...field.facts, meant: field.didYouMean }) ?? field.detail}`,
                ),
            )
            .map(
              (text) =>
                text && (
                  <p key={text} className="mt-0.5">
                    {text}
                  </p>
                ),
            )}
      </div>
    </div>
  )
}
