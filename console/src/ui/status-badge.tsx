import type { KeyStatus } from '../../../src/contract/index.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { Icon, type IconName } from './icon.tsx'

export type BadgeStatus = KeyStatus | 'disabled'

const looks: Record<BadgeStatus, { tone: string; icon: IconName }> = {
  valid: { tone: 'bg-good-soft text-good', icon: 'check' },
  invalid: { tone: 'bg-bad-soft text-bad', icon: 'cross' },
  permission: { tone: 'bg-bad-soft text-bad', icon: 'lock' },
  quota: { tone: 'bg-warn-soft text-warn', icon: 'warning' },
  network: { tone: 'bg-warn-soft text-warn', icon: 'cloud' },
  unverified: { tone: 'bg-sunken text-muted', icon: 'info' },
  disabled: { tone: 'bg-sunken text-muted', icon: 'lock' },
}

/** What the last test or the last real request said of the key; colour, sign and word say the same. */
export function StatusBadge({ status }: { status: BadgeStatus }) {
  const { t } = useTranslation()
  const { tone, icon } = looks[status]
  return (
    <span
      data-status={status}
      className={`inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap ${tone}`}
    >
      <Icon name={icon} />
      {t(`status.${status}.name`)}
    </span>
  )
}
