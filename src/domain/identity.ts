import { createHash } from 'node:crypto'
import { usageError } from '../errors.ts'

/** The identity that a session is for, already normalised. */
export interface Identity {
  readonly email: string
  readonly phone: string
  readonly project: string | undefined
}

const emailPattern =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/

/**
 * Trims and lower-cases an e-mail address. The pattern is that of HTML for `<input type=email>`, with at least one
 * dot in the host.
 */
export function parseEmail(text: string): string {
  const email = text.trim().toLowerCase()
  if (email.length > 254 || !emailPattern.test(email))
    throw usageError(
      `Not an e-mail address: ${JSON.stringify(text)}.`,
      'Give --email name@example.com',
    )
  return email
}

/** Drops separators and requires 7 to 15 digits, with an optional `+` that is kept. */
export function parsePhone(text: string): string {
  const phone = text.replace(/[\s\-.()/]/g, '')
  if (!/^\+?[0-9]{7,15}$/.test(phone))
    throw usageError(
      `Not a phone number: ${JSON.stringify(text)}.`,
      'Give --phone with 7 to 15 digits, for example +15551234567',
    )
  return phone
}

export function parseProject(text: string): string {
  if (!/^[a-z0-9-]{1,40}$/.test(text))
    throw usageError(
      `Not a project name: ${JSON.stringify(text)}.`,
      'Use 1 to 40 of the characters a-z, 0-9 and -',
    )
  return text
}

/** Normalises an identity, and refuses what is not one. */
export const parseIdentity = ({ email, phone, project }: Identity): Identity => ({
  email: parseEmail(email),
  phone: parsePhone(phone),
  project: project === undefined ? undefined : parseProject(project),
})

/** Computes the GUID of a session: the lower-case hex SHA-256 of `email:phone` or `email:phone:project`. */
export function guidOf(identity: Identity): string {
  const parts = [identity.email, identity.phone]
  if (identity.project !== undefined) parts.push(identity.project)
  return createHash('sha256').update(parts.join(':'), 'utf8').digest('hex')
}

/** Requires a whole GUID or a prefix of at least 4 hex digits. */
export function parseGuidPrefix(text: string): string {
  if (!/^[0-9a-f]{4,64}$/.test(text))
    throw usageError(
      `Not a GUID: ${JSON.stringify(text)}.`,
      'Give the whole GUID or at least its first 4 hex digits; `tmux-builder list` shows them',
    )
  return text
}

/** As many digits of a GUID as sentences and lists show: enough to name a session again. */
export const shortGuid = (guid: string) => guid.slice(0, 12)
