import { ProblemError } from '../api/problem-error.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { Icon } from './icon.tsx'
import { useSaid } from './said.tsx'
import { ServerText } from './server-text.tsx'

/** Says what went wrong and what to do: in the reader's language by its code, else in the server's words. */
export function ProblemNote({ error, className = '' }: { error: Error; className?: string }) {
  const { t } = useTranslation()
  const problem = error instanceof ProblemError ? error : undefined
  const said = useSaid()
  const exactly =
    problem && (said(`malformed.${problem.facts['problem']}`) ?? said(`cause.${problem.facts['cause']}.reason`))
  const translated = problem && (exactly ?? said(`error.${problem.code}.message`))
  const fix = problem && (said(`cause.${problem.facts['cause']}.fix`) ?? said(`error.${problem.code}.fix`))
  const known = problem?.message
  return (
    <div role="alert" className={`flex gap-3 rounded-lg bg-bad-soft p-3 text-sm ${className}`}>
      <Icon name="warning" className="mt-0.5 text-bad" />
      <div className="min-w-0">
        <p className="font-medium text-bad">
          {translated ? (
            translated
          ) : known ? (
            <ServerText>{known}</ServerText>
          ) : (
            t(problem?.code === 'offline' ? 'problem.offline' : 'problem.unexpected')
          )}
        </p>
        <p className="mt-0.5">
          {fix ? (
            fix
          ) : problem?.fix ? (
            <ServerText>{problem.fix}</ServerText>
          ) : (
            t(problem?.code === 'offline' ? 'problem.offlineFix' : 'problem.unexpectedFix')
          )}
        </p>
        {translated && !exactly && problem?.isExact && (
          <p className="mt-0.5 text-muted">
            <ServerText>{problem.message}</ServerText>
          </p>
        )}
        {(exactly ? [] : problem?.fields)?.map((field) => (
          <p key={field.field + field.detail} className="mt-0.5">
            <ServerText>{`${field.field.replace(/^body\./, '')}: ${field.detail}`}</ServerText>
          </p>
        ))}
      </div>
    </div>
  )
}
