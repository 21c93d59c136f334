import { bool, bytes, enumeration, type Field, id, int64, message, repeated } from './message-field.ts'

export interface WatchCreateRequest {
  readonly key: string
  readonly range_end: string
  readonly start_revision: number
  readonly progress_notify: boolean
  /** 0 is NOPUT, 1 is NODELETE. */
  readonly filters: readonly number[]
  readonly prev_kv: boolean
  readonly watch_id: string
  readonly fragment: boolean
}

export interface WatchRequest {
  readonly create_request: WatchCreateRequest | null
  readonly cancel_request: { readonly watch_id: string } | null
  readonly progress_request: object | null
}

const createRequest = message<WatchCreateRequest>({
  key: bytes,
  range_end: bytes,
  start_revision: int64,
  progress_notify: bool,
  filters: repeated(enumeration(['NOPUT', 'NODELETE'])),
  prev_kv: bool,
  watch_id: id,
  fragment: bool,
})

export const watchRequest: Field<WatchRequest | null> = message<WatchRequest>(
  {
    create_request: createRequest,
    cancel_request: message<{ watch_id: string }>({ watch_id: id }),
    progress_request: message<object>({}),
  },
  ['create_request', 'cancel_request', 'progress_request'],
)
