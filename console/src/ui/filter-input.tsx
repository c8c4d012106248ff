interface FilterInputProps {
  /** What the rows are filtered by; stands in the field while it is empty. */
  name: string
  value: string
  onChange(value: string): void
}

/** A field that narrows the rows of a page as one types. */
export function FilterInput({ name, value, onChange }: FilterInputProps) {
  return (
    <input
      className="input filter-input w-36"
      type="search"
      dir="auto"
      aria-label={name}
      placeholder={name}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
