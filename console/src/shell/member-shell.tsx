import { type ReactNode, useEffect } from 'react'
import { useSettings } from '../api/settings-queries.ts'
import { useTranslation } from '../i18n/translation.tsx'
import { useSession } from '../session/session-store.ts'
import { applyBrand } from './apply-brand.ts'
import { orgTabs } from './org-tabs.ts'
import { Shell } from './shell.tsx'

/** The shell in the platform's name and colours, for a member of an organization. */
export function MemberShell({ children }: { children: ReactNode }) {
  const { t } = useTranslation()
  const settings = useSettings()
  const { session } = useSession()
  const platform = settings.data?.platform
  useEffect(() => {
    if (platform) applyBrand(platform.colors)
  }, [platform])
  const managers: readonly string[] = settings.data?.managers ?? []
  const canAudit = session !== null && managers.includes(session.user.role)
  return (
    <Shell brand={platform} home="/settings" tabs={orgTabs(t, '', canAudit)}>
      {children}
    </Shell>
  )
}
