import type { Json } from './reading/is-record.ts'
import type { Usage } from './usage-reading.ts'

/** How answers about jobs tell which job it is and what it counted. A job is ordered with one request and told by others. */
export interface JobReading {
  /** Where several places tell the same counts, the place that tells most holds. */
  places: readonly JobPlace[]
}

/** An object that tells of a job. It is looked for in each document of an answer: a whole JSON answer, an event or a line. */
export interface JobPlace {
  /** Its keys from the document on; `*`: each element of an array. Empty: the document itself. */
  path: readonly string[]
  /** The fields that are read of it. */
  fields: readonly string[]
  /** `each`: of a batch's results, to be added up; `last`: what is told later holds. */
  counts: 'each' | 'last'
  /**
   * Asked when the object is over, and for each field that was read before that: `no job` ends the search in the whole answer.
   * @param fields those that were told so far
   */
  read(fields: Json): ToldJob | 'no job' | undefined
}

export interface ToldJob {
  /** The provider's ids of it, beside the one in the path: also of the file that its results will be in. */
  names?: readonly string[]
  /** The model that the counts are of; without counts: of those that name none. */
  model?: string | undefined
  usage?: Usage
}
