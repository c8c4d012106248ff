import { useCsvDownload } from '../api/usage-queries.ts'
import { useAct } from '../api/use-act.ts'
import { Icon } from './icon.tsx'
import { ProblemNote } from './problem-note.tsx'

interface CsvButtonProps {
  path: string
  query: Record<string, string | undefined>
  name: string
}

export function CsvButton({ path, query, name }: CsvButtonProps) {
  const downloadCsv = useCsvDownload()
  const download = useAct({ mutationFn: () => downloadCsv(path, query, name) })
  return (
    <>
      <button type="button" className="button" onClick={() => download.mutate()} aria-disabled={download.isPending}>
        <Icon name="download" /> CSV
      </button>
      {download.error && <ProblemNote error={download.error} className="w-full" />}
    </>
  )
}
