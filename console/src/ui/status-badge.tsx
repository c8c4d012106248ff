import type { KeyStatus } from '../../../src/contract/index.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { Icon, type IconName } from './icon.tsx'

export type BadgeStatus = KeyStatus | 'disabled'

export const statusLooks: Record<BadgeStatus, { tone: string; ink: string; icon: IconName }> = {
  valid: { tone: 'bg-good-soft', ink: 'text-good', icon: 'check' },
  invalid: { tone: 'bg-bad-soft', ink: 'text-bad', icon: 'cross' },
  permission: { tone: 'bg-bad-soft', ink: 'text-bad', icon: 'lock' },
  quota: { tone: 'bg-warn-soft', ink: 'text-warn', icon: 'warning' },
  network: { tone: 'bg-warn-soft', ink: 'text-warn', icon: 'cloud' },
  unverified: { tone: 'bg-sunken', ink: 'text-muted', icon: 'info' },
  disabled: { tone: 'bg-sunken', ink: 'text-muted', icon: 'lock' },
}

/** What the last test or the last real request said of the key; colour, sign and word say the same. */
export function StatusBadge({ status }: { status: BadgeStatus }) {
  const { t } = useTranslation()
  const { tone, ink, icon } = statusLooks[status]
  return (
    <span
      data-status={status}
      className={`inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap ${tone} ${ink}`}
    >
      <Icon name={icon} />
      {t(`status.${status}.name`)}
    </span>
  )
}
